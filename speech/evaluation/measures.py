"""The measures by name, their bounds, and their means over sentences."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, RootModel, ValidationError

from speech.config import StrictModel
from speech.errors import ConfigError

Better = Literal["less", "more", "same"]


class Measure(StrictModel):
    """One number that a sentence has."""

    title: str
    unit: str = ""
    better: Better
    """Which change is an improvement; of `same`, every change is for the worse."""
    digits: int = 2
    percent: bool = False


MEASURES: Mapping[str, Measure] = {
    "word_error": Measure(title="word errors", better="less", digits=1, percent=True),
    "character_error": Measure(title="character errors", better="less", digits=1, percent=True),
    "overall": Measure(title="DNSMOS", better="more"),
    "p808": Measure(title="P.808", better="more"),
    "asked_right": Measure(title="words asked for right", better="more", digits=0, percent=True),
    "heard_right": Measure(title="words heard right", better="more", digits=0, percent=True),
    "pitch": Measure(title="pitch", unit="Hz", better="same", digits=0),
    "pitch_range": Measure(title="pitch range", unit="semitones", better="same", digits=1),
    "rate": Measure(title="rate", unit="words/min", better="same", digits=0),
    "comma": Measure(title="pause at commas", unit="s", better="same"),
    "stop": Measure(title="pause at full stops", unit="s", better="same"),
    "missing": Measure(title="marks without a pause", better="less", digits=0, percent=True),
    "unasked": Measure(title="pauses without a mark", better="less"),
    "ending": Measure(
        title="end of yes-or-no questions", unit="semitones", better="same", digits=1
    ),
    "clipped": Measure(title="clipped samples", better="less"),
    "clicks": Measure(title="clicks at joins", better="less"),
    "surprise": Measure(title="most sudden moment", unit="dB", better="less", digits=1),
    "loudness": Measure(title="loudness", unit="LUFS", better="same", digits=1),
    "true_peak": Measure(title="true peak", unit="dBTP", better="less", digits=1),
    "offset": Measure(title="offset (DC)", unit="dB", better="less", digits=0),
    "before": Measure(title="silence before", unit="s", better="less", digits=3),
    "behind": Measure(title="silence behind", unit="s", better="less", digits=3),
    "onset": Measure(title="onset", unit="dB", better="less", digits=1),
    "padding": Measure(title="container padding", unit="s", better="less", digits=4),
    "speed": Measure(title="speed", unit="times real time", better="more", digits=1),
}
"""`speed` is an engine's, `padding` a server's."""


class Limit(StrictModel):
    """Bounds of one measure; see `limits.yaml`."""

    least: float | None = None
    most: float | None = None
    worth: float = Field(default=0.0, ge=0)
    share: float = Field(default=0.0, ge=0)


class _Limits(RootModel[dict[str, Limit]]):
    pass


def read_limits(path: Path | None = None) -> dict[str, Limit]:
    """The shipped limits, or those of a file.

    Raises:
        ConfigError: the file cannot be read, is none, or names a measure that there is not.
    """
    path = path or Path(__file__).with_name("limits.yaml")
    try:
        found = _Limits.model_validate(yaml.safe_load(path.read_text("utf-8"))).root
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if unknown := [name for name in found if name not in MEASURES]:
        raise ConfigError(f"{path}: there is no measure {unknown[0]!r}")
    return found


class SentenceResult(StrictModel):
    """What one sentence measured."""

    category: str
    text: str
    heard: str = ""
    """What the recogniser wrote."""
    values: dict[str, float]
    """By measure; those it has. Shares of errors count by `weights`."""
    weights: dict[str, float] = Field(default_factory=dict)
    """Words and characters that were said, by measure; 1 where none stands here."""


class VoiceResult(StrictModel):
    """What one voice measured in one way."""

    voice: str
    source: str
    """`engine`, or the container in which a server sent it."""
    sentences: tuple[SentenceResult, ...]
    languages_left_out: tuple[str, ...] = ()
    """Of the suite's, because the voice does not speak them."""

    def means(self, category: str = "") -> dict[str, float]:
        """Means by measure, over one category or all."""
        chosen = [one for one in self.sentences if category in ("", one.category)]
        found = ((name, mean(chosen, name)) for name in MEASURES)
        return {name: value for name, value in found if value is not None}

    def faults(self, limits: Mapping[str, Limit]) -> list[str]:
        """What lies beyond its bounds, in words."""
        return list(_beyond(self.means(), limits))


def mean(sentences: Sequence[SentenceResult], name: str) -> float | None:
    """The weighted mean of a measure; None where no sentence has it."""
    there = [
        (one.values[name], one.weights.get(name, 1.0)) for one in sentences if name in one.values
    ]
    total = sum(weight for _, weight in there)
    return sum(value * weight for value, weight in there) / total if total else None


def written(name: str, value: float) -> str:
    """A value of a measure for people, with its unit."""
    measure = MEASURES[name]
    shown = f"{100 * value if measure.percent else value:.{measure.digits}f}"
    return shown + (" %" if measure.percent else f" {measure.unit}" if measure.unit else "")


def _beyond(means: Mapping[str, float], limits: Mapping[str, Limit]) -> Iterable[str]:
    for name, value in means.items():
        limit = limits.get(name, Limit())
        for bound, wrong, said in (
            (limit.least, limit.least is not None and value < limit.least, "at least"),
            (limit.most, limit.most is not None and value > limit.most, "at most"),
        ):
            if wrong and bound is not None:
                yield (
                    f"{MEASURES[name].title}: {written(name, value)}, "
                    f"{said} {written(name, bound)} is asked for"
                )
