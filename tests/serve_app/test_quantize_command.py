"""Voices made smaller by the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from serve_app.quality.quantize_command import REFUSED
from tests.tiny_voice import voice_config, write_tiny_voice

ROOT = Path(__file__).resolve().parents[2]


def chorale(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from serve_app.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """A voice that says it is German: nobody recognises its words."""
    path = write_tiny_voice(tmp_path / "tiny.onnx", speakers=2)
    config = voice_config(speakers=2) | {"espeak": {"voice": "de"}}
    path.with_name("tiny.onnx.json").write_text(json.dumps(config), "utf-8")
    return path


@pytest.mark.parametrize(
    ("voice", "says"),
    [("nobody", "unknown voice 'nobody'"), ("gone.onnx", "gone.onnx")],
)
def test_what_is_no_voice_is_named(voice: str, says: str, tmp_path: Path) -> None:
    done = chorale("quantize", voice, "-o", tmp_path / "out.onnx")
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_voice_without_a_file_is_not_quantized(tmp_path: Path) -> None:
    done = chorale("quantize", "espeak", "-o", tmp_path / "out.onnx")
    assert done.returncode == 1
    assert "espeak: there is no .onnx file" in done.stderr


def test_one_that_loses_too_much_is_refused(german: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    limits = ("--kind", "fp16", "--sentences", "1", "--max-mel-distance", "0")
    done = chorale("quantize", german, "-o", folder / "out.onnx", *limits)
    assert done.returncode == REFUSED, done.stderr
    assert "loses too much: the log-mel difference" in done.stderr
    assert list(folder.iterdir()) == []
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["written"], told["words"]) == (False, 0)
    done = chorale("quantize", german, "-o", folder / "out.onnx", *limits, "--force")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.iterdir()} == {"out.onnx", "out.onnx.json"}
