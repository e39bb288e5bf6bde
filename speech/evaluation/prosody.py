"""How a sentence is carried: pitch, rate, pauses where the text has marks, and how it ends.

All of it is told from the audio and the text alone, so it is the same for every voice.
"""

import re
import warnings

import numpy as np
import numpy.typing as npt

from speech.config import StrictModel
from speech.evaluation.hearing import RATE, Wave, signs

_HOP = RATE // 100
_LOWEST, _HIGHEST = 60, 500
"""Hertz."""
_QUIET = 38
"""dB below the loudest 10 ms: a pause."""
_LEAST = 0.06
"""Seconds of silence that are a pause; closures of stops are mostly shorter."""
_UNASKED = 0.15
"""Seconds of silence where the text has no mark, which are heard as a pause."""
_ASTRAY = 0.08
"""Share of a sentence by which a pause may lie away from its mark."""
_ENDING = 40
"""Frames of the end whose lowest pitch the very end is compared with."""
_CLOSERS = " \n\"”’')"
_MARKS = re.compile(r"([,;:.!?])(?=[\s\"”’')])")


class Prosody(StrictModel):
    """Of one sentence; None for what it has not."""

    pitch: float | None
    """Median, Hertz."""
    pitch_range: float | None
    """Semitones between the 5th and the 95th percentile."""
    rate: float
    """Words a minute, without pauses."""
    comma: float | None
    """Mean seconds of the pauses at commas."""
    stop: float | None
    """Mean seconds of the pauses at full stops, question marks and the like."""
    missing: float | None
    """Share of the marks without a pause."""
    unasked: int | None
    """Pauses where no mark is."""
    ending: float | None
    """Semitones from the lowest pitch of the last 0.4 s of voice to its very end."""


def carried(wave: Wave, text: str, spoken: str) -> Prosody:
    """Prosody of a wave at RATE.

    Args:
        wave: Full scale at 1.
        text: As written, with its marks.
        spoken: The words that are said, to be counted.
    """
    pitch = _pitch(wave)
    runs, sounding = _pauses(wave)
    comma, stop, missing, unasked = (
        _at_marks(runs, text) if text == spoken else ([], [], None, None)
    )
    return Prosody(
        pitch=round(float(np.median(pitch)), 1) if len(pitch) else None,
        pitch_range=round(_semitones(*np.percentile(pitch, (5, 95))), 2)
        if len(pitch) > 9
        else None,
        rate=round(60 * len(signs(spoken).split()) / max(sounding, 0.01), 1),
        comma=round(float(np.mean(comma)), 3) if comma else None,
        stop=round(float(np.mean(stop)), 3) if stop else None,
        missing=missing,
        unasked=unasked,
        ending=round(_ending(pitch), 2) if len(pitch) >= _ENDING else None,
    )


def _pitch(wave: Wave) -> npt.NDArray[np.float64]:
    """Hertz of every 10 ms with a voice, by pYIN (Mauch and Dixon, ICASSP 2014)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its dependencies
        import librosa  # noqa: PLC0415 (it takes a second)

        found, voiced, _ = librosa.pyin(
            np.pad(wave, RATE // 20), fmin=_LOWEST, fmax=_HIGHEST, sr=RATE, frame_length=1024,
            hop_length=_HOP, resolution=0.1,
        )  # fmt: skip
    chosen: npt.NDArray[np.float64] = found[voiced]
    return chosen


def _ending(pitch: npt.NDArray[np.float64]) -> float:
    """How far it goes up at the end."""
    smooth = [float(np.median(pitch[at : at + 5])) for at in range(len(pitch) - 4)][-_ENDING:]
    return _semitones(min(smooth), smooth[-1])


def _semitones(low: float, high: float) -> float:
    return float(12 * np.log2(high / low))


def _pauses(wave: Wave) -> tuple[list[tuple[float, float]], float]:
    """Pauses inside a wave, and seconds without them and without silence at both ends.

    Each as the share of the sounding seconds before it, and its length in seconds.
    """
    frames = wave[: len(wave) // _HOP * _HOP].reshape(-1, _HOP)
    level = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-10)
    loud = np.flatnonzero(level > level.max() - _QUIET)
    gaps = np.diff(loud) - 1
    long = np.flatnonzero(gaps * _HOP / RATE >= _LEAST)
    sounding = loud[-1] + 1 - loud[0] - int(gaps[long].sum())
    runs, silent = [], 0
    for place in long:
        before = loud[place] + 1 - loud[0] - silent
        runs.append((float(before / sounding), float(gaps[place] * _HOP / RATE)))
        silent += int(gaps[place])
    return runs, sounding * _HOP / RATE


def _at_marks(
    runs: list[tuple[float, float]], text: str
) -> tuple[list[float], list[float], float | None, int | None]:
    """Lengths of pauses at commas, at stops, share of marks without one, pauses without a mark.

    Pauses and marks are paired in order so that places agree best (an edit distance, in which
    both kinds of gap cost `_ASTRAY`).
    """
    marks = [
        (found.start() / len(text), found[1]) for found in _MARKS.finditer(text.rstrip(_CLOSERS))
    ]
    if not marks:
        return [], [], None, sum(length > _UNASKED for _, length in runs)
    costs = np.zeros((len(marks) + 1, len(runs) + 1))
    costs[:, 0] = np.arange(len(marks) + 1) * _ASTRAY
    costs[0] = np.arange(len(runs) + 1) * _ASTRAY
    for i, (place, _) in enumerate(marks, 1):
        for j, (other, _) in enumerate(runs, 1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + abs(place - other),
                costs[i - 1, j] + _ASTRAY,
                costs[i, j - 1] + _ASTRAY,
            )
    i, j = len(marks), len(runs)
    comma: list[float] = []
    stop: list[float] = []
    unasked = 0
    while i and j:
        (place, mark), (other, length) = marks[i - 1], runs[j - 1]
        if np.isclose(costs[i, j], costs[i - 1, j - 1] + abs(place - other)):
            (comma if mark in ",;:" else stop).append(length)
            i, j = i - 1, j - 1
        elif np.isclose(costs[i, j], costs[i - 1, j] + _ASTRAY):
            i -= 1
        else:
            unasked += length > _UNASKED
            j -= 1
    unasked += sum(length > _UNASKED for _, length in runs[:j])
    return comma, stop, round(1 - (len(comma) + len(stop)) / len(marks), 3), unasked
