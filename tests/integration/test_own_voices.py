"""Voices that come to a server that runs, and go again."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from servers import Server, running, wait_for

from speech.voice_home import Home, LiveCatalogue

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


async def test_a_voice_changes_its_file_under_load(small: Server, tmp_path: Path) -> None:
    """From int8 to single precision of the same voice, and back: no caller loses anything."""
    import onnx  # noqa: PLC0415 (slow to import)

    from tests.dequantized import dequantized_graph  # noqa: PLC0415

    home, entry = Home(small.folder / "home"), {"id": "swapped", "engine": "hibari"}
    home.add(entry)
    wait_for(lambda: "swapped" in voices(small), timeout=30, what="the voice")
    catalogue = LiveCatalogue(small.folder / "voices.yaml", home.folder).catalogue
    graph = onnx.load(str(catalogue.voices["swapped"].model))
    onnx.save(dequantized_graph(graph), str(tmp_path / "single.onnx"))
    asked, over = {"X-Deadline-Ms": "120000", "Cache-Control": "no-store"}, asyncio.Event()
    replies: list[httpx.Response] = []

    def samples(content: bytes) -> np.ndarray:
        return np.frombuffer(content, np.int16).astype(int)

    def same(one: bytes, other: bytes) -> bool:
        # A batch with others may round otherwise.
        return len(one) == len(other) and bool(np.abs(samples(one) - samples(other)).max() <= 2)

    async def call(client: httpx.AsyncClient) -> None:
        body = {"model": "tts-1", "voice": "swapped", "input": "Hello.", "response_format": "pcm"}
        while not over.is_set():
            replies.append(await client.post(small.speech, json=body, headers=asked))

    async def another(but: bytes) -> bytes:
        def heard() -> bool:
            return bool(replies) and not same(replies[-1].content, but)

        await asyncio.to_thread(wait_for, heard, timeout=60, what="another file")
        return replies[-1].content

    async with httpx.AsyncClient(timeout=130) as client, asyncio.TaskGroup() as callers:
        for _ in range(3):
            callers.create_task(call(client))
        coarse = await another(b"")
        home.add({**entry, "model": str(tmp_path / "single.onnx")})
        exact = await another(coarse)
        home.add(entry)
        again = await another(exact)
        over.set()
    assert {reply.status_code for reply in replies} == {200}, {
        r.text for r in replies if r.is_error
    }
    assert same(again, coarse)
    assert all(same(reply.content, exact) or same(reply.content, coarse) for reply in replies)


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
