"""Runs that are kept, drawn, published and told, with a real server of HTTP at the other end."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from serve_app.benchmark import command
from serve_app.benchmark.first_audio import first_audio
from serve_app.benchmark.history import History
from serve_app.cli import app
from speech.errors import SynthesisError

SETTINGS = {"voice": "heart", "sentences": 6, "url": "", "requests": 20}


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A server that keeps what it is sent, and answers with 50 ms of silence and 0.45 s of tone."""
    got: list[tuple[str, bytes]] = []
    tone = np.rint(8_000 * np.cos(np.arange(10_800) / 20)).astype("<i2")
    reply = np.concatenate((np.zeros(1_200, "<i2"), tone)).tobytes()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


def test_first_sound_is_first_audio_and_leading_silence() -> None:
    with listening() as (url, got):
        found = first_audio(url, "heart", 5)
    assert found["first_sound.p50"] - found["first_audio.p50"] == pytest.approx(0.05, abs=0.001)
    assert 0 < found["real_time_factor.p50"] < 1
    texts = [json.loads(body)["input"] for _, body in got]
    assert len(set(texts)) == 5
    with listening(503) as (url, _), pytest.raises(SynthesisError, match="503"):
        first_audio(url, "heart", 1)


def test_a_regression_is_told_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "history.sqlite"
    random = np.random.default_rng(0)
    kept = History(file)
    for place in range(34):
        slow = 0.9 if place >= 28 else 1
        speed = 150 * slow * float(random.normal(1, 0.01))
        kept.add({"quality.speed": speed, "quality.word_error": 0.03}, SETTINGS, {"chorale": "0"})
    kept.add({"quality.speed": 1.0}, {**SETTINGS, "voice": "other"}, {})
    kept.close()
    now = {"quality.speed": 134.0, "quality.word_error": 0.03}
    monkeypatch.setattr(command, "_quality", lambda _voice, _sentences: now)
    page, text = tmp_path / "trends.html", tmp_path / "chorale.prom"
    with listening() as (url, got):
        arguments = ["benchmark", "--history", file, "--trends", page, "--prometheus", text]
        done = CliRunner().invoke(app, [*map(str, arguments), "--webhook", f"{url}/hook"])
    assert done.exit_code == command.WORSE, done.output
    assert "worse: quality.speed: 1" in done.stderr
    ((path, body),) = got
    assert path == "/hook"
    assert [one["name"] for one in json.loads(body)["worse"]] == ["quality.speed"]
    assert 'chorale_benchmark_regression{name="quality.speed"} 1' in text.read_text()
    assert 'chorale_benchmark_regression{name="quality.word_error"} 0' in text.read_text()
    assert page.read_text().count("<circle") == 2 * 35
    assert '<section class="worse"><h2>quality.speed' in page.read_text()


def test_what_cannot_be_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_quality", lambda _voice, _sentences: {"quality.speed": 1.0})
    history = ["--history", str(tmp_path / "history.sqlite")]
    done = CliRunner().invoke(app, ["benchmark", *history, "--schedule", "now and then"])
    assert done.exit_code == 1
    assert "no cron expression" in done.stderr
    done = CliRunner().invoke(app, ["benchmark", *history, "--prometheus", "http://127.0.0.1:9/"])
    assert done.exit_code == 1
    (tmp_path / "other").write_text("no database at all, but a text of some length")
    done = CliRunner().invoke(app, ["benchmark", "--history", str(tmp_path / "other")])
    assert done.exit_code == 1
    assert "not a database" in done.stderr
