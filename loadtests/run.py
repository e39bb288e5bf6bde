"""Load a server of its own with Locust: latency of every reply, by where it came from.

Starts `chorale serve` as it is shipped, on a free port, and lets N users ask it in a closed loop,
first for popular replies, then for texts that are all new (see `loadtests.workloads`). Locust runs
in a process of its own. Every request counts, from the first on.

    python -m loadtests.run [--users 8] [--seconds 20] [--out FOLDER]

Writes `loadtest.json` and Locust's report of each workload into the folder. Ends with 1 if a
request failed or a workload saw none. The last line of output is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loadtests.local_server import ROOT, ServerError, local_server, stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.samples import Summary
from loadtests.workloads import WORKLOADS, Plan, WorkloadName, warm_up

_BUSY_GENERATOR = 0.8
"""Share of a core above which the load generator is the bottleneck: it has one thread."""
_WARM_REPLIES = 4


class LoadTestError(RuntimeError):
    """A workload could not be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One workload; latencies in milliseconds, to the last byte."""

    workload: WorkloadName
    users: int
    latency: Summary
    """Of all replies."""
    by_cache: Mapping[str, Summary]
    """By `X-Cache`."""
    rate: float
    """Replies per second."""
    failures: int
    first_failure: str
    generator_cores: float
    """Cores the load generator itself kept busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything one run of the program measured."""

    machine: Machine
    plan: Plan
    workloads: tuple[Measured, ...]

    @property
    def failures(self) -> int:
        """Requests that did not end as they should."""
        return sum(measured.failures for measured in self.workloads)


def evaluate(workload: WorkloadName, users: int, record: Mapping[str, Any]) -> Measured:
    """Make figures of what the load generator wrote.

    Args:
        workload: The one it ran.
        users: Requests at a time.
        record: Content of its records file.

    Raises:
        LoadTestError: no request succeeded.
    """
    rows: Sequence[Mapping[str, Any]] = record["requests"]
    failures = [row["failure"] for row in rows if row["failure"]]
    good = [row for row in rows if not row["failure"]]
    if not good:
        raise LoadTestError(f"{workload}: {len(rows)} requests, none succeeded: {failures[:1]}")
    states = dict.fromkeys(sorted(row["cache"] for row in good))
    return Measured(
        workload=workload,
        users=users,
        latency=Summary.of([row["seconds"] for row in good]),
        by_cache={
            state: Summary.of([row["seconds"] for row in good if row["cache"] == state])
            for state in states
        },
        rate=len(good) / record["wall"],
        failures=len(failures),
        first_failure=failures[0] if failures else "",
        generator_cores=record["processor"] / record["wall"],
    )


def measure(plan: Plan, out: Path, console: Console) -> Result:
    """Start a server, run every workload, stop it."""
    machine = this_machine()
    out.mkdir(parents=True, exist_ok=True)
    console.print("starting a server ...")
    with local_server() as server:
        for body in warm_up(plan, _WARM_REPLIES):
            _speak(server.speech, body)
        measured = []
        for workload in WORKLOADS:
            console.print(f"{workload}: {plan.users} users for {plan.seconds:g} s ...")
            record = _locust(workload, plan, server.url, out)
            measured.append(evaluate(workload, plan.users, record))
        console.print("stopping the server ...")
    return Result(machine=machine, plan=plan, workloads=tuple(measured))


def _speak(url: str, body: Mapping[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 (our own server)
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
        reply.read()


def _locust(workload: WorkloadName, plan: Plan, url: str, out: Path) -> Mapping[str, Any]:
    """Run one workload; returns what the load generator recorded."""
    plan_file, records = out / "plan.json", out / f"{workload}-requests.json"
    log = out / f"{workload}.log"
    plan_file.write_text(plan.to_json(), "utf-8")
    records.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "locustfile.py")),
        *("--headless", "--only-summary", "--host", url),
        *("--users", str(plan.users), "--spawn-rate", str(plan.users)),
        # Requests under way at the end are waited for: dropping them would drop the slow ones.
        *("--run-time", f"{plan.seconds:g}s", "--stop-timeout", "120"),
        *("--html", str(out / f"{workload}.html")),
        *("--plan", str(plan_file), "--records", str(records)),
        workload.capitalize(),
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")},
        "PYTHONPATH": str(ROOT),
    }
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603
            command, env=environment, cwd=out, stdout=output, stderr=output, check=False
        )
    # 1 says that requests failed, which the records tell better.
    if done.returncode not in {0, 1} or not records.exists():
        tail = log.read_text("utf-8", errors="replace")[-4000:]
        raise LoadTestError(f"{workload}: Locust ended with {done.returncode}:\n{tail}")
    record: Mapping[str, Any] = json.loads(records.read_text("utf-8"))
    return record


def show(result: Result, console: Console) -> None:
    """Print the table, and what to think of the machine first."""
    console.print(f"Measured on {result.machine}.")
    if result.machine.warning:
        console.print(f"[yellow]Warning:[/yellow] {result.machine.warning}.")
    table = Table(title="Short replies under load, closed loop, to the last byte (ms)")
    for name in ("workload", "X-Cache"):
        table.add_column(name)
    for name in ("users", "replies", "P50", "P95", "P99", "per s", "failed"):
        table.add_column(name, justify="right")
    for measured in result.workloads:
        summaries = {"all": measured.latency, **measured.by_cache}
        for state, summary in summaries.items():
            whole = state == "all"
            table.add_row(
                measured.workload if whole else "",
                state,
                str(measured.users) if whole else "",
                str(summary.count),
                *(f"{value:.1f}" for value in (summary.p50, summary.p95, summary.p99)),
                f"{measured.rate:.1f}" if whole else "",
                str(measured.failures) if whole else "",
                end_section=state == list(summaries)[-1],
            )
    console.print(table)
    for measured in result.workloads:
        console.print(
            f"{measured.workload}: the load generator kept {measured.generator_cores:.2f} cores "
            "busy."
        )
        if measured.generator_cores > _BUSY_GENERATOR:
            console.print(
                "[yellow]Warning:[/yellow] it was the bottleneck itself; the figures are its own."
            )
        if measured.failures:
            console.print(
                f"[red]{measured.workload}: {measured.failures} failed, first: "
                f"{measured.first_failure}[/red]"
            )


def main() -> None:
    """Measure, print the table and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="Load a server of its own with Locust.")
    parser.add_argument("--users", type=int, default=Plan().users)
    parser.add_argument("--seconds", type=float, default=Plan().seconds, help="of each workload")
    parser.add_argument("--out", type=Path, default=ROOT / "loadtests" / "out")
    given = parser.parse_args()
    if given.users < 1 or given.seconds < 1:
        parser.error("at least one user and one second")
    stop_on_sigterm()
    console = Console(width=100)
    plan = Plan(users=given.users, seconds=given.seconds)
    try:
        result = measure(plan, given.out.resolve(), console)
    except (LoadTestError, ServerError) as error:
        console.print(f"[red]error:[/red] {error}")
        sys.exit(1)
    show(result, console)
    line = json.dumps({"benchmark": "loadtest", **asdict(result), "failures": result.failures})
    (given.out / "loadtest.json").write_text(line + "\n", "utf-8")
    print(line)
    if result.failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
