"""hibari's voice as its package has it: real weights, compared with the package's own synthesis."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copy

import numpy as np
import numpy.typing as npt
import pytest
from hibari import dsp

from speech.config import EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines import spoken as spoken_module
from speech.engines.hibari import engine as engine_module
from speech.engines.hibari import vocoder
from speech.engines.hibari import voice as voice_module
from speech.engines.hibari.engine import HibariEngine
from speech.engines.hibari.voice import HibariEntry, package
from speech.engines.kinds import Voice
from speech.errors import ConfigError, SynthesisError
from speech.limiter import levelled
from speech.loudness import loudness, true_peak
from speech.text import FrontEnd
from speech.types import Pcm, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import passage, phrase_job

RATE = 24_000
TEXTS = (
    "How far is it to the next station from here?",
    "She sells sea shells by the sea shore every summer morning.",
    "Five hundred people came to hear the old man speak.",
    "Thanks for waiting; your order will arrive on Thursday afternoon.",
    "There is no easy way to say this, but we have lost the match.",
    "Voices carry far across still water at night.",
    "Half of the students had never seen the sea before.",
    "Science is a way of thinking much more than a body of knowledge.",
)
Wave = npt.NDArray[np.float64]


def read(entry: HibariEntry, folder: Path = Path()) -> Voice:
    config = CatalogueConfig(default=entry.id, voices=(entry,))
    return VoiceCatalogue.build(config, folder).voices[entry.id]


@pytest.fixture(scope="module")
def voice() -> Voice:
    return read(HibariEntry(id="heart"))


@pytest.fixture(scope="module")
def engine(voice: Voice) -> HibariEngine:
    made = load_engine(voice, EngineConfig(threads=1))
    assert isinstance(made, HibariEngine)
    return made


@pytest.fixture(scope="module")
def job(voice: Voice) -> Callable[..., PhraseJob]:
    front_end = FrontEnd(TextConfig(max_seconds=60.0))

    def make(text: str, **more: object) -> PhraseJob:
        (phrase,) = front_end.prepare(passage(text), voice.vocabulary).phrases
        return phrase_job(text, phoneme_ids=phrase.phoneme_ids, **more)

    return make


def say(engine: HibariEngine, job: PhraseJob) -> Pcm:
    (pcm,) = engine.synthesize([job])
    assert isinstance(pcm, Pcm), pcm
    return pcm


def wave(pcm: Pcm) -> Wave:
    return pcm.samples / 32768.0


def levels(samples: npt.ArrayLike, seconds: float = 0.01) -> Wave:
    """dBFS of stretch after stretch."""
    size = round(seconds * RATE)
    flat = np.asarray(samples, np.float64)
    frames = flat[: len(flat) // size * size].reshape(-1, size)
    found: Wave = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    return found


def spectra(engine: HibariEngine, job: PhraseJob) -> tuple[npt.NDArray[np.float32], ...]:
    assert engine._session is not None
    feeds = {"ids": np.array([job.phrase.phoneme_ids]), "speed": np.ones(1, np.float32)}
    found, pitch, _ = engine._session.run(engine._outputs, feeds)
    return found[0], pitch[0]


def test_samples_are_those_of_the_package(
    engine: HibariEngine, job: Callable[..., PhraseJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, pitch = spectra(engine, job(TEXTS[0]))
    parts = np.split(found.T, 5)
    noisy = vocoder.waveform(found, pitch, 7)
    theirs = dsp.synth(*parts, pitch, np.random.default_rng(1))
    # Their noise and ours: another draw, of the same strength where there is nothing else.
    alone = [np.full_like(part, -30) for part in parts]
    alone[2] = np.zeros_like(parts[2])
    ours_alone = vocoder.waveform(np.concatenate(alone).T, np.zeros_like(pitch), 3)
    theirs_alone = dsp.synth(*alone, np.zeros_like(pitch), np.random.default_rng(1))
    assert ours_alone[RATE // 2 :].std() == pytest.approx(theirs_alone[RATE // 2 :].std(), rel=0.02)
    assert np.abs(noisy - theirs).max() > 1e-3
    silent = np.zeros_like(vocoder._noise())
    monkeypatch.setattr(vocoder, "_noise", lambda: silent)
    parts[2] = np.full_like(parts[2], -90)
    ours = vocoder.waveform(found, pitch, 7)
    theirs = dsp.synth(*parts, pitch, np.random.default_rng(1))
    assert np.abs(ours - theirs).max() < 1e-4 < theirs.max()


def test_a_seed_and_a_phrase_are_one_sound_from_any_thread(
    engine: HibariEngine, job: Callable[..., PhraseJob]
) -> None:
    one = say(engine, job(TEXTS[5], seed=3)).samples
    with ThreadPoolExecutor(4) as pool:
        again = [pool.submit(say, engine, job(TEXTS[5], seed=3)) for _ in range(8)]
    assert all(np.array_equal(one, it.result().samples) for it in again)
    assert np.array_equal(one, say(engine, job(TEXTS[5], seed=3, index=1)).samples)
    other = say(engine, job(TEXTS[5], seed=4)).samples
    assert len(other) == len(one)
    assert not np.array_equal(other, one)


@pytest.mark.parametrize("speed", [0.25, 0.8, 1.2, 1.5, 2.0, 4.0])
def test_speed_changes_the_length_and_not_the_pitch(
    engine: HibariEngine, job: Callable[..., PhraseJob], speed: float
) -> None:
    normal = [say(engine, job(text)) for text in TEXTS[:4]]
    other = [say(engine, job(text, speed=speed)) for text in TEXTS[:4]]
    total = sum(pcm.duration for pcm in other) * speed
    assert total == pytest.approx(sum(pcm.duration for pcm in normal), rel=0.04)
    pitches = [median_pitch(np.concatenate([wave(it) for it in part])) for part in (normal, other)]
    assert pitches[1] == pytest.approx(pitches[0], rel=0.08)


def median_pitch(samples: Wave) -> float:
    """Hertz, by autocorrelation of the loud stretches of 40 ms."""
    frames = samples[: len(samples) // 960 * 960].reshape(-1, 960)
    frames = frames[levels(samples, 0.04)[: len(frames)] > -20]
    power = np.abs(np.fft.rfft(frames, 2048, axis=1)) ** 2
    lags = np.fft.irfft(power, axis=1)[:, 60:240] / (960 - np.arange(60, 240))
    return float(np.median(RATE / (60 + lags.argmax(axis=1))))


@pytest.mark.parametrize("speed", [0.25, 1.0])
@pytest.mark.parametrize(
    "text", ["Half", "Five.", "Sea.", "Thanks.", "She.", "Very.", "Who?", "Please.", "Yes", "Cat"]
)
def test_silence_is_cut_and_no_sound(
    engine: HibariEngine,
    job: Callable[..., PhraseJob],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    speed: float,
) -> None:
    monkeypatch.setattr(spoken_module, "stretch", lambda samples, _factor, _rate: samples)
    cut = wave(say(engine, job(text, speed=speed)))
    monkeypatch.setattr(spoken_module, "sounding", lambda samples, _quiet: (0, len(samples)))
    monkeypatch.setattr(engine_module, "_ONSET", 1000)
    whole = wave(say(engine, job(text, speed=speed)))
    # Every 10 ms with a sound, soft onsets among them, is still there.
    sounds = [int((levels(it) > -57).sum()) for it in (cut, whole)]
    assert abs(sounds[0] - sounds[1]) <= (2 if speed == 1 else 4)
    first = np.flatnonzero(levels(cut, 0.005) > -50)[0] * 0.005
    assert first <= (0.06 if speed == 1 else 0.4)
    assert levels(cut, 0.02)[-1] < -50


def test_loudness_and_peaks(engine: HibariEngine, job: Callable[..., PhraseJob]) -> None:
    said = [wave(say(engine, job(text))) for text in TEXTS]
    assert loudness(np.concatenate(said), RATE) == pytest.approx(-16, abs=1)
    assert max(map(true_peak, said)) <= -1
    assert max(map(true_peak, (wave_of_peaks(),))) <= -1


def wave_of_peaks() -> Wave:
    """A limited wave that is quiet but for a click, noise close to half the rate and a tone."""
    draw = np.random.default_rng(0)
    rough = np.zeros(RATE, np.float32)
    rough[3000] = 1.5
    time = np.arange(4000)
    rough[8000:12000] = 0.8 * np.cos(2 * np.pi * 11_200 / RATE * time + 0.3)
    rough[15000:19000] = 2 * np.sin(2 * np.pi * 150 / RATE * time) * draw.uniform(0.5, 1, 4000)
    return levelled(rough, 1.0).astype(np.float64)


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.2])
def test_times_of_symbols(
    engine: HibariEngine, job: Callable[..., PhraseJob], speed: float
) -> None:
    asked = job("Apples, apples.", speed=speed, timed=True)
    pcm = say(engine, asked)
    assert pcm.phoneme_seconds is not None
    assert len(pcm.phoneme_seconds) == len(asked.phrase.phoneme_ids)
    assert pcm.phoneme_seconds.sum() == pytest.approx(pcm.duration, abs=1e-4)
    edges = pcm.phoneme_seconds.cumsum()
    blank = asked.phrase.phoneme_ids.index(16)
    for begun in (edges[0], edges[blank]):
        # A vowel that follows silence is heard from its time on, and not much before.
        loud = np.flatnonzero(levels(wave(pcm), 0.005) > -25) * 0.005
        onset = loud[np.flatnonzero(np.diff(loud, prepend=-1) > 0.02)]
        assert np.abs(onset - begun).min() < 0.06 / min(speed, 1)
    assert say(engine, job("Apples.")).phoneme_seconds is None


def test_a_bad_phrase_fails_alone(voice: Voice, job: Callable[..., PhraseJob]) -> None:
    engine = HibariEngine(voice, EngineConfig(threads=1))
    bad = [phrase_job(phoneme_ids=ids) for ids in ((), (0, 178, 0), (0, -1, 0), (1,) * 5000)]
    results = engine.synthesize([*bad, job("Fine.")])
    assert [type(item) for item in results] == [*[SynthesisError] * 4, Pcm]
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        engine.synthesize([job("Fine.")])


def test_the_checksum_is_of_all_that_sounds(voice: Voice, tmp_path: Path) -> None:
    model = Path(copy(package() / "assets" / "hibari.onnx", tmp_path / "other.onnx"))
    entries = [HibariEntry(id="heart", model=model), HibariEntry(id="heart", gain=9)]
    assert read(entries[0]).checksum == voice.checksum != read(entries[1]).checksum
    model.write_bytes(model.read_bytes() + b"\0")
    assert read(entries[0], tmp_path).checksum != voice.checksum
    known = json.loads((package() / "assets" / "voices.json").read_text())["emma"]["file"]
    british = read(HibariEntry(id="emma", model=Path(copy(model, tmp_path / known))))
    assert (voice.languages, british.languages) == (("en-us", "en"), ("en-gb", "en"))


def test_what_is_missing_or_strange_is_said(
    voice: Voice, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="no hibari graph"):
        HibariEngine(read(HibariEntry(id="tiny", model=tiny)), EngineConfig())
    with pytest.raises(ConfigError, match=r"gone\.onnx"):
        read(HibariEntry(id="gone", model=Path("gone.onnx")))
    monkeypatch.setattr(voice_module, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="package is not installed"):
        read(HibariEntry(id="heart"))
