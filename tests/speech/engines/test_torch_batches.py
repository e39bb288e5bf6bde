"""Batches in known shapes, with a tiny network: on the CPU what a GPU does with captured graphs."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

torch = pytest.importorskip("torch", reason="networks on torch need torch")
from torch import Tensor  # noqa: E402

from speech.engines.torch_batches import (  # noqa: E402
    MAX_FRAMES,
    BatchRenderer,
    Given,
    Row,
    Run,
    Shapes,
    ShapesConfig,
    Wave,
)
from speech.engines.torch_devices import open_device  # noqa: E402
from speech.errors import ConfigError  # noqa: E402

SHAPES = Shapes(rows=(1, 2, 4, 8), lengths=(10, 20, 40), at_once=160, overhead=0)
CONFIG = ShapesConfig(
    rows=(1, 2, 4), tokens=(16, 64), frames=(32, 128, 256), tokens_at_once=128, frames_at_once=512
)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
    assert SHAPES.all()[0] in {(4, 40), (8, 20)}
    assert [run.rows for run in SHAPES.pack([40] * 9)] == [4, 4, 1]
    assert SHAPES.pack([]) == []


@pytest.mark.parametrize(
    "wrong",
    [{"rows": ()}, {"tokens": (64, 32)}, {"frames": (64, 64)}, {"frames_at_once": 100}],
)
def test_shapes_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ShapesConfig.model_validate(wrong)


class Tiny:
    """Each id lasts a frame or more by its number and the row's pace; a frame says which id it is.

    The states pass through a linear layer and back, so that they are real ones. A sample is
    `1000 * speaker + id`; a speaker of 9 has broken audio, a pace of infinity broken durations.
    """

    channels, hop, whole, real = 8, 4, 1, 1

    def __init__(self) -> None:
        draw = torch.Generator().manual_seed(0)
        basis, _ = torch.linalg.qr(torch.randn((8, 8), generator=draw))
        self.there, self.back = basis, basis.T
        self.seen: list[tuple[int, int]] = []

    def encode(self, ids: Tensor, lengths: Tensor, given: Given) -> tuple[Tensor, Tensor, Tensor]:
        self.seen.append((ids.shape[0], ids.shape[1]))
        inside = torch.arange(ids.shape[1]) < lengths[:, None]
        frames = torch.ceil((ids % 3 + 1) * given.real) * inside
        ends = frames.cumsum(1)
        broken = ~torch.isfinite(ends[:, -1:])
        spread = torch.nn.functional.pad((ids * inside).unsqueeze(2).float(), (0, 7))
        return spread @ self.there, torch.where(broken, -1.0, ends).long(), ids * 2

    def speak(
        self, states: Tensor, slots: Tensor, ends: Tensor, given: Given, frames: int
    ) -> tuple[Tensor, Tensor]:
        said = (states[slots] @ self.back)[:, :, 0].round()
        steps = torch.arange(frames).repeat(len(slots), 1)
        place = torch.searchsorted(ends, steps, right=True).clamp(max=said.shape[1] - 1)
        level = said.gather(1, place) + 1000 * given.whole
        samples = level.repeat_interleave(self.hop, dim=1).to(torch.int16)
        return samples, given.whole[:, 0] != 9


def row(*ids: int, speaker: int = 0, pace: float = 1.0) -> Row:
    return Row(ids=np.array(ids, np.int64), whole=(speaker,), real=(pace,))


def expected(item: Row) -> Wave:
    frames = np.ceil((item.ids % 3 + 1) * np.float32(item.real[0])).astype(np.int64)
    levels = np.repeat(item.ids + 1000 * item.whole[0], frames * Tiny.hop)
    return Wave(levels.astype(np.int16), np.cumsum(frames), item.ids * 2)


def renderer(config: ShapesConfig = CONFIG) -> BatchRenderer:
    return BatchRenderer(Tiny(), open_device("cpu"), config)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 25])
def test_every_row_becomes_what_it_becomes_alone(count: int) -> None:
    """Of all lengths and paces: in shapes, in several runs, and longer than any shape."""
    draw = random.Random(count)
    rows = [
        row(
            *(draw.randrange(1, 60) for _ in range(draw.choice((1, 3, 15, 16, 17, 60, 64, 90)))),
            speaker=draw.randrange(3),
            pace=draw.choice((0.3, 1.0, 2.5)),
        )
        for _ in range(count)
    ]
    one = renderer()
    for _ in range(2):  # what the first left in fixed places is nobody's
        for wave, item in zip(one.render(rows), rows, strict=True):
            assert wave is not None
            assert wave.samples.tolist() == expected(item).samples.tolist()
            assert wave.ends.tolist() == expected(item).ends.tolist()
            assert wave.told.tolist() == expected(item).told.tolist()


def test_only_known_shapes_are_computed() -> None:
    one = renderer()
    network = one._network
    assert isinstance(network, Tiny)
    network.seen.clear()
    one.render([row(*range(1, length)) for length in (3, 9, 17, 40, 64, 12)])
    assert {rows for rows, _ in network.seen} <= {1, 2, 4}
    assert {length for _, length in network.seen} <= {16, 64}
    assert one.shapes == 5 + 8


def test_a_broken_row_fails_alone() -> None:
    rows = [
        row(5, 6, 7),
        row(5, 6, 7, speaker=9),
        row(5, 6, 7, pace=float("inf")),
        row(*([5] * 90), pace=float(MAX_FRAMES)),
        row(8),
    ]
    first, *broken, last = renderer().render(rows)
    assert broken == [None, None, None]
    assert first is not None
    assert last is not None
    assert last.samples.tolist() == [8] * 12
    assert renderer().render([]) == []


def test_a_closed_one_renders_nothing() -> None:
    one = renderer()
    one.close()
    with pytest.raises(KeyError):
        one.render([row(1)])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no GPU"):
        open_device("cuda", gpu_share=0.5)
