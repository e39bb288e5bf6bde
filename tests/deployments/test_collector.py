"""What a replica keeps out of the garbage collector's sight."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from deployments import collector


@pytest.fixture(autouse=True)
def _thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_outside_a_replica_nothing_is_frozen() -> None:
    before = gc.get_freeze_count()
    collector.settle()
    assert gc.get_freeze_count() == before


class Knot:
    """Holds itself, so that the collector alone can free it."""

    def __init__(self) -> None:
        self.itself = self


def test_in_a_replica_everything_loaded_is_and_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "application_name", lambda: "chorale")
    gc.disable()
    try:
        garbage = weakref.ref(Knot())
        assert garbage() is not None
        collector.settle()
    finally:
        gc.enable()
    assert garbage() is None
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 10_000
