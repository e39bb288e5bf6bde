"""`chorale doctor`: what is wrong with a machine, a server or a cluster, and what to do."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from serve_app.doctor import Finding, examine

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


def doctor(
    *,
    graph: Annotated[
        str, typer.Option(help="Graph configuration, by its name in configs/ or its path.")
    ] = "cpu",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    url: Annotated[
        str, typer.Option(help="Also ask a running server, e.g. http://127.0.0.1:8000.")
    ] = "",
    cluster: Annotated[
        bool, typer.Option(help="Look at every node of the Ray cluster that runs here.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for what keeps Chorale from running well; exits with 1 if there is a problem."""
    if cluster:
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # Ray reads it when it is loaded
    places = {"": [*examine(graph, (host, port)), *(_server(url) if url else ())]}
    if cluster:
        places = {"": places[""], **_nodes(graph)}
    if as_json:
        print(json.dumps({where: [asdict(it) for it in found] for where, found in places.items()}))  # noqa: T201
    else:
        for where, found in places.items():
            _show(where, found)
    if any(it.state == "problem" for found in places.values() for it in found):
        raise typer.Exit(1)


def _show(where: str, found: Sequence[Finding]) -> None:
    table = Table(title=where or None, show_header=False, box=None)
    for it in found:
        colour = _COLOURS[it.state]
        told = f"{it.found}\n[bold]{it.advice}[/bold]" if it.advice else it.found
        table.add_row(f"[{colour}]{it.state}[/{colour}]", it.check, told)
    Console().print(table)


def _server(url: str) -> Iterator[Finding]:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=5)
        state = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        yield Finding(
            check="server",
            state="problem",
            found=f"{url}: {error or type(error).__name__}",
            advice="start it (`chorale serve`), or look into its log",
        )
        return
    waits = [f"{name} is {it}" for name, it in state.get("stages", {}).items() if it != "ready"]
    if answer.is_success:
        yield Finding(check="server", state="ok", found=f"{url} is ready")
    else:
        yield Finding(
            check="server",
            state="problem",
            found=f"{url} is not ready{': ' if waits else ''}{', '.join(waits)}",
            advice=f"`RAY_AUTH_MODE=token serve status -a {_DASHBOARD}` tells why",
        )


_DASHBOARD = "http://127.0.0.1:8265"


def _nodes(graph: str) -> dict[str, list[Finding]]:
    """What every node finds of itself, by its address."""
    import ray  # noqa: PLC0415 (slow, and it reads its switches when it is loaded)
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

    ray.init(address="auto", log_to_driver=False, logging_level="warning")
    try:
        nodes = {node["NodeID"]: node for node in ray.nodes()}
        look = ray.remote(num_cpus=0)(_look)
        running = {
            name: look.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(name, soft=False)
            ).remote(graph)
            for name, node in nodes.items()
            if node["Alive"]
        }
        found: dict[str, list[Finding]] = {}
        for name, node in nodes.items():
            gone = Finding(
                check="node",
                state="problem",
                found="it has gone",
                advice="start it again, or expect its work on the others",
            )
            # Several nodes may have one address.
            found.setdefault(f"node {node['NodeManagerAddress']}", []).extend(
                ray.get(running[name], timeout=60) if name in running else [gone]
            )
        return found
    finally:
        ray.shutdown()


def _look(graph: str) -> list[Finding]:
    return list(examine(graph))
