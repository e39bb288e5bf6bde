import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from speech.config import EngineConfig
from speech.engines import load_engine
from speech.engines.kinds import Voice
from speech.engines.onnx_session import RUN_ERRORS, own_threads
from speech.engines.piper import render
from speech.engines.piper.engine import PiperEngine, _int16
from speech.engines.piper.render import SplitRenderer, Wave, _groups, row_noise
from speech.engines.piper.rows import Row
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.types import Pcm, PhraseJob
from tests.tiny_voice import HOP, SAMPLE_RATE, write_tiny_voice

AsVoice = Callable[[Path], Voice]
PiperJob = Callable[..., PhraseJob]
CONFIG = EngineConfig(threads=1)


@pytest.fixture(scope="module")
def engine(tiny: Path, as_voice: AsVoice) -> PiperEngine:
    return PiperEngine(as_voice(tiny), CONFIG)


@pytest.fixture(scope="module")
def many(tiny_many: Path, as_voice: AsVoice) -> PiperEngine:
    return PiperEngine(as_voice(tiny_many), CONFIG)


def audio(results: Sequence[Pcm | SpeechError]) -> list[npt.NDArray[np.int64]]:
    assert all(isinstance(item, Pcm) for item in results), results
    return [item.samples.astype(np.int64) for item in results if isinstance(item, Pcm)]


@pytest.mark.parametrize("size", [2, 3, 7, 16])
def test_a_phrase_is_the_same_in_any_batch(
    many: PiperEngine, piper_job: PiperJob, size: int
) -> None:
    draw = random.Random(size)
    jobs = [
        piper_job(
            draw.randrange(1, 80),
            index=index,
            seed=draw.randrange(2**32),
            speaker=f"s{draw.randrange(3)}",
            speed=draw.choice([0.25, 0.7, 1.0, 1.4, 4.0]),
        )
        for index in range(size)
    ]
    together = audio(many.synthesize(jobs))
    for job, batched in zip(jobs, together, strict=True):
        (alone,) = audio(many.synthesize([job]))
        assert len(batched) == len(alone)
        assert np.abs(batched - alone).max() <= 1


def test_runs_are_bounded_and_of_like_length() -> None:
    groups = _groups([10, 90, 11, 95, 12, 300], 200)
    assert groups == [[5], [3, 1], [4, 2, 0]]
    assert _groups([0], 200) == [[0]]


def test_a_batch_beyond_one_run_keeps_its_order(
    many: PiperEngine, piper_job: PiperJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [piper_job(length, speaker="s0") for length in (4, 30, 9, 45, 17)]
    whole = audio(many.synthesize(jobs))
    monkeypatch.setattr(many._renderer, "_frames_at_once", 150)
    for split, once in zip(audio(many.synthesize(jobs)), whole, strict=True):
        assert len(split) == len(once)
        assert np.abs(split - once).max() <= 1


def test_order_and_places_are_kept(many: PiperEngine, piper_job: PiperJob) -> None:
    jobs = [piper_job(5 + 7 * i, index=9 - i, speaker="s1") for i in range(4)]
    results = many.synthesize(jobs)
    assert [item.index for item in results if isinstance(item, Pcm)] == [9, 8, 7, 6]
    assert many.info.max_batch_size is None
    assert many.info.deterministic


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_a_batch_renders_what_the_stock_graph_renders_alone(
    tmp_path: Path, as_voice: AsVoice, piper_job: PiperJob, speed: float
) -> None:
    # Without noise a stock graph is deterministic: every sample must agree, the last ones too.
    path = write_tiny_voice(tmp_path / "still.onnx", speakers=2, deterministic=True)
    jobs = [piper_job(length, speaker="s1", speed=speed) for length in (12, 31, 3)]
    rendered = audio(PiperEngine(as_voice(path), CONFIG).synthesize(jobs))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for job, ours in zip(jobs, rendered, strict=True):
        feeds = {
            "input": np.array([job.phrase.phoneme_ids], np.int64),
            "input_lengths": np.array([len(job.phrase.phoneme_ids)], np.int64),
            "scales": np.array([0.0, 1.0 / speed, 0.0], np.float32),
            "sid": np.array([1], np.int64),
        }
        stock = session.run(None, feeds)[0].reshape(-1)
        assert len(stock) == len(ours)
        assert np.abs(np.rint(stock * 32767) - ours).max() <= 1


def test_noise_is_the_seeds_and_not_the_places(engine: PiperEngine, piper_job: PiperJob) -> None:
    first, again, other, later = audio(
        [
            engine.synthesize([job])[0]
            for job in (
                piper_job(30, seed=1),
                piper_job(30, seed=1),
                piper_job(30, seed=2),
                piper_job(30, seed=1, index=1),
            )
        ]
    )
    assert first.tobytes() == again.tobytes() == later.tobytes()
    count = min(len(first), len(other))
    assert np.abs(first[:count] - other[:count]).max() > 100


def test_noise_does_not_depend_on_the_length() -> None:
    row = Row(ids=np.ones(3, np.int64), speaker=0, length_scale=1.0, seed=2**32 - 1, said=5)
    short, long = row_noise(row, 1, (10, 4)), row_noise(row, 1, (50, 4))
    assert short.shape == (4, 10)
    assert np.array_equal(short, long[:, :10])
    assert not np.array_equal(short, row_noise(row, 0, (10, 4)))
    assert not np.array_equal(short, row_noise(replace(row, said=6), 1, (10, 4)))
    assert abs(float(row_noise(row, 1, (4000, 4)).std()) - 1.0) < 0.05


def test_audio_is_audible_whole_frames_of_the_speed(
    engine: PiperEngine, piper_job: PiperJob
) -> None:
    slow, normal, fast = audio(
        engine.synthesize([piper_job(60, speed=speed) for speed in (0.5, 1.0, 2.0)])
    )
    assert all(len(item) % HOP == 0 for item in (slow, normal, fast))
    # Durations are rounded up to whole frames of about 3, so the ratio falls short of 2.
    assert 1.6 < len(slow) / len(normal) < 2.0
    assert 1.4 < len(normal) / len(fast) < 2.0
    assert 500 < normal.std() < 16_000


def test_audio_is_as_long_as_its_durations(
    engine: PiperEngine, piper_job: PiperJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    durations = SplitRenderer._durations

    def spy(
        self: SplitRenderer, row: Row, widths: npt.NDArray[np.float32], *, alone: bool
    ) -> object:
        result = durations(self, row, widths, alone=True)
        seen.append(int(result.sum()))
        return result

    monkeypatch.setattr(SplitRenderer, "_durations", spy)
    rendered = audio(engine.synthesize([piper_job(8), piper_job(40), piper_job(1)]))
    assert [len(item) for item in rendered] == [count * HOP for count in seen]


def test_doubtful_durations_come_from_a_run_alone(
    engine: PiperEngine, piper_job: PiperJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = SplitRenderer._encode

    def imprecise(self: SplitRenderer, rows: Sequence[Row]) -> object:
        widths, means, logs = encode(self, rows)
        return (widths + 0.02 if len(rows) > 1 else widths), means, logs

    jobs = [piper_job(length) for length in (50, 51, 52)]
    alone = [len(audio(engine.synthesize([job]))[0]) for job in jobs]
    monkeypatch.setattr(SplitRenderer, "_encode", imprecise)
    assert [len(item) for item in audio(engine.synthesize(jobs))] != alone
    monkeypatch.setattr(render, "_NEAR", 0.03)
    assert [len(item) for item in audio(engine.synthesize(jobs))] == alone


def test_bad_phrases_fail_alone(many: PiperEngine, piper_job: PiperJob) -> None:
    jobs = [
        piper_job(20, speaker="s0"),
        piper_job(ids=(1, 256, 2), speaker="s0"),
        piper_job(ids=(), speaker="s0"),
        piper_job(ids=(1, -1), speaker="s0"),
        piper_job(9, speaker="nobody"),
        piper_job(20, speaker="s2"),
    ]
    results = many.synthesize(jobs)
    kinds = [type(item) for item in results]
    assert kinds == [Pcm, *[SynthesisError] * 4, Pcm]
    # Refused before the run: on CUDA an id out of range would read whatever lies there.
    assert "outside" in str(results[1])
    assert "outside" in str(results[3])
    alone = audio([results[0], results[5]])
    assert np.abs(alone[0] - audio(many.synthesize(jobs[:1]))[0]).max() <= 1


def test_broken_durations_fail_alone(
    tmp_path: Path, as_voice: AsVoice, piper_job: PiperJob
) -> None:
    path = write_tiny_voice(tmp_path / "nan.onnx", speakers=2)
    model = onnx.load(str(path))
    table = next(n.input[0] for n in model.graph.node if list(n.input[1:]) == ["input"])
    for item in model.graph.initializer:
        if item.name == table:
            values = numpy_helper.to_array(item).copy()
            values[200] = np.nan
            item.CopyFrom(numpy_helper.from_array(values, table))
    onnx.save(model, str(path))
    good, bad = piper_job(20, speaker="s0"), piper_job(ids=(1, 200, 2), speaker="s1")
    results = PiperEngine(as_voice(path), CONFIG).synthesize([good, bad, good])
    assert [type(item) for item in results] == [Pcm, SynthesisError, Pcm]


class _Broken:
    """Audio with one sample that is no number, for the rows of one seed."""

    def render(self, rows: Sequence[Row]) -> list[Wave]:
        waves = [np.zeros(100, np.float32) for _ in rows]
        for row, wave in zip(rows, waves, strict=True):
            wave[50] = np.inf if row.seed == 13 else 0.5
        return [Wave(wave, None) for wave in waves]


def test_broken_audio_fails_alone(tiny: Path, as_voice: AsVoice, piper_job: PiperJob) -> None:
    engine = PiperEngine(as_voice(tiny), CONFIG)
    engine._renderer = _Broken()
    results = engine.synthesize([piper_job(seed=1), piper_job(seed=13), piper_job(seed=2)])
    assert [type(item) for item in results] == [Pcm, SynthesisError, Pcm]


def test_runaway_durations_fail_alone(
    engine: PiperEngine, piper_job: PiperJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "MAX_FRAMES", 100)
    results = engine.synthesize([piper_job(10), piper_job(90)])
    assert [type(item) for item in results] == [Pcm, SynthesisError]


class _Fragile:
    """Fails in company, and always for one row."""

    def __init__(self, inner: object, bad_seed: int | None) -> None:
        self._inner = inner
        self._bad_seed = bad_seed

    def render(self, rows: Sequence[Row]) -> object:
        if len(rows) > 1 or self._bad_seed in {None, rows[0].seed}:
            raise RUN_ERRORS[0]("the device is gone")
        return self._inner.render(rows)  # type: ignore[attr-defined]


def test_a_failed_batch_is_tried_one_by_one(
    tiny: Path, as_voice: AsVoice, piper_job: PiperJob
) -> None:
    engine = PiperEngine(as_voice(tiny), CONFIG)
    inner = engine._renderer
    jobs = [piper_job(10, seed=seed) for seed in range(3)]
    engine._renderer = _Fragile(inner, bad_seed=1)  # type: ignore[assignment]
    kinds = [type(item) for item in engine.synthesize(jobs)]
    assert kinds == [Pcm, SynthesisError, Pcm]
    engine._renderer = _Fragile(inner, bad_seed=None)  # type: ignore[assignment]
    assert [type(item) for item in engine.synthesize(jobs[:1])] == [SynthesisError]
    with pytest.raises(RuntimeError, match="together and alone"):
        engine.synthesize(jobs)


def test_batching_can_be_switched_off(tiny: Path, as_voice: AsVoice, piper_job: PiperJob) -> None:
    single = load_engine(as_voice(tiny), EngineConfig(threads=1, batching=False))
    assert single.info.max_batch_size == 1
    assert "configuration" in single.info.batching
    assert len(audio(single.synthesize([piper_job(10), piper_job(20)]))) == 2


def test_a_provider_that_is_not_there_is_an_error(tiny: Path, as_voice: AsVoice) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(ConfigError, match="'cuda' is not available"):
        load_engine(as_voice(tiny), EngineConfig(provider="cuda"))


def test_a_provider_that_is_not_granted_is_an_error(
    tiny: Path, as_voice: AsVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime.InferenceSession, "get_providers", lambda self: ["Other"])
    with pytest.raises(ConfigError, match="granted only Other"):
        load_engine(as_voice(tiny), CONFIG)


def test_threads_follow_the_replicas_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert own_threads() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert own_threads() >= 1


def test_samples_are_clipped_not_wrapped() -> None:
    wave = np.array([0.0, 0.5, 1.0, 1.5, -1.5, 0.4999 / 32767], np.float32)
    assert _int16(wave).tolist() == [0, 16384, 32767, 32767, -32768, 0]


def test_warm_up_and_close(tiny: Path, as_voice: AsVoice, piper_job: PiperJob) -> None:
    engine = PiperEngine(as_voice(tiny), CONFIG)
    engine.warm_up()
    assert engine.info.resident_bytes > 50_000
    assert engine.info.sample_rate == SAMPLE_RATE
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        engine.synthesize([piper_job(5)])
