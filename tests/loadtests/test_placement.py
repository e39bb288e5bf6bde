import os

import pytest

from loadtests.placement import Placement, pinned


@pytest.mark.parametrize("cores", [{0}, {0, 1}, {2, 5, 7}])
def test_few_cores_are_shared(cores: set[int]) -> None:
    placement = Placement.of(cores)
    assert placement.server == placement.generator == cores
    assert not placement.apart
    assert "shares" in str(placement)


@pytest.mark.parametrize("cores", [{0, 1, 2, 3}, set(range(16)), {4, 5, 8, 9}])
def test_the_generator_gets_a_spare_core_for_itself(cores: set[int]) -> None:
    placement = Placement.of(cores)
    assert placement.generator == {max(cores)}
    assert placement.server == cores - {max(cores)}
    assert placement.apart


def test_only_a_program_that_is_kept_from_a_core_is_pinned() -> None:
    everything = os.sched_getaffinity(0)
    assert pinned(["true"], everything) == ["true"]
    assert pinned(["true"], {1, 0, 7}) == ["taskset", "-c", "0,1,7", "true"]
