"""Faults: what callers notice when a process is killed or frozen, one after another.

Starts `chorale serve` with two replicas of every stage, a Redis behind its caches and another
behind its GCS, and lets callers come in an open loop. Each fault strikes one process (of replicas
the oldest; of HAProxy, which is the only door, all) while they call; the next one waits until the
victim's place is taken.

    python -m loadtests.faults [--only NAME ...] [--rate 5] [--out FOLDER] [--keep]

Every answer is compared with the same request's reply while all was well. Ends with 1 if somebody
failed who had nothing in hand at the victim, if an answer was wrong, or if a victim's place was not
taken. The last line of output is one JSON object.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

import httpx
from rich.console import Console
from rich.table import Table

from loadtests.faults.callers import learn
from loadtests.faults.list import FAULTS, Fault
from loadtests.faults.redis_server import redis_server
from loadtests.faults.references import References, everything_wanted, requests
from loadtests.faults.server import REPLICAS, VOICES, faults_server
from loadtests.faults.trial import Trial
from loadtests.faults.verdict import Outcome
from loadtests.faults.victims import NoVictimError
from loadtests.local_server import ServerError, stop_on_sigterm
from loadtests.machine import this_machine
from loadtests.placement import this_placement
from loadtests.processes import STAGES
from loadtests.results import add_arguments, publish
from loadtests.tables import show_machine


async def measure(trial: Trial, faults: Sequence[Fault], console: Console) -> list[Outcome]:
    """Let every fault happen, then look whether what is kept is still right."""
    console.print("learning what every request must be answered with ...")
    meant = everything_wanted(VOICES)
    await learn(trial.speech, meant, trial.references)
    outcomes = []
    for number, fault in enumerate(faults, 1):
        outcome = await trial.run(fault)
        outcomes.append(outcome)
        console.print(f"{number}/{len(faults)} {_sentence(outcome)}")
    return outcomes


def table(outcomes: Sequence[Outcome]) -> Table:
    """Every fault and what it cost."""
    found = Table(title="Seconds from the fault; `stray` are failures beyond those allowed")
    for name in ("fault", "may fail"):
        found.add_column(name)
    for name in ("requests", "under way", "failed", "stray", "wrong"):
        found.add_column(name, justify="right")
    for name in ("success again", "slowest answer", "replaced"):
        found.add_column(name, justify="right")
    for item in outcomes:
        found.add_row(
            item.fault,
            item.price,
            *map(str, (item.requests, item.open, item.failed, item.stray, item.wrong)),
            f"{item.recovered:.1f}",
            f"{item.slowest:.1f}",
            "never" if item.replaced is None else f"{item.replaced:.1f}",
        )
    return found


def _sentence(item: Outcome) -> str:
    how = ", ".join(f"{count} {name}" for name, count in item.how.items()) or "none failed"
    mark = "[green]kept[/green]" if item.kept else f"[red]broken[/red] {item.first_stray}"
    back = "not replaced" if item.replaced is None else f"replaced after {item.replaced:.1f} s"
    return f"{item.fault}: of {item.requests} {how}; {back}; {mark}"


def chosen(names: Sequence[str]) -> list[Fault]:
    """The faults of these names, all if there are none.

    Raises:
        ServerError: there is no such fault.
    """
    known = {fault.name: fault for fault in FAULTS}
    if unknown := set(names) - set(known):
        raise ServerError(f"no fault is called {sorted(unknown)}; there are {sorted(known)}")
    return [known[name] for name in names] or list(FAULTS)


def main() -> None:
    """Measure, print the table and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="What callers notice of faults.")
    parser.add_argument("--only", nargs="+", default=[], help='names such as "kill Encoder"')
    parser.add_argument("--rate", type=float, default=5.0, help="requests/s")
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    console, machine = Console(width=140, record=True), this_machine()
    began = time.perf_counter()
    try:
        faults = chosen(given.only)
        with redis_server() as cache, redis_server() as cluster:
            console.print("starting a server ...")
            with faults_server(cache, cluster) as server:
                trial = Trial(
                    server=server,
                    references=References(),
                    wanted=requests(*VOICES),
                    rate=given.rate,
                    whole=dict.fromkeys(STAGES, REPLICAS),
                    redis=cache,
                )
                outcomes = asyncio.run(measure(trial, faults, console))
    except (ServerError, NoVictimError, httpx.HTTPError, ValueError) as error:
        console.print(f"[red]error:[/red] {error or type(error).__name__}")
        sys.exit(1)
    show_machine(machine, this_placement(), console)
    console.print(
        f"{trial.references.decoded} answers were other bytes than their reference's, "
        "decoded and compared."
    )
    console.print(table(outcomes))
    publish(
        {
            "benchmark": "faults",
            "machine": asdict(machine),
            "rate": given.rate,
            "seconds": time.perf_counter() - began,
            "decoded": trial.references.decoded,
            "faults": [asdict(outcome) for outcome in outcomes],
        },
        given,
        console=console,
    )
    if not all(outcome.kept for outcome in outcomes):
        sys.exit(1)


if __name__ == "__main__":
    main()
