"""`chorale warm` fills the caches of a real server."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from servers import Server

pytestmark = pytest.mark.integration

CHORALE = Path(sys.executable).parent / "chorale"


def test_phrases_are_warmed(server: Server, tmp_path: Path) -> None:
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("Welcome back.\nOne moment please.\n", "utf-8")
    formats = ["--format", "wav", "--format", "mp3"]
    command = [CHORALE, "warm", phrases, "--voice", "tiny", *formats, "--url", server.url]
    told = [
        subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        for _ in range(2)
    ]
    assert told == [
        "4 replies: 4 made, 0 were there, 0 failed\n",
        "4 replies: 0 made, 4 were there, 0 failed\n",
    ]
    body = {"model": "tts-1", "voice": "tiny", "input": "Welcome back."}
    assert httpx.post(server.speech, json=body).headers["x-cache"] in {"hot", "hit"}


def test_what_cannot_be_warmed_is_told(server: Server) -> None:
    failed = subprocess.run(
        [CHORALE, "warm", "-", "--voice", "nobody", "--url", server.url],
        input="Hello.",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert failed.returncode == 1
    assert failed.stdout == "1 replies: 0 made, 0 were there, 1 failed\n"
    assert "unknown voice" in failed.stderr
