"""`chorale serve --profile-startup`: what a start took, step by step, against its budget."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import yaml
from pydantic import TypeAdapter
from rich.table import Table

_BUDGET = Path(__file__).with_name("startup_budget.yaml")
_TIMEOUT = 10.0


def startup_table(laps: Sequence[tuple[str, float]], applications: Sequence[str]) -> Table:
    """The server's own steps, and those of each deployment's first replica.

    Args:
        laps: Name and `perf_counter` of the end of each step, after an entry for the beginning.
        applications: Names of what is served.
    """
    own = {("server", name): end - begin for (_, begin), (name, end) in pairwise(laps)}
    found = {"server": own, **asyncio.run(_deployments(applications))}
    budget = TypeAdapter(dict[str, dict[str, float]]).validate_python(
        yaml.safe_load(_BUDGET.read_text("utf-8"))
    )
    table = Table(title="What the start took", caption="Deployments start side by side.")
    table.add_column("process")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("budget", justify="right")
    for process, steps in found.items():
        for (stage, step), seconds in steps.items():
            allowed = budget.get(stage, {}).get(step)
            colour = "red" if allowed is not None and seconds > allowed else ""
            told = f"[{colour}]{seconds:.2f}[/]" if colour else f"{seconds:.2f}"
            name = step if stage in {"server", "process"} else f"{stage}: {step}"
            table.add_row(process, name, told, "" if allowed is None else f"{allowed:g}")
        table.add_section()
    return table


async def _deployments(
    applications: Sequence[str],
) -> dict[str, Mapping[tuple[str, str], float]]:
    from ray import serve  # noqa: PLC0415 (slow)

    found: dict[str, Mapping[tuple[str, str], float]] = {}
    for application in applications:
        for name in serve.status().applications[application].deployments:
            handle = serve.get_deployment_handle(name, application)
            replies = await handle.broadcast("startup_steps").results_async(timeout_s=_TIMEOUT)
            found[name] = replies[0] if replies else {}
    return found
