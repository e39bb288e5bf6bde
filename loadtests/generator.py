"""Runs the load generator: Locust in a process of its own, and what is asked before it starts."""

import json
import os
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loadtests.config import Plan
from loadtests.local_server import ROOT
from loadtests.placement import pinned, this_placement
from loadtests.records import Record, read
from loadtests.targets import call
from loadtests.workloads import Request, warm_up

_WARMING_CALLERS = 2


class GeneratorError(RuntimeError):
    """The load generator did not do its work."""


def run_plan(plan: Plan, url: str, out: Path, name: str) -> Record:
    """Run Locust with a plan and read what it recorded.

    Args:
        plan: What is asked, and when.
        url: Of the server.
        out: Where `NAME.html` (Locust's report), `NAME.jsonl` (every request), `NAME.plan.json` and
            `NAME.log` go.
        name: Of this run.

    Raises:
        GeneratorError: Locust failed, which failing requests alone are not.
    """
    out.mkdir(parents=True, exist_ok=True)
    plan_file, records, log = (out / f"{name}.{end}" for end in ("plan.json", "jsonl", "log"))
    plan_file.write_text(plan.model_dump_json(), "utf-8")
    records.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "locustfile.py")),
        *("--headless", "--only-summary", "--host", url),
        # Requests under way at the end are waited for: dropping them would drop the slow ones.
        *("--stop-timeout", "150"),
        *("--html", str(out / f"{name}.html")),
        *("--plan", str(plan_file), "--records", str(records)),
        "Crowd" if plan.open else "Callers",
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")},
        "PYTHONPATH": str(ROOT),
    }
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603
            pinned(command, this_placement().generator),
            env=environment,
            cwd=out,
            stdout=output,
            stderr=output,
            check=False,
        )
    # 1 says that requests failed, which the records tell better.
    if done.returncode not in {0, 1} or not records.exists():
        tail = log.read_text("utf-8", errors="replace")[-4000:]
        raise GeneratorError(f"{name}: Locust ended with {done.returncode}:\n{tail}")
    return read(records)


def warm(plan: Plan, url: str) -> int:
    """Ask for everything that is to be there before the measurement; returns how many."""
    wanted = warm_up(plan)

    def ask(request: Request) -> None:
        prepared = call(plan.target, request)
        message = urllib.request.Request(  # noqa: S310 (our own server)
            url + prepared.path,
            data=prepared.body.encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(message, timeout=120) as reply:  # noqa: S310
            reply.read()

    with ThreadPoolExecutor(_WARMING_CALLERS) as pool:
        try:
            list(pool.map(ask, wanted))
        except OSError as error:
            raise GeneratorError(f"warming up: {_reason(error)}") from error
    return len(wanted)


def _reason(error: OSError) -> str:
    """With what the server said, where it said something."""
    if isinstance(error, urllib.request.HTTPError):
        return f"{error}: {json.dumps(error.read().decode('utf-8', 'replace'))}"
    return str(error)
