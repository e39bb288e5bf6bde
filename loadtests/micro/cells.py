"""What one closed loop against the server says, next to the floor measured in the same run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from loadtests.machine import Machine
from loadtests.micro.bare import Bare
from loadtests.micro.client import Answer, Run
from loadtests.processes import RAY, STAGES, Usage
from loadtests.samples import Summary, server_timing
from speech.types import AudioFormat

STATES = ("miss", "hit", "hot")
"""`X-Cache` of the three ways through the graph: synthesised; found in the audio cache, one hop
past the normalizer; found in the gateway's own memory."""
_OF_GRAPH = ("cache", "queue", "synthesize", "encode")


class MeasurementError(RuntimeError):
    """Nothing was measured where something should have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Processor time of one closed loop."""

    milliseconds: Mapping[str, float]
    """Per request by process kind, with the idle share of the same time taken off. Little more
    than the 10 ms resolution divided by the requests can be read off it."""
    client_milliseconds: float
    """Per request, of the client."""
    client_cores: float
    """Cores the client kept busy."""
    others_cores: float
    """Cores that were busy with neither server nor client."""

    @property
    def ours(self) -> float:
        """Milliseconds per request of our replicas."""
        return fsum(self.milliseconds[kind] for kind in STAGES)

    @property
    def rays(self) -> float:
        """Milliseconds per request of Ray's own processes."""
        return fsum(self.milliseconds[kind] for kind in RAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """GET /livez: what HTTP, proxy and ingress cost with no speech at all."""

    concurrency: int
    latency: Summary
    rate: float
    """Replies per second."""
    cost: Cost
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One voice, format, cache state and number of clients; summaries in milliseconds."""

    voice: str
    format: AudioFormat
    state: str
    concurrency: int
    latency: Summary
    """To the last byte, as the client saw it."""
    first_byte: Summary
    """To the first of the body."""
    rate: float
    """Replies per second."""
    over_bare: float
    """Milliseconds of the median above the bare median: on a miss, what the graph adds."""
    times_bare: float
    """The median as a multiple of the bare median."""
    bare_rate_share: float
    """Rate as a share of what one bare loop reaches; 1 is an engine that never waits."""
    times_livez: float
    """The median as a multiple of /livez with as many clients."""
    stages: Mapping[str, Summary]
    """As `Server-Timing` names them: `graph` holds everything behind the normalizer.

    Of replies of announced size alone, as `hops` and `outside` are: where a reply of several
    phrases is made, the header tells of its first phrase only, and the latency of them all.
    """
    hops: Summary | None
    """`graph` without the work named in it: the way between the stages. None on a hot hit."""
    outside: Summary | None
    """Latency without `normalize` and `graph`: client, proxy, gateway and body."""
    cost: Cost
    failures: int
    first_failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How it was measured."""

    requests: int
    """Most requests of one closed loop."""
    seconds: float
    """No request of a closed loop begins later."""
    formats: tuple[AudioFormat, ...]
    concurrencies: tuple[int, ...]
    engine_threads: int
    idle_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one run of the program measured."""

    machine: Machine
    settings: Settings
    bare: tuple[Bare, ...]
    livez: tuple[Floor, ...]
    cells: tuple[Cell, ...]
    idle_cores: Mapping[str, float]
    """Cores the server keeps busy with no request, by process kind."""
    memory_mib: Mapping[str, float]
    """Proportional set size after all requests, by process kind."""

    @property
    def failures(self) -> int:
        """Requests that did not end as they should."""
        return sum(item.failures for item in self.livez) + sum(c.failures for c in self.cells)


def cost(run: Run, used: Usage, idle_cores: Mapping[str, float]) -> Cost:
    """Divide what was used among the requests.

    Args:
        run: The closed loop.
        used: Of the server, around the loop.
        idle_cores: What the server uses with no request.
    """
    requests = max(1, len(run.answers))
    server = fsum(used.seconds.values())
    return Cost(
        milliseconds={
            kind: 1000 * (seconds - idle_cores[kind] * used.wall) / requests
            for kind, seconds in used.seconds.items()
        },
        client_milliseconds=1000 * run.client_processor / requests,
        client_cores=run.client_processor / run.wall,
        others_cores=(used.machine - server - run.client_processor) / used.wall,
    )


def floor(run: Run, used: Usage, idle_cores: Mapping[str, float], concurrency: int) -> Floor:
    """The figures of a loop over /livez."""
    good = [answer for answer in run.answers if answer.status == 200]
    if not good:
        raise MeasurementError("no reply of /livez")
    return Floor(
        concurrency=concurrency,
        latency=Summary.of([answer.seconds for answer in good]),
        rate=len(good) / run.wall,
        cost=cost(run, used, idle_cores),
        failures=len(run.answers) - len(good),
    )


def cell(
    run: Run, used: Usage, idle_cores: Mapping[str, float], *, bare: Bare, livez: Floor, state: str
) -> Cell:
    """The figures of a loop whose every reply should come from one cache state.

    Raises:
        MeasurementError: no reply did.
    """
    good = [answer for answer in run.answers if not fault(answer, state)]
    faults = [text for answer in run.answers if (text := fault(answer, state))]
    name = f"{bare.voice} {bare.format} {state} x{livez.concurrency}"
    if not good:
        raise MeasurementError(f"{name}: no reply as expected, first of {len(faults)}: {faults}")
    latency = Summary.of([answer.seconds for answer in good])
    rate = len(good) / run.wall
    whole = [(answer, server_timing(answer.server_timing)) for answer in good if answer.whole]
    timings = [stages for _, stages in whole]
    return Cell(
        voice=bare.voice,
        format=bare.format,
        state=state,
        concurrency=livez.concurrency,
        latency=latency,
        first_byte=Summary.of([answer.first_byte for answer in good]),
        rate=rate,
        over_bare=latency.p50 - bare.total.p50,
        times_bare=latency.p50 / bare.total.p50,
        bare_rate_share=rate * bare.total.mean / 1000,
        times_livez=latency.p50 / livez.latency.p50,
        stages=_by_stage(timings),
        hops=_summary([_hops(stages) for stages in timings if "graph" in stages]),
        outside=_summary(
            [
                answer.seconds - stages.get("normalize", 0.0) - stages.get("graph", 0.0)
                for answer, stages in whole
            ]
        ),
        cost=cost(run, used, idle_cores),
        failures=len(faults),
        first_failure=faults[0] if faults else "",
    )


def fault(answer: Answer, state: str) -> str:
    """What is wrong with a reply that should come from a cache state; empty if nothing is."""
    if answer.status != 200:
        return answer.error or f"status {answer.status}"
    if answer.cache != state:
        return f"X-Cache: {answer.cache}, not {state}"
    if not answer.size:
        return "an empty body"
    return ""


def _summary(seconds: Sequence[float]) -> Summary | None:
    return Summary.of(seconds) if seconds else None


def _hops(stages: Mapping[str, float]) -> float:
    return stages["graph"] - fsum(stages.get(name, 0.0) for name in _OF_GRAPH)


def _by_stage(timings: Sequence[Mapping[str, float]]) -> dict[str, Summary]:
    names = dict.fromkeys(name for stages in timings for name in stages)
    return {
        name: Summary.of([stages[name] for stages in timings if name in stages]) for name in names
    }
