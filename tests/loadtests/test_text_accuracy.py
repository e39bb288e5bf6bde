"""How cases of text are read from a file, compared and counted."""

from pathlib import Path

import pytest

from loadtests.micro.text import Case, accuracy, compared, is_right, read_cases, say


def test_cases_come_by_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text("category\twritten\tspoken\tsource\nmoney\t$5 \tfive dollars | five bucks\tx\n")
    assert read_cases(path) == [Case("money", "$5 ", ("five dollars", "five bucks"))]


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text("category\twritten\nmoney\t$5\n")
    with pytest.raises(ValueError, match="spoken"):
        read_cases(path)


def test_letters_and_digits_alone_are_compared() -> None:
    assert compared("One-Two, e\u0301!") == compared("onetwo \u00e9") == "onetwo\u00e9"
    assert compared("1 one") != compared("one")


def test_any_of_the_expected_readings_is_right() -> None:
    assert is_right(Case("number", "5", ("fünf", "Five!")))
    assert not is_right(Case("number", "5", ("six",)))


def test_lines_are_read_one_by_one() -> None:
    assert say("5\n6") == "five six"


def test_right_readings_are_counted_by_category() -> None:
    found = accuracy(
        "some", [Case("a", "5", ("five",)), Case("a", "5", ("six",)), Case("b", "6", ("six",))]
    )
    assert (found.right, found.cases) == ({"a": 1, "b": 1}, {"a": 2, "b": 1})
    assert found.share == 2 / 3
