"""The error tree: what must hold for every class in it."""

import copy
import pickle
import re
from collections.abc import Iterator

import pytest

from speech import errors
from speech.errors import SpeechError


def tree(kind: type[SpeechError] = SpeechError) -> Iterator[type[SpeechError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("kind", list(tree()))
def test_an_error_survives_pickling(kind: type[SpeechError]) -> None:
    for error in (kind("what happened", "input", 0.5), kind("what happened")):
        back = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
        assert type(back) is kind
        assert (back.message, back.param) == (error.message, error.param)
        assert back.args == (error.message, error.param, error.retry_after)
        assert back.retry_after == error.retry_after
        assert str(back) == "what happened"
        assert (copy.copy(error).message, copy.copy(error).param) == (error.message, error.param)


def test_codes_are_words_and_differ() -> None:
    codes = [kind.code for kind in tree()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z_]+", code) for code in codes)


def test_the_tree_is_drawn_as_it_is() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    assert drawn == {kind.__name__ for kind in tree()} - {"SpeechError"}


def test_what_may_be_tried_again() -> None:
    assert {kind.__name__ for kind in tree() if kind.retryable} == {
        "AtCapacityError",
        "DeadlineExceededError",
        "RateLimitedError",
        "UnavailableError",
    }
