"""The English text front end: how right its readings are, and what they cost.

Accuracy by category, on the cases of the repository (`tests/speech/text/cases/english*.tsv`) and,
where `--open-set` or the variable CHORALE_OPEN_SET names it, on a file of public cases that is not
part of the repository. A file has one header line and tab-separated columns, of which `category`,
`written` and `spoken` are used; `spoken` may hold readings that are equally good, with ` | `
between them. Readings are compared as letters and digits alone, in NFC and without case.

Speed on sentences of about 100 characters, full of forms and without one, each read as the server
reads it: processor time of the one thread at work, so that other work on the machine counts little.
Phonemes are espeak-ng's, never from memory. Then the floods: 4096 characters of one sign.

    python -m loadtests.micro.text [--open-set FILE] [--rounds 50] [--wrong]

`--wrong` prints every case that is read otherwise. The last line of output is one JSON object.
"""

import argparse
import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import thread_time

from rich.console import Console
from rich.table import Table

from loadtests.machine import this_machine
from loadtests.samples import Summary
from speech.text.cleanup import clean
from speech.text.marks import plain
from speech.text.normalize import normalize
from speech.text.phonemes import phonemize

LANGUAGE = "en-us"
CASES = Path(__file__).resolve().parents[2] / "tests" / "speech" / "text" / "cases"
OPEN_SET = "CHORALE_OPEN_SET"
"""Environment variable with the path of the public cases."""

SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and nobody in the "
    "village ever found out why it did so.",
    "When she came home that evening the lights were already on, and "
    "somebody had put the kettle on too.",
    "On Jan. 5th, 2021 the price rose from $3.50 to $4.25, up 21.4% in 24 "
    "hours, and 1,250 people sold.",
    "Dr. Smith drove 12.5 km at 90 km/h on I-95, left at 3:45 p.m. EST and "
    "paid EUR 27,50 for the 2nd tank.",
    "Call +1 (555) 010-9999 ext. 42 between 9am-5pm, Mon-Fri, or write to "
    "help@example.com about No. 2048.",
    "Chapter IV, pp. 12-15, says that 2/3 of the 1,980 km² were bought in "
    "1867 for $7.2M, or 2¢ per acre.",
    "The A320 took off at 23:15 UTC with 180 passengers, climbed to 35,000 "
    "ft and burned 2.5 t/h of fuel.",
    "In the 1990s a 256MB stick cost about £300; by 2024-06-01 a 4TB disk, "
    "4,000,000MB, sold for ~€90.",
    "They won 3-2 after losing 21-14, 6-4 and 7-5; the odds were 5/1 and "
    "the ratio of wins 3:1 since '98.",
    "If x >= 5 and y < 3.2e-5, then x^2 + y^2 = z², which is ±0.5% off the "
    "value on https://example.org/a.",
)
FLOODS = (
    "9",
    ".",
    "$",
    "-",
    "1/",
    "1:",
    "a@",
    "1,",
    "1-",
    "(1",
    "x^",
    "1'",
    "Jan 1 ",
    "$1-",
    "5 km ",
)
FLOOD_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Readings of one file, by category."""

    name: str
    right: Mapping[str, int]
    cases: Mapping[str, int]

    @property
    def share(self) -> float:
        """Share of all cases that were read as expected."""
        return sum(self.right.values()) / max(1, sum(self.cases.values()))


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a file."""

    category: str
    written: str
    spoken: tuple[str, ...]


def read_cases(path: Path) -> list[Case]:
    """Every case of a file.

    Raises:
        ValueError: a column that is needed is missing.
    """
    lines = [line.split("\t") for line in path.read_text("utf-8").split("\n") if line]
    header = lines[0]
    category, written, spoken = (header.index(name) for name in ("category", "written", "spoken"))
    return [
        Case(line[category], line[written], tuple(line[spoken].split(" | "))) for line in lines[1:]
    ]


def say(written: str) -> str:
    """The spoken form of a written text, with phonemes that are given, as the server reads it."""
    return " ".join(normalize(line, LANGUAGE) for line in clean(written).split("\n"))


def compared(text: str) -> str:
    """What of a reading is compared: its letters and digits."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return "".join(filter(str.isalnum, folded))


def is_right(case: Case) -> bool:
    """Whether a case is read as one of its expected readings."""
    said = compared(plain(say(case.written)))
    return any(said == compared(spoken) for spoken in case.spoken)


def accuracy(name: str, cases: Iterable[Case]) -> Accuracy:
    """How many cases are read as expected, by category."""
    right: dict[str, int] = {}
    total: dict[str, int] = {}
    for case in cases:
        total[case.category] = total.get(case.category, 0) + 1
        right[case.category] = right.get(case.category, 0) + is_right(case)
    return Accuracy(name=name, right=right, cases=total)


def seconds(work: Callable[[str], object], texts: Sequence[str], rounds: int) -> list[float]:
    """Processor time of one thread for each text, `rounds` times over."""
    times = []
    for _ in range(rounds):
        for text in texts:
            begin = thread_time()
            work(text)
            times.append(thread_time() - begin)
    return times


def main() -> None:
    """Measure and print the tables and the JSON line."""
    parser = argparse.ArgumentParser(description="The English text front end.")
    parser.add_argument("--open-set", type=Path, default=os.environ.get(OPEN_SET))
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--wrong", action="store_true", help="print what is read otherwise")
    arguments = parser.parse_args()
    machine = this_machine()
    console = Console(width=100)
    console.print(f"Measured on {machine}.")

    files = sorted(CASES.glob("english*.tsv"))
    if arguments.open_set:
        files.insert(0, Path(arguments.open_set))
    else:
        console.print(f"No public cases: neither --open-set nor {OPEN_SET} is given.")
    found = []
    for path in files:
        cases = read_cases(path)
        found.append(accuracy(path.stem, cases))
        if arguments.wrong:
            for case in cases:
                if not is_right(case):
                    print(f"{case.category}: {case.written!r}\n    wanted {case.spoken[0]!r}")
                    print(f"    said   {plain(say(case.written))!r}")
    console.print(_accuracies(found))

    normalized = Summary.of(seconds(say, SENTENCES, arguments.rounds))
    spoken = [say(sentence) for sentence in SENTENCES]
    phonemize(spoken[0], LANGUAGE)  # loads espeak-ng's voice
    phonemes = Summary.of(
        seconds(lambda text: phonemize(text, LANGUAGE), spoken, max(1, arguments.rounds // 5))
    )
    floods = {
        sign: 1000 * min(seconds(say, [(sign * FLOOD_LENGTH)[:FLOOD_LENGTH]], 3)) for sign in FLOODS
    }
    console.print(_speeds(normalized, phonemes, floods))
    print(
        json.dumps(
            {
                "benchmark": "text",
                "machine": asdict(machine),
                "accuracy": [{**asdict(item), "share": item.share} for item in found],
                "normalize_ms": asdict(normalized),
                "phonemes_ms": asdict(phonemes),
                "floods_ms": floods,
            }
        )
    )


def _accuracies(found: Sequence[Accuracy]) -> Table:
    table = Table(title="Read as expected")
    for column in ("cases", "category", "right", "of", "%"):
        table.add_column(column, justify="left" if column in {"cases", "category"} else "right")
    for item in found:
        for category in sorted(item.cases):
            right, cases = item.right[category], item.cases[category]
            table.add_row(item.name, category, str(right), str(cases), f"{100 * right / cases:.0f}")
        table.add_row(
            item.name,
            "all",
            str(sum(item.right.values())),
            str(sum(item.cases.values())),
            f"{100 * item.share:.1f}",
            end_section=True,
        )
    return table


def _speeds(normalized: Summary, phonemes: Summary, floods: Mapping[str, float]) -> Table:
    table = Table(title="Processor time (ms)")
    for column in ("of", "readings", "P50", "P95", "P99"):
        table.add_column(column, justify="left" if column == "of" else "right")
    for name, summary in (("normalization of a sentence", normalized), ("its phonemes", phonemes)):
        figures = (f"{value:.3f}" for value in (summary.p50, summary.p95, summary.p99))
        table.add_row(name, str(summary.count), *figures)
    slowest = max(floods, key=lambda sign: floods[sign])
    table.caption = (
        f"Slowest of {len(floods)} floods of {FLOOD_LENGTH} characters: {slowest!r}, "
        f"{floods[slowest]:.1f} ms."
    )
    return table


if __name__ == "__main__":
    main()
