"""Chorale beside what a user would run instead: same voice, same words, same machine, one run.

Each server is started alone, in turns: Chorale as it is shipped, a LitServe app with batching, and
a plain FastAPI app. A peer that can be run in several ways is run in the one that answers 8
closed-loop users fastest. All replies are WAV, which every one of them speaks, and the peers keep
no replies.

    python -m loadtests.peers.compare [--voice heart|joe|kokoro] [--peers litserve fastapi ...]
                                      [--turns 1] [--seconds 12] [--least 20] [--precision 0.1]
                                      [--graph FILE] [--out FOLDER] [--keep]

With the default voice, `heart`, the peers speak through hibari's own package; with Piper's `joe`
on ONNX Runtime, and `python -m piper.http_server` is one of them. With `kokoro`, they are
`fastkokoro` and kokoro-onnx behind FastAPI, on the int8 graph out of the packages of the extra
`test-voices`. Replies are then new PCM, read as they come, the users 1, 4 and 16, and the limit
that of `kokoro_p95_ms`; Chorale has the voice loaded, and refuses nobody for a long queue.

One table: goodput at P95 below the limit on `assistant` and `unique`; P50, P95, P99 of hits and
misses at 1 to 32 closed-loop users; of what is read as it comes also new replies per second, first
audio and first sound; memory; all as ratios to Chorale's. Where a peer is better, its ratio says
so. The last line of output is one JSON object.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from loadtests.config import Peer, Plan, Step, WorkloadName, Workloads
from loadtests.figures import Measured, NothingMeasuredError, evaluate
from loadtests.generator import warm
from loadtests.goodput import Prober, Search
from loadtests.limits import Limits
from loadtests.local_server import stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.peers.comparison import Turn, comparison_table, plot_comparison
from loadtests.peers.servers import ENVIRONMENT, PEERS, VARIANTS, Variant, running
from loadtests.placement import this_placement
from loadtests.processes import look
from loadtests.records import Record
from loadtests.results import add_arguments, publish
from loadtests.run import ERRORS, read_graph
from loadtests.tables import show_machine

_TUNING_USERS = 8
_SETTLE = 2.0
"""Seconds at the beginning of a step that do not count: Locust starts users within the first."""
_ORDER: tuple[Peer, ...] = (
    *("chorale", "piper", "litserve", "fastapi"),
    *("fastkokoro", "kokoro_onnx"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is said by whom, and how long everything takes."""

    voice: str
    """One of `loadtests.peers.servers.PEERS`."""
    users: tuple[int, ...]
    seconds: float
    """Of each number of users."""
    turns: int
    """How often every server has its turn."""
    search: Search


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything one run of the program measured."""

    machine: Machine
    placement: str
    settings: Settings
    tuning: Mapping[str, float]
    """Replies per second of every variant that was tried."""
    turns: Mapping[str, tuple[Turn, ...]]
    """By server."""


class Comparer:
    """Measures one server after the other."""

    def __init__(
        self,
        settings: Settings,
        workloads: Workloads,
        out: Path,
        console: Console,
        graph: Mapping[str, Any] | None,
    ) -> None:
        self._settings = settings
        self._streamed = settings.voice == "kokoro"
        # A reply of Kokoro takes seconds, so popular ones are not made in advance.
        self._names: tuple[WorkloadName, ...] = (
            ("unique",) if self._streamed else ("assistant", "unique")
        )
        self._workloads = workloads.everywhere("pcm" if self._streamed else "wav", settings.voice)
        self._out = out
        self._console = console
        self._graph = graph
        self.tuning: dict[str, float] = {}

    def best(self, peer: Peer) -> Variant:
        """The variant that answers most new texts per second in a closed loop."""
        variants = VARIANTS[peer]
        if len(variants) == 1:
            return variants[0]
        step = Step(seconds=_SETTLE + self._settings.seconds, users=_TUNING_USERS)
        for variant in variants:
            with running(variant, self._graph, self._settings.voice) as server:
                prober = self._prober(server.url, peer)
                plan = prober.plan("unique", (step,))
                warm(plan, server.url)
                found = _level(plan, prober.run(plan), 0)
            self.tuning[str(variant)] = found.rate if found else 0.0
            self._console.print(f"{variant}: {self.tuning[str(variant)]:.1f} replies/s")
        return max(variants, key=lambda variant: self.tuning[str(variant)])

    def turn(self, variant: Variant) -> Turn:
        """Start a server, measure everything, stop it."""
        self._console.print(f"{variant}: starting ...")
        with running(variant, self._graph, self._settings.voice) as server:
            prober = self._prober(server.url, variant.peer)
            levels: list[Measured | None] = []
            for name in self._names:
                levels += self._levels(prober, server.url, name)
            goodput = tuple(prober.goodput(name) for name in self._names)
            held = look(server.processes())
        return Turn(
            variant=str(variant),
            goodput=goodput,
            levels=tuple(levels),
            memory_mib=sum(process.pss for process in held.held),
        )

    def _levels(self, prober: Prober, url: str, workload: WorkloadName) -> list[Measured | None]:
        seconds = _SETTLE + self._settings.seconds
        steps = [Step(seconds=seconds, users=users) for users in self._settings.users]
        plan = prober.plan(workload, steps).model_copy(update={"give_up": None})
        warm(plan, url)
        users = ", ".join(map(str, self._settings.users))
        self._console.print(f"  {workload}: {users} users ...")
        record = prober.run(plan)
        return [_level(plan, record, index) for index in range(len(steps))]

    def _prober(self, url: str, peer: Peer) -> Prober:
        return Prober(
            url,
            peer,
            self._workloads,
            self._settings.search,
            out=self._out,
            console=self._console,
            streamed=self._streamed,
        )


def _level(plan: Plan, record: Record, step: int) -> Measured | None:
    """Of one number of users; None where nobody had a reply in time."""
    try:
        return evaluate(plan, record, step=step, settle=_SETTLE)
    except NothingMeasuredError:
        return None


def measure(
    settings: Settings,
    peers: Sequence[Peer],
    out: Path,
    console: Console,
    *,
    graph: Mapping[str, Any] | None,
) -> Comparison:
    """Tune the peers, then let everyone have their turns."""
    machine = this_machine()
    comparer = Comparer(settings, Workloads.load(), out, console, graph)
    servers = [peer for peer in _ORDER if peer == "chorale" or peer in peers]
    variants = {peer: comparer.best(peer) for peer in servers}
    turns: dict[str, list[Turn]] = {peer: [] for peer in servers}
    for _ in range(settings.turns):
        for peer in servers:
            turns[peer].append(comparer.turn(variants[peer]))
    return Comparison(
        machine=machine,
        placement=str(this_placement()),
        settings=settings,
        tuning=comparer.tuning,
        turns={peer: tuple(items) for peer, items in turns.items()},
    )


def main() -> None:
    """Measure, print the tables and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="Chorale beside its peers.")
    parser.add_argument("--voice", choices=PEERS, default="heart")
    parser.add_argument("--peers", nargs="+", choices=_ORDER[1:], help="default: all of the voice")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--users", type=int, nargs="+", help="default: 1 to 32; kokoro: 1 4 16")
    parser.add_argument("--seconds", type=float, default=12.0, help="of each number of users")
    parser.add_argument("--least", type=float, default=20.0, help="seconds of a goodput run")
    parser.add_argument("--requests", type=int, default=300, help="wanted in a goodput run")
    parser.add_argument("--precision", type=float, default=0.1)
    parser.add_argument("--start", type=float, help="requests/s of the first run: 8; kokoro: 1")
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    add_arguments(parser)
    given = parser.parse_args()
    peers = given.peers or PEERS[given.voice]
    if not set(peers) <= set(PEERS[given.voice]):
        parser.error(f"{given.voice} is a voice of {', '.join(PEERS[given.voice])}")
    if not ENVIRONMENT.is_dir():
        parser.error("the peers' packages are not installed: `make peers` installs them")
    stop_on_sigterm()
    console, out = Console(width=140, record=True), given.out.resolve()
    try:
        kokoro, limits = given.voice == "kokoro", Limits.load().goodput
        limit = limits.kokoro_p95_ms if kokoro else limits.p95_ms
        search = Search(
            limit_ms=limit,
            start=given.start or (1.0 if kokoro else 8.0),
            precision=given.precision,
            least_seconds=given.least,
            requests=given.requests,
            lowest=0.1 if kokoro else 1.0,
            give_up=max(3.0, 2 * limit / 1000),
        )
        settings = Settings(
            voice=given.voice,
            users=tuple(given.users or ((1, 4, 16) if kokoro else (1, 4, 8, 16, 32))),
            seconds=given.seconds,
            turns=given.turns,
            search=search,
        )
        graph = read_graph(given.graph)
        result = measure(settings, peers, out, console, graph=graph)
    except ERRORS as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    show_machine(result.machine, this_placement(), console)
    console.print(comparison_table(result.turns))
    plot_comparison(result.turns, out / "peers.png", limit_ms=search.limit_ms)
    name = "peers" if given.voice == "heart" else f"peers_{given.voice}"
    publish({"benchmark": name, **asdict(result)}, given, console=console, plots=["peers.png"])


if __name__ == "__main__":
    main()
