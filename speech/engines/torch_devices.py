"""Where torch computes: a GPU with its streams and captured graphs, or the CPU.

All that only a GPU can run is in `CudaDevice`; on the CPU the same calls do the same work at once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from speech.errors import ConfigError

Wait = Callable[[], object]
"""Returns when what was asked for is there."""


class Device(Protocol):
    """Where tensors are, and in which order work on them is done."""

    name: str
    """`cuda` or `cpu`, as torch names it."""
    run_overhead: int
    """What a run costs beyond its frames, in frames."""

    def working(self) -> AbstractContextManager[None]:
        """Everything is called inside of this, by one thread at a time.

        Raises:
            MemoryError: the device's memory, or this process's share of it, is used up.
        """
        ...

    def host(self, size: int, dtype: Any) -> Tensor:
        """Main memory that copies to and from the device need not wait for."""
        ...

    def prepared(self, function: Callable[[], None]) -> Callable[[], None]:
        """A function on fixed tensors, made as quick to start as can be. It is called meanwhile."""
        ...

    def fetch(self, target: Tensor, source: Tensor) -> Wait:
        """Copy to main memory, before any later work begins."""
        ...

    def fetch_aside(self, target: Tensor, source: Tensor) -> Wait:
        """Copy to main memory beside later work, which must leave the source alone."""
        ...

    def held_bytes(self) -> int:
        """Memory that torch holds on the device."""
        ...

    def release(self) -> None:
        """Give memory back that nothing uses."""
        ...


class CpuDevice:
    """The CPU: nothing is ahead of anything."""

    name = "cpu"
    run_overhead = 50

    def working(self) -> AbstractContextManager[None]:
        """No gradients."""
        mode: AbstractContextManager[None] = torch.inference_mode()
        return mode

    def host(self, size: int, dtype: Any) -> Tensor:
        """Plain memory."""
        return torch.zeros(size, dtype=dtype)

    def prepared(self, function: Callable[[], None]) -> Callable[[], None]:
        """The function itself."""
        return function

    def fetch(self, target: Tensor, source: Tensor) -> Wait:
        """Copies at once."""
        target.copy_(source)
        return lambda: None

    def fetch_aside(self, target: Tensor, source: Tensor) -> Wait:
        """Copies at once."""
        return self.fetch(target, source)

    def held_bytes(self) -> int:
        """Unknown: torch keeps no account of main memory."""
        return 0

    def release(self) -> None:
        """Main memory goes back by itself."""


class CudaDevice:
    """A GPU: one stream for all work, one for copies back, one pool for the graphs of all voices.

    Graphs share their pool because only one of them runs at a time, and none leaves anything in it:
    their results go to tensors from outside. So the pool is as large as the largest graph needs.
    A voice may be loaded beside one that speaks, so a lock is held while either works; loading lets
    it go between two shapes.

    Args:
        share: Of the GPU's memory that torch may take in this process; None for all there is. The
            driver's own, some 500 MB for a process, comes on top.
    """

    name = "cuda"
    run_overhead = 4_000
    """Some 300 kernels of 3 microseconds, at 0.2 microseconds a frame: an estimate."""

    def __init__(self, share: float | None) -> None:
        if not torch.cuda.is_available():
            raise ConfigError("this torch sees no GPU")
        # Ray shows a replica only its own GPU, so that is always the first.
        if share is not None:
            torch.cuda.set_per_process_memory_fraction(share, 0)
        # TensorFloat-32 rounds to 10 bits, and for convolutions it is on by default.
        torch.backends.cudnn.allow_tf32 = False
        self._lock = threading.Lock()
        self._work = torch.cuda.Stream()
        self._copies = torch.cuda.Stream()
        self._pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def working(self) -> Iterator[None]:
        """On the stream for work, without gradients; see `Device`."""
        with self._lock, torch.inference_mode(), torch.cuda.stream(self._work):
            try:
                yield
            except torch.OutOfMemoryError as error:
                # With the lock: to wait for the device breaks another thread's capture.
                torch.cuda.synchronize()
                raise MemoryError(f"GPU memory is used up: {error}") from error

    def host(self, size: int, dtype: Any) -> Tensor:
        """Pinned memory."""
        return torch.zeros(size, dtype=dtype, pin_memory=True)

    def prepared(self, function: Callable[[], None]) -> Callable[[], None]:
        """A CUDA graph. The first calls let the libraries choose kernels and make their plans."""
        for _ in range(2):
            function()
        self._work.synchronize()
        graph = torch.cuda.CUDAGraph()
        # Only this thread's calls are of the graph, and another's may allocate meanwhile.
        mode = "thread_local"
        with torch.cuda.graph(graph, pool=self._pool, stream=self._work, capture_error_mode=mode):
            function()
        replay: Callable[[], None] = graph.replay
        return replay

    def fetch(self, target: Tensor, source: Tensor) -> Wait:
        """In the stream for work."""
        target.copy_(source, non_blocking=True)
        arrived = torch.cuda.Event()
        arrived.record(self._work)
        wait: Wait = arrived.synchronize
        return wait

    def fetch_aside(self, target: Tensor, source: Tensor) -> Wait:
        """In the stream for copies, after what is under way."""
        self._copies.wait_stream(self._work)
        with torch.cuda.stream(self._copies):
            target.copy_(source, non_blocking=True)
        arrived = torch.cuda.Event()
        arrived.record(self._copies)
        wait: Wait = arrived.synchronize
        return wait

    def held_bytes(self) -> int:
        """Of all voices together."""
        return int(torch.cuda.memory_reserved())

    def release(self) -> None:
        """Blocks that the allocator keeps for later."""
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


@cache
def _cuda(share: float | None) -> CudaDevice:
    """One for the process: streams and pool are shared by its voices."""
    return CudaDevice(share)


def open_device(name: Literal["cuda", "cpu"], gpu_share: float | None = None) -> Device:
    """A device.

    Args:
        name: What it is.
        gpu_share: Of a GPU's memory that torch may take in this process.

    Raises:
        ConfigError: it is not there.
    """
    return _cuda(gpu_share) if name == "cuda" else CpuDevice()
