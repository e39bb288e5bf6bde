"""Inputs of the kinds that users reported as misread, and their siblings, through the front end.

A line of `cases/reported.tsv` and of `cases/further.tsv` is a kind, a language, how it is written,
the readings that are right (with ` | ` between them), and what says so.
"""

import pytest

from loadtests.micro.text import CASES, Case, compared
from speech.config import TextConfig
from speech.text import FrontEnd
from tests.conftest import passage
from tests.speech.text.test_text_cases import columns, sounds

FRONT_END = FrontEnd(TextConfig())
KINDS: dict[str, list[tuple[str, Case]]] = {}
for kind, language, written, spoken, _ in (
    line for name in ("reported", "further") for line in columns(CASES / f"{name}.tsv")
):
    KINDS.setdefault(kind, []).append((language, Case(kind, written, tuple(spoken.split(" | ")))))
# Only sounds tell a word in capitals from its letters.
BY_SOUND = {"emphasis", "shouted"}


def is_right(language: str, case: Case, said: str) -> bool:
    english = language.startswith("en")
    if case.category not in BY_SOUND and compared(said) in map(compared, case.spoken):
        return True
    if english and case.category not in BY_SOUND:
        return False
    return sounds(said, language) in {sounds(right, language) for right in case.spoken}


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_write_is_read(kind: str) -> None:
    missed = []
    for language, case in KINDS[kind]:
        said = FRONT_END.prepare(passage(case.written, language), None).normalized
        if not is_right(language, case, said):
            missed.append(f"{language}: {case.written!r}\n  {case.spoken[0]!r}\n  {said!r}")
    assert not missed, "\n".join(missed)


def test_there_are_enough_cases_and_none_twice() -> None:
    cases = [(language, case.written) for kind in KINDS.values() for language, case in kind]
    assert len(set(cases)) == len(cases) >= 700
