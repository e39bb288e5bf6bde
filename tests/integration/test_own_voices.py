"""Voices that come to a server that runs, and go again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from servers import Server, running, wait_for

from speech.voice_home import Home

pytestmark = pytest.mark.integration

CHORALE = Path(sys.executable).parent / "chorale"
CATALOGUE = {"default": "fake", "voices": [{"id": "fake", "engine": "fake"}]}


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    with running({}, CATALOGUE) as started:
        yield started


def speak(server: Server, voice: str) -> httpx.Response:
    body = {"model": "tts-1", "voice": voice, "input": "Hello.", "response_format": "pcm"}
    return httpx.post(server.speech, json=body, timeout=60)


def voices(server: Server) -> set[str]:
    listing = httpx.get(f"{server.url}/v1/audio/voices").json()
    return {voice["id"] for voice in listing["data"]}


def test_a_voice_comes_and_goes(small: Server, tmp_path: Path) -> None:
    from tests.tiny_voice import write_tiny_voice  # noqa: PLC0415 (onnx is slow to import)

    home = Home(small.folder / "home")
    assert speak(small, "mine").status_code == 400
    model = write_tiny_voice(tmp_path / "mine.onnx")
    home.add({"id": "mine", "engine": "piper", "model": str(model)})
    wait_for(lambda: "mine" in voices(small), timeout=30, what="the voice")
    first = speak(small, "mine")
    assert first.status_code == 200, first.text
    assert len(first.content) > 10_000
    assert speak(small, "mine").content == first.content
    # Another voice of the same name is not heard from any cache.
    home.drop("mine")
    wait_for(lambda: "mine" not in voices(small), timeout=30, what="its end")
    assert speak(small, "mine").status_code == 400
    write_tiny_voice(model, seed=1)
    home.add({"id": "mine", "engine": "piper", "model": str(model)})
    wait_for(lambda: "mine" in voices(small), timeout=30, what="its return")
    other = speak(small, "mine")
    assert other.status_code == 200, other.text
    assert other.content != first.content


def test_a_broken_file_stops_nothing(small: Server) -> None:
    home = Home(small.folder / "home")
    home.add({"id": "late", "engine": "fake"})
    wait_for(lambda: "late" in voices(small), timeout=30, what="the voice")
    good = home.file.read_text()
    home.file.write_text("voices: [")
    metric = "chorale_unusable_voices"
    wait_for(lambda: small.metric(metric) >= 1, timeout=60, what="the metric")
    assert speak(small, "late").status_code == 200
    assert speak(small, "fake").status_code == 200
    home.file.write_text(good.replace("engine: fake", "engine: strange"))
    wait_for(lambda: "late" not in voices(small), timeout=30, what="its end")
    assert speak(small, "fake").status_code == 200
    home.file.write_text("{}")
    wait_for(lambda: small.metric(metric) == 0, timeout=60, what="the metric")


def test_the_command_line_pulls_into_a_running_server(small: Server, tmp_path: Path) -> None:
    from tests.tiny_voice import write_tiny_voice  # noqa: PLC0415 (onnx is slow to import)

    path = write_tiny_voice(tmp_path / "xx_XX-tiny-low.onnx")
    files = {
        f"voices/{file.name}": {"size_bytes": file.stat().st_size, "md5_digest": ""}
        for file in (path, path.with_name(f"{path.name}.json"))
    }
    (tmp_path / "voices").mkdir()
    for name in files:
        (tmp_path / Path(name).name).rename(tmp_path / name)
    voice = {"name": "tiny", "language": {"code": "xx_XX"}, "quality": "low", "files": files}
    (tmp_path / "voices.json").write_text(json.dumps({"xx_XX-tiny-low": voice}))
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    mirror = subprocess.Popen(
        [*command, "--directory", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert mirror.stdout is not None
        line = os.read(mirror.stdout.fileno(), 200).decode()
        url = f"http://127.0.0.1:{line.split('port ')[1].split()[0]}"
        environment = {
            **os.environ,
            "CHORALE_HOME": str(small.folder / "home"),
            "CHORALE_PIPER_URL": url,
        }
        subprocess.run(
            [CHORALE, "voices", "pull", "xx_XX-tiny-low"], env=environment, check=True, timeout=60
        )
    finally:
        mirror.terminate()
        mirror.wait(10)
        mirror.stdout.close()
    wait_for(lambda: "xx_XX-tiny-low" in voices(small), timeout=30, what="the voice")
    assert speak(small, "xx_XX-tiny-low").status_code == 200
