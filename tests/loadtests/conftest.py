import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stub_server import Stub, serving


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server of the test's own."""
    with serving() as started:
        yield started
