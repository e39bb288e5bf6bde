"""Fuzzer of the text front end: texts nobody would write, until one breaks what must hold.

    python -m tests.fuzz_text --minutes 30 [--state .cache/fuzz_text] [--seed 1]

It mutates texts of a corpus: the cases of the tests first, then every text that was read in a way
not seen before (which kinds of forms, in which order, in which language). The corpus and the count
of runs are kept in `--state`, so a later run goes on where this one stopped. A text that breaks a
property (`tests/speech/text/properties.py`) is made as short as it still breaks it and appended to
the cases the tests replay. The texts run in a child process: one that ends it is a find, too. The
last line of output is one JSON object.
"""

import argparse
import json
import random
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter, thread_time

from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.types import MAX_INPUT_CHARACTERS, Normalization
from tests.conftest import passage
from tests.speech.text.properties import CONFIG, LANGUAGES, Case, broken
from tests.speech.text.test_text_properties import FOUND, PIECES, WRITTEN

MAX_CORPUS = 4000
CURRENT = "current.json"
"""The text under way, for whoever finds the process gone."""
NASTY = (
    "\ud800\udfff\u0000\u200b\u200d\ufe0f\u20e3\u202e\u0301\u0345\u0600\u115f\u1160\u11ff\u2028"
    "\ufeff\ufffc\uffff\ue000\U000f0000\U0010ffff\U0001f1e6\U0001f3fb\U000e0020٣२①Ⅷ㎡ﷺﬁ½²₂٫"
    "‰′″−–—…«»‹›“”¡¿§¶†‡•·※№™©®°ªº¹/\\|~^`´¨"
)  # fmt: skip


class Fuzzer:
    """A corpus, and what was seen of it."""

    def __init__(self, state: Path, seed: int) -> None:
        self._state = state
        self._front_end = FrontEnd(CONFIG)
        self._corpus: list[Case] = [Case(text) for text in WRITTEN]
        self._seen: set[int] = set()
        self.runs = 0
        self.found: list[str] = []
        self.slowest = (0.0, 0)
        corpus, counts = state / "corpus.jsonl", state / "state.json"
        if corpus.exists():
            self._corpus += [_case(line) for line in corpus.read_text("utf-8").splitlines()]
            self.runs = json.loads(counts.read_text("utf-8"))["runs"]
        self._kept = len(WRITTEN)
        state.mkdir(parents=True, exist_ok=True)
        self._current = (state / CURRENT).open("w", encoding="utf-8")
        self._random = random.Random(f"{seed}-{self.runs}")

    def step(self) -> None:
        """One text."""
        case = self._mutated()
        self.runs += 1
        self._current.seek(0)
        self._current.write(_line(case) + "\n")
        self._current.truncate()
        self._current.flush()
        begin = thread_time()
        problem = broken(self._front_end, case)
        took = thread_time() - begin
        self.slowest = max(self.slowest, (took, len(case.text)))
        if problem is not None:
            self._report(case, problem)
            return
        mark = self._signature(case)
        if mark not in self._seen:
            self._seen.add(mark)
            if len(self._corpus) < MAX_CORPUS:
                self._corpus.append(case)
            else:
                self._corpus[self._random.randrange(self._kept, MAX_CORPUS)] = case

    def save(self) -> None:
        """Keep the corpus for a later run."""
        lines = "".join(f"{_line(case)}\n" for case in self._corpus[self._kept :])
        (self._state / "corpus.jsonl").write_text(lines, "utf-8")
        (self._state / "state.json").write_text(json.dumps({"runs": self.runs}), "utf-8")

    @property
    def size(self) -> int:
        """Texts in the corpus."""
        return len(self._corpus)

    def _signature(self, case: Case) -> int:
        try:
            told = self._front_end.explain(
                passage(case.text, case.language, normalization=case.wanted)
            )
        except InvalidInputError:
            return 0
        kinds = [change.kind for change in told.changes]
        return hash((case.language, frozenset(zip(["", *kinds], [*kinds, ""], strict=True))))

    def _mutated(self) -> Case:
        pick = self._random
        case = pick.choice(self._corpus)
        text = case.text
        for _ in range(pick.randint(1, 6)):
            start = pick.randint(0, len(text))
            end = min(len(text), start + pick.randint(0, 12))
            kind = pick.random()
            if kind < 0.35:
                text = text[:start] + pick.choice(PIECES) + text[start:]
            elif kind < 0.5:
                text = text[:start] + text[end:]
            elif kind < 0.6:
                text = text[:end] + text[start:end] * pick.randint(1, 4) + text[end:]
            elif kind < 0.75:
                other = pick.choice(self._corpus).text
                cut = pick.randint(0, len(other))
                text = text[:start] + other[cut : cut + 40] + text[end:]
            elif kind < 0.9:
                text = text[:start] + pick.choice(NASTY) + text[start:]
            elif kind < 0.98:
                text = (
                    text[:start]
                    + chr(pick.choice((pick.randrange(0x3000), pick.randrange(0x110000))))
                    + text[end:]
                )
            else:
                piece = text[start:end] or "9"
                text = (piece * MAX_INPUT_CHARACTERS)[
                    : pick.choice((64, 512, MAX_INPUT_CHARACTERS))
                ]
        text = text[: pick.choice((60, 200, 200, 600, MAX_INPUT_CHARACTERS))]
        language = case.language if pick.random() < 0.8 else pick.choice(LANGUAGES)
        wanted = case.wanted
        if pick.random() < 0.1:
            wanted = Normalization(
                enabled=pick.random() < 0.9,
                emoji=pick.choice(("drop", "say")),
                urls=pick.choice(("spell", "short", "drop")),
                markdown=pick.random() < 0.7,
            )
        return Case(text, language, wanted)

    def _report(self, case: Case, problem: str) -> None:
        if problem in self.found and len(self.found) >= 20:
            return
        size = len(case.text)
        while size:
            size //= 2
            start = 0
            while start < len(case.text):
                shorter = replace(case, text=case.text[:start] + case.text[start + max(1, size) :])
                if broken(self._front_end, shorter) == problem:
                    case = shorter
                else:
                    start += max(1, size)
        line = _line(case)
        self.found.append(problem)
        print(f"{problem}: {line}", flush=True)
        with FOUND.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _line(case: Case) -> str:
    return json.dumps({"text": case.text, "language": case.language, "wanted": asdict(case.wanted)})


def _case(line: str) -> Case:
    entry = json.loads(line)
    return Case(entry["text"], entry["language"], Normalization(**entry["wanted"]))


def work(state: Path, seed: int, seconds: float) -> None:
    """The child: run for some time, then print what was found as one JSON object."""
    fuzzer = Fuzzer(state, seed)
    before = fuzzer.runs
    begin = told = perf_counter()
    while (now := perf_counter()) - begin < seconds:
        fuzzer.step()
        if now - told > 60:
            told = now
            fuzzer.save()
            print(
                f"{fuzzer.runs} runs, corpus {fuzzer.size}, found {len(fuzzer.found)}", flush=True
            )
    fuzzer.save()
    slowest, length = fuzzer.slowest
    print(
        json.dumps(
            {
                "runs": fuzzer.runs - before,
                "runs_of_all_time": fuzzer.runs,
                "corpus": fuzzer.size,
                "found": fuzzer.found,
                "slowest_ms": round(1000 * slowest, 1),
                "slowest_characters": length,
            }
        ),
        flush=True,
    )


def main() -> None:
    """Run children until the time is over."""
    parser = argparse.ArgumentParser(description="Fuzz the text front end.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--state", type=Path, default=Path(".cache/fuzz_text"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.state, arguments.seed, 60 * arguments.minutes)
        return
    begin, deaths = perf_counter(), 0
    while (left := arguments.minutes - (perf_counter() - begin) / 60) > 0.05 and deaths < 20:
        child = subprocess.run(
            [
                *(sys.executable, "-m", "tests.fuzz_text", "--worker", "--minutes", f"{left:.3f}"),
                *("--state", str(arguments.state), "--seed", str(arguments.seed + deaths)),
            ],
            check=False,
        )
        if child.returncode == 0:
            break
        deaths += 1
        line = (arguments.state / CURRENT).read_text("utf-8").strip()
        print(f"ended with status {child.returncode}: {line}", flush=True)
        with FOUND.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


if __name__ == "__main__":
    main()
