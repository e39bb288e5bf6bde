"""The load and speed of engines, measured while they work, and how busy a process is."""

import math
from collections.abc import Callable, Collection
from time import perf_counter, process_time

_MEMORY = 2.0
"""Seconds after which an arrival, or a busy processor, counts for 1/e."""
_FORGET = 0.98
"""Weight a batch keeps with each that follows: some fifty are remembered."""
_USUAL, _LITTLE = 0.06, 100.0
"""Seconds a character takes before any was spoken, and for how many characters that counts."""


class EngineLoad:
    """Arrivals, waiting work and the engine's time by size of its batch. Owned by one loop.

    Work is counted in audio seconds. Of a phrase that is not spoken yet these are its characters
    times the seconds that characters have taken so far.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._arriving = 0.0
        self._since = clock()
        self._largest = 1
        # Sums, older ones fading; x and y are those of a least-squares line through (audio seconds,
        # engine seconds) of each batch.
        self._characters = self._phrases = 0.0
        self._weight = self._x = self._y = self._xx = self._xy = 0.0

    def arrived(self, characters: float) -> None:
        """A phrase came."""
        self._fade()
        self._arriving += characters * self._seconds_per_character / _MEMORY

    def spoke(
        self, *, characters: float, phrases: int, largest: int, audio: float, seconds: float
    ) -> None:
        """A batch of some phrases, of at most `largest`, gave its audio after so many seconds."""
        if audio <= 0 or characters <= 0 or phrases <= 0:
            return
        self._largest = largest
        self._characters = self._characters * _FORGET + characters
        self._phrases = self._phrases * _FORGET + phrases
        self._weight = self._weight * _FORGET + 1.0
        self._x = self._x * _FORGET + audio
        self._y = self._y * _FORGET + seconds
        self._xx = self._xx * _FORGET + audio * audio
        self._xy = self._xy * _FORGET + audio * seconds

    def stats(self, waiting_characters: float) -> dict[str, float]:
        """What `deployments.scaling` reads, under the names it reads, of so much at the gate."""
        self._fade()
        fixed, per_second = self._line()
        phrase = self._x / self._phrases if self._phrases else 0.0
        return {
            "arriving": self._arriving,
            "waiting": waiting_characters * self._seconds_per_character,
            "phrase": phrase,
            "fixed": fixed,
            "per_second": per_second,
            "full": self._largest * phrase,
        }

    @property
    def _seconds_per_character(self) -> float:
        """Of what was spoken, and of a usual voice while that is little."""
        return (self._x + _USUAL * _LITTLE) / (self._characters + _LITTLE)

    def _fade(self) -> None:
        now = self._clock()
        self._arriving *= math.exp((self._since - now) / _MEMORY)
        self._since = now

    def _line(self) -> tuple[float, float]:
        """Seconds of an empty batch, and for each second of audio; neither below zero."""
        if not self._weight:
            return 0.0, 0.0
        x, y = self._x / self._weight, self._y / self._weight
        spread = self._xx / self._weight - x * x
        # Batches of one size say nothing of the slope: then all is taken to grow with the audio.
        slope = y / x
        if spread > 0.01 * x * x:
            slope = (self._xy / self._weight - x * y) / spread
        slope = min(max(slope, 0.0), y / x)
        return max(0.0, y - slope * x), slope


class VoiceSpeeds:
    """How fast voices were spoken here. Owned by one loop; `keep` bounds it."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, float]] = {}

    def spoke(self, voice: str, audio: float, seconds: float) -> None:
        """A batch of a voice gave seconds of audio after so many seconds."""
        before = self._sums.get(voice, (0.0, 0.0))
        self._sums[voice] = (before[0] * _FORGET + audio, before[1] * _FORGET + seconds)

    def of(self, voice: str) -> float | None:
        """Seconds of audio in a second, over the last batches; None before the first."""
        audio, seconds = self._sums.get(voice, (0.0, 0.0))
        return round(audio / seconds, 1) if audio > 0 and seconds > 0 else None

    def keep(self, voices: Collection[str]) -> None:
        """Forget all others."""
        self._sums = {voice: sums for voice, sums in self._sums.items() if voice in voices}


class ProcessorLoad:
    """Cores this process keeps busy, smoothed over a few seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = perf_counter,
        spent: Callable[[], float] = process_time,
    ) -> None:
        self._clock = clock
        self._spent = spent
        self._since, self._spent_then = clock(), spent()
        self._busy = 0.0

    def stats(self) -> dict[str, float]:
        """What `deployments.scaling.BusyPolicy` reads."""
        now, spent = self._clock(), self._spent()
        passed = now - self._since
        if passed > 0:
            kept = math.exp(-passed / _MEMORY)
            self._busy = kept * self._busy + (1 - kept) * (spent - self._spent_then) / passed
            self._since, self._spent_then = now, spent
        return {"busy": self._busy}
