"""Everything that is measured of one spoken sentence, by all ears there are."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from speech.errors import SpeechError
from speech.evaluation.clicks import clicks, surprise
from speech.evaluation.hearing import RATE, Judge, Wave, heard, recogniser, signs, word_errors
from speech.evaluation.measures import SentenceResult
from speech.evaluation.pronunciation import Fitting, asked_right
from speech.evaluation.prosody import carried
from speech.evaluation.signals import measured
from speech.evaluation.speaking import PATIENT, Spoken
from speech.evaluation.suite import Sentence
from speech.text import FrontEnd
from speech.types import Delivery, Passage

_SHORTEST = 0.1
"""Seconds: of less, neither words nor pitch are looked for."""


class Listener:
    """Loads its ears once; for one thread.

    Args:
        whisper: Folder of another Whisper; None for tiny.en, or for pocketsphinx without it.

    Raises:
        ConfigError: something is not installed, or the folder holds none.
    """

    def __init__(self, whisper: Path | None = None) -> None:
        self.recogniser = recogniser(whisper)
        self._judge = Judge()
        self._fitting = Fitting()
        self._front_end = FrontEnd(PATIENT)

    def listen(self, category: str, sentence: Sentence, spoken: Spoken) -> SentenceResult:
        """Measure one sentence."""
        wave = heard(spoken.samples, spoken.sample_rate)
        found = self._understood(category, sentence, spoken, wave)
        if not _audible(wave):
            return found
        values = {**found.values, **dict(self._of_the_voice(wave, sentence, spoken))}
        return found.model_copy(update={"values": values})

    def understand(self, category: str, sentence: Sentence, spoken: Spoken) -> SentenceResult:
        """Measure only the signal and the words."""
        wave = heard(spoken.samples, spoken.sample_rate)
        return self._understood(category, sentence, spoken, wave)

    def _understood(
        self, category: str, sentence: Sentence, spoken: Spoken, wave: Wave
    ) -> SentenceResult:
        understood = ""
        weights: dict[str, float] = {}
        values = of_the_signal(spoken)
        if _audible(wave) and self.recogniser.knows(sentence.language):
            understood = self.recogniser.text(wave, sentence.language)
            values |= dict(self._of_the_words(understood, sentence, weights))
        return SentenceResult(
            category=category, text=sentence.text, heard=understood.strip(), values=values,
            weights=weights,
        )  # fmt: skip

    def _of_the_voice(
        self, wave: Wave, sentence: Sentence, spoken: Spoken
    ) -> Iterator[tuple[str, float]]:
        overall, p808 = self._judge.opinion(wave)
        yield "overall", round(overall, 3)
        yield "p808", round(p808, 3)
        prosody = carried(wave, sentence.text, self._words(sentence.text, sentence)[0])
        for name in ("pitch", "pitch_range", "rate", "comma", "stop", "missing", "unasked"):
            if (value := getattr(prosody, name)) is not None:
                yield name, float(value)
        if sentence.rises and prosody.ending is not None:
            yield "ending", prosody.ending
        if (right := asked_right(spoken.phonemes, sentence)) is not None:
            yield "asked_right", float(right)
        if (right := self._fitting.heard_right(wave, sentence)) is not None:
            yield "heard_right", float(right)

    def _of_the_words(
        self, understood: str, sentence: Sentence, weights: dict[str, float]
    ) -> Iterator[tuple[str, float]]:
        """Errors against the nearest reading; `weights` gets their lengths."""
        read = signs(self._read(understood, sentence))
        # What is written as the text is was heard, whatever it reads as.
        ways = [(signs(sentence.text, digits=True), signs(understood, digits=True))]
        ways += ((signs(text), read) for text in self._words(sentence.text, sentence))
        best, found = min(ways, key=lambda way: word_errors(way[0].split(), way[1].split()))
        for name, wanted, other in (
            ("word_error", best.split(), found.split()),
            ("character_error", list(best.replace(" ", "")), list(found.replace(" ", ""))),
        ):
            weights[name] = float(max(1, len(wanted)))
            yield name, round(word_errors(wanted, other) / weights[name], 4)

    def _words(self, text: str, sentence: Sentence) -> tuple[str, ...]:
        """What should be written down."""
        return sentence.spoken or (self._read(text, sentence),)

    def _read(self, text: str, sentence: Sentence) -> str:
        """What is heard is read as texts are: Whisper writes 7:45 for `seven forty five`."""
        how = Delivery(language=sentence.language)
        try:
            return self._front_end.prepare(Passage(text=text, delivery=how), None).normalized
        except SpeechError:
            return ""  # nothing, or nothing that can be said


def _audible(wave: Wave) -> bool:
    return len(wave) > _SHORTEST * RATE and bool(np.any(wave))


def of_the_signal(spoken: Spoken) -> dict[str, float]:
    """What needs no ears: levels, silences, clicks, and the speed where it is known."""
    samples, rate = spoken.samples, spoken.sample_rate
    signal = measured(samples, rate)
    names = ("clipped", "loudness", "true_peak", "offset", "before", "behind", "onset")
    values = {name: float(getattr(signal, name)) for name in names}
    values["clicks"] = float(len(clicks(samples, rate)))
    values["surprise"] = round(surprise(samples, rate), 2)
    if spoken.seconds:
        values["speed"] = round(signal.seconds / spoken.seconds, 2)
    if spoken.padding is not None:
        values["padding"] = round(spoken.padding, 5)
    return values
