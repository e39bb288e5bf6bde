"""ONNX Runtime sessions as Chorale wants them: the provider asked for, and quiet threads."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from speech.config import EngineConfig
from speech.errors import ConfigError

RUN_ERRORS: tuple[type[Exception], ...] = (
    *(states.Fail, states.InvalidArgument, states.InvalidGraph, states.NoSuchFile),
    *(states.NotImplemented, states.RuntimeException, states.EPFail, MemoryError),
)
"""What a run raises: ONNX Runtime's classes share no base of their own."""

_PROVIDERS: Mapping[str, tuple[str, dict[str, str]]] = {
    "cpu": ("CPUExecutionProvider", {}),
    "cuda": (
        "CUDAExecutionProvider",
        {
            # TensorFloat-32 is on by default and rounds to 10 bits: batches of other shapes would
            # then differ by far more than 1 LSB.
            "use_tf32": "0",
            # The default tries every algorithm anew for each shape, and phrases have many.
            "cudnn_conv_algo_search": "HEURISTIC",
            "arena_extend_strategy": "kSameAsRequested",
        },
    ),
}


def own_threads() -> int:
    """The process's share of the cores: OMP_NUM_THREADS, which Ray sets, else those it may use."""
    share = os.environ.get("OMP_NUM_THREADS", "")
    return int(share) if share.isdigit() and int(share) > 0 else len(os.sched_getaffinity(0))


@cache
def _share_arena() -> None:
    """One pool of working memory for all sessions of the process: only one of them runs at a time.

    With a pool of its own each voice keeps the peak of its largest batch for good. The default
    strategy, growing by powers of two, stays: taking just what is asked for held 1,185 MB instead
    of 775 after batches of many shapes.
    """
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu",
        onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
        0,
        onnxruntime.OrtMemType.DEFAULT,
    )
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({"max_mem": 0}))


class OnnxSession:
    """One loaded graph.

    Raises:
        ConfigError: the provider is not there, or the graph cannot be loaded.
    """

    def __init__(self, model: bytes, config: EngineConfig) -> None:
        name, options = _PROVIDERS[config.provider]
        available = onnxruntime.get_available_providers()
        if name not in available:
            raise ConfigError(
                f"provider {config.provider!r} was asked for, but this ONNX Runtime has only "
                f"{', '.join(available)}"
            )
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = config.threads or own_threads()
        settings.inter_op_num_threads = 1
        settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        # Idle threads that spin take the core from whoever shares it.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Every phrase has another shape, so a remembered memory plan is never used again.
        settings.enable_mem_pattern = False
        if config.provider == "cpu":
            _share_arena()
            settings.add_session_config_entry("session.use_env_allocators", "1")
        settings.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                model, settings, providers=[(name, options)]
            )
        except RUN_ERRORS as error:
            raise ConfigError(f"ONNX Runtime cannot load the graph: {error}") from error
        if name not in self._session.get_providers():
            raise ConfigError(
                f"provider {config.provider!r} was asked for, but ONNX Runtime granted only "
                f"{', '.join(self._session.get_providers())}"
            )
        given = (*self._session.get_inputs(), *self._session.get_overridable_initializers())
        self._inputs = {item.name for item in given}

    def run(
        self, outputs: tuple[str, ...], feeds: Mapping[str, npt.NDArray[Any]]
    ) -> list[npt.NDArray[np.float32]]:
        """Compute outputs; feeds the graph does not take are left out.

        Raises:
            RUN_ERRORS: the run failed.
        """
        taken = {name: value for name, value in feeds.items() if name in self._inputs}
        result: list[npt.NDArray[np.float32]] = self._session.run(list(outputs), taken)
        return result
