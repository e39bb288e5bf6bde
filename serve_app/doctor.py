"""What keeps Chorale from running well on a machine, and what to do about it.

Each check looks at one thing and says one `Finding`; none changes anything. `chorale doctor` runs
them here, and on every node of a cluster it is pointed to.
"""

import asyncio
import os
import resource
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from serve_app import environment
from serve_app.limits import Limits, fitting_connections
from speech.config import RedisTierConfig
from speech.engines.hardware import gpus
from speech.errors import ConfigError
from speech.text.phonemizers import phonemizer
from speech.voice_home import LiveCatalogue

if TYPE_CHECKING:
    from serve_app.config import GraphConfig

_RAY = "2.60."
_PYTHON = (3, 11)
_MEMORY = 2 * 2**30
"""Bytes that the default graph takes with its voice, and some room."""
_SHARED_MEMORY = 64 * 2**20
_ROOM = 2**30
"""Bytes for Ray's session and its logs."""
_REDIS_TIMEOUT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    state: Literal["ok", "warning", "problem"]
    """A problem keeps the server from starting, or from being safe or right."""
    found: str
    advice: str = ""
    """What to do; empty where nothing is."""


def examine(graph: str, listen: tuple[str, int] | None = None) -> Iterator[Finding]:
    """Run every check of one machine.

    Args:
        graph: Name or path of the graph configuration.
        listen: Address and port of a server that is to start here.
    """
    for check in (_python, _ray, _onnx_runtime, _haproxy, _cores, _memory, _shared_memory, _files):
        yield check()
    yield _scratch()
    if listen is not None:
        yield _port(*listen)
    yield _token()
    yield _switches()
    from serve_app.config import GraphArguments  # noqa: PLC0415 (it loads Ray)

    try:
        config = GraphArguments(config=graph).graph()
    except ConfigError as error:
        yield _problem(
            "graph",
            " ".join(error.message.split()),
            "correct the file; docs/operations.md has its parts",
        )
        return
    yield Finding(check="graph", state="ok", found=f"{graph!r} is valid")
    yield _voices(config)
    yield _provider(config)
    yield _espeak()
    yield from _cache(config)


def _ok(check: str, found: str) -> Finding:
    return Finding(check=check, state="ok", found=found)


def _warning(check: str, found: str, advice: str) -> Finding:
    return Finding(check=check, state="warning", found=found, advice=advice)


def _problem(check: str, found: str, advice: str) -> Finding:
    return Finding(check=check, state="problem", found=found, advice=advice)


def _unless(*, sound: bool, otherwise: Finding) -> Finding:
    """The finding, or what was found alone where that is sound."""
    return _ok(otherwise.check, otherwise.found) if sound else otherwise


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return _unless(
        sound=sys.version_info >= _PYTHON,
        otherwise=_problem("Python", found, "install Python 3.11 or newer"),
    )


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _ray() -> Finding:
    found = _installed("ray")
    advice = f"install ray[serve]=={_RAY}*: Chorale relies on what was measured of it"
    return _unless(
        sound=found.startswith(_RAY), otherwise=_problem("Ray", found or "not installed", advice)
    )


def _onnx_runtime() -> Finding:
    here = [name for name in ("onnxruntime", "onnxruntime-gpu") if _installed(name)]
    found = " and ".join(f"{name} {_installed(name)}" for name in here) or "not installed"
    if len(here) != 1:
        return _problem(
            "ONNX Runtime",
            found,
            "install exactly one of the extras `cpu` and `gpu`: both are the same module",
        )
    if here == ["onnxruntime"] and (cards := gpus()):
        return _warning(
            "ONNX Runtime",
            f"{found}, beside {len(cards)} GPU(s) ({cards[0].name})",
            "to speak on the GPU, install the extra `gpu` instead of `cpu` (docs/gpu.md)",
        )
    return _ok("ONNX Runtime", found)


def _haproxy() -> Finding:
    if problem := environment.haproxy_problem():
        return _warning(
            "HAProxy",
            problem,
            "without it Serve's Python proxy serves, which takes several times as long",
        )
    return _ok("HAProxy", "starts")


def _cores() -> Finding:
    count = len(os.sched_getaffinity(0))
    advice = "take two or more, or `chorale serve --graph compact`"
    return _unless(sound=count >= 2, otherwise=_warning("cores", str(count), advice))


def _memory() -> Finding:
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for line in Path("/proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) * 1024
    found = f"{available / 2**30:.1f} GiB free"
    advice = f"the default graph takes about {_MEMORY >> 30} GiB"
    return _unless(sound=available >= _MEMORY, otherwise=_warning("memory", found, advice))


def _shared_memory() -> Finding:
    free = shutil.disk_usage("/dev/shm").free  # noqa: S108 (what Ray uses, too)
    advice = "give the container more (`--shm-size 512m`): Ray keeps objects there"
    return _unless(
        sound=free >= _SHARED_MEMORY,
        otherwise=_problem("shared memory", f"{free >> 20} MiB free in /dev/shm", advice),
    )


def _files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        wanted = Limits.of(os.environ).connections
        fitting = fitting_connections(wanted, hard)
    except ConfigError as error:
        return _problem(
            "open files",
            error.message,
            "raise the hard limit (`ulimit -Hn`), or correct the variable",
        )
    if fitting < wanted:
        return _warning(
            "open files",
            f"{hard}, enough for {fitting} connections of {wanted}",
            "raise the hard limit (`ulimit -Hn`)",
        )
    return _ok("open files", f"{hard}, enough for {wanted} connections")


def _scratch() -> Finding:
    folder = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir())
    try:
        with environment.scratch_folder():
            free = shutil.disk_usage(folder).free
    except (ConfigError, OSError) as error:
        return _problem(
            "temporary folder",
            str(error),
            "let TMPDIR name a short path that can be written to, e.g. /tmp",
        )
    found = f"{free / 2**30:.1f} GiB free in {folder}"
    advice = "Ray's logs need room: free some, or let RAY_TMPDIR name another folder"
    return _unless(sound=free >= _ROOM, otherwise=_warning("temporary folder", found, advice))


def _port(host: str, port: int) -> Finding:
    if problem := environment.port_problem(host, port):
        return _warning(
            "port", f"{host}:{port}: {problem}", "choose another --port, or stop what listens there"
        )
    return _ok("port", f"{host}:{port} is free")


def _token() -> Finding:
    path = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    mode = os.environ.get("RAY_AUTH_MODE", "")
    if mode == "disabled":
        return _problem(
            "Ray's token",
            "RAY_AUTH_MODE=disabled",
            "unset it: whoever reaches an open Ray can run code on it",
        )
    try:
        others = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except OSError:
        return _ok("Ray's token", f"{path} is made at the first start")
    if others:
        return _problem("Ray's token", f"others can read {path}", f"chmod 600 {path}")
    return _ok("Ray's token", f"{path} is its owner's alone")


def _switches() -> Finding:
    wanted = environment.COMMON | environment.CLOSED | environment.HAPROXY
    differing = [
        f"{name}={os.environ[name]}"
        for name, value in wanted.items()
        if os.environ.get(name, value) != value
    ]
    if differing:
        return _warning(
            "switches",
            f"set otherwise than measured: {', '.join(differing)}",
            "unset them, unless you know why (docs/operations.md)",
        )
    return _ok("switches", "none is set otherwise than measured")


def _voices(config: "GraphConfig") -> Finding:
    try:
        live = LiveCatalogue(config.catalogue, config.voice_home())
    except ConfigError as error:
        return _problem(
            "voices",
            " ".join(error.message.split()),
            "correct the catalogue, or pull the voice anew (`chorale voices pull`)",
        )
    found = f"{len(live.catalogue.voices)}, {live.catalogue.default!r} by default"
    if live.problems:
        return _warning(
            "voices",
            f"{found}; {'; '.join(map(str, live.problems))}",
            "`chorale voices list` says more; pull what is broken anew, or remove it",
        )
    return _ok("voices", found)


def _provider(config: "GraphConfig") -> Finding:
    wanted, cards = config.engine.provider, gpus()
    if wanted in {"cuda", "tensorrt"} and not cards:
        return _problem(
            "GPU",
            f"the graph speaks on {wanted!r}, and the driver shows no GPU",
            "install the driver (`nvidia-smi` must list the GPU), or choose `--graph cpu`",
        )
    shown = ", ".join(f"{card.name} (driver {card.driver})" for card in cards) or "none"
    return _ok("GPU", f"{shown}; the graph speaks on {wanted!r}")


def _espeak() -> Finding:
    reader = phonemizer("espeak")
    if reader is not None and (problem := reader.unavailable()):
        return _warning(
            "espeak-ng",
            problem,
            "English needs none; for other languages install the extra `espeak`",
        )
    return _ok("espeak-ng", f"{len(reader.languages()) if reader else 0} languages")


def _cache(config: "GraphConfig") -> Iterator[Finding]:
    second = config.cache.second
    if second is None:
        return
    if isinstance(second, RedisTierConfig):
        yield _redis(second)
        return
    folder = second.directory
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**30:.1f} GiB free in {folder}, bound {second.max_bytes / 2**30:.1f} GiB"
    if not os.access(folder, os.W_OK):
        yield _problem(
            "cache folder", f"{folder} cannot be written to", "give it to the server's user"
        )
    elif free < second.max_bytes:
        yield _warning("cache folder", found, "lower cache.second.max_bytes, or free some room")
    else:
        yield _ok("cache folder", found)


def _redis(config: RedisTierConfig) -> Finding:
    # A URL may hold a password.
    where = urlsplit(config.url)._replace(query="").geturl().rpartition("@")[2]
    try:
        from speech.cache.redis_tier import memory_bound  # noqa: PLC0415 (an extra)

        password = os.environ.get("CHORALE_REDIS_PASSWORD")
        bound = asyncio.run(memory_bound(config, password, _REDIS_TIMEOUT))
    except ImportError:
        return _problem("Redis", "its client is not installed", "install the extra `redis`")
    except ConfigError as error:
        return _problem(
            "Redis",
            f"{where}: {error.message}",
            "start it, and set CHORALE_REDIS_PASSWORD where it asks for one",
        )
    if not bound:
        return _warning(
            "Redis",
            f"{where} answers, and has no bound",
            "set maxmemory and maxmemory-policy allkeys-lru",
        )
    return _ok("Redis", f"{where} answers, bound {bound >> 20} MiB")
