"""The verdict: a server under the load of `limits.yaml`, held to the limits in it.

Starts `chorale serve` as it is shipped, on a free port, or takes the one that `--host` names. It
asks for the popular replies once, as a server that has run for a while would have them; then lets
`assistant` and `unique` arrive in an open loop, and `reader` listen in a closed one (see
`loadtests.workloads`), each from the first request on. Locust runs in a process of its own.

    python -m loadtests.run [--host URL] [--seconds 10] [--graph FILE] [--limits FILE] [--seed 0]
                            [--out FOLDER] [--keep]

Writes `loadtest-report.html`, `loadtest.json`, and of each workload a plot, Locust's report and
every request into the folder. Ends with 1 if a limit is broken. The last line of output is one JSON
object.
"""

import argparse
import contextlib
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.markup import escape

from loadtests.config import ConfigurationError, Plan, Workloads
from loadtests.figures import Measured, NothingMeasuredError, evaluate
from loadtests.generator import GeneratorError, run_plan, warm
from loadtests.limits import (
    LIMITS_FILE,
    Check,
    Limits,
    WorkloadLimits,
    checks_of,
    memory_check,
)
from loadtests.local_server import ServerError, local_server, stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.placement import this_placement
from loadtests.plots import plot_latency
from loadtests.results import add_arguments, publish
from loadtests.tables import (
    check_table,
    latency_table,
    memory_table,
    show_generator,
    show_machine,
    stage_table,
)
from loadtests.watch import Memory, Watch, most

ERRORS = (ConfigurationError, GeneratorError, NothingMeasuredError, ServerError)
"""What a measuring program reports in a sentence."""
_LOOK_EVERY = 5.0
"""Seconds between looks at the server's memory; one costs some 30 ms of a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Everything one run of the program measured."""

    machine: Machine
    placement: str
    seed: int
    workloads: tuple[Measured, ...]
    memory: Memory | None
    """Of a server of its own."""
    checks: tuple[Check, ...]

    @property
    def broken(self) -> tuple[Check, ...]:
        """Limits that were not kept."""
        return tuple(check for check in self.checks if not check.kept)


def measure(
    limits: Limits,
    workloads: Workloads,
    out: Path,
    console: Console,
    *,
    host: str | None = None,
    graph: Mapping[str, Any] | None = None,
    seed: int,
) -> Verdict:
    """Run the workloads on the server at an address, or on one that lives as long as they do."""
    machine = this_machine()
    measured: list[Measured] = []
    checks: list[Check] = []
    watch: Watch | None = None
    with contextlib.ExitStack() as stack:
        if host is None:
            console.print("starting a server ...")
            server = stack.enter_context(local_server(graph=graph))
            watch = stack.enter_context(Watch(server, interval=_LOOK_EVERY))
        url = host or server.url
        for number, (name, limit) in enumerate(limits.workloads.named().items(), 1):
            plan = Plan(
                workload=name,
                workloads=workloads,
                steps=(limit.step(),),
                seed=seed,
                round=number,
            )
            console.print(f"{name}: warming up ...")
            warm(plan, url)
            console.print(f"{name}: {plan.load()} for {limit.seconds:g} s ...")
            record = run_plan(plan, url, out, name)
            measured.append(evaluate(plan, record))
            checks += checks_of(measured[-1], limit, limits.generator)
            plot_latency(
                record,
                out / f"{name}.png",
                title=f"{name}, {measured[-1].load}",
                limit_ms=limits.goodput.p95_ms,
            )
        if watch is not None:
            console.print("stopping the server ...")
    memory = most(watch.looks) if watch is not None else None
    if memory is not None:
        checks.append(memory_check(memory, limits.memory))
    return Verdict(
        machine=machine,
        placement=str(this_placement()),
        seed=seed,
        workloads=tuple(measured),
        memory=memory,
        checks=tuple(checks),
    )


def show(verdict: Verdict, console: Console) -> None:
    """Print everything, the verdict last."""
    show_machine(verdict.machine, this_placement(), console)
    console.print(latency_table(verdict.workloads))
    console.print(stage_table(verdict.workloads))
    if verdict.memory is not None:
        console.print(memory_table(verdict.memory))
    show_generator(verdict.workloads, console)
    console.print(check_table(verdict.checks))


def read_graph(path: Path | None) -> Mapping[str, Any] | None:
    """A graph configuration, its catalogue resolved; None is what `chorale serve` takes."""
    if path is None:
        return None
    try:
        graph: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        graph["catalogue"] = str((path.parent / graph.get("catalogue", "voices.yaml")).resolve())
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return graph


def _shortened(limits: Limits, seconds: float | None) -> Limits:
    """The same limits, each workload at most so long."""
    if seconds is None:
        return limits
    changed: dict[str, WorkloadLimits] = {
        name: limit.model_copy(update={"seconds": min(seconds, limit.seconds)})
        for name, limit in limits.workloads.named().items()
    }
    return limits.model_copy(update={"workloads": limits.workloads.model_copy(update=changed)})


def _address(host: str | None) -> str | None:
    if host is None:
        return None
    return (host if "://" in host else f"http://{host}").rstrip("/")


def main() -> None:
    """Measure, print the tables and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="Hold a server to the limits.")
    parser.add_argument("--host", help="address of a running server; default: start one")
    parser.add_argument("--seconds", type=float, help="of each workload at most: a check")
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    parser.add_argument("--limits", type=Path, default=LIMITS_FILE)
    parser.add_argument("--seed", type=int, default=0, help="names the texts")
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    console, out = Console(width=120, record=True), given.out.resolve()
    try:
        limits = _shortened(Limits.load(given.limits), given.seconds)
        verdict = measure(
            limits,
            Workloads.load(),
            out,
            console,
            host=_address(given.host),
            graph=read_graph(given.graph),
            seed=given.seed,
        )
    except ERRORS as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    show(verdict, console)
    broken = [check.name for check in verdict.broken]
    publish(
        {"benchmark": "loadtest", **asdict(verdict), "broken": broken},
        given,
        console=console,
        plots=[f"{name}.png" for name in limits.workloads.named()],
    )
    if verdict.broken:
        sys.exit(1)


if __name__ == "__main__":
    main()
