"""How often the detectors of `chorale quality` miss, and how often they cry wolf.

Faults of several strengths are planted into what two real voices say, in some of the sentences.
Each trial takes some of the sentences, compares them with the same ones said with another seed, and
holds them against the shipped limits: a fault is noticed where a measure that should tell it does.
Trials without a fault tell what is a false alarm; there, all measures of signal and words count.

    python -m loadtests.micro.detectors [--keep]

Needs the extras `evaluate` and `test-voices`, and about ten minutes. The last line of output is
one JSON object.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from loadtests import real_voices
from loadtests.machine import this_machine
from loadtests.micro import planted
from loadtests.results import add_arguments, publish
from serve_app.voices.command import find_voice
from speech.evaluation.comparison import compared
from speech.evaluation.hearing import Whisper, heard
from speech.evaluation.listening import Listener, of_the_signal
from speech.evaluation.measures import Limit, SentenceResult, VoiceResult, read_limits
from speech.evaluation.speaking import EngineAlone, Spoken
from speech.evaluation.suite import Sentence, chosen
from speech.loudness import loudness
from speech.types import Samples

_CATEGORIES = ("contractions", "questions", "prosody", "numbers", "random words")
_SEEDS = (0, 1)
_TAKEN = 16
"""Sentences of a trial."""
_LOUDNESS = -16.0
"""LUFS that every voice is brought to, as a pulled voice is."""
_console = Console(width=110, stderr=True)

Words = list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault at one strength."""

    name: str
    strength: str
    plant: Callable[[Samples, int, Words], Samples | None]
    told_by: tuple[str, ...]
    """Measures that should tell it."""
    shares: tuple[float, ...] = (0.1, 0.25, 1.0)
    """Of the sentences, that have it."""
    listened: bool = False
    """Whether it may change words; else only the signal is measured again."""


def _plain(change: Callable[..., Samples], *how: float, **more: bool) -> Any:
    return lambda samples, rate, _words: change(samples, rate, *how, **more)


_START = ("onset", "clicks", "word_error", "character_error", "before")
FAULTS = (
    *(
        Fault(
            name="click in a silence", strength=f"{level} dBFS", told_by=("clicks",),
            plant=_plain(planted.impulse, level),
        )
        for level in (-40, -30, -20)
    ),
    *(
        Fault(
            name="join in a vowel", strength=f"edges of {1000 * fade:g} ms",
            told_by=("clicks",), plant=_plain(planted.hole, fade),
        )
        for fade in (0.001, 0.0)
    ),
    Fault(
        name="gap in a vowel", strength="7 ms", told_by=("surprise",),
        plant=_plain(planted.splice, 0.007),
    ),
    *(
        Fault(
            name="clipped start",
            strength=f"{1000 * seconds:.0f} ms, {'faded' if faded else 'hard'}",
            told_by=_START, listened=True,
            plant=_plain(planted.late_start, seconds, faded=faded),
        )
        for seconds, faded in ((0.04, False), (0.12, True))
    ),
    Fault(
        name="dropped word", strength="one a sentence", told_by=("word_error", "character_error"),
        plant=planted.without_word, listened=True,
    ),
    *(
        Fault(
            name="louder", strength=f"{decibels:+g} dB", told_by=("loudness", "true_peak"),
            plant=_plain(planted.louder, decibels), shares=(1.0,),
        )
        for decibels in (0.4, 1, 3, -3)
    ),
)  # fmt: skip
_LANGUAGE = Fault(
    name="wrong language",
    strength="German",
    plant=lambda samples, _rate, _words: samples,
    told_by=("word_error", "character_error"),
    listened=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What was measured of a voice, sentence by sentence; None where a fault has no place."""

    voice: str
    clean: list[list[SentenceResult]]
    """By seed."""
    faulty: Mapping[tuple[str, str], list[SentenceResult | None]]
    """By a fault's name and strength; planted into what the second seed said."""


def material(
    name: str,
    voice: EngineAlone,
    foreign: EngineAlone,
    said: Sequence[tuple[str, Sentence]],
    words: int,
) -> Material:
    """Have a voice speak, plant every fault, and listen to words in so many of each category."""
    if words:
        listener, whisper = Listener(), Whisper()
    clean: list[list[SentenceResult]] = [[] for _ in _SEEDS]
    faults = [*FAULTS, _LANGUAGE]
    faulty: dict[tuple[str, str], list[SentenceResult | None]] = {
        (fault.name, fault.strength): [] for fault in faults
    }
    for category, sentence in track(said, name, console=_console):
        # Words are dear: they are listened to in the first sentences of each category.
        rank = sum(one.category == category for one in clean[0])
        measure = listener.understand if rank < words else _signal_only
        spoken = [_levelled(voice.say(sentence, seed)) for seed in _SEEDS]
        for results, one in zip(clean, spoken, strict=True):
            results.append(measure(category, sentence, one))
        good = spoken[1]
        timed = whisper.timed(heard(good.samples, good.sample_rate)) if rank < words else []
        german = good
        if rank < words:
            german = _levelled(foreign.say(Sentence(text=sentence.text, language="de"), 0))
        for fault in faults:
            source = german if fault is _LANGUAGE else good
            samples = fault.plant(source.samples, source.sample_rate, timed)
            result = None
            if samples is not None and (rank < words or not fault.listened):
                bad = replace(source, samples=samples, seconds=None)
                how = measure if fault.listened else _signal_only
                result = how(category, sentence, bad)
            faulty[fault.name, fault.strength].append(result)
    return Material(voice=name, clean=clean, faulty=faulty)


def _signal_only(category: str, sentence: Sentence, spoken: Spoken) -> SentenceResult:
    return SentenceResult(category=category, text=sentence.text, values=of_the_signal(spoken))


def _levelled(spoken: Spoken) -> Spoken:
    level = loudness(spoken.samples / 32_768.0, spoken.sample_rate)
    samples = planted.louder(spoken.samples, spoken.sample_rate, _LOUDNESS - level)
    return replace(spoken, samples=samples)


def missed(
    one: Material, fault: Fault, share: float, limits: Mapping[str, Limit], trials: int
) -> dict[str, Any]:
    """How often nothing tells a fault that a share of the sentences has."""
    random = np.random.default_rng(0)
    results = one.faulty[fault.name, fault.strength]
    pool = [place for place, result in enumerate(results) if result is not None]
    size = min(_TAKEN, len(pool))
    count = max(1, round(share * size))
    told = np.zeros((trials, 2), bool)
    for trial in range(trials):
        taken = random.choice(pool, size, replace=False)
        bad = set(taken[:count])
        now = [results[place] if place in bad else one.clean[1][place] for place in taken]
        before = [one.clean[0][place] for place in taken]
        old, new = (_result(_only(side, fault.told_by)) for side in (before, now))
        changes = compared(old, new, limits)
        told[trial] = (
            any(change.verdict == "worse" for change in changes),
            bool(new.faults(limits)),
        )
    return {
        "voice": one.voice, "fault": fault.name, "strength": fault.strength, "share": share,
        "sentences": size,
        "missed_by_comparison": _share(~told[:, 0]),
        "missed_by_limits": _share(~told[:, 1]),
        "missed": _share(~told.any(axis=1)),
    }  # fmt: skip


def false_alarms(one: Material, limits: Mapping[str, Limit], trials: int) -> dict[str, Any]:
    """How often something is told of a voice without a fault, by the measure that tells it."""
    random = np.random.default_rng(0)
    wrong: dict[str, int] = {}
    alarms = 0
    for trial in range(trials):
        old, new = _SEEDS[:: -1 if trial % 2 else 1]
        count = len(one.clean[0])
        taken = random.choice(count, min(_TAKEN, count), replace=False)
        before, now = (_result([one.clean[seed][place] for place in taken]) for seed in (old, new))
        names = [it.name for it in compared(before, now, limits) if it.verdict == "worse"]
        alarms += bool(names)
        for name in names:
            wrong[name] = wrong.get(name, 0) + 1
    sentences = [result for results in one.clean for result in results]
    clicks = sum(result.values["clicks"] > 0 for result in sentences)
    return {
        "voice": one.voice, "trials": trials, "alarms": alarms, "by_measure": wrong,
        "sentences": len(sentences), "sentences_with_clicks": clicks,
        "beyond_limits": _result(one.clean[1]).faults(limits),
    }  # fmt: skip


def _only(side: Sequence[SentenceResult | None], names: Sequence[str]) -> list[SentenceResult]:
    return [
        one.model_copy(update={"values": {k: v for k, v in one.values.items() if k in names}})
        for one in side
        if one is not None
    ]


def _result(sentences: Sequence[SentenceResult]) -> VoiceResult:
    return VoiceResult(voice="any", source="engine", sentences=tuple(sentences))


def _share(found: Any) -> float:
    return float(np.mean(found))


def _german(folder: Path) -> EngineAlone:
    """Joe with a catalogue's mistake: its phonemes are asked of a German."""
    source, model = real_voices.joe(), folder / "german.onnx"
    shutil.copyfile(source, model)  # a link would lead to the header of the other
    config = json.loads(source.with_name(source.name + ".json").read_text("utf-8"))
    german = {"espeak": {"voice": "de"}, "language": {"code": "de_DE", "family": "de"}}
    header = json.dumps(config | german)
    model.with_name("german.onnx.json").write_text(header, "utf-8")
    return EngineAlone(*find_voice(str(model)))


def _show(result: Mapping[str, Any]) -> None:
    table = Table("voice", "fault", "strength", "in", "by comparison", "by limits", "missed")
    for row in result["planted"]:
        names = ("share", "missed_by_comparison", "missed_by_limits", "missed")
        shares = (f"{100 * row[name]:.0f} %" for name in names)
        table.add_row(row["voice"], row["fault"], row["strength"], *shares)
    _console.print(table)
    for row in result["clean"]:
        _console.print(row)


def main() -> None:
    """Plant, listen, count, print and write the JSON line."""
    parser = argparse.ArgumentParser(description="Detectors on planted faults.")
    parser.add_argument("--sentences", type=int, default=6, help="of each category")
    parser.add_argument(
        "--words", type=int, default=4, help="of these, whose words are heard; 0: none"
    )
    parser.add_argument("--trials", type=int, default=200)
    add_arguments(parser)
    given = parser.parse_args()
    machine, limits = this_machine(), read_limits()
    said = chosen(_CATEGORIES, given.sentences)
    with tempfile.TemporaryDirectory() as folder:
        heart = EngineAlone(*find_voice("heart/alloy"))
        # What a request for German gets under the name alloy.
        espeak = EngineAlone(*find_voice("espeak/f1"))
        listened = [
            material("heart/alloy", heart, espeak, said, given.words),
            material(
                "Piper's joe", EngineAlone(*find_voice(str(real_voices.joe()))),
                _german(Path(folder)), said, given.words,
            ),
        ]  # fmt: skip
    result = {
        "benchmark": "detectors",
        "machine": asdict(machine),
        "sentences": len(said),
        "trials": given.trials,
        "planted": [
            missed(one, fault, share, limits, given.trials)
            for one in listened
            for fault in (*FAULTS, _LANGUAGE)
            if given.words or not fault.listened
            for share in fault.shares
        ],
        "clean": [false_alarms(one, limits, given.trials) for one in listened],
    }
    _show(result)
    publish(result, given)


if __name__ == "__main__":
    main()
