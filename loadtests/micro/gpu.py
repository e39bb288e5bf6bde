"""The torch provider on a GPU, or in small on the CPU: is it right, how fast, how near its floor.

    python -m loadtests.micro.gpu [--device cuda|cpu] [--precision bf16] [--quick] [--keep]

Checks: as the ONNX graph, alone as in a batch, lower precisions as single, twice the same, memory
after batches of random sizes. Times: batches by length and size; 1, 2 and 4 processes that share
the device; 1, 8 and 64 streams through the very gate and engine that serve. Floor: arithmetic and
traffic of the network against the machine's own product and copy. `--only` takes some of the three.

It needs torch, onnxruntime, onnx, numpy, pydantic, pyyaml and rich, and neither Ray nor espeak-ng.
Ends with 1 if a check fails; targets, which are for one H200, are only told. The last line of
output is one JSON object.
"""

import argparse
import asyncio
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from rich.console import Console
from rich.table import Table

from loadtests.machine import this_machine
from loadtests.micro.gpu_checks import Checks, check
from loadtests.micro.gpu_floor import Floor, floor
from loadtests.micro.gpu_phrases import LENGTHS, Phrases
from loadtests.micro.gpu_times import Cell, Shared, Streams, cell, shared, starter_voice, stream
from loadtests.results import add_arguments, publish
from speech.config import EngineConfig, Precision, TorchConfig
from speech.engines.hardware import gpus
from speech.engines.piper import PiperEngine
from speech.engines.starter_weights import read_weights
from speech.engines.torch_voice import PRECISIONS, TorchVoice

MODEL = Path(__file__).resolve().parents[2] / "voices" / "starter.onnx"
SMALL = TorchConfig(
    device="cpu",
    rows=(1, 2, 4, 8),
    tokens=(64, 128, 256, 512, 1024),
    frames=(64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048),
    tokens_at_once=4_096,
    frames_at_once=4_096,
)
"""For a processor: nothing is gained by more at once."""
PARTS = ("checks", "times", "floor")


class Plan:
    """How much is measured."""

    def __init__(self, device: str, *, quick: bool) -> None:
        large = device == "cuda"
        self.seconds = 0.1 if quick else 2.0 if large else 1.0
        self.batches = (1, 4, 16, 64, 128, 256) if large else (1, 2) if quick else (1, 4, 8)
        self.processes = (2,) if quick else (1, 2, 4) if large else (1, 2)
        self.streams = (1, 8, 64) if not quick else (1, 4)
        self.shared_batch = 64 if large else 2
        self.shape = (128, 256) if large else (2, 128)
        self.lengths = LENGTHS[:2] if quick else LENGTHS


def times(
    engine: TorchVoice, config: EngineConfig, plan: Plan, console: Console
) -> tuple[list[Cell], list[Shared], list[Streams]]:
    """Everything that takes time, with a word before each."""
    phrases = Phrases(starter_voice(MODEL))
    cells = []
    for length in plan.lengths:
        for batch in plan.batches:
            console.print(f"times: {length.name}, batches of {batch} ...")
            cells.append(cell(engine, phrases, length, batch, plan.seconds))
    streams = []
    for count in plan.streams:
        console.print(f"times: {count} streams ...")
        streams.append(asyncio.run(stream(engine, phrases, count, plan.seconds)))
    together = []
    for count in plan.processes:
        console.print(f"times: {count} processes on the device, each loading its own ...")
        together.append(shared(MODEL, config, count, plan.shared_batch, plan.seconds))
    return cells, together, streams


def targets(
    cells: Sequence[Cell], together: Sequence[Shared], streams: Sequence[Streams]
) -> list[dict[str, Any]]:
    """What was aimed at on one H200, and what was measured here."""
    alone = next(item for item in cells if item.length == "medium" and item.batch == 1)
    found = [
        ("audio seconds in a second, batched", max(item.rate for item in cells), 20_000.0, True),
        ("P95 of one reply of 3 s, ms", alone.batch_ms.p95, 10.0, False),
        (
            f"P95 of the first phrase of {streams[-1].streams} streams, ms",
            streams[-1].first_phrase_ms.p95,
            30.0,
            False,
        ),
        (
            f"rate of {together[-1].processes} processes for one's",
            together[-1].rate / together[0].rate,
            0.9,
            True,
        ),
    ]
    return [
        {
            "target": name,
            "measured": value,
            "wanted": wanted,
            "met": value >= wanted if least else value <= wanted,
        }
        for name, value, wanted, least in found
    ]


def show_checks(checks: Checks, console: Console) -> None:
    """Every comparison."""
    table = Table(title="Checks")
    for name in ("", "phrases", "other lengths", "largest of 32,767", "log-mel", "allowed", ""):
        table.add_column(name)
    for item in checks.compared:
        table.add_row(
            item.name,
            str(item.phrases),
            str(item.other_lengths),
            str(item.largest),
            f"{item.distance:.4f}",
            f"{item.allowed:g}",
            "passed" if item.passed else "[red]failed[/red]",
        )
    console.print(table)
    console.print(
        f"Spoken twice, {'the same' if checks.repeatable else '[red]not the same[/red]'}; batches "
        f"of random sizes left {checks.memory_growth} bytes more on the device."
    )


def show_times(
    cells: Sequence[Cell], together: Sequence[Shared], streams: Sequence[Streams], console: Console
) -> None:
    """Three tables."""
    table = Table(title="Batches, from phoneme ids to samples")
    for name in ("length", "batch", "audio s", "P50 ms", "P95 ms", "audio s/s", "processor factor"):
        table.add_column(name, justify="right")
    for item in cells:
        table.add_row(
            item.length,
            str(item.batch),
            f"{item.audio_seconds:.2f}",
            f"{item.batch_ms.p50:.2f}",
            f"{item.batch_ms.p95:.2f}",
            f"{item.rate:.0f}",
            f"{item.processor_factor:.5f}",
        )
    console.print(table)
    table = Table(title="Streams through one gate and one engine")
    names = ("streams", "replies", "first phrase P50 ms", "P95 ms", "largest batch", "audio s/s")
    for name in names:
        table.add_column(name, justify="right")
    for load in streams:
        table.add_row(
            str(load.streams),
            str(load.replies),
            f"{load.first_phrase_ms.p50:.2f}",
            f"{load.first_phrase_ms.p95:.2f}",
            str(load.largest_batch),
            f"{load.rate:.0f}",
        )
    console.print(table)
    for run in together:
        share = run.rate / together[0].rate
        console.print(f"{run.processes} processes: {run.rate:.0f} audio s/s, {share:.2f} of one.")


def show_floor(found: Floor, console: Console) -> None:
    """Counted, measured, achieved."""
    rates = ", ".join(f"{rate / 1e12:.3g} T in {kind}" for kind, rate in found.matrix_rates.items())
    lines = (
        f"A second of audio takes {found.matrix_flop / 1e6:.0f} MFLOP in products, "
        f"{found.other_flop / 1e6:.0f} elsewhere, {found.text_flop / 1e6:.0f} in the text run; "
        f"{found.bytes / 1e6:.1f} MB move ({found.least_bytes / 1e6:.2f} if all were fused), by "
        f"{found.operations} operations.",
        f"This machine: {rates} FLOP/s, {found.copy_rate / 1e9:.0f} GB/s.",
        f"So products take {found.matrix_seconds * 1e6:.1f} us and traffic "
        f"{found.copy_seconds * 1e6:.1f} us: at most {found.floor_rate:.0f} audio s/s. The "
        f"prepared run of {found.rows} x {found.frames} frames in {found.precision} does "
        f"{found.run_rate:.0f}: {100 * found.share:.0f} %.",
    )
    for line in lines:
        console.print(line)


def where(device: str) -> dict[str, Any]:
    """What the figures belong to."""
    return {
        "machine": asdict(this_machine()),
        "device": device,
        "gpus": [asdict(gpu) for gpu in gpus()] if device == "cuda" else [],
        "torch": torch.__version__,
        "onnxruntime": onnxruntime.__version__,
        "cuda": torch.version.cuda if device == "cuda" else None,
        "python": platform.python_version(),
    }


def main() -> None:
    """Check, measure, print the tables and the JSON line."""
    parser = argparse.ArgumentParser(description="The torch provider: right, fast, near the floor.")
    usual = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", choices=("cuda", "cpu"), default=usual)
    parser.add_argument("--precision", choices=tuple(PRECISIONS), default="fp32")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="few and short: a check")
    parser.add_argument("--threads", type=int, default=1, help="of a processor")
    add_arguments(parser)
    given = parser.parse_args()
    console = Console(width=110)
    result: dict[str, Any] = {"benchmark": "gpu", **where(given.device)}
    console.print(f"torch {torch.__version__} on {given.device}; {this_machine()}")
    shapes = TorchConfig() if given.device == "cuda" else SMALL
    config = EngineConfig(
        provider="torch", precision=given.precision, torch=shapes, threads=given.threads
    )
    plan = Plan(given.device, quick=given.quick)
    voice = starter_voice(MODEL)

    def load(precision: Precision) -> TorchVoice:
        engine = TorchVoice(voice, config.model_copy(update={"precision": precision}))
        engine.warm_up()
        return engine

    passed = True
    if "checks" in given.only:
        console.print("checks ...")
        reference = PiperEngine(voice, EngineConfig(threads=given.threads))
        checks = check(voice, load, reference, few=given.quick)
        passed = checks.passed
        show_checks(checks, console)
        result["checks"] = {**asdict(checks), "passed": passed}
    engine = load(given.precision)
    result |= {"precision": given.precision, "engine": asdict(engine.info)}
    if "times" in given.only:
        cells, together, streams = times(engine, config, plan, console)
        show_times(cells, together, streams, console)
        result |= {
            "cells": [asdict(item) for item in cells],
            "processes": [asdict(item) for item in together],
            "streams": [asdict(item) for item in streams],
            "targets": targets(cells, together, streams),
        }
        for item in result["targets"]:
            told = "met" if item["met"] else "not met"
            console.print(
                f"{item['target']}: {item['measured']:.4g}, {item['wanted']:g} wanted, {told}"
            )
    if "floor" in given.only:
        console.print("floor ...")
        found = floor(
            read_weights(MODEL),
            given.device,
            (given.precision, PRECISIONS[given.precision]),
            lambda: engine.repeat_sound(*plan.shape),
            plan.shape,
        )
        show_floor(found, console)
        result["floor"] = {**asdict(found), "floor_rate": found.floor_rate, "share": found.share}
    engine.close()
    publish(result, given)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
