"""What this machine computes with: processor, GPUs, driver, libraries. Imports none of them."""

import csv
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("chorale", "onnx", "onnxruntime", "onnxruntime-gpu", "torch")
"""Packages of which another version may be faster or slower."""
_TIMEOUT = 10.0
"""Seconds the driver's program may take: its first call after a boot takes a few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU this process may use."""

    name: str
    driver: str
    memory: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """Everything on which the speed of an engine depends besides its voice."""

    processor: str
    cores: int
    """That this process may use."""
    gpus: tuple[Gpu, ...]
    libraries: tuple[tuple[str, str], ...]
    """Name and version of those that are installed."""


def this_hardware() -> Hardware:
    """Look at the machine."""
    return Hardware(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        gpus=gpus(),
        libraries=tuple((name, found) for name in LIBRARIES if (found := _version(name))),
    )


def gpus(program: str = "nvidia-smi") -> tuple[Gpu, ...]:
    """GPUs this process may use, as the driver's own program tells; none where it is not there.

    Args:
        program: The driver's program, or one that answers like it.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and (not visible.strip() or visible.strip() == "-1"):
        return ()
    chosen = [] if visible is None else ["-i", visible.strip()]
    fields = "--query-gpu=name,driver_version,memory.total"
    command = [program, *chosen, fields, "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(  # noqa: S603 - the driver's own program
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if done.returncode:
        return ()
    rows = [[item.strip() for item in row] for row in csv.reader(done.stdout.splitlines())]
    return tuple(
        Gpu(name=row[0], driver=row[1], memory=int(row[2]) * 2**20)
        for row in rows
        if len(row) == 3 and row[2].isdigit()
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    # A virtual machine may name no model, so what kind it is counts, too.
    kind = [
        line.partition(":")[2].strip()
        for line in lines
        if line.startswith(("cpu family", "model\t", "stepping"))
    ][:3]
    return " ".join([platform.machine(), *models[:1], "/".join(kind)]).strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
