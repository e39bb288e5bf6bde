"""What a replica keeps out of the garbage collector's sight."""

import gc
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


def test_in_a_replica_everything_loaded_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "application_name", lambda: "chorale")
    collector.settle()
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 10_000
