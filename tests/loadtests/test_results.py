import argparse
import json
import math
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.results import add_arguments, publish

RESULT = {"benchmark": "goodput", "machine": {"cores": 2}, "rates": (1 / 3, 40), "hits": None}


def options(folder: Path, *extra: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--out", str(folder), *extra])


def test_the_last_line_is_what_the_file_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(RESULT, options(tmp_path / "new"), console=Console(record=True), kept=tmp_path / "kept")
    line = capsys.readouterr().out.splitlines()[-1]
    assert line == (tmp_path / "new" / "goodput.json").read_text().strip()
    assert json.loads(line)["rates"] == [1 / 3, 40]
    assert (tmp_path / "new" / "goodput-report.html").exists()
    assert not (tmp_path / "kept").exists()


def test_what_is_kept_is_rounded_and_has_its_plots(tmp_path: Path) -> None:
    for plot in ("goodput.png", "memory.png"):
        (tmp_path / plot).write_bytes(b"png")
    publish(
        RESULT,
        options(tmp_path, "--keep"),
        plots=["goodput.png", "memory.png"],
        kept=tmp_path / "kept",
    )
    assert json.loads((tmp_path / "kept" / "goodput.json").read_text())["rates"] == [0.3333, 40]
    names = {file.name for file in (tmp_path / "kept").iterdir()}
    assert names == {"goodput.json", "goodput.png", "goodput-memory.png"}


def test_no_figure_is_infinite(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        publish({"benchmark": "x", "ms": math.inf}, options(tmp_path))
