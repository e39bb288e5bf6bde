"""Quantized hibari: the published 8-bit graph, in single precision and back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from serve_app.voices.command import find_voice
from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.loading import load_engine
from speech.errors import ConfigError
from speech.evaluation import held_out, quantize
from speech.types import Pcm
from tests.dequantized import dequantized_graph
from tests.real_voices import package, whisper

LARGEST = 0.7
"""Share of the original's bytes: what decides lengths stays as it is."""


@pytest.fixture(scope="module")
def hibari(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    """The shipped voice in single precision."""
    package("hibari")
    voice, path = find_voice("heart")[0], tmp_path_factory.mktemp("hibari") / "float.onnx"
    onnx.save(dequantized_graph(onnx.load(str(voice.model))), str(path))
    return replace(voice, model=path)


@pytest.mark.parametrize("kind", ["int8-dynamic", "fp16"])
def test_a_real_graph_becomes_smaller_and_keeps_its_rhythm(
    hibari: Voice, kind: quantize.Kind, tmp_path: Path
) -> None:
    made = tmp_path / "out.onnx"
    assert quantize.write_quantized(hibari, made, kind) > 20
    assert hibari.model is not None
    assert made.stat().st_size < LARGEST * hibari.model.stat().st_size
    (job,) = quantize.jobs(hibari, held_out()[:1])
    said = []
    for one in (hibari, replace(hibari, model=made)):
        (pcm,) = load_engine(one, EngineConfig(threads=1)).synthesize([job])
        assert isinstance(pcm, Pcm)
        said.append(pcm.samples)
    assert len(said[0]) == len(said[1])
    assert not np.array_equal(*said)
    assert quantize.mel_distance(*said, hibari.sample_rate) < (
        0.4 if kind == "int8-dynamic" else 0.15
    )


def test_a_voice_that_got_worse_is_refused(hibari: Voice, tmp_path: Path) -> None:
    """Weights of three values each: a quarter of the words is lost."""
    whisper()  # or skip
    assert hibari.model is not None
    model = onnx.load(str(hibari.model))
    for item in model.graph.initializer:
        values = numpy_helper.to_array(item)
        if item.name.endswith(".float"):
            step = np.abs(values).max(axis=0) / 1.5
            item.CopyFrom(numpy_helper.from_array(np.rint(values / step) * step, item.name))
    path = tmp_path / "coarse.onnx"
    onnx.save(model, str(path))
    found = quantize.compare(hibari, replace(hibari, model=path), "coarse", 1, 4)
    faults = found.faults(0.02, 0.15)
    assert any("the word error rate rises by" in fault for fault in faults), found
    assert any("the log-mel difference is" in fault for fault in faults), found


def test_a_graph_of_integers_is_left_alone(tmp_path: Path) -> None:
    package("hibari")
    with pytest.raises(ConfigError, match="quantized already"):
        quantize.write_quantized(find_voice("heart")[0], tmp_path / "out.onnx", "int8-dynamic")


def test_what_is_calibrated_is_piper(hibari: Voice, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="int8-static is for voices in Piper's format"):
        quantize.write_quantized(hibari, tmp_path / "out.onnx", "int8-static")
