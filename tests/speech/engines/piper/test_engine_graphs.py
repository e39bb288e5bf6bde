"""What the engine makes of graphs of all kinds."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.onnx_walk import floats
from speech.engines.piper.engine import PiperEngine
from speech.engines.piper.graph import read_graph
from speech.errors import ConfigError
from speech.types import Pcm, PhraseJob
from tests.tiny_voice import HOP, SAMPLE_RATE, tiny_voice, voice_config, write_tiny_voice

AsVoice = Callable[[Path], Voice]
PiperJob = Callable[..., PhraseJob]
CONFIG = EngineConfig(threads=1)


def save(model: onnx.ModelProto, path: Path, **config: object) -> Path:
    onnx.save(model, str(path))
    header = path.with_name(path.name + ".json")
    header.write_text(json.dumps(voice_config() | config), "utf-8")
    return path


def test_a_stock_graph_is_split_and_masked(tiny_many: Path) -> None:
    graph = read_graph(tiny_many, {})
    assert graph.kind == "split"
    assert graph.hop == HOP
    assert graph.symbols == 256
    assert graph.multi_speaker
    assert sorted(graph.masks) == [1, 8, 64, 256]
    for part in graph.models:
        model = onnx.load_from_string(part)
        onnx.checker.check_model(model)
        assert not any("Random" in node.op_type for node in model.graph.node)
        assert not any(node.op_type in {"Ceil", "CumSum"} for node in model.graph.node)


def second_ceil(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Ceil", ["output"], ["again"]))


def noise_of_another_width(model: onnx.ModelProto) -> None:
    node = next(node for node in model.graph.node if node.op_type == "RandomNormalLike")
    node.attribute.append(helper.make_attribute("scale", 2.0))


def third_noise(model: onnx.ModelProto) -> None:
    node = helper.make_node("RandomNormalLike", ["output"], ["hiss"], dtype=1)
    model.graph.node.append(node)


def global_norm(model: onnx.ModelProto) -> None:
    last = model.graph.node[-1]
    pooled = helper.make_node("GlobalAveragePool", [last.input[0]], ["pooled"])
    centred = helper.make_node("Sub", [last.input[0], "pooled"], ["centred"])
    last.input[0] = "centred"
    model.graph.node.insert(len(model.graph.node) - 1, pooled)
    model.graph.node.insert(len(model.graph.node) - 1, centred)


def shorter_convolution(model: onnx.ModelProto) -> None:
    node = [node for node in model.graph.node if node.op_type == "Conv"][-1]
    for item in node.attribute:
        if item.name == "pads":
            item.ints[:] = [0, 0]


def fixed_tempo(model: onnx.ModelProto) -> None:
    ceil = next(node for node in model.graph.node if node.op_type == "Ceil")
    product = next(node for node in model.graph.node if node.output[0] == ceil.input[0])
    ceil.input[0] = product.input[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (second_ceil, "2 Ceil nodes"),
        (noise_of_another_width, "not standard normal"),
        (third_noise, "2 noises of the prior"),
        (global_norm, "GlobalAveragePool"),
        (shorter_convolution, "changes the length"),
        (fixed_tempo, "something else than expected"),
    ],
)
def test_another_graph_runs_one_at_a_time_and_says_why(
    tmp_path: Path,
    as_voice: AsVoice,
    piper_job: PiperJob,
    change: Callable[[onnx.ModelProto], None],
    reason: str,
) -> None:
    model = tiny_voice()
    change(model)
    engine = PiperEngine(as_voice(save(model, tmp_path / "odd.onnx")), CONFIG)
    assert engine.info.max_batch_size == 1
    assert reason in engine.info.batching
    assert not engine.info.deterministic
    results = engine.synthesize([piper_job(10), piper_job(20)])
    lengths = [len(item.samples) for item in results if isinstance(item, Pcm)]
    assert len(lengths) == 2
    assert 0 < lengths[0] < lengths[1]


@pytest.mark.parametrize("change", [None, global_norm], ids=["split", "stock"])
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.2])
def test_phonemes_last_as_long_as_the_graph_repeats_them(
    tmp_path: Path,
    as_voice: AsVoice,
    piper_job: PiperJob,
    change: Callable[[onnx.ModelProto], None] | None,
    speed: float,
) -> None:
    model = tiny_voice()
    if change is not None:
        change(model)
    inference = voice_config(deterministic=True)["inference"]
    engine = PiperEngine(as_voice(save(model, tmp_path / "v.onnx", inference=inference)), CONFIG)
    (ceil,) = [node.output[0] for node in model.graph.node if node.op_type == "Ceil"]
    model.graph.output.append(floats(ceil, 1, "t"))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    jobs = [replace(piper_job(length, speed=speed), timed=True) for length in (3, 40, 17)]
    jobs.append(replace(jobs[0], timed=False))
    *timed, untimed = engine.synthesize(jobs)
    assert isinstance(untimed, Pcm)
    assert untimed.phoneme_seconds is None
    for job, pcm in zip(jobs, timed, strict=False):
        assert isinstance(pcm, Pcm)
        ids = job.phrase.phoneme_ids
        feeds = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([0.0, 1.0 / speed, 0.0], np.float32),
        }
        _, frames = session.run(None, feeds)
        assert pcm.phoneme_seconds is not None
        assert pcm.phoneme_seconds.dtype == np.float32
        assert pcm.phoneme_seconds == pytest.approx(frames.reshape(-1) * HOP / SAMPLE_RATE)
        assert abs(float(pcm.phoneme_seconds.sum()) - pcm.duration) < HOP / SAMPLE_RATE


def test_a_graph_whose_durations_are_not_found_tells_none(
    tmp_path: Path, as_voice: AsVoice, piper_job: PiperJob
) -> None:
    model = tiny_voice()
    second_ceil(model)
    engine = PiperEngine(as_voice(save(model, tmp_path / "odd.onnx")), CONFIG)
    (pcm,) = engine.synthesize([replace(piper_job(10), timed=True)])
    assert isinstance(pcm, Pcm)
    assert pcm.phoneme_seconds is None


def test_what_is_no_piper_voice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(b"not a model at all")
    with pytest.raises(ConfigError, match="not an ONNX model"):
        read_graph(path, {})
    model = tiny_voice()
    model.graph.input[0].name = "tokens"
    onnx.save(model, str(path))
    with pytest.raises(ConfigError, match="not a Piper voice"):
        read_graph(path, {})


@pytest.mark.parametrize("speakers", [1, 2])
def test_piper_itself_speaks_the_tiny_voice(tmp_path: Path, speakers: int) -> None:
    piper = pytest.importorskip("piper")
    path = write_tiny_voice(tmp_path / "tiny.onnx", speakers=speakers)
    voice = piper.PiperVoice.load(path)
    (chunk,) = list(voice.synthesize("Good morning."))
    assert chunk.sample_rate == SAMPLE_RATE
    assert 0.3 < len(chunk.audio_int16_array) / SAMPLE_RATE < 4.0
    assert len(chunk.audio_int16_array) % HOP == 0
    assert chunk.audio_int16_array.std() > 500
