"""Cases that were kept aside until the rules were written; see docs/text.md.

No rule was written for any of them, so they tell more than `cases/english.tsv`, of which every rule
knows. Whoever mends one that is wrong should write cases of its kind there.
"""

from test_text_cases import columns, has_its_ends, told, wrong

from loadtests.micro.text import CASES, Case, read_cases

ASIDE = CASES / "aside"


def test_english() -> None:
    cases = read_cases(ASIDE / "english.tsv")
    missed = [case for case in cases if wrong(case)]
    assert len(missed) <= 0.02 * len(cases), told(missed)


def test_other_languages() -> None:
    cases = [
        (language, Case(category, written, tuple(spoken.split(" | "))))
        for language, category, written, spoken, _ in columns(ASIDE / "languages.tsv")
    ]
    missed = [(language, case) for language, case in cases if wrong(case, language)]
    assert not missed


def test_ends_of_sentences() -> None:
    cases = columns(ASIDE / "sentences.tsv")
    missed = [marked for _, language, marked, _ in cases if not has_its_ends(language, marked)]
    assert len(missed) <= 1, missed
