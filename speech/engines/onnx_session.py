"""ONNX Runtime sessions as Chorale wants them: the provider asked for, and quiet threads.

What only a GPU can run is `_run_bound` and the second arena; their options are plain data.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from speech.config import EngineConfig
from speech.engines.hardware import gpus
from speech.engines.providers import cache_folder
from speech.errors import ConfigError

RUN_ERRORS: tuple[type[Exception], ...] = (
    *(states.Fail, states.InvalidArgument, states.InvalidGraph, states.NoSuchFile),
    *(states.NotImplemented, states.RuntimeException, states.EPFail, MemoryError),
)
"""What a run raises: ONNX Runtime's classes share no base of their own."""
_LOAD_ERRORS: tuple[type[Exception], ...] = (*RUN_ERRORS, RuntimeError, ValueError, OSError)
"""What loading raises: also where a provider's libraries are missing or its options wrong."""

OnnxProviders = tuple[tuple[str, dict[str, str]], ...]
"""Execution providers with their options, the preferred first."""


def onnx_providers(config: EngineConfig, gpu_bytes: int = 0) -> OnnxProviders:
    """What ONNX Runtime is told for a configuration: plain data, the same on every machine.

    Args:
        config: Its `provider` is a name, not `auto`.
        gpu_bytes: GPU memory this process may take; 0 for all there is.
    """
    if config.provider == "cpu":
        return (("CPUExecutionProvider", {}),)
    # Ray shows a replica only its own GPU, so that is always the first.
    limit = {"gpu_mem_limit": str(gpu_bytes)} if gpu_bytes else {}
    cuda = {
        "device_id": "0",
        # TensorFloat-32 is on by default and rounds to 10 bits: batches of other shapes would then
        # differ by far more than 1 LSB.
        "use_tf32": "1" if config.precision == "tf32" else "0",
        # The default, EXHAUSTIVE, runs every algorithm anew for each shape: seconds for a phrase.
        "cudnn_conv_algo_search": "HEURISTIC",
        # [N, C, 1, T] instead of [N, C, T, 1]: cuDNN may select far better kernels, as ONNX Runtime
        # says of the A100.
        "cudnn_conv1d_pad_to_nc1d": "1",
        "arena_extend_strategy": "kSameAsRequested",
        "do_copy_in_default_stream": "1",
        **limit,
    }
    if config.provider == "cuda":
        return (("CUDAExecutionProvider", cuda),)
    folder = str(cache_folder(config) / "tensorrt")
    tensorrt = {
        "device_id": "0",
        "trt_fp16_enable": "1" if config.precision == "fp16" else "0",
        # An engine is built for the shapes seen so far, in tens of seconds, and kept on disk. The
        # warm-up shows it the smallest and the largest bucket, which spans all others.
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": folder,
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": folder,
        # Working memory of one engine comes on top of the arena: an eighth of what is allowed.
        "trt_max_workspace_size": str(gpu_bytes // 8 if gpu_bytes else 2**30),
    }
    # What TensorRT cannot run, CUDA does.
    return (("TensorrtExecutionProvider", tensorrt), ("CUDAExecutionProvider", cuda))


def gpu_bytes(config: EngineConfig) -> int:
    """GPU memory this process may take; 0 for all there is.

    Raises:
        ConfigError: a share is asked for, and nothing tells how much there is.
    """
    if config.provider == "cpu" or config.gpu_share is None:
        return 0
    found = gpus()
    if not found:
        raise ConfigError(
            f"gpu_share {config.gpu_share} of provider {config.provider!r}: nvidia-smi names no GPU"
        )
    return int(found[0].memory * config.gpu_share)


def own_threads() -> int:
    """The process's share of the cores: OMP_NUM_THREADS, which Ray sets, else those it may use."""
    share = os.environ.get("OMP_NUM_THREADS", "")
    return int(share) if share.isdigit() and int(share) > 0 else len(os.sched_getaffinity(0))


@cache
def _share_arena(kind: str, max_bytes: int) -> None:
    """One pool of working memory for all sessions of the process, "Cpu" or "Cuda".

    Only one of them runs at a time, and with a pool of its own each voice keeps the peak of its
    largest batch for good. A limit of a session's own would hold for that session alone. In main
    memory the default strategy, growing by powers of two, stays: taking just what is asked for held
    1,185 MB instead of 775 after batches of many shapes.
    """
    memory = onnxruntime.OrtMemoryInfo(
        kind,
        onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
        0,
        onnxruntime.OrtMemType.DEFAULT,
    )
    if kind == "Cpu":
        arena = onnxruntime.OrtArenaCfg({"max_mem": max_bytes})
        onnxruntime.create_and_register_allocator(memory, arena)
    else:
        # CUDA that came as wheels is on no path of the loader; what is there already stays.
        onnxruntime.preload_dlls()
        arena = onnxruntime.OrtArenaCfg({"max_mem": max_bytes, "arena_extend_strategy": 1})
        onnxruntime.create_and_register_allocator_v2("CUDAExecutionProvider", memory, {}, arena)


def unavailable(provider: str) -> str:
    """Why this ONNX Runtime cannot have a provider; empty where it says that it can."""
    name = onnx_providers(EngineConfig.model_validate({"provider": provider}))[0][0]
    found = onnxruntime.get_available_providers()
    return "" if name in found else f"this ONNX Runtime has only {', '.join(found)}"


class OnnxSession:
    """One loaded graph.

    Raises:
        ConfigError: the provider is not there, or the graph cannot be loaded.
    """

    def __init__(self, model: bytes, config: EngineConfig) -> None:
        if reason := unavailable(config.provider):
            raise ConfigError(f"provider {config.provider!r} was asked for, but {reason}")
        limit = gpu_bytes(config)
        providers = onnx_providers(config, limit)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = config.threads or own_threads()
        settings.inter_op_num_threads = 1
        settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        # Idle threads that spin take the core from whoever shares it.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Every phrase has another shape, so a remembered memory plan is never used again.
        settings.enable_mem_pattern = False
        settings.add_session_config_entry("session.use_env_allocators", "1")
        settings.log_severity_level = 3
        self._device = "cpu" if config.provider == "cpu" else "cuda"
        try:
            _share_arena("Cpu", 0)
            if self._device == "cuda":
                _share_arena("Cuda", limit)
            if config.provider == "tensorrt":
                (cache_folder(config) / "tensorrt").mkdir(parents=True, exist_ok=True)
            # Without its own fallback, which prints, and takes the CPU where CUDA was asked for.
            self._session = onnxruntime.InferenceSession(
                model, settings, providers=list(providers), enable_fallback=0
            )
        except _LOAD_ERRORS as error:
            raise ConfigError(
                f"ONNX Runtime cannot load the graph with provider {config.provider!r}: {error}"
            ) from error
        granted = self._session.get_providers()
        if providers[0][0] not in granted:
            raise ConfigError(
                f"provider {config.provider!r} was asked for, but ONNX Runtime granted only "
                f"{', '.join(granted)}"
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
        if self._device != "cpu":
            return self._run_bound(outputs, taken)
        result: list[npt.NDArray[np.float32]] = self._session.run(list(outputs), taken)
        return result

    def _run_bound(
        self, outputs: tuple[str, ...], feeds: Mapping[str, npt.NDArray[Any]]
    ) -> list[npt.NDArray[np.float32]]:
        """The same with every tensor on the device: each crosses once, before or after the run."""
        binding = self._session.io_binding()
        for name, value in feeds.items():
            there = onnxruntime.OrtValue.ortvalue_from_numpy(value, self._device, 0)
            binding.bind_ortvalue_input(name, there)
        for name in outputs:
            binding.bind_output(name, self._device, 0)
        self._session.run_with_iobinding(binding)
        result: list[npt.NDArray[np.float32]] = binding.copy_outputs_to_cpu()
        return result
