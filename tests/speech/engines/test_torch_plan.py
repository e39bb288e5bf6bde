import random

import pytest
from pydantic import ValidationError

from speech.config import TorchConfig
from speech.engines.torch_plan import Run, Shapes

SHAPES = Shapes(rows=(1, 2, 4, 8), lengths=(10, 20, 40), at_once=160, overhead=0)


def padded(runs: list[Run]) -> int:
    return sum(run.rows * run.length for run in runs)


@pytest.mark.parametrize("overhead", [0, 15, 1000])
def test_every_phrase_is_in_one_run_of_a_shape_there_is(overhead: int) -> None:
    shapes = Shapes(rows=(1, 2, 4, 8), lengths=(10, 20, 40), at_once=160, overhead=overhead)
    draw = random.Random(overhead)
    for count in range(40):
        lengths = [draw.randrange(1, 41) for _ in range(count)]
        runs = shapes.pack(lengths)
        assert sorted(place for run in runs for place in run.places) == list(range(count))
        for run in runs:
            assert len(run.places) <= run.rows
            assert max(lengths[place] for place in run.places) <= run.length
            assert (run.rows, run.length) in shapes.all()


def test_a_run_that_costs_nothing_of_its_own_pads_as_little_as_can_be() -> None:
    runs = SHAPES.pack([10, 40, 20, 9, 11])
    assert {(run.rows, run.length) for run in runs} == {(1, 40), (2, 20), (2, 10)}
    assert padded(SHAPES.pack([10] * 7)) == 70


def test_a_run_that_is_dear_takes_whoever_fits() -> None:
    dear = Shapes(rows=(1, 2, 4, 8), lengths=(10, 20, 40), at_once=320, overhead=1000)
    assert dear.pack([10, 40, 20, 9, 11]) == [Run(places=(1, 2, 4, 0, 3), rows=8, length=40)]


def test_no_run_exceeds_what_is_computed_at_once() -> None:
    assert (8, 40) not in SHAPES.all()
    assert SHAPES.all()[0] == (4, 40) or SHAPES.all()[0] == (8, 20)
    runs = SHAPES.pack([40] * 9)
    assert [run.rows for run in runs] == [4, 4, 1]
    assert SHAPES.pack([]) == []


@pytest.mark.parametrize(
    "wrong",
    [{"rows": ()}, {"tokens": (64, 32)}, {"frames": (64, 64)}, {"frames_at_once": 100}],
)
def test_shapes_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TorchConfig.model_validate(wrong)
