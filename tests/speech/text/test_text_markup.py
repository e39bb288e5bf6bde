"""Markup: marks go, what they mark stays, and what only looks like a mark is left."""

import pytest

from speech.text.cleanup import clean
from speech.types import Normalization


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("Q&amp;A", "Q&A"),
        ("it&#8217;s &lt;5", "it's <5"),
        ("caf&eacute;&nbsp;au lait", "café au lait"),
        ("&amp;amp;lt;", "<"),
        ("AT&T; &bogus; R&D", "AT&T; &bogus; R&D"),
        ("&#xE000;&#0;&#xD800;x", "x"),
    ],
)
def test_entities_are_the_characters_they_stand_for(written: str, left: str) -> None:
    assert clean(written, Normalization(markdown=False)) == left


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("# Title\n\nText", "Title\nText"),
        ("## Title ##", "Title"),
        ("Title\n=====", "Title"),
        ("one\n\n---\n\ntwo", "one\ntwo"),
        ("- milk\n* bread\n+ salt\n• tea", "milk\nbread\nsalt\ntea"),
        ("- [x] done\n- [ ] open", "done\nopen"),
        ("1. First\n2. Second", "1. First\n2. Second"),
        ("> quoted\n>> twice", "quoted\ntwice"),
        ("**bold** and *soft* and __both__ _too_", "bold and soft and both too"),
        ("**B**old, ~~gone~~", "Bold, gone"),
        ("a **b *c* d**", "a b c d"),
        ("run `make test` now", "run make test now"),
        ("`a_b*c*`", "a_b*c*"),
        ("```python\nx = 1\n```\nend", "x = 1\nend"),
        ('see [the docs](https://a.de/b_c_(d) "t") now', "see the docs now"),
        ("![a cat](cat.png) sits", "a cat sits"),
        ("[![build](b.svg)](https://ci) ok", "build ok"),
        ("read [this][1]\n\n[1]: https://a.de", "read this"),
        ("so[^1] it is", "so it is"),
        ("<https://a.de/x> or <me@a.de>", "https://a.de/x or me@a.de"),
        ("a<br>b <b>c</b> <a href='x'>d</a> <!-- no -->e", "a\nb c d e"),
        ("| Name | Age |\n|---|:-:|\n| Ann | 5 |", "Name, Age\nAnn, 5"),
        (r"5 \* 3 \[x\]", "5 3 [x]"),
        # What only looks like a mark.
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("#1 and #tag", "#1 and #tag"),
        ("a [note] (aside)", "a [note] (aside)"),
        ("x < y and y > z", "x < y and y > z"),
        ("-5 degrees", "-5 degrees"),
        ("2**3", "2**3"),
        ("a | b", "a | b"),
    ],
)
def test_marks_go_and_words_stay(written: str, left: str) -> None:
    assert clean(written) == left


def test_markdown_is_left_where_it_is_not_wanted() -> None:
    text = "# Title\n**bold** [a](b)"
    assert clean(text, Normalization(markdown=False)) == text


@pytest.mark.parametrize(
    ("written", "short", "dropped"),
    [
        ("see https://www.example.com/a/b?c=d.", "see example.com.", "see."),
        ("at http://user:pw@example.com:8080/ now", "at example.com now", "at now"),
        ("at www.example.co.uk", "at example.co.uk", "at"),
        ("on example.org/path, ok", "on example.org, ok", "on, ok"),
        ("mail me@example.org or example.org", "mail me@example.org or example.org", None),
        ("in 3/4 and e.g. and/or", "in 3/4 and e.g. and/or", None),
    ],
)
def test_addresses_are_short_or_left_out(written: str, short: str, dropped: str | None) -> None:
    assert clean(written, Normalization(urls="short")) == short
    assert clean(written, Normalization(urls="drop")) == (written if dropped is None else dropped)
    assert clean(written) == written
