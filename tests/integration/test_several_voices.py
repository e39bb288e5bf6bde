"""A reply of two voices with different rates is made, timed, cached, and forgotten with either."""

import base64
import io
import json
import os
import subprocess
import sys

import pytest
import soundfile
from servers import ADMIN_TOKEN, ROOT, Server

pytestmark = pytest.mark.integration


def test_two_voices_of_two_rates_share_one_reply(any_server: Server) -> None:
    (gateway, *_) = any_server.replicas("Gateway")
    switches = {
        name: value
        for name, value in gateway.environ().items()
        if name.startswith(("RAY_SERVE_", "RAY_AUTH", "RAY_ENABLE_", "RAY_TMPDIR", "HOME"))
    }
    arguments = [argument for item in any_server.processes() for argument in item.cmdline()]
    address = next(
        argument.partition("=")[2] for argument in arguments if argument.startswith("--gcs-address")
    )
    ran = subprocess.run(
        [sys.executable, "tests/integration/seams.py", address, any_server.url, ADMIN_TOKEN],
        env={**os.environ, **switches, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    passes = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]

    # Either voice's new epoch makes the reply anew; a third one's does not.
    # What is asked for while it is still being stored is coalesced.
    states = [item["cache"].replace("coalesced", "hit") for item in passes]
    assert states == ["miss", "hit", "miss", "miss", "hit"]
    first = passes[0]
    assert first["voices"] == ["heart", "tiny"]
    assert all(item["words"] == first["words"] for item in passes)
    # A kept stream has its sizes, which the first 44 bytes tell.
    made, kept = (base64.b64decode(item["body"])[44:] for item in passes[:2])
    assert kept == made

    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(first["body"])), dtype="int16")
    assert rate == first["rate"] == 24_000
    assert len(samples) / rate == pytest.approx(first["seconds"], abs=1e-4)

    words = first["words"]
    written = first["written"]
    said = [(word["text"].lower(), written[slice(*word["written"])]) for word in words]
    assert ("costs", "costs") in said
    assert [text for text, source in said if source == "$3.50"][:2] == ["three", "dollars"]
    assert ("twelve", "12") in said
    times = [time for word in words for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert words[0]["start"] >= 0
    # The last word ends with the audio, but for the sign behind it.
    assert 0 <= first["seconds"] - words[-1]["end"] < 0.5
