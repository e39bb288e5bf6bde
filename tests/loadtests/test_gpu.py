"""The GPU's program in its short form on the CPU: what it prints, never how fast it was."""

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, sleep
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch provider needs torch")
from loadtests.micro.gpu_floor import Counter, counted  # noqa: E402
from loadtests.micro.gpu_phrases import LENGTHS, Phrases  # noqa: E402
from loadtests.micro.gpu_times import GATE, starter_voice, stream  # noqa: E402
from speech.engines.starter_weights import read_weights  # noqa: E402
from speech.types import Pcm, PhraseJob  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "voices" / "starter.onnx"


def test_the_short_form_checks_times_and_finds_the_floor(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtests.micro.gpu", "--device", "cpu", "--quick"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report == json.loads((tmp_path / "gpu.json").read_text())
    checks = report["checks"]
    assert checks["passed"]
    assert checks["repeatable"]
    assert [item["name"] for item in checks["compared"]] == [
        "torch as ONNX",
        "alone as together",
        "bf16 as fp32",
        "fp16 as fp32",
    ]
    assert {(item["length"], item["batch"]) for item in report["cells"]} == {
        (length, batch) for length in ("short", "medium") for batch in (1, 2)
    }
    for item in report["cells"]:
        assert item["rate"] > 0
        assert item["batch_ms"]["count"] >= 3
    assert [item["processes"] for item in report["processes"]] == [2]
    assert [item["streams"] for item in report["streams"]] == [1, 4]
    assert report["streams"][1]["largest_batch"] > 1
    assert len(report["targets"]) == 4
    assert report["floor"]["floor_rate"] > 0
    assert report["engine"]["provider"] == "torch"


class Tones:
    """An engine of known speed: two seconds of audio for every phrase, ten batches in 0.1 s."""

    info = SimpleNamespace(max_batch_size=64)

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm]:
        sleep(0.01)
        tone = np.zeros(16_000, np.int16)
        return [Pcm(samples=tone, sample_rate=8_000, index=0, is_last=True) for _ in jobs]


async def test_streams_count_all_audio_they_heard() -> None:
    began = perf_counter()
    engine: Any = Tones()
    found = await stream(engine, Phrases(starter_voice(MODEL)), 16, 0.5)
    wall = perf_counter() - began
    assert found.replies >= 16
    assert found.rate >= found.replies * 3 * 2.0 / wall


def test_products_are_counted_as_they_are_multiplied() -> None:
    one, other = torch.ones(3, 5), torch.ones(5, 7)
    with torch.no_grad(), Counter() as counter:
        result = torch.matmul(one, other)
        _view = result.t()[:2]
        result.add_(1.0)
    assert counter.matrix_flop == {torch.float32: 2 * 3 * 5 * 7}
    assert counter.operations == 2
    assert counter.bytes == 4 * (3 * 5 + 5 * 7 + 3 * 7) + 4 * 2 * 3 * 7
    assert counter.other_flop == 3 * 7


def test_a_run_takes_twice_as_much_of_twice_as_many_frames() -> None:
    weights = read_weights(MODEL)
    _, once = counted(weights, "cpu", torch.float32, (1, 64))
    _, twice = counted(weights, "cpu", torch.float32, (2, 64))
    for kind, flop in once.matrix_flop.items():
        # Six blocks of two products of 192 x 576, out, and those of the sound.
        assert 1_200_000 < flop / 64 / 2 < 1_600_000
        assert math.isclose(twice.matrix_flop[kind], 2 * flop)
    assert once.operations == twice.operations


def test_phrases_are_of_their_length_and_say_known_phonemes() -> None:
    voice = starter_voice(MODEL)
    phrases = Phrases(voice)
    for length in LENGTHS:
        jobs = phrases.take(length, 20)
        assert len({job.phrase.text for job in jobs}) > 1
        for job in jobs:
            least, most = length.words
            assert least <= len(job.phrase.text.split()) <= most
            assert len(job.phrase.phoneme_ids) > 2 * len(job.phrase.text) - 12
    assert {job.speaker for job in phrases.take(LENGTHS[0], 2)} == {"slt", "rms"}
    assert GATE.classes[-1].max_batch_size >= 32
