"""What the tests of English readings share."""

from collections.abc import Callable

import pytest

from speech.text.cleanup import clean
from speech.text.english import read_english


@pytest.fixture(scope="session")
def said() -> Callable[[str], str]:
    """Reads a written sentence as a request's is read, white space made single."""
    return lambda written: " ".join(read_english(clean(written)).split())
