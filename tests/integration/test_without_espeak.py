"""Where piper-tts, and so espeak-ng, is not installed."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import catalogue, make_tiny_voice
from servers import ROOT, Server, running

pytestmark = pytest.mark.integration

# Every process of the server runs it at its start: there is no module and no distribution.
_NOT_INSTALLED = """
import importlib.metadata, sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] == "piper":
            return None
        return super().find_spec(name, path, target)

    @classmethod
    def find_distributions(cls, *arguments):
        for found in super().find_distributions(*arguments):
            if found.name != "piper-tts":
                yield found

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""


@pytest.fixture
def without_piper(tmp_path: Path) -> str:
    (tmp_path / "sitecustomize.py").write_text(_NOT_INSTALLED)
    return f"{tmp_path}:{ROOT}"


def _read_letters(folder: Path) -> None:
    """A Piper voice that was trained on letters."""
    make_tiny_voice(folder)
    header = folder / "tiny.onnx.json"
    header.write_text(json.dumps(json.loads(header.read_text()) | {"phoneme_type": "text"}))


@pytest.fixture
def server(without_piper: str) -> Iterator[Server]:
    """The shipped catalogue, and voices that read text and letters."""
    with running({}, catalogue(), prepare=_read_letters, python_path=without_piper) as started:
        yield started


def test_the_shipped_voices_speak_english(server: Server) -> None:
    listing = httpx.get(f"{server.url}/v1/audio/voices").json()
    assert not {"espeak"} & {voice["id"] for voice in listing["data"]}
    body = {"model": "tts-1", "voice": "onyx", "input": "Hello. It is 5 pm."}
    assert httpx.post(server.speech, json=body, timeout=60).headers["x-voice"] == "heart/onyx"
    for more, param in (({"language": "de"}, "language"), ({"voice": "espeak/f1"}, "voice")):
        refused = httpx.post(server.speech, json=body | more, timeout=60)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
        assert "pip install 'chorale[espeak]'" in refused.json()["error"]["message"]


def test_voices_that_need_none_are_spoken(server: Server) -> None:
    for voice in ("fake", "tiny", "heart"):
        body = {"model": "tts-1", "voice": voice, "input": "Hello, world. It is 5 pm."}
        reply = httpx.post(server.speech, json=body | {"response_format": "wav"}, timeout=60)
        assert reply.is_success, reply.text
        assert len(reply.content) > 10_000
    shown = httpx.post(f"{server.url}/v1/text/normalize", json={"input": "It is 5 pm."}, timeout=60)
    assert shown.json()["normalized"] == "It is five PM."
    assert [phrase["phonemes"] for phrase in shown.json()["phrases"]] == [""]
    other = {"input": "Es ist 5 Uhr.", "language": "de"}
    refused = httpx.post(f"{server.url}/v1/text/normalize", json=other, timeout=60)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "language"
    assert not server.espeak_helpers()


@pytest.mark.parametrize(
    "voice",
    [{"id": "tiny", "engine": "piper", "model": "tiny.onnx"}, {"id": "it", "engine": "espeak"}],
    ids=["phonemes", "engine"],
)
def test_voices_that_need_it_say_what_to_install(
    without_piper: str, voice: dict[str, object]
) -> None:
    catalogue = {"default": voice["id"], "voices": [voice]}
    with (
        pytest.raises(AssertionError, match=r"pip install 'chorale\[espeak\]'"),
        running({}, catalogue, prepare=make_tiny_voice, python_path=without_piper),
    ):
        pass
