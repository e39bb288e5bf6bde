"""The whole recipe, from no data to an evaluated voice. Every step goes on where it stopped.

    python -m training.recipe [--out voices/starter.onnx] [--minutes M] [--steps N]
    python -m training.recipe --tiny --out DIR/tiny.onnx

`--tiny` takes an invented teacher, a small network and seconds, and has no evaluation: it shows
that losses fall and that the export speaks.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from training.teachers import WORK

SPEAKERS = ("slt", "rms")
"""Female and male; their order gives the speaker ids."""
STEPS = 5_400
"""Of training: about what made the shipped voice."""


def full(out: Path, work: Path, *, minutes: float, steps: int) -> None:
    """Teachers, features, training, export and evaluation, each in a process of its own."""
    folder = ["--work", str(work)]
    for speaker in SPEAKERS:
        _step("training.teachers", [speaker, *folder])
    _step("training.features", [*SPEAKERS, *folder])
    budget = ["--minutes", str(minutes), "--steps", str(steps)]
    _step("training.train", [*SPEAKERS, *budget, *folder])
    _step("training.export", [str(out), *folder])
    _step("training.evaluate", [str(out), "--out", str(work / "report"), *folder])


def _step(module: str, arguments: Sequence[str]) -> None:
    # Products of small matrices gain nothing from threads, and lose much where cores are shared.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, check=True, env=environment)  # noqa: S603 - our own modules


def tiny(out: Path, work: Path, *, steps: int) -> list[dict[str, float]]:
    """The chain in small; returns what training logged, a line every 100 steps and at the end."""
    # Torch is wanted only here: the full recipe's steps import it on their own.
    from training.corpus import sentences  # noqa: PLC0415
    from training.export import calibrate, write  # noqa: PLC0415
    from training.model import TINY, Size  # noqa: PLC0415
    from training.teach_tiny import teach  # noqa: PLC0415
    from training.train import Schedule, load, train  # noqa: PLC0415
    from training.voice import Voice, load_network  # noqa: PLC0415

    count = 200
    teach(sentences(count), SPEAKERS, work)
    size = Size(**{**asdict(TINY), "speakers": len(SPEAKERS)})
    data = load(work, SPEAKERS, count)
    schedule = Schedule(steps=steps, minutes=5.0, critic=0.7)
    history = train(work, data, size, schedule, speakers=SPEAKERS)
    network, speakers, step = load_network(work / "model.pt")
    voice = Voice(network).eval()
    calibrate(voice, data[1], len(speakers))
    write(voice, out, speakers, step)
    return history


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make the starter voice.")
    parser.add_argument("--out", type=Path, default=Path("voices/starter.onnx"))
    parser.add_argument("--work", type=Path)
    parser.add_argument("--minutes", type=float, default=600.0, help="of training, at most")
    parser.add_argument("--steps", type=int, help=f"of training; {STEPS} without --tiny")
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    if options.tiny:
        work = options.work or WORK / "tiny"
        history = tiny(options.out, work, steps=options.steps or 200)
        if history and history[-1]["total"] >= history[0]["total"]:
            raise SystemExit("the loss did not fall")
        return
    full(options.out, options.work or WORK, minutes=options.minutes, steps=options.steps or STEPS)


if __name__ == "__main__":
    main()
