"""What the engine makes of graphs of all kinds."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.onnx_walk import floats
from speech.engines.piper.engine import PiperEngine
from speech.engines.piper.graph import BATCHING_KEY, SEED_KEY, read_graph
from speech.errors import ConfigError
from speech.types import Pcm, PhraseJob
from speech.voices import VoiceCatalogue
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


def masked_model() -> onnx.ModelProto:
    """Each phoneme is two frames of the level id / 100 * length_scale of its own row."""
    nodes = [
        helper.make_node("Shape", ["input"], ["shape"]),
        helper.make_node("Gather", ["shape", "one"], ["count"]),
        helper.make_node("Range", ["zero", "count", "one"], ["steps"]),
        helper.make_node("Unsqueeze", ["input_lengths", "axis1"], ["ends"]),
        helper.make_node("Less", ["steps", "ends"], ["inside"]),
        helper.make_node("Cast", ["inside"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["mask", "two"], ["durations"]),
        helper.make_node("Cast", ["input"], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["scales", "one"], ["length"], axis=1),
        helper.make_node("Unsqueeze", ["length", "axis1"], ["lengths"]),
        helper.make_node("Mul", ["ids", "lengths"], ["scaled"]),
        helper.make_node("Div", ["scaled", "hundred"], ["level"]),
        helper.make_node("Unsqueeze", ["level", "axis2"], ["column"]),
        helper.make_node("Expand", ["column", "samples"], ["wide"]),
        helper.make_node("Reshape", ["wide", "flat"], ["output"]),
    ]
    values: dict[str, object] = {
        "zero": np.int64(0),
        "one": np.int64(1),
        "axis1": np.array([1]),
        "axis2": np.array([2]),
        "samples": np.array([1, 1, 2 * HOP]),
        "flat": np.array([0, 1, -1]),
        "two": np.float32(2),
        "hundred": np.float32(100),
    }
    graph = helper.make_graph(
        nodes,
        "masked",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, ["n", "t"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, ["n", 3]),
        ],
        [
            helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 1, "samples"]),
            helper.make_tensor_value_info("durations", TensorProto.FLOAT, ["n", "t"]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    helper.set_model_props(model, {BATCHING_KEY: "masked"})
    return model


def test_a_masked_graph_batches_by_its_own_durations(
    tmp_path: Path, as_voice: AsVoice, piper_job: PiperJob
) -> None:
    engine = PiperEngine(as_voice(save(masked_model(), tmp_path / "m.onnx")), CONFIG)
    assert engine.info.max_batch_size is None
    assert engine.info.deterministic
    jobs = [piper_job(ids=(10, 20), speed=2.0), piper_job(ids=(30,) * 5), piper_job(ids=(7,))]
    results = engine.synthesize(jobs)
    samples = [item.samples for item in results if isinstance(item, Pcm)]
    assert [len(item) for item in samples] == [4 * HOP, 10 * HOP, 2 * HOP]
    for item, level in zip(samples, (0.05, 0.3, 0.07), strict=True):
        assert item[0] == round(level * 32767)
    assert samples[0][-1] == round(0.1 * 32767)


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


def test_phonemes_of_a_masked_graph_begin_where_they_are_heard(
    tmp_path: Path, as_voice: AsVoice, piper_job: PiperJob
) -> None:
    engine = PiperEngine(as_voice(save(masked_model(), tmp_path / "m.onnx")), CONFIG)
    jobs = [replace(piper_job(ids=ids), timed=True) for ids in ((10, 20, 30), (5, 7))]
    for job, pcm in zip(jobs, engine.synthesize(jobs), strict=True):
        assert isinstance(pcm, Pcm)
        assert pcm.phoneme_seconds is not None
        ends = np.rint(np.cumsum(pcm.phoneme_seconds) * SAMPLE_RATE).astype(int)
        assert ends[-1] == len(pcm.samples)
        levels = [pcm.samples[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        assert [set(level.tolist()) for level in levels] == [
            {round(number / 100 * 32767)} for number in job.phrase.phoneme_ids
        ]


def test_a_graph_whose_durations_are_not_found_tells_none(
    tmp_path: Path, as_voice: AsVoice, piper_job: PiperJob
) -> None:
    model = tiny_voice()
    second_ceil(model)
    engine = PiperEngine(as_voice(save(model, tmp_path / "odd.onnx")), CONFIG)
    (pcm,) = engine.synthesize([replace(piper_job(10), timed=True)])
    assert isinstance(pcm, Pcm)
    assert pcm.phoneme_seconds is None


def test_the_starter_voices_phonemes_last_as_long_as_its_samples(piper_job: PiperJob) -> None:
    root = Path(__file__).parents[4]
    catalogue = VoiceCatalogue.load(root / "configs/voices.yaml")
    voice = next(v for v in catalogue.voices.values() if v.model and v.model.stem == "starter")
    engine = PiperEngine(voice, CONFIG)
    ids = tuple(i for i in sorted({i for ids in voice.vocabulary.ids.values() for i in ids}))
    speaker = voice.default_speaker
    jobs = [
        replace(piper_job(ids=ids[start:end], speed=speed, speaker=speaker), timed=True)
        for start, end, speed in ((0, 60, 1.0), (3, 9, 0.4), (20, 55, 3.0))
    ]
    together = engine.synthesize(jobs)
    for job, pcm in zip(jobs, together, strict=True):
        (alone,) = engine.synthesize([job])
        assert isinstance(pcm, Pcm)
        assert isinstance(alone, Pcm)
        assert pcm.phoneme_seconds is not None
        assert pcm.phoneme_seconds.tolist() == alone.phoneme_seconds.tolist()
        assert len(pcm.phoneme_seconds) == len(job.phrase.phoneme_ids)
        assert float(pcm.phoneme_seconds.sum()) == pytest.approx(pcm.duration, abs=0.001)


def test_a_seeded_graph_gets_the_seed_and_phrase_of_each_row(
    tmp_path: Path, as_voice: AsVoice, piper_job: PiperJob
) -> None:
    model = masked_model()
    # The level is a hundredth of id + seed mod 97, and the default seed is 5.
    model.graph.input.append(helper.make_tensor_value_info("seed", TensorProto.INT64, ["seeds"]))
    values = {"seed": np.array([5]), "many": np.int64(97)}
    model.graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in values.items())
    nodes = [
        helper.make_node("Mod", ["seed", "many"], ["rest"]),
        helper.make_node("Unsqueeze", ["rest", "axis1"], ["rests"]),
        helper.make_node("Add", ["input", "rests"], ["moved"]),
    ]
    cast = next(node for node in model.graph.node if list(node.output) == ["ids"])
    cast.input[0] = "moved"
    old = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *old])

    def levels(name: str) -> list[int]:
        engine = PiperEngine(as_voice(save(model, tmp_path / name)), CONFIG)
        jobs = [
            *(piper_job(ids=(1,), seed=1, index=index) for index in (0, 1)),
            *(piper_job(ids=(1,), seed=seed) for seed in (2, 1, 2**32 - 1)),
        ]
        found = [item for item in engine.synthesize(jobs) if isinstance(item, Pcm)]
        alone = [item for job in jobs for item in engine.synthesize([job])]
        assert [item.samples.tobytes() for item in found] == [
            item.samples.tobytes() for item in alone if isinstance(item, Pcm)
        ]
        return [int(item.samples[0]) for item in found]

    assert levels("silent.onnx") == [round(0.06 * 32767)] * 5
    helper.set_model_props(model, {BATCHING_KEY: "masked", SEED_KEY: "input"})
    first, later, other, again, largest = levels("seeded.onnx")
    assert first == later == again
    assert len({first, other, largest}) == 3


def test_a_masked_graph_must_keep_its_word(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    model = masked_model()
    onnx.save(model, str(path))
    with pytest.raises(ConfigError, match="hop length"):
        read_graph(path, {})
    helper.set_model_props(model, {BATCHING_KEY: "sometimes"})
    onnx.save(model, str(path))
    with pytest.raises(ConfigError, match="'sometimes'"):
        read_graph(path, {"hop_length": HOP})


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
