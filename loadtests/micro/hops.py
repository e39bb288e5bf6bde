"""What calls between processes cost: five deployments beside the compact graph, in turns.

Each server is asked at the same fixed rate, one after the other in every round, for replies that
are synthesised (every text new), for the same from the audio cache (the words written otherwise)
and for the same from the gateway's own cache. Told is the processor time of each of its processes
for a request, with the idle share of the same time taken off.

    python -m loadtests.micro.hops [--rate 12] [--seconds 10] [--rounds 4] [--format wav]
                                   [--beside CHECKOUT] [--out FOLDER] [--keep]

`--beside` adds the five deployments of another checkout to the run. A reply that fails or comes
from elsewhere makes the program end with 1. The last line of output is one JSON object.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum
from pathlib import Path

import uvloop
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtests.config import ConfigurationError
from loadtests.local_server import ROOT, LocalServer, ServerError, start_chorale, stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.micro.cells import STATES, MeasurementError, fault
from loadtests.micro.client import Answer, open_loop, speech_call
from loadtests.processes import KINDS, spent, usage
from loadtests.results import add_arguments, publish
from loadtests.run import read_graph
from loadtests.samples import Summary
from loadtests.texts import replies
from speech.types import AUDIO_FORMATS

VOICE = "heart"
_WARM_REPLIES = 48
_IDLE_SECONDS = 10.0
_LONGEST = 20.0
"""Seconds: the gateway's own cache forgets after a minute, and hits become hot ones in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One server's requests of one state in one round."""

    server: str
    state: str
    requests: int
    milliseconds: Mapping[str, float]
    """Processor time of a request by process kind, without the idle share."""
    latency: Summary

    @property
    def total(self) -> float:
        """Of all processes."""
        return fsum(self.milliseconds.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Hops:
    """Everything one run of the program measured."""

    machine: Machine
    rate: float
    """Requests a second."""
    format: str
    idle_cores: Mapping[str, Mapping[str, float]]
    """Cores kept busy with no request, by server and process kind."""
    turns: tuple[Turn, ...]

    def milliseconds(self, server: str, state: str) -> dict[str, float]:
        """The mean of all rounds, by process kind."""
        found = [turn for turn in self.turns if (turn.server, turn.state) == (server, state)]
        count = sum(turn.requests for turn in found)
        return {
            kind: fsum(turn.milliseconds[kind] * turn.requests for turn in found) / count
            for kind in KINDS
        }

    def ratio(self, server: str, state: str) -> float:
        """Processor time of a request as a multiple of the compact graph's."""
        ours, compact = (self.milliseconds(name, state) for name in (server, "compact"))
        return fsum(ours.values()) / fsum(compact.values())


class Meter:
    """Asks servers in turn, with texts nobody has spoken."""

    def __init__(self, rate: float, seconds: float, audio_format: str) -> None:
        self._rate = rate
        self._count = int(rate * seconds)
        self._format = audio_format
        self._used_texts = 0
        self.idle_cores: dict[str, Mapping[str, float]] = {}

    def warm(self, server: LocalServer) -> None:
        """The first replies set codecs and connections up."""
        self._ask(server, self._texts(_WARM_REPLIES))

    def idle(self, servers: Mapping[str, LocalServer]) -> None:
        """What each server uses with nothing to do."""
        before = {name: spent(server.processes()) for name, server in servers.items()}
        time.sleep(_IDLE_SECONDS)
        for name, server in servers.items():
            self.idle_cores[name] = usage(before[name], spent(server.processes())).cores()

    def turns(self, name: str, server: LocalServer) -> list[Turn]:
        """One round of one server.

        Raises:
            MeasurementError: a reply failed, or came from elsewhere.
        """
        texts = self._texts(self._count)
        return [
            self._turn(name, server, state, spelled)
            for state, spelled in zip(
                STATES, (texts, [f" {it}" for it in texts], [f" {it}" for it in texts]), strict=True
            )
        ]

    def _turn(self, name: str, server: LocalServer, state: str, texts: Sequence[str]) -> Turn:
        before = spent(server.processes())
        answers = self._ask(server, texts)
        used = usage(before, spent(server.processes()))
        if faults := [text for answer in answers if (text := fault(answer, state))]:
            raise MeasurementError(f"{name}: {len(faults)} of {len(answers)} failed: {faults[0]}")
        idle = self.idle_cores[name]
        return Turn(
            server=name,
            state=state,
            requests=len(answers),
            milliseconds={
                kind: 1000 * (seconds - idle[kind] * used.wall) / len(answers)
                for kind, seconds in used.seconds.items()
            },
            latency=Summary.of([answer.seconds for answer in answers]),
        )

    def _ask(self, server: LocalServer, texts: Sequence[str]) -> tuple[Answer, ...]:
        calls = [speech_call(server.speech, text, VOICE, self._format) for text in texts]
        return uvloop.run(open_loop(calls, rate=self._rate)).answers

    def _texts(self, count: int) -> tuple[str, ...]:
        self._used_texts += count
        return replies(count, first=self._used_texts - count)


def measure(
    meter: Meter, rounds: int, beside: Path | None, console: Console
) -> tuple[list[Turn], list[str]]:
    """Start all servers, ask them in turns, stop them; returns their names, too."""
    compact = read_graph(ROOT / "configs" / "compact.yaml")
    with contextlib.ExitStack() as stack:
        servers: dict[str, LocalServer] = {}
        for name, graph, root in (
            ("five", None, ROOT),
            ("compact", compact, ROOT),
            *((("beside", None, beside),) if beside else ()),
        ):
            console.print(f"starting {name} ...")
            servers[name] = start_chorale(graph=graph, environment={"PYTHONPATH": str(root)})
            stack.callback(servers[name].stop)
        for server in servers.values():
            meter.warm(server)
        meter.idle(servers)
        turns: list[Turn] = []
        for number in range(1, rounds + 1):
            for name, server in servers.items():
                turns += (new := meter.turns(name, server))
                told = ", ".join(f"{turn.state} {turn.total:.1f}" for turn in new)
                console.print(f"round {number}, {name}: {told} ms")
        console.print("stopping ...")
        return turns, list(servers)


def table(result: Hops, servers: Sequence[str]) -> Table:
    """Means of all rounds."""
    shown = Table(title="Processor time of one request, idle share taken off (ms)")
    shown.add_column("server, state")
    for name in (*KINDS, "sum", "x compact"):
        shown.add_column(name, justify="right")
    for name in servers:
        idle = result.idle_cores[name]
        cells = [f"{1000 * idle[kind]:.1f}" for kind in KINDS]
        shown.add_row(f"{name}, idle, ms/s", *cells, f"{1000 * fsum(idle.values()):.0f}", "")
    for state in STATES:
        for name in servers:
            parts = result.milliseconds(name, state)
            shown.add_row(
                f"{name}, {state}",
                *(f"{parts[kind]:.2f}" for kind in KINDS),
                f"{fsum(parts.values()):.2f}",
                f"{result.ratio(name, state):.2f}",
            )
    return shown


def main() -> None:
    """Measure, print the table and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="What calls between processes cost.")
    parser.add_argument("--rate", type=float, default=12.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each state and turn")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--format", choices=AUDIO_FORMATS, default="wav")
    parser.add_argument("--beside", type=Path, help="another checkout, measured in the same run")
    add_arguments(parser)
    given = parser.parse_args()
    if not 0 < given.seconds <= _LONGEST or given.rate * given.seconds < 1 or given.rounds < 1:
        parser.error("--rate, --seconds or --rounds are out of range")
    stop_on_sigterm()
    console = Console(width=150, record=True)
    meter = Meter(given.rate, given.seconds, given.format)
    try:
        turns, servers = measure(
            meter, given.rounds, given.beside and given.beside.resolve(), console
        )
    except (ConfigurationError, MeasurementError, ServerError) as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    result = Hops(
        machine=this_machine(),
        rate=given.rate,
        format=given.format,
        idle_cores=meter.idle_cores,
        turns=tuple(turns),
    )
    console.print(f"Measured on {result.machine}.")
    console.print(table(result, servers))
    ratios = {state: {name: result.ratio(name, state) for name in servers} for state in STATES}
    publish({"benchmark": "hops", **asdict(result), "ratios": ratios}, given, console=console)


if __name__ == "__main__":
    main()
