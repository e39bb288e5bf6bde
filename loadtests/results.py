"""Where results go: a folder of each run's own, and, where asked for, the one that is kept."""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from loadtests.config import FOLDER

OUT = FOLDER / "out"
KEPT = FOLDER / "results"
"""Results worth keeping, with the machine they were taken on in each of them."""


def add_arguments(parser: argparse.ArgumentParser, out: Path = OUT) -> None:
    """Options that all programs share."""
    parser.add_argument("--out", type=Path, default=out, help="folder for everything")
    parser.add_argument("--keep", action="store_true", help="also keep the result in results/")


def publish(
    result: Mapping[str, Any],
    given: argparse.Namespace,
    *,
    console: Console | None = None,
    plots: Sequence[str] = (),
    kept: Path = KEPT,
) -> None:
    """Write what was measured and print it as one line, the last one.

    Args:
        result: With its name as `benchmark`; plain values, no infinite ones.
        given: What `add_arguments` added.
        console: What was shown on it becomes `NAME-report.html`.
        plots: Names of PNG files in the folder.
        kept: Where `--keep` puts the JSON and the plots, under names that begin with NAME.

    Raises:
        ValueError: a value is infinite or not a number.
    """
    name, out = str(result["benchmark"]), Path(given.out)
    line = json.dumps(result, allow_nan=False)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(line + "\n", "utf-8")
    if console is not None:
        console.save_html(str(out / f"{name}-report.html"))
    if given.keep:
        kept.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_rounded(result), indent=1, allow_nan=False)
        (kept / f"{name}.json").write_text(text + "\n", "utf-8")
        for plot in plots:
            ending = plot if plot.startswith(name) else f"{name}-{plot}"
            shutil.copyfile(out / plot, kept / ending)
    print(line)


def _rounded(value: Any) -> Any:
    """Figures as far as they mean something; for eyes, and for small differences."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
