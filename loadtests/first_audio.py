"""First audio: how soon a text that streams is heard, and whether it then plays on.

Starts `chorale serve` as it is shipped, or takes the server that `--host` names. Texts arrive in an
open loop, at several rates in turn, five rounds of them, each with texts of its own. The worst
round of a rate is its verdict: the rate holds if P95 of the first sound (the first sample above
-45 dBFS) stays below the limit, no reply failed, and every player that began with the first audio
could play on. Beside it stand the first audio, and the share of replies that never stopped playing.

    python -m loadtests.first_audio [--host URL] [--rates 0.5 1 1.5] [--rounds 5] [--seconds 15]
                                    [--characters 200 800] [--limit 200] [--graph FILE]
                                    [--out FOLDER] [--keep]

Ends with 1 if no rate holds. The last line of output is one JSON object.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtests.arrivals import schedule
from loadtests.config import ROUNDS, Plan, Step, Workloads
from loadtests.figures import Measured, NothingMeasuredError, evaluate
from loadtests.generator import run_plan, warm
from loadtests.limits import Limits
from loadtests.local_server import local_server, stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.placement import this_placement
from loadtests.results import add_arguments, publish
from loadtests.run import ERRORS, read_graph
from loadtests.tables import ms, show_machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """All rounds of one rate; milliseconds."""

    rate: float
    """Texts a second."""
    rounds: tuple[Measured, ...]
    first_audio: tuple[float, ...]
    """P95 of each round."""
    first_sound: tuple[float, ...]
    """Likewise."""
    continuity: float
    """Share of replies that never stopped playing, of the worst round."""
    failures: int
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAudio:
    """Everything one run of the program measured."""

    machine: Machine
    placement: str
    characters: tuple[int, int]
    limit_ms: float
    rates: tuple[Held, ...]


def held(rate: float, rounds: Sequence[Measured], limit_ms: float) -> Held:
    """The verdict on a rate.

    Raises:
        NothingMeasuredError: nothing was heard.
    """
    streams = [run.streaming for run in rounds if run.streaming is not None]
    if not streams:
        raise NothingMeasuredError(f"at {rate:g}/s nothing was heard: more seconds or rounds")
    continuity = min(1 - one.stalled / one.first_audio.count for one in streams)
    failures = sum(run.failures for run in rounds)
    first_sound = tuple(one.first_sound.p95 for one in streams)
    return Held(
        rate=rate,
        rounds=tuple(rounds),
        first_audio=tuple(one.first_audio.p95 for one in streams),
        first_sound=first_sound,
        continuity=continuity,
        failures=failures,
        holds=max(first_sound) < limit_ms and continuity == 1.0 and not failures,
    )


def measure(
    url: str,
    workloads: Workloads,
    *,
    rates: Sequence[float],
    rounds: int,
    seconds: float,
    limit_ms: float,
    out: Path,
    console: Console,
) -> tuple[Held, ...]:
    """Every rate in each round, so that all share what disturbs the machine.

    A round of a low rate in which no text arrives is left out.
    """
    found: dict[float, list[Measured]] = {rate: [] for rate in rates}
    number = 0
    for turn in range(1, rounds + 1):
        for rate in rates:
            number += 1
            step = Step(seconds=seconds, rate=rate)
            plan = Plan(workload="reader", workloads=workloads, steps=(step,), round=number)
            if number == 1:
                warm(plan, url)
            if not any(schedule(plan)):
                console.print(f"round {turn}, {rate:g}/s: no text")
                continue
            found[rate].append(evaluate(plan, run_plan(plan, url, out, f"first-audio-{number}")))
            console.print(f"round {turn}, {rate:g}/s: {_told(found[rate][-1])}")
    return tuple(held(rate, found[rate], limit_ms) for rate in rates)


def _told(run: Measured) -> str:
    heard = "nothing was heard"
    if run.streaming is not None:
        heard = f"first sound P95 {ms(run.streaming.first_sound.p95)} ms"
    return f"{run.requests} texts, {heard}"


def table(rates: Sequence[Held]) -> Table:
    """The worst round of each rate."""
    shown = Table(title="Worst round of each rate (P95, ms)")
    for name in ("texts/s", "first audio", "first sound", "played on", "failed", ""):
        shown.add_column(name, justify="right")
    for one in rates:
        shown.add_row(
            f"{one.rate:g}",
            ms(max(one.first_audio)),
            ms(max(one.first_sound)),
            f"{100 * one.continuity:.1f} %",
            str(one.failures),
            "[green]holds[/green]" if one.holds else "[red]does not[/red]",
        )
    return shown


def main() -> None:
    """Measure, print the table and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="How soon a text that streams is heard.")
    parser.add_argument("--host", help="address of a running server; default: start one")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.5, 1.0, 1.5])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each round and rate")
    parser.add_argument("--characters", type=int, nargs=2, default=[200, 800], help="of a text")
    limit = Limits.load().workloads.reader.first_sound_p95_ms
    parser.add_argument("--limit", type=float, default=limit, help="milliseconds")
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    add_arguments(parser)
    given = parser.parse_args()
    if not 0 < given.rounds * len(given.rates) < ROUNDS:
        parser.error(f"rounds times rates must be below {ROUNDS}")
    stop_on_sigterm()
    console, out = Console(width=100, record=True), given.out.resolve()
    try:
        workloads, characters = Workloads.load(), (given.characters[0], given.characters[1])
        reader = workloads.reader.model_copy(update={"characters": characters})
        with contextlib.ExitStack() as stack:
            url = given.host
            if url is None:
                url = stack.enter_context(local_server(graph=read_graph(given.graph))).url
            rates = measure(
                url,
                workloads.model_copy(update={"reader": reader}),
                rates=given.rates,
                rounds=given.rounds,
                seconds=given.seconds,
                limit_ms=given.limit,
                out=out,
                console=console,
            )
    except ERRORS as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    result = FirstAudio(
        machine=this_machine(),
        placement=str(this_placement()),
        characters=characters,
        limit_ms=given.limit,
        rates=rates,
    )
    show_machine(result.machine, this_placement(), console)
    console.print(table(rates))
    publish({"benchmark": "first_audio", **asdict(result)}, given, console=console)
    if not any(one.holds for one in rates):
        sys.exit(1)


if __name__ == "__main__":
    main()
