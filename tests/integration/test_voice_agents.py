"""The speech services of LiveKit and Pipecat use a server; `make voice-agents` installs them."""

import ast
import asyncio
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers import ROOT, Server

FOLDER = ROOT / "tests" / "voice_agents"
PYTHON = Path(os.environ.get("CHORALE_VOICE_AGENTS", FOLDER / ".venv" / "bin" / "python"))
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        "CHORALE_VOICE_AGENTS" not in os.environ, reason="make voice-agents installs and runs them"
    ),
]
VOICE = "heart"
SERVICES = (
    *(f"livekit-{name}" for name in ("elevenlabs", "deepgram", "cartesia", "baseten", "openai")),
    *(f"pipecat-{name}" for name in ("elevenlabs", "deepgram", "cartesia", "openai", "piper")),
)
TOLD = ("elevenlabs", "cartesia", "baseten")
"""Those that tell when words are said."""


def answer() -> str:
    """The text that agents say, from their program, which needs packages that are not here."""
    tree = ast.parse((FOLDER / "agents.py").read_text("utf-8"))
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ANSWER"
    )
    return str(ast.literal_eval(value))


def whole(server: Server, voice: str) -> dict[str, Any]:
    body = {"model": "tts-1", "voice": voice, "input": answer(), "response_format": "pcm"}
    route = f"{server.url}/v1/audio/speech/with-timestamps"
    return dict(httpx.post(route, json=body, timeout=60).json())


@pytest.mark.parametrize("service", SERVICES)
async def test_an_agent_speaks_is_interrupted_and_speaks_again(
    server: Server, service: str
) -> None:
    running = await asyncio.create_subprocess_exec(
        *(str(PYTHON), str(FOLDER / "agents.py"), server.url, VOICE, service),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await running.communicate()
    assert running.returncode == 0, errors.decode()[-4000:]
    turns = json.loads(out.splitlines()[-1])
    told = whole(server, VOICE if "openai" not in service or "livekit" in service else "alloy")
    framework, _, protocol = service.partition("-")
    for turn in (turns["first"], turns["last"]):
        # A service that asks for each sentence by itself has no pauses between them, and a
        # sentence that says nothing is a moment of silence.
        least = told["audio_seconds"] - (1.5 if protocol in {"openai", "piper"} else 0.01)
        assert least <= turn["seconds"] <= told["audio_seconds"] + 0.35
        if protocol not in TOLD:
            continue
        words = [(word, start) for word, start in turn["words"] if any(map(str.isalnum, word))]
        assert len(words) >= len(told["marks"])
        assert all(before < behind for (_, before), (_, behind) in pairwise(words))
        begin = words[0][1] - told["marks"][0]["start"] if framework == "pipecat" else 0.0
        starts = {mark["text"]: mark["start"] for mark in told["marks"]}
        for word in ("order", "Friday", "Smith", "else", "today"):
            heard = next(start for it, start in words if it.strip(".,?!") == word)
            assert heard - begin == pytest.approx(starts[word], abs=0.15), word
    assert 0 < turns["interrupted"]["seconds"] < 12
