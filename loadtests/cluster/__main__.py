"""A cluster of several nodes on one machine: scaling, loss and gain of a node, updates, caches.

Starts a head and two workers, each in a network namespace of its own with a proxy of its own, and
deploys `serve_config.yaml` with `configs/cluster.yaml` by `serve deploy`. The engine is a FAKE of a
known service time, so that the figures are of the serving and not of a voice. Locust asks for new
texts through two of the proxies. Under load: a step up and down, the loss of a worker, a new
worker, one that is drained, a changed setting, a changed catalogue. Then, asked one by one: what
caches keep across nodes and replicas, with Redis (a real one) and without, and an engine that
sleeps and is woken.

    python -m loadtests.cluster [--only scale nodes drain updates caches sleep]
                                [--quick] [--rate 40] [--service 0.025] [--out FOLDER] [--keep]

Needs root for the namespaces; without it all nodes share one address and the head's proxy. Writes
`cluster.json`, `cluster.png` and `cluster-report.html`. Ends with 1 if something did not hold. The
last line of output is one JSON object.
"""

import argparse
import sys
from dataclasses import asdict

from rich.console import Console

from loadtests.cluster.course import PARTS, Course, Found, Pace
from loadtests.cluster.deployment import Engine
from loadtests.cluster.nodes import cluster
from loadtests.cluster.show import plot_timeline, timeline_table
from loadtests.local_server import stop_on_sigterm
from loadtests.machine import this_machine
from loadtests.placement import this_placement
from loadtests.results import add_arguments, publish
from loadtests.run import ERRORS
from loadtests.tables import check_table, show_machine

_WORKERS = 2
_WORKER_CPUS = 8.0


def show(found: Found, engine: Engine, console: Console) -> None:
    """Print it, the verdict last."""
    show_machine(found.machine, this_placement(), console)
    console.print(f"[yellow]Note:[/yellow] {engine}. {found.nodes}.")
    console.print(timeline_table(found.timeline, title="Timeline (fake engine)"))
    for line in found.told:
        console.print(line)
    console.print(check_table(found.checks))


def main() -> None:
    """Run the demonstration, print the timeline and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="A cluster under load, on one machine.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true", help="short stretches: a check")
    parser.add_argument("--rate", type=float, default=40.0, help="requests/s after the step up")
    parser.add_argument(
        "--service", type=float, default=Engine().seconds, help="seconds a phrase takes"
    )
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    console, out = Console(width=120, record=True), given.out.resolve()
    machine, engine = this_machine(), Engine(seconds=given.service)
    pace = Pace.quick(given.rate) if given.quick else Pace(high=given.rate)
    console.print(f"{engine}; starting a head and {_WORKERS} workers ...")
    try:
        with cluster(workers=_WORKERS, worker_cpus=_WORKER_CPUS) as nodes:
            course = Course(nodes, engine, pace, out, console, machine=machine)
            found = course.run(given.only)
    except (*ERRORS, OSError) as error:
        console.print(f"[red]error:[/red] {error}", markup=True)
        sys.exit(1)
    show(found, engine, console)
    plot_timeline(
        found.timeline,
        out / "cluster.png",
        title=f"{found.nodes}; FAKE engine, {1000 * engine.seconds:.0f} ms a phrase",
        target=engine.queueing_p95,
    )
    publish(
        {"benchmark": "cluster", "engine": f"fake, {engine.seconds:g} s a phrase", **asdict(found)},
        given,
        console=console,
        plots=["cluster.png"],
    )
    if not all(check.kept for check in found.checks):
        sys.exit(1)


if __name__ == "__main__":
    main()
