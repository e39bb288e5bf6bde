"""Quantized voices of the tiny voice, written, refused, loaded and spoken."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from serve_app.voices.command import find_voice
from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.loading import load_engine
from speech.errors import ConfigError
from speech.evaluation import held_out, quantize
from speech.interfaces import Engine
from speech.types import Pcm, PhraseJob
from tests.real_voices import whisper
from tests.tiny_voice import write_tiny_voice

Made = Callable[[str], Path]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A voice of two speakers that says it is German: nobody recognises its words."""
    path = write_tiny_voice(tmp_path_factory.mktemp("voice") / "tiny.onnx", speakers=2)
    header = path.with_name("tiny.onnx.json")
    config = json.loads(header.read_text("utf-8")) | {"espeak": {"voice": "de"}}
    header.write_text(json.dumps(config), "utf-8")
    return path


@pytest.fixture(scope="module")
def made(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Quantize the voice in one way, once."""
    folder = tmp_path_factory.mktemp("made")
    known: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in known:
            known[kind] = folder / f"{kind}.onnx"
            changed = quantize.write_quantized(voice(original), known[kind], kind, calibration=4)
            assert changed > 0
        return known[kind]

    return make


def voice(path: Path) -> Voice:
    return find_voice(str(path))[0]


def engine(path: Path) -> Engine:
    return load_engine(voice(path), EngineConfig(threads=1))


def spoken(path: Path, jobs: list[PhraseJob]) -> list[npt.NDArray[np.int64]]:
    results = engine(path).synthesize(jobs)
    assert all(isinstance(item, Pcm) for item in results)
    return [item.samples.astype(np.int64) for item in results if isinstance(item, Pcm)]


def some_jobs(path: Path) -> list[PhraseJob]:
    return list(quantize.jobs(voice(path), held_out()[:3]))


@pytest.mark.parametrize("kind", ["int8-static", "int8-dynamic", "fp16"])
def test_a_quantized_voice_keeps_its_rhythm_and_nearly_its_sound(
    original: Path, made: Made, kind: str
) -> None:
    jobs = some_jobs(original)
    if kind == "int8-dynamic":
        # A graph that is not split draws its own noise: only its lengths are not to be compared.
        assert engine(made(kind)).info.max_batch_size == 1
        return
    for one, other in zip(spoken(original, jobs), spoken(made(kind), jobs), strict=True):
        assert len(one) == len(other)
        assert not np.array_equal(one, other)
        assert quantize.mel_distance(one, other, 22_050) < 0.5


@pytest.mark.parametrize("kind", ["int8-static", "fp16"])
def test_a_batch_is_what_its_rows_are_alone(original: Path, made: Made, kind: str) -> None:
    jobs = some_jobs(original)
    loaded = engine(made(kind))
    assert loaded.info.max_batch_size is None
    together = spoken(made(kind), jobs)
    for job, batched in zip(jobs, together, strict=True):
        (alone,) = spoken(made(kind), [job])
        assert len(alone) == len(batched)
        # Where a sum lies between two whole numbers its last bit decides: rare, and small.
        assert np.mean(np.abs(alone - batched) > 1) < 0.01


def test_integers_are_used_as_such(made: Made) -> None:
    static = {node.op_type for node in onnx.load(str(made("int8-static"))).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= static
    dynamic = {node.op_type for node in onnx.load(str(made("int8-dynamic"))).graph.node}
    assert {"DynamicQuantizeLinear", "ConvInteger"} <= dynamic
    reason = engine(made("int8-dynamic")).info.batching
    assert "by what stands in the batch" in reason


def test_the_voices_json_travels_with_it(original: Path, made: Made) -> None:
    headers = [path.with_name(path.name + ".json") for path in (original, made("fp16"))]
    assert headers[0].read_bytes() == headers[1].read_bytes()


def test_a_voice_without_large_products_is_told(original: Path, tmp_path: Path) -> None:
    model = onnx.load(str(original))
    del model.graph.node[:]
    path = tmp_path / "none.onnx"
    onnx.save(model, str(path))
    (tmp_path / "none.onnx.json").write_bytes(original.with_name("tiny.onnx.json").read_bytes())
    with pytest.raises(ConfigError, match="no product in it is large enough"):
        quantize.write_quantized(voice(path), tmp_path / "out.onnx", "fp16")
    assert not (tmp_path / "out.onnx").exists()


COMPARISON = {
    "kind": "fp16",
    "products": 1,
    "bytes_before": 2,
    "bytes_after": 1,
    "time_ratio": 1.0,
    "mel_distance": 0.1,
    "words": 200,
    "errors_before": 40,
    "errors_after": 46,
    "batching": "",
}


def test_what_is_lost_is_held_against_what_may_be() -> None:
    found = quantize.Comparison(**COMPARISON)
    assert found.faults(0.03, 0.1) == []
    assert len(found.faults(0.02, 0.09)) == 2
    assert "rises by 3.0 points, 2.0 are allowed" in found.faults(0.02, 0.1)[0]
    assert "difference is 0.100, 0.090 allowed" in found.faults(0.03, 0.09)[0]
    assert replace(found, mel_distance=float("inf")).faults(1.0, 100.0)
    assert replace(found, mel_distance=float("nan")).faults(1.0, 100.0)
    assert replace(found, words=0, errors_before=0, errors_after=0).error_loss == 0.0


def test_an_english_voice_is_heard(tmp_path: Path) -> None:
    whisper()  # or skip
    tiny = voice(write_tiny_voice(tmp_path / "tiny.onnx"))
    found = quantize.compare(tiny, tiny, "none", 0, 1)
    assert found.words == found.errors_before == found.errors_after > 0
    assert (found.mel_distance, found.bytes_before) == (0.0, found.bytes_after)
