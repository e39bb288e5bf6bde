"""How phrases of PCM become one signal: faded edges and silence between them."""

from collections.abc import Sequence
from itertools import accumulate, groupby, islice

import numpy as np
import numpy.typing as npt

from speech.audio.resample import Resampler
from speech.limiter import levelled
from speech.loudness import block_energies, integrated
from speech.types import Pcm, Phrase, Samples, SpokenWord, Word

Seconds = npt.NDArray[np.float32]
_MOST_GAIN = 40.0
"""In dB: what is softer is noise."""


def fade_edges(samples: Samples, sample_rate: int, seconds: float) -> Samples:
    """Fade a phrase in and out, so that a join with silence or another phrase makes no click.

    Both edges follow half a period of a raised cosine, 0.5 - 0.5 cos(pi (i + 0.5) / n): value and
    slope meet silence without a step. A phrase shorter than two fades is faded over its halves.

    Args:
        samples: One-dimensional int16; left as it is.
        sample_rate: Hertz.
        seconds: Length of each fade; 0 returns the samples themselves.

    Returns:
        One-dimensional int16 of the same length.
    """
    count = min(round(seconds * sample_rate), len(samples) // 2)
    if count <= 0:
        return samples
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count, dtype=np.float32) + 0.5) / count)
    faded = samples.copy()
    faded[:count] = np.rint(samples[:count] * ramp)
    faded[-count:] = np.rint(samples[-count:] * ramp[::-1])
    return faded


def louder(samples: Samples, gain: float) -> Samples:
    """A phrase with a gain in dB, its peaks limited; with none, the samples themselves."""
    if not gain:
        return samples
    wave = samples.astype(np.float32) / np.float32(32_768)
    limited: Samples = np.rint(levelled(wave, 10 ** (gain / 20)) * 32_767).astype(np.int16)
    return limited


def silence(seconds: float, sample_rate: int) -> Samples:
    """Digital silence of a length in seconds, rounded to whole samples: int16 zeros."""
    return np.zeros(max(0, round(seconds * sample_rate)), np.int16)


def word_times(
    phrase: Phrase, seconds_per_id: Sequence[float] | Seconds, begin: float = 0.0
) -> tuple[SpokenWord, ...]:
    """When each word of a phrase is said, in seconds, of a phrase that begins at `begin`.

    In order and apart; pauses and the marks between words belong to none. A word that has no
    sound of its own begins and ends at one time.

    Raises:
        ValueError: there is not one duration for each of the phrase's ids, or characters.
    """
    ends = [0.0, *accumulate(map(float, seconds_per_id))]
    if len(ends) != len(phrase.phoneme_ids or phrase.text) + 1:
        raise ValueError("every phoneme id of the phrase has one duration, or character")
    return tuple(
        SpokenWord(
            phrase.text[slice(*word.spoken)],
            word.written,
            round(begin + ends[word.ids[0]], 4),
            round(begin + ends[word.ids[1]], 4),
            word.sentence,
            word.continued,
            _sounds(word, begin, ends) if word.sounds else (),
        )
        for word in phrase.words
    )


def _sounds(word: Word, begin: float, ends: Sequence[float]) -> tuple[tuple[str, float], ...]:
    places = accumulate((count for _, count in word.sounds), initial=word.ids[0])
    return tuple(
        (symbol, round(begin + ends[place], 4))
        for (symbol, _), place in zip(word.sounds, islice(places, 1, None), strict=True)
    )


class Levels:
    """The gains that bring each voice of a reply to one loudness.

    A phrase gets the gain that all of its voice's phrases so far need together, so the level moves
    less with each. A phrase without a sound gets what those before it got.

    Args:
        loudness: LUFS.
    """

    def __init__(self, loudness: float) -> None:
        self._loudness = loudness
        self._blocks: dict[tuple[str, str], npt.NDArray[np.float64]] = {}

    def gain(self, phrase: Phrase, pcm: Pcm) -> float:
        """In dB, for the next phrase."""
        speaker = phrase.delivery.voice, phrase.delivery.speaker
        before = self._blocks.get(speaker, np.zeros(0))
        if len(pcm.samples):
            wave = pcm.samples / 32_768.0
            before = np.concatenate((before, block_energies(wave, pcm.sample_rate)))
            self._blocks[speaker] = before
        measured = integrated(before)
        return max(-_MOST_GAIN, min(_MOST_GAIN, self._loudness - measured)) if measured > -70 else 0


class Joiner:
    """Phrases of PCM, of one rate or several, as one signal of one rate, and when its words are.

    Every phrase has its edges faded and the pauses around it. Phrases of one rate go through one
    resampler, whatever comes between; with another rate another one begins, aligned to a sample.

    Owned by one stream and called from one thread at a time.

    Args:
        sample_rate: Hertz of the signal.
        edge_fade: Seconds, see `fade_edges`.
        loudness: LUFS of every voice; None for the voices' own.
        lead: Seconds that are heard before the signal; times count them.
    """

    def __init__(
        self,
        sample_rate: int,
        edge_fade: float,
        loudness: float | None = None,
        *,
        lead: float = 0.0,
    ) -> None:
        self._rate = sample_rate
        self._lead = lead
        self._fade = edge_fade
        self._levels = None if loudness is None else Levels(loudness)
        self._held: list[tuple[Phrase, Pcm]] = []
        self._resampler: Resampler | None = None
        self._resampled_rate = 0
        self._run_rate = sample_rate
        """Hertz of the phrases that were held last."""
        self._run_start = 0
        """Samples of the signal before those phrases."""
        self._run_samples = 0
        """Samples of those phrases, at their rate."""

    @property
    def held_samples(self) -> int:
        """Of the phrases that are held."""
        return sum(len(pcm.samples) for _, pcm in self._held)

    @property
    def only_copies(self) -> bool:
        """Whether what is held, and what came before, needs no resampling and no gain."""
        plain = self._levels is None and self._resampled_rate in {0, self._rate}
        return plain and all(
            pcm.sample_rate == self._rate and not phrase.delivery.volume
            for phrase, pcm in self._held
        )

    def hold(self, phrase: Phrase, pcm: Pcm) -> tuple[SpokenWord, ...]:
        """Put a phrase behind those before it.

        Returns:
            When its words are said in the whole signal; none where its words or the durations of
            its phonemes are not known.
        """
        if pcm.sample_rate != self._run_rate:
            self._run_start = self._place
            self._run_rate, self._run_samples = pcm.sample_rate, 0
        before, after = _pauses(phrase, pcm.sample_rate)
        self._run_samples += before
        begin = self._lead + self._run_start / self._rate + self._run_samples / self._run_rate
        self._held.append((phrase, pcm))
        self._run_samples += len(pcm.samples) + after
        if pcm.phoneme_seconds is None or not phrase.words:
            return ()
        return word_times(phrase, pcm.phoneme_seconds, begin)

    def take(self) -> Samples:
        """What is ready of the phrases held; holds none afterwards."""
        ready: list[Samples] = [np.zeros(0, np.int16)]
        for rate, group in groupby(self._held, key=lambda item: item[1].sample_rate):
            if self._resampler is None or rate != self._resampled_rate:
                if self._resampler is not None:
                    ready.append(self._resampler.finish())
                self._resampler = Resampler(rate, self._rate)
                self._resampled_rate = rate
            pieces: list[Samples] = []
            for phrase, pcm in group:
                gain = self._levels.gain(phrase, pcm) if self._levels else 0.0
                samples = louder(pcm.samples, gain + phrase.delivery.volume)
                before, after = (np.zeros(count, np.int16) for count in _pauses(phrase, rate))
                pieces += before, fade_edges(samples, rate, self._fade), after
            ready.append(self._resampler.process(np.concatenate(pieces)))
        self._held.clear()
        return np.concatenate(ready)

    def finish(self) -> Samples:
        """The rest of the signal; the joiner is not used again."""
        ready = self.take()
        if self._resampler is None:
            return ready
        return np.concatenate((ready, self._resampler.finish()))

    @property
    def _place(self) -> int:
        """Samples of the signal so far, with what is held."""
        return self._run_start + round(self._run_samples * self._rate / self._run_rate)


def _pauses(phrase: Phrase, sample_rate: int) -> tuple[int, int]:
    """Samples before and after a phrase."""
    speed = phrase.delivery.speed
    before = round(phrase.pause_before / speed * sample_rate)
    return before, max(0, round(phrase.pause_after / speed * sample_rate))
