"""How each peer is started, in several ways; the best of them is compared."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.config import Peer
from loadtests.local_server import (
    ROOT,
    LocalServer,
    free_port,
    local_server,
    make_folder,
    start,
)
from loadtests.placement import this_placement

MODEL = ROOT / "voices" / "starter.onnx"
ENVIRONMENT = Path(__file__).resolve().parent / ".venv"
"""Where the peers' own packages are; `make peers` makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to run a server."""

    peer: Peer
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.peer, *self.arguments))


VARIANTS: Mapping[Peer, tuple[Variant, ...]] = {
    "chorale": (Variant(peer="chorale"),),
    # It has no options that bear on speed.
    "piper": (Variant(peer="piper"),),
    "litserve": tuple(
        Variant(peer="litserve", arguments=tuple(arguments.split()))
        for arguments in (
            "--batch 1 --workers 2 --threads 1",
            "--batch 4 --workers 1 --threads 2",
            "--batch 4 --workers 2 --threads 1",
            "--batch 8 --workers 1 --threads 2",
        )
    ),
    "fastapi": tuple(
        Variant(peer="fastapi", arguments=tuple(arguments.split()))
        for arguments in ("--workers 1 --calls 2", "--workers 2 --calls 1")
    ),
}
_READY: Mapping[Peer, str] = {"piper": "/info", "litserve": "/health", "fastapi": "/health"}


@contextmanager
def running(variant: Variant, graph: Mapping[str, Any] | None) -> Iterator[LocalServer]:
    """A server until the end of the block.

    Args:
        variant: Which one, and how.
        graph: Chorale's graph configuration; None is what `chorale serve` takes here.
    """
    if variant.peer == "chorale":
        with local_server(graph=graph) as chorale:
            yield chorale
        return
    port = free_port()
    server = start(
        _command(variant, port),
        port=port,
        ready=_READY[variant.peer],
        folder=make_folder(),
        cores=this_placement().server,
    )
    try:
        yield server
    finally:
        # They keep nothing, and not all of them end when they are asked to.
        server.kill()


def _command(variant: Variant, port: int) -> list[str]:
    python = str(ENVIRONMENT / "bin" / "python")
    if variant.peer == "piper":
        listen = ("--host", "127.0.0.1", "--port", str(port))
        return [python, "-m", "piper.http_server", "--model", str(MODEL), *listen]
    module = f"loadtests.peers.{variant.peer}_app"
    return [
        *(python, "-m", module, "--model", str(MODEL), "--port", str(port)),
        *variant.arguments,
    ]
