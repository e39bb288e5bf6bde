"""The shipped family: speakers made out of one network by their pitch and formants."""

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from speech.config import EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines import spoken as spoken_module
from speech.engines.hibari import engine as engine_module
from speech.engines.hibari.character import BINS, Character
from speech.engines.hibari.engine import HibariEngine
from speech.engines.hibari.voice import HibariEntry, HibariSpeaker
from speech.engines.kinds import Voice
from speech.errors import SynthesisError
from speech.evaluation.hearing import RATE, Wave, heard
from speech.evaluation.speakers import formant_factor, median_pitch
from speech.loudness import loudness, true_peak
from speech.text import FrontEnd
from speech.types import Pcm, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import passage, phrase_job, with_delivery

CATALOGUE = Path(__file__).parents[4] / "configs" / "voices.yaml"
TEXTS = (
    "How far is it to the next station from here?",
    "Thanks for waiting; your order will arrive on Thursday afternoon.",
    "There is no easy way to say this, but we have lost the match.",
    "Science is a way of thinking much more than a body of knowledge.",
)


@pytest.fixture(scope="module")
def voice() -> Voice:
    return VoiceCatalogue.load(CATALOGUE).voices["heart"]


@pytest.fixture(scope="module")
def engine(voice: Voice) -> HibariEngine:
    made = load_engine(voice, EngineConfig(threads=1))
    assert isinstance(made, HibariEngine)
    return made


@pytest.fixture(scope="module")
def job(voice: Voice) -> Callable[[str, str], PhraseJob]:
    front_end = FrontEnd(TextConfig(max_seconds=60.0))

    def make(text: str, speaker: str) -> PhraseJob:
        (phrase,) = front_end.prepare(passage(text), voice.vocabulary).phrases
        return phrase_job(text, phoneme_ids=phrase.phoneme_ids, speaker=speaker)

    return make


@pytest.fixture(scope="module")
def said(
    voice: Voice, engine: HibariEngine, job: Callable[[str, str], PhraseJob]
) -> Mapping[str, list[Pcm]]:
    found = {}
    for name in voice.speakers:
        results = engine.synthesize([job(text, name) for text in TEXTS])
        found[name] = [result for result in results if isinstance(result, Pcm)]
        assert len(found[name]) == len(TEXTS)
    return found


def characters(voice: Voice) -> Mapping[str, HibariSpeaker]:
    assert isinstance(voice.entry, HibariEntry)
    return voice.entry.characters()


@pytest.fixture(scope="module")
def measured(said: Mapping[str, list[Pcm]]) -> Mapping[str, tuple[float, float]]:
    """Pitch in Hertz and factor of the formants."""
    waves = {name: [heard(pcm.samples, 24_000) for pcm in said[name]] for name in said}
    return {
        name: (
            float(np.median([median_pitch(wave) for wave in waves[name]])),
            formant_factor(waves[name], waves["alloy"]),
        )
        for name in said
    }


def test_speakers_have_the_pitch_and_the_formants_of_the_catalogue(
    voice: Voice, measured: Mapping[str, tuple[float, float]]
) -> None:
    for name, speaker in characters(voice).items():
        pitch, formants = measured[name]
        assert pitch == pytest.approx(speaker.pitch * measured["alloy"][0], rel=0.07), name
        assert formants == pytest.approx(speaker.formants, abs=0.03), name


@pytest.mark.parametrize("speaker", ["alloy", "onyx"])
def test_a_phrase_at_another_pitch(
    engine: HibariEngine,
    job: Callable[[str, str], PhraseJob],
    said: Mapping[str, list[Pcm]],
    voice: Voice,
    speaker: str,
) -> None:
    plain = [median_pitch(heard(pcm.samples, 24_000)) for pcm in said[speaker]]
    assert np.median(plain) == pytest.approx(voice.pitch[speaker], rel=0.07)
    for factor in (0.8, 1.2, 1.45):
        jobs = [with_delivery(job(text, speaker), pitch=factor) for text in TEXTS]
        pcms = [pcm for pcm in engine.synthesize(jobs) if isinstance(pcm, Pcm)]
        pitch = [median_pitch(heard(pcm.samples, 24_000)) for pcm in pcms]
        assert np.median(pitch) / np.median(plain) == pytest.approx(factor, rel=0.07)
        waves = [pcm.samples / 32768.0 for pcm in pcms]
        assert loudness(np.concatenate(waves), 24_000) == pytest.approx(-16, abs=1)
        assert max(map(true_peak, waves)) <= -1
        for pcm, other in zip(pcms, said[speaker], strict=True):
            assert pcm.duration == pytest.approx(other.duration, abs=0.02)


def test_no_two_speakers_are_alike(measured: Mapping[str, tuple[float, float]]) -> None:
    """A listener tells 2 % of pitch and 4 % of formants; any two differ by several such steps."""
    for (one, (f, a)), (other, (g, b)) in combinations(measured.items(), 2):
        steps = np.hypot(np.log(f / g) / 0.02, np.log(a / b) / 0.04)
        assert steps > 3, f"{one} {other} {steps:.1f}"


def test_loudness_and_peaks_of_every_speaker(said: Mapping[str, list[Pcm]]) -> None:
    for name, pcms in said.items():
        waves = [pcm.samples / 32768.0 for pcm in pcms]
        assert loudness(np.concatenate(waves), 24_000) == pytest.approx(-16, abs=1), name
        assert max(map(true_peak, waves)) <= -1, name


def test_every_speaker_says_the_same_in_the_same_time(said: Mapping[str, list[Pcm]]) -> None:
    for pcms in said.values():
        for pcm, other in zip(pcms, said["alloy"], strict=True):
            assert pcm.duration == pytest.approx(other.duration, abs=0.06)


def test_a_speaker_without_a_change_is_the_networks_own_voice(
    engine: HibariEngine, job: Callable[[str, str], PhraseJob], voice: Voice
) -> None:
    gain = characters(voice)["alloy"].gain
    plain = HibariEngine(read(HibariEntry(id="plain", gain=gain)), EngineConfig(threads=1))
    for text in TEXTS[:2]:
        (ours,) = engine.synthesize([job(text, "alloy")])
        (theirs,) = plain.synthesize([job(text, "")])
        assert isinstance(ours, Pcm)
        assert isinstance(theirs, Pcm)
        assert np.array_equal(ours.samples, theirs.samples)


def read(entry: HibariEntry) -> Voice:
    config = CatalogueConfig(default=entry.id, voices=(entry,))
    return VoiceCatalogue.build(config, Path()).voices[entry.id]


def test_an_unknown_speaker_fails_alone(
    engine: HibariEngine, job: Callable[[str, str], PhraseJob]
) -> None:
    known = job("Fine.", "onyx")
    first, second = engine.synthesize([with_delivery(known, speaker="nobody"), known])
    assert isinstance(first, SynthesisError)
    assert isinstance(second, Pcm)


def test_what_a_speaker_sets_goes_before_what_the_voice_sets() -> None:
    entry = HibariEntry(
        id="x", gain=9, pitch=0.8, speakers={"a": HibariSpeaker(pitch=1.1), "b": HibariSpeaker()}
    )
    a, b = entry.characters().values()
    assert (a.pitch, a.gain, b.pitch, b.gain) == (1.1, 9, 0.8, 9)
    voice = read(entry)
    assert (list(voice.speakers), voice.default_speaker) == (["a", "b"], "a")
    assert HibariEntry(id="x", pitch=0.8).characters()[""].pitch == 0.8


def test_the_checksum_holds_what_makes_a_speaker() -> None:
    sets = ({}, {"pitch": 0.9}, {"formants": 0.9}, {"gain": 9})
    checksums = {
        read(HibariEntry(id="x", speakers={"a": HibariSpeaker(**how)})).checksum for how in sets
    }
    assert len(checksums) == len(sets)


@pytest.mark.parametrize("bad", [{"pitch": 0.1}, {"formants": 2}, {"pitch": "high"}, {"tone": 1}])
def test_a_bad_speaker_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(bad))):
        HibariEntry.model_validate({"id": "x", "engine": "hibari", "speakers": {"a": bad}})


def tone(hertz: float) -> Wave:
    time = np.arange(RATE) / RATE
    # Harmonics that fall by the square, as those of a voice do.
    parts = [np.sin(2 * np.pi * hertz * h * time) / h**2 for h in range(1, int(4000 / hertz))]
    return np.sum(parts, axis=0).astype(np.float32)


@pytest.mark.parametrize("hertz", [85.0, 130.0, 240.0])
def test_the_pitch_of_a_tone(hertz: float) -> None:
    assert median_pitch(tone(hertz)) == pytest.approx(hertz, rel=0.02)


@pytest.mark.parametrize("formants", [0.86, 1.1])
def test_an_envelope_moves_and_no_band_is_left_empty(formants: float) -> None:
    bins = np.arange(BINS)
    hill = (-(((bins - 200) / 40.0) ** 2))[np.newaxis].astype(np.float32)
    Character(1.0, formants).move(hill)
    assert hill.argmax() == pytest.approx(200 * formants, abs=4)
    flat = np.full((1, BINS), -3, np.float32)
    Character(1.0, formants).move(flat)
    assert flat == pytest.approx(-3, abs=1e-3)


def test_harmonics_take_what_lies_at_the_old_ones() -> None:
    """Between its harmonics the network may say anything."""
    bins = np.arange(BINS)
    envelope = np.sin(bins / 60).astype(np.float32)
    block = np.full((1, 5 * BINS), 99, np.float32)
    pitch = np.array([200.0], np.float32)
    at = np.arange(0, BINS, 10)
    block[0, at] = envelope[at]
    block[0, BINS + at] = 0.3
    found: npt.NDArray[np.complex64] = Character(0.6, 1.0).filters(block, pitch)
    harmonics = np.arange(12, 500, 6)
    assert np.log(np.abs(found[0, harmonics])) == pytest.approx(envelope[harmonics], abs=0.05)
    assert np.angle(found[0, harmonics]) == pytest.approx(np.pi * np.tanh(0.3), abs=1e-3)


@pytest.mark.parametrize("speaker", ["alloy", "onyx", "shimmer"])
def test_what_is_cut_before_a_soft_onset_is_silence(
    engine: HibariEngine,
    job: Callable[[str, str], PhraseJob],
    monkeypatch: pytest.MonkeyPatch,
    speaker: str,
) -> None:
    words = "half how five fish sea some thanks three this they she shore very voice hush thin"
    for word in words.split():
        asked = job(word.capitalize(), speaker)
        with monkeypatch.context() as patch:
            patch.setattr(spoken_module, "sounding", lambda wave, _quiet: (0, len(wave)))
            patch.setattr(engine_module, "_ONSET", 10_000)
            (whole,) = engine.synthesize([asked])
        (cut,) = engine.synthesize([asked])
        assert isinstance(whole, Pcm)
        assert isinstance(cut, Pcm)
        head = cut.samples[:4800] / 32768
        begin = int(np.correlate(whole.samples[:24_000] / 32768, head, "valid").argmax())
        before = whole.samples[: begin // 120 * 120].reshape(-1, 120) / 32768
        assert 10 * np.log10((before**2).mean(axis=1).max() + 1e-12) < -55, word
