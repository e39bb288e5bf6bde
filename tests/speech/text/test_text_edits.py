"""Edits: what several passes do together is one list of edits of the text as written."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from speech.text.edits import Edit, applied, composed

KINDS = st.sampled_from(["space", "typography", "markup", "emoji", "number"])


@st.composite
def passes(draw: st.DrawFn, text: str) -> list[Edit]:
    places = draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    starts, ends = places[::2], places[1::2]
    edits: list[Edit] = []
    for start, end in zip(starts, ends, strict=False):
        if start == end and edits and edits[-1].end == start:
            continue  # two texts put in at one place have no order
        edits.append(Edit(start, end, draw(st.text("xyz", max_size=4)), draw(KINDS)))
    return edits


@given(st.data(), st.text("abc", max_size=16))
def test_composed_edits_do_what_both_passes_do(data: st.DataObject, text: str) -> None:
    first = data.draw(passes(text))
    middle = applied(text, first)
    second = data.draw(passes(middle))
    both = composed(first, second)
    assert applied(text, both) == applied(middle, second)
    assert all(edit.start <= edit.end for edit in both)
    assert all(one.end <= other.start for one, other in itertools.pairwise(both))


def test_what_one_pass_left_of_anothers_text_stays() -> None:
    first = [Edit(0, 1, "...", "typography"), Edit(3, 4, "", "markup")]
    second = [Edit(2, 6, "five", "number")]
    assert composed(first, second) == [Edit(0, 5, "..five", "number")]


def test_the_kind_that_says_more_is_kept() -> None:
    assert composed([Edit(0, 2, "ab", "emoji")], [Edit(1, 2, "", "space")]) == [
        Edit(0, 2, "a", "emoji")
    ]
