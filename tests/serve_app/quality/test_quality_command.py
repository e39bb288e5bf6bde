"""Voices measured by the command line, with real ears."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from serve_app.quality.command import FAULTS
from serve_app.quality.server_voice import ServerVoice
from speech.audio.containers import encode_whole
from speech.config import AudioConfig
from speech.errors import ConfigError, SynthesisError
from speech.evaluation.suite import Sentence
from speech.types import AUDIO_FORMATS, AudioFormat
from tests.real_voices import judge, whisper

ROOT = Path(__file__).resolve().parents[3]
SUITE = """
plain:
  - {text: "The map was on the table."}
  - {text: "She walked to the river, and sat down."}
  - {text: "Nobody knows the answer."}
  - {text: "We will wait for the train."}
  - {text: "I have read the book already.", word: read, right: [R EH D], wrong: [R IY D]}
languages:
  - {text: "Guten Morgen.", language: de}
"""


def chorale(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from serve_app.cli import main; main()"
    command = [sys.executable, "-c", code, "quality", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.filterwarnings("ignore")  # librosa's
def test_a_voice_is_measured_and_compared_with_itself(tmp_path: Path) -> None:
    whisper()  # or skip
    judge()
    (tmp_path / "suite.yaml").write_text(SUITE)
    first, page = tmp_path / "first.json", tmp_path / "page.html"
    (tmp_path / "limits.yaml").write_text("loudness: {most: 0, worth: 0.5}")
    same = ("heart/alloy", "--suite", tmp_path / "suite.yaml")
    same += ("--limits", tmp_path / "limits.yaml")
    done = chorale(*same, "-o", first, "--report", page)
    assert done.returncode == 0, done.stderr
    assert json.loads(first.read_text()) == json.loads(done.stdout.splitlines()[-1])
    (found,) = json.loads(first.read_text())["voices"]
    assert (found["voice"], found["source"]) == ("heart/alloy", "engine")
    assert found["languages_left_out"] == ["de"]
    means = found["means"]
    assert means["word_error"] <= 0.05
    assert 3.6 < means["p808"] < 4.5
    assert means["asked_right"] == means["heard_right"] == 1
    assert -17 < means["loudness"] < -15
    assert means["clicks"] == means["clipped"] == 0
    assert means["speed"] > 5
    data = re.search(r'<script id="data" type="application/json">(.*?)</script>', page.read_text())
    assert data
    (drawn,) = json.loads(data[1].replace("<\\/", "</"))["voices"]
    assert len(drawn["audio"]) == len(drawn["sentences"]) == 5
    assert "http" not in page.read_text().replace(data[1], "")

    # The same again is no change; against an earlier run that was 3 dB louder it is one.
    before = json.loads(first.read_text())
    for sentence in before["voices"][0]["sentences"]:
        sentence["values"]["loudness"] += 3
        sentence["values"].pop("speed")
    louder = tmp_path / "louder.json"
    louder.write_text(json.dumps(before))
    done = chorale(*same, "--against", louder)
    assert done.returncode == FAULTS
    told = [line for line in done.stderr.splitlines() if line.startswith("heart/alloy (engine): ")]
    assert len(told) == 1
    assert "loudness worse" in told[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "unknown voice 'nobody'"),
        (["gone.onnx"], "gone.onnx"),
        (["--category", "songs"], "unknown category 'songs'"),
        (["--format", "mp3"], "--format is for a server"),
        (["--against", "nothing.json"], "nothing.json is no result"),
        (["--whisper", "/nowhere"], "/nowhere holds no Whisper"),
        (["--url", "http://127.0.0.1:9"], "127.0.0.1:9"),
        (["--url", "http://127.0.0.1:9", "--format", "ogg"], "unknown format 'ogg'"),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], says: str) -> None:
    whisper()  # or skip
    done = chorale(*arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def answers(asked: list[dict[str, Any]]) -> httpx.Client:
    """What a server would send: a second of a tone, in the container that is asked for."""
    tone = np.rint(8_000 * np.sin(np.arange(24_000) / 20)).astype(np.int16)

    def reply(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("voices"):
            voice = {"id": "heart", "languages": ["en-us"]}
            names = [{"id": name} for name in ("heart", "alloy", "heart/alloy")]
            alias = {"id": "alloy", "voice": "heart"}
            listing = {"data": [voice], "voices": names, "aliases": [alias], "default": "alloy"}
            return httpx.Response(200, json=listing)
        body = json.loads(request.content)
        asked.append(body)
        if body["input"] == "No.":
            return httpx.Response(503, text="busy")
        kind = body["response_format"]
        return httpx.Response(200, content=encode_whole(tone, kind, 24_000, AudioConfig()))

    return httpx.Client(transport=httpx.MockTransport(reply), base_url="http://server")


@pytest.mark.parametrize("kind", [kind for kind in AUDIO_FORMATS if not kind.endswith("law")])
def test_a_server_is_asked_for_a_container(kind: AudioFormat) -> None:
    asked: list[dict[str, Any]] = []
    with answers(asked) as client:
        voice = ServerVoice(client, "alloy", kind)
        spoken = voice.say(Sentence(text="Yes."), 7)
        assert spoken.samples.dtype == np.int16
        assert abs(len(spoken.samples) / spoken.sample_rate - 1) < 0.07
        assert (spoken.padding is None) == (kind == "wav")
        assert (spoken.padding or 0) == pytest.approx(0.06 if kind == "aac" else 0, abs=0.01)
        assert {body["seed"] for body in asked} == {7}
        assert {body["language"] for body in asked} == {"en-us"}
        with pytest.raises(SynthesisError, match="503: busy"):
            voice.say(Sentence(text="No."), 7)
        with pytest.raises(ConfigError, match="no voice 'somebody'"):
            ServerVoice(client, "somebody", kind)
