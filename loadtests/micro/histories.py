"""How often the regression test of `chorale benchmark` is wrong, on histories made of real runs.

Nothing is simulated but the order: a history is drawn from runs that were measured one after the
other, so its noise is that of the machine. Each run is drawn by itself, as nights are apart; and in
stretches of eight neighbours, which a busy machine slowed together, as if it were busy for a week.
Every run of word errors has heard each sentence under one of three seeds.

    python -m loadtests.micro.histories [--keep]

Needs the extra `evaluate`, and some minutes. The last line of output is one JSON object.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from loadtests.machine import this_machine
from loadtests.results import add_arguments, publish
from serve_app.benchmark.command import watched
from serve_app.benchmark.regression import RECENT, Watched, regression
from serve_app.voices.command import find_voice
from speech.evaluation.listening import Listener
from speech.evaluation.speaking import EngineAlone
from speech.evaluation.suite import RANDOM, Sentence, chosen

_STRETCH = 8
"""Neighbouring runs that stay together."""
_YEAR = 365
_SETTLED, _PATIENCE = 60, 30
"""Runs before a planted change, and those after it within which it must be told."""

Values = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Values]
"""A history of so many runs without a change."""


def speeds(voice: EngineAlone, said: Sequence[Sentence], runs: int) -> list[float]:
    """The mean speed of every run, as `chorale quality` tells it."""
    found = []
    for _ in range(runs):
        spoken = [voice.say(one, 0) for one in said]
        shares = [len(one.samples) / one.sample_rate / (one.seconds or 1) for one in spoken]
        found.append(float(np.mean(shares)))
    return found


def drawn(recorded: Sequence[float], length: int) -> Draw:
    """Draws histories of recorded numbers, so many neighbours at a time."""

    def draw(random: np.random.Generator, count: int) -> Values:
        starts = random.integers(len(recorded) - length + 1, size=-(-count // length))
        return np.concatenate([recorded[at : at + length] for at in starts])[:count]

    return draw


def seeds(errors: Sequence[Sequence[float]], weights: Sequence[float]) -> Draw:
    """Draws word error rates: every run has heard each sentence under any of its seeds.

    Args:
        errors: Of each sentence, its share of wrong words under every seed.
        weights: Words of each.
    """
    table, share = np.array(errors), np.array(weights) / np.sum(weights)

    def draw(random: np.random.Generator, count: int) -> Values:
        chosen = random.integers(table.shape[1], size=(count, len(table)))
        found: Values = table[np.arange(len(table)), chosen] @ share
        return found

    return draw


def false_alarms(draw: Draw, watched: Watched, histories: int) -> dict[str, Any]:
    """A year of nightly looks at each history without a change, which grows by a run a night."""
    random = np.random.default_rng(1)
    looks, alarms, years = 0, 0, 0
    for _ in range(histories):
        values = draw(random, _YEAR).tolist()
        told = [regression(values[:end], watched) is not None for end in range(1, _YEAR + 1)]
        looks += len(told)
        alarms += sum(told)
        years += any(told)
    return {"looks": looks, "alarms": alarms, "years": histories, "years_with_one": years}


def planted(
    draw: Draw, watched: Watched, change: Callable[[Values], Values], histories: int
) -> dict[str, Any]:
    """A change that stays: how often it is not told, and after how many runs it is."""
    random = np.random.default_rng(2)
    delays: list[int] = []
    for _ in range(histories):
        values = draw(random, _SETTLED + _PATIENCE)
        values[_SETTLED:] = change(values[_SETTLED:])
        ends = range(_SETTLED + 1, len(values) + 1)
        told = (end for end in ends if regression(values[:end].tolist(), watched))
        delays += (end - _SETTLED for end in islice(told, 1))
    missed = histories - len(delays)
    return {
        "missed": missed / histories,
        "missed_after_8": (missed + sum(it > RECENT for it in delays)) / histories,
        "runs": median(delays) if delays else None,
    }


def _cases(
    recorded: Sequence[float], errors: Sequence[Sequence[float]], weights: Sequence[float]
) -> Iterator[tuple[str, Draw, Watched, list[tuple[str, Callable[[Values], Values]]]]]:
    watch = {one.name: one for one in watched()}
    spread = float(np.std(recorded) / np.mean(recorded))
    for length, how in ((1, "each by itself"), (_STRETCH, f"in stretches of {_STRETCH}")):
        yield (
            f"speed, {len(recorded)} runs that differ by {100 * spread:.1f} %, {how}",
            drawn(recorded, length),
            watch["quality.speed"],
            [(f"{100 * by:.0f} % slower", partial(_slower, by)) for by in (0.05, 0.1, 0.2, 0.3)],
        )
    yield (
        f"word errors of {len(errors)} sentences",
        seeds(errors, weights),
        watch["quality.word_error"],
        [(f"{100 * by:.0f} points more", partial(_more, by)) for by in (0.01, 0.02, 0.03)],
    )


def _slower(by: float, values: Values) -> Values:
    return values / (1 + by)


def _more(by: float, values: Values) -> Values:
    return values + by


def main() -> None:
    """Record runs, draw histories, count, print and write the JSON line."""
    parser = argparse.ArgumentParser(description="The regression test on real runs.")
    parser.add_argument("--runs", type=int, default=80, help="of the engine")
    parser.add_argument("--sentences", type=int, default=20, help="of random words")
    parser.add_argument("--histories", type=int, default=100)
    add_arguments(parser)
    given = parser.parse_args()
    machine = this_machine()
    voice, listener = EngineAlone(*find_voice("heart/alloy")), Listener()
    said = chosen([RANDOM], given.sentences)
    recorded = speeds(voice, [one for _, one in said[:10]], given.runs)
    heard = [
        [listener.understand(name, one, voice.say(one, seed)) for seed in range(3)]
        for name, one in said
    ]
    errors = [[it.values["word_error"] for it in each] for each in heard]
    weights = [each[0].weights["word_error"] for each in heard]
    result = {
        "benchmark": "regressions",
        "machine": asdict(machine),
        "histories": [
            {
                "history": name,
                "false": false_alarms(draw, which, given.histories),
                "planted": [
                    {"change": change, **planted(draw, which, made, given.histories)}
                    for change, made in changes
                ],
            }
            for name, draw, which, changes in _cases(recorded, errors, weights)
        ],
    }
    publish(result, given)


if __name__ == "__main__":
    main()
