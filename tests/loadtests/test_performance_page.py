"""The tables of the documentation say what the result files say."""

from pathlib import Path

import pytest

from loadtests.performance_page import TABLES, pages, rewritten


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_page_has_the_figures_of_the_result_files(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == rewritten(text), "run: python -m loadtests.performance_page"


def test_every_table_stands_on_a_page() -> None:
    told = "".join(page.read_text("utf-8") for page in pages())
    assert [name for name in TABLES if f"<!-- measured: {name} -->\n" not in told] == []
