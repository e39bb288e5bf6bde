import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import numpy_helper

from speech.config import EngineConfig, Precision, TorchConfig
from speech.engines import load_engine
from speech.engines.closeness import mel_distance
from speech.engines.piper import PiperEngine
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.types import Pcm, PhraseJob
from speech.voices import Voice

torch = pytest.importorskip("torch", reason="the torch provider needs torch")
from speech.engines.starter_weights import read_weights  # noqa: E402
from speech.engines.torch_voice import TorchVoice  # noqa: E402

MODEL = Path(__file__).parents[3] / "voices" / "starter.onnx"
SHAPES = TorchConfig(
    device="cpu",
    rows=(1, 2, 4),
    tokens=(16, 64, 256),
    frames=(64, 128, 256, 512),
    tokens_at_once=512,
    frames_at_once=1024,
)

AsVoice = Callable[[Path], Voice]
PiperJob = Callable[..., PhraseJob]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def starter(as_voice: AsVoice) -> Voice:
    return as_voice(MODEL)


def loaded(
    voice: Voice, shapes: TorchConfig = SHAPES, precision: Precision = "fp32", **config: object
) -> TorchVoice:
    settings = {"provider": "torch", "precision": precision, "torch": shapes, "threads": 1}
    return TorchVoice(voice, EngineConfig.model_validate(settings | config))


@pytest.fixture(scope="module")
def engine(starter: Voice) -> TorchVoice:
    return loaded(starter)


@pytest.fixture(scope="module")
def jobs(piper_job: PiperJob) -> list[PhraseJob]:
    """Both speakers, all lengths and speeds, seeds of their own; more than one run holds."""
    draw = random.Random(0)
    return [
        piper_job(
            length,
            index=index,
            seed=draw.randrange(2**32),
            speaker=draw.choice(("slt", "rms")),
            speed=draw.choice((0.25, 0.7, 1.0, 1.0, 1.6, 4.0)),
        )
        for index, length in enumerate((1, 2, 7, 15, 16, 17, 30, 44, 60, 81))
    ]


def audio(results: Sequence[Pcm | SpeechError]) -> list[npt.NDArray[np.int64]]:
    assert all(isinstance(item, Pcm) for item in results), results
    return [item.samples.astype(np.int64) for item in results if isinstance(item, Pcm)]


def test_it_speaks_what_the_onnx_graph_speaks(
    engine: TorchVoice, starter: Voice, jobs: list[PhraseJob]
) -> None:
    right = audio(PiperEngine(starter, EngineConfig(threads=1)).synthesize(jobs))
    for ours, theirs in zip(audio(engine.synthesize(jobs)), right, strict=True):
        assert len(ours) == len(theirs)
        # A last bit of F0 moves every later pulse a little: 14 of 32,767 were seen after 27 s.
        assert np.abs(ours - theirs).max() <= 20
        assert mel_distance(theirs, ours, 24_000) < 0.002


def test_a_phrase_is_the_same_alone(engine: TorchVoice, jobs: list[PhraseJob]) -> None:
    together = audio(engine.synthesize(jobs))
    for job, batched in zip(jobs, together, strict=True):
        (alone,) = audio(engine.synthesize([job]))
        assert len(alone) == len(batched)
        assert np.abs(alone - batched).max() <= 3  # of 32,767: 1e-4


def test_shapes_decide_nothing_that_is_heard(
    engine: TorchVoice, starter: Voice, jobs: list[PhraseJob]
) -> None:
    """Also where every phrase is longer than any shape."""
    none = TorchConfig(device="cpu", rows=(1,), tokens=(1,), frames=(1,))
    for other in (loaded(starter, none), loaded(starter, batching=False)):
        for ours, theirs in zip(
            audio(other.synthesize(jobs)), audio(engine.synthesize(jobs)), strict=True
        ):
            assert len(ours) == len(theirs)
            assert np.abs(ours - theirs).max() <= 3


@pytest.mark.parametrize(("precision", "most"), [("bf16", 0.3), ("fp16", 0.1)])
def test_a_lower_precision_sounds_the_same(
    engine: TorchVoice,
    starter: Voice,
    piper_job: PiperJob,
    precision: Precision,
    most: float,
) -> None:
    jobs = [piper_job(length, speaker=name) for length in (30, 90) for name in ("slt", "rms")]
    low = loaded(starter, precision=precision)
    assert low.info.precision == precision
    found = [
        mel_distance(right, ours, 24_000)
        for right, ours in zip(
            audio(engine.synthesize(jobs)), audio(low.synthesize(jobs)), strict=True
        )
    ]
    assert 0.0 < max(found) < most


def test_seed_and_place_are_heard_and_nothing_else(engine: TorchVoice, piper_job: PiperJob) -> None:
    first, again, other, later = audio(
        engine.synthesize(
            [
                piper_job(30, seed=1, speaker="slt"),
                piper_job(30, seed=1, speaker="slt"),
                piper_job(30, seed=2, speaker="slt"),
                piper_job(30, seed=1, speaker="slt", index=1),
            ]
        )
    )
    assert np.abs(first - again).max() <= 3
    for differs in (other, later):
        assert len(first) != len(differs) or np.abs(first - differs).max() > 300


def test_a_bad_phrase_fails_alone(engine: TorchVoice, piper_job: PiperJob) -> None:
    good = piper_job(20, speaker="slt")
    bad = [
        piper_job(ids=(3, 5000), speaker="slt"),
        piper_job(ids=(), speaker="slt"),
        piper_job(20, speaker="nobody"),
    ]
    first, *failed, last = engine.synthesize([good, *bad, replace(good, seed=0)])
    assert len(failed) == 3
    assert all(isinstance(item, SynthesisError) for item in failed)
    assert np.abs(audio([first])[0] - audio([last])[0]).max() <= 3
    assert engine.synthesize([]) == []


def test_audio_that_holds_no_numbers_is_an_error(starter: Voice, piper_job: PiperJob) -> None:
    broken = loaded(starter)
    assert broken._network is not None
    with torch.inference_mode():
        broken._network._rest["sound.gain"][starter.speakers["rms"]] = float("nan")
    (found,) = broken.synthesize([piper_job(20, speaker="rms")])
    assert isinstance(found, SynthesisError)


@pytest.mark.parametrize("pace", [float("inf"), 500.0])
def test_durations_that_have_run_away_are_an_error(
    starter: Voice, piper_job: PiperJob, pace: float
) -> None:
    broken = loaded(starter)
    assert broken._network is not None
    with torch.inference_mode():
        broken._network._rest["pace"][starter.speakers["slt"]] = pace
    found, other = broken.synthesize([piper_job(20, speaker=name) for name in ("slt", "rms")])
    assert isinstance(found, SynthesisError)
    assert isinstance(other, Pcm)


def test_memory_and_shapes_are_told(starter: Voice) -> None:
    engine = loaded(starter)
    assert "not warmed up" in engine.info.batching
    engine.warm_up()
    info = engine.info
    assert (info.engine, info.provider, info.max_batch_size) == ("torch", "torch", None)
    assert info.resident_bytes > 9_000_000
    assert "19 shapes" in info.batching
    assert loaded(starter, batching=False).info.max_batch_size == 1
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        engine.synthesize([])


def test_it_is_a_provider_like_the_others(starter: Voice, piper_job: PiperJob) -> None:
    engine = load_engine(starter, EngineConfig(provider="torch", torch=SHAPES))
    assert isinstance(engine, TorchVoice)
    assert audio(engine.synthesize([piper_job(9, speaker="rms")]))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_an_error(starter: Voice) -> None:
    on_gpu = SHAPES.model_copy(update={"device": "cuda"})
    with pytest.raises(ConfigError, match="no GPU"):
        loaded(starter, on_gpu)
    with pytest.raises(ConfigError, match="no GPU"):
        load_engine(starter, EngineConfig(provider="torch"))


def test_a_precision_it_has_not_is_an_error(starter: Voice) -> None:
    with pytest.raises(ConfigError, match=r"tf32.*bf16"):
        loaded(starter, precision="tf32")


def another_constant(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        if node.op_type == "Constant":
            value = numpy_helper.to_array(node.attribute[0].t)
            if value.dtype == np.float32 and value.size == 1 and np.isclose(value, 0.12):
                node.attribute[0].t.CopyFrom(numpy_helper.from_array(value + np.float32(0.01)))


def another_operator(model: onnx.ModelProto) -> None:
    next(node for node in model.graph.node if node.op_type == "Relu").op_type = "Softplus"


def another_property(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def one_weight_more(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(3, np.float32), "more"))


def one_weight_less(model: onnx.ModelProto) -> None:
    names = [item.name for item in model.graph.initializer]
    del model.graph.initializer[names.index("sound.ramp")]


def another_shape(model: onnx.ModelProto) -> None:
    item = next(item for item in model.graph.initializer if item.name == "sound.window")
    item.CopyFrom(numpy_helper.from_array(np.zeros(482, np.float32), item.name))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (another_constant, "computes with 0.13"),
        (another_operator, "Softplus"),
        (another_property, "chorale.batching"),
        (one_weight_more, "weights we do not know, more"),
        (one_weight_less, "has no sound.ramp"),
        (another_shape, "sound.window is .482., not .480."),
    ],
)
def test_a_file_of_another_architecture_is_refused(
    tmp_path: Path, change: Callable[[onnx.ModelProto], None], told: str
) -> None:
    model = onnx.load(str(MODEL))
    read_weights(MODEL)
    change(model)
    path = tmp_path / "changed.onnx"
    onnx.save(model, str(path))
    with pytest.raises(ConfigError, match=told):
        read_weights(path)


def test_a_stock_voice_is_refused(tiny: Path, as_voice: AsVoice, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another network"):
        loaded(as_voice(tiny))
    garbage = tmp_path / "garbage.onnx"
    garbage.write_bytes(b"no model")
    with pytest.raises(ConfigError, match="not an ONNX model"):
        read_weights(garbage)


def test_speaking_on_the_cpu_imports_no_torch(
    run_python: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed it is: this test is skipped where it is not."""
    assert "torch" in sys.modules
    code = f"""
import sys
from pathlib import Path
from speech.config import EngineConfig
from speech.engines import ResidentVoices, load_engine
from speech.errors import ConfigError
from speech.types import Pcm, Phrase, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue, VoiceConfig
entry = VoiceConfig(id="starter", engine="piper", model=Path({str(MODEL)!r}))
catalogue = VoiceCatalogue.build(CatalogueConfig(default="starter", voices=(entry,)), Path())
voices = ResidentVoices(catalogue, EngineConfig(threads=1))
voices.preload(["starter"])
phrase = Phrase(index=0, is_last=True, text="x", phonemes="", phoneme_ids=(1, 0, 20, 0, 2),
                pause_after=0.0)
job = PhraseJob(phrase=phrase, voice="starter", speaker="slt", language="en", speed=1.0, seed=0)
(result,) = voices.synthesize([job])
try:
    load_engine(catalogue.voices["starter"], EngineConfig(provider="torch"))
except ConfigError as error:
    print("no GPU" in str(error))
print(isinstance(result, Pcm), "torch" in sys.modules)
"""
    # A GPU that is not there is noticed without torch, too.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert run_python(code).split() == ["True", "True", "False"]
