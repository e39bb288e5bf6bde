"""What the machine could do at best: the last part of `loadtests.micro.gpu`.

Arithmetic and traffic are counted from the network's own operations as they run, then set against
what the machine does in a large product and in a large copy. The larger of both times is the floor.
Traffic is that of the operations as they are launched, each reading its inputs and writing its
result once; were neighbours fused, it would be less, so the floor is that of this implementation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log2, prod
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from speech.engines.starter_network import Manner, StarterNetwork
from speech.engines.starter_weights import HOP, StarterWeights

FRAME_SECONDS = 0.01
TOKENS_PER_SECOND = 30
"""Ids of a second of speech, pads among them, as in the phrases that are timed."""
_SECONDS = 0.3
"""For each measurement of the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The sound run of the largest shape, the machine, and what the one could do on the other."""

    precision: str
    rows: int
    frames: int
    matrix_flop: float
    """Of products and convolutions, for a second of audio."""
    other_flop: float
    """Of everything else, one for each element of a result, and of Fourier transforms."""
    text_flop: float
    """Of products and convolutions of the text run before it, for a second of audio."""
    bytes: float
    """Read and written by all operations, for a second of audio."""
    least_bytes: float
    """Were everything fused: samples alone, and the weights once a run."""
    operations: int
    """That a run launches."""
    matrix_rates: Mapping[str, float]
    """FLOP in a second, measured, by the kind of number."""
    copy_rate: float
    """Bytes read and written in a second, measured."""
    matrix_seconds: float
    """That the products of a second of audio take at these rates."""
    copy_seconds: float
    """That its bytes take."""
    run_rate: float
    """Audio seconds in a second of the prepared run, started again and again."""

    @property
    def floor_rate(self) -> float:
        """Audio seconds in a second that the larger of both times allows."""
        return 1 / max(self.matrix_seconds, self.copy_seconds)

    @property
    def share(self) -> float:
        """What the run achieves of that."""
        return self.run_rate / self.floor_rate


class Counter(TorchDispatchMode):  # type: ignore[misc]  # its base is Any to the type checker
    """Counts what operations compute and move while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix_flop: dict[Any, float] = {}
        self.other_flop = self.bytes = 0.0
        self.operations = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run an operation and count it, unless its result is a view."""
        result = func(*args, **(kwargs or {}))
        inputs = [item for item in tree_leaves((args, kwargs)) if isinstance(item, torch.Tensor)]
        outputs = [item for item in tree_leaves(result) if isinstance(item, torch.Tensor)]
        storages = {item.untyped_storage().data_ptr() for item in inputs}
        name = str(func.overloadpacket.__name__)
        written = name.endswith("_") or name == "copy_"
        if written or any(out.untyped_storage().data_ptr() not in storages for out in outputs):
            self._count(name, inputs, outputs)
        return result

    def _multiplied(self, kind: Any, flop: float) -> None:
        self.matrix_flop[kind] = self.matrix_flop.get(kind, 0.0) + flop

    def _count(self, name: str, inputs: list[Any], outputs: list[Any]) -> None:
        self.operations += 1
        # A gather reads of its table no more than it writes.
        largest = sum(item.numel() * item.element_size() for item in outputs)
        table = name in {"index", "gather", "embedding", "index_select"}
        for item in inputs:
            size = item.numel() * item.element_size()
            self.bytes += min(size, largest) if table else size
        self.bytes += largest
        results = sum(item.numel() for item in outputs)
        if name in {"mm", "addmm", "bmm", "baddbmm"}:
            # The inner dimension is the last of the first factor.
            factor = inputs[1] if name in {"addmm", "baddbmm"} else inputs[0]
            self._multiplied(outputs[0].dtype, 2.0 * results * factor.shape[-1])
        elif name == "convolution":
            self._multiplied(outputs[0].dtype, 2.0 * results * prod(inputs[1].shape[1:]))
        elif name.startswith("_fft"):
            # 5/2 n log2 n for a real transform of n points.
            real = max(
                (*inputs, *outputs), key=lambda item: 0 if item.is_complex() else item.numel()
            )
            self.other_flop += 2.5 * real.numel() * log2(max(2, real.shape[-1]))
        else:
            self.other_flop += results


def counted(
    weights: StarterWeights, device: str, dtype: Any, shape: tuple[int, int]
) -> tuple[Counter, Counter]:
    """A text run and a sound run of some rows and frames, once, operation by operation."""
    rows, frames = shape
    network = StarterNetwork(weights, device, dtype)
    tokens = max(1, int(frames * FRAME_SECONDS * TOKENS_PER_SECOND))
    rng = np.random.default_rng(0)
    ids = torch.tensor(rng.integers(3, weights.symbols, (rows, tokens)), device=device)
    manner = Manner(
        sid=torch.zeros(rows, dtype=torch.int64, device=device),
        seeds=torch.zeros(rows, dtype=torch.int64, device=device),
        scales=torch.ones((rows, 3), device=device),
    )
    lengths = torch.full((rows,), tokens, device=device)
    place = torch.arange(rows, device=device)
    # Not in inference mode, where operations are not taken apart before they are seen.
    with torch.no_grad():
        with Counter() as text:
            encoded = network.encode(ids, lengths, manner)
        with Counter() as sound:
            network.speak(encoded.states, place, encoded.ends, manner, frames)
    return text, sound


def rate_of(function: Callable[[], object], amount: float, device: str) -> float:
    """Amount in a second, the best of repetitions for a while."""
    wait = torch.cuda.synchronize if device == "cuda" else _nothing
    function()
    wait()
    best, begin = float("inf"), perf_counter()
    while perf_counter() - begin < _SECONDS:
        started = perf_counter()
        function()
        wait()
        best = min(best, perf_counter() - started)
    return amount / best


def _nothing() -> None:
    """A processor is done when a call returns."""


def matrix_rate(device: str, dtype: Any) -> float:
    """FLOP in a second of one large product."""
    size = 8_192 if device == "cuda" else 1_024
    one, other = (torch.randn((size, size), device=device).to(dtype) for _ in range(2))
    return rate_of(lambda: torch.matmul(one, other), 2.0 * size**3, device)


def copy_rate(device: str) -> float:
    """Bytes read and written in a second of one large copy within the device's memory."""
    size = 2**30 if device == "cuda" else 2**26
    source = torch.randn(size // 4, device=device)
    target = torch.empty_like(source)
    return rate_of(lambda: target.copy_(source), 2.0 * size, device)


def floor(
    weights: StarterWeights,
    device: str,
    precision: tuple[str, Any],
    run: Callable[[], object],
    shape: tuple[int, int],
) -> Floor:
    """Count, measure, and compare.

    Args:
        weights: Of the voice.
        device: `cuda` or `cpu`.
        precision: Of the decoder, its name and torch's dtype.
        run: Starts the prepared sound run of `shape`.
        shape: Rows and frames.
    """
    rows, frames = shape
    name, dtype = precision
    text, sound = counted(weights, device, dtype, shape)
    seconds = rows * frames * FRAME_SECONDS
    rates = {kind: matrix_rate(device, kind) for kind in sound.matrix_flop}
    copies = copy_rate(device)
    return Floor(
        precision=name,
        rows=rows,
        frames=frames,
        matrix_flop=sum(sound.matrix_flop.values()) / seconds,
        other_flop=sound.other_flop / seconds,
        text_flop=sum(text.matrix_flop.values()) / seconds,
        bytes=sound.bytes / seconds,
        least_bytes=2 * HOP / FRAME_SECONDS + weights.bytes / seconds,
        operations=sound.operations,
        matrix_rates={str(kind).removeprefix("torch."): rate for kind, rate in rates.items()},
        copy_rate=copies,
        matrix_seconds=sum(sound.matrix_flop[kind] / rates[kind] for kind in rates) / seconds,
        copy_seconds=sound.bytes / seconds / copies,
        run_rate=rate_of(run, seconds, device),
    )
