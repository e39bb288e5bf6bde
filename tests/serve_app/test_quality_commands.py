"""Voices measured and made smaller by the command line, with real ears where these are there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from serve_app.quality_commands import REFUSED
from tests.real_voices import judge, whisper
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


@pytest.mark.filterwarnings("ignore")  # librosa's
def test_a_speaker_is_measured() -> None:
    whisper()  # or skip
    judge()
    done = chorale("evaluate", "starter/rms", "--sentences", "4")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout.splitlines()[-1])
    assert (found["speaker"], found["sentences"]) == ("rms", 4)
    assert found["word_error"] <= 0.15
    assert 3 < found["p808"] < 4.5
    assert -18 < found["loudness"] < -14
    assert found["true_peak"] < 0
    assert found["times_real_time"] > 5
    assert "rms" in done.stderr


@pytest.mark.parametrize("command", ["evaluate", "quantize"])
@pytest.mark.parametrize(
    ("voice", "says"),
    [("nobody", "unknown voice 'nobody'"), ("gone.onnx", "gone.onnx")],
)
def test_what_is_no_voice_is_named(command: str, voice: str, says: str, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "out.onnx"] if command == "quantize" else []
    done = chorale(command, voice, *output)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_voice_of_another_language_is_not_measured(german: Path) -> None:
    done = chorale("evaluate", german)
    assert done.returncode == 1
    assert "the sentences are English, and 'tiny' speaks 'de'" in done.stderr


def test_a_voice_without_a_file_is_not_quantized(tmp_path: Path) -> None:
    done = chorale("quantize", "espeak", "-o", tmp_path / "out.onnx")
    assert done.returncode == 1
    assert "no such .onnx file" in done.stderr


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
