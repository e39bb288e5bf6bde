"""Our own voices on torch: for a GPU, where a batch costs a few graph launches.

The provider `torch` speaks what `training/` makes, from the very `.onnx` file that ONNX Runtime
speaks; any other voice is refused when it is loaded. `starter_weights` reads the file,
`starter_network` computes, `torch_plan` chooses shapes, `torch_render` moves data, `torch_device`
holds what only a GPU has.
"""

import threading
from collections.abc import Sequence

import torch

from speech.config import EngineConfig
from speech.engines.piper_rows import Row, Scales, read_row
from speech.engines.starter_network import StarterNetwork
from speech.engines.starter_weights import read_weights
from speech.engines.torch_device import open_device
from speech.engines.torch_render import TorchRenderer
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.interfaces import EngineInfo
from speech.types import Pcm, PhraseJob
from speech.voices import Voice

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class TorchVoice:
    """One voice.

    Raises:
        ConfigError: the file is of another architecture, or device or precision are not there.
    """

    def __init__(self, voice: Voice, config: EngineConfig) -> None:
        if voice.model is None:
            raise ConfigError(f"voice {voice.id!r} has no model")
        if config.precision not in PRECISIONS:
            raise ConfigError(
                f"precision {config.precision!r}: the torch provider computes in "
                f"{', '.join(PRECISIONS)}"
            )
        weights = read_weights(voice.model)
        if weights.speakers <= max(voice.speakers.values(), default=0):
            raise ConfigError(f"voice {voice.id!r} names more speakers than its model has")
        self._voice = voice
        self._config = config
        self._symbols = weights.symbols
        self._scales = Scales.of(voice)
        self._device = open_device(config)
        self._held_before = self._device.held_bytes()
        self._bytes = weights.bytes
        with self._device.working():
            self._network: StarterNetwork | None = StarterNetwork(
                weights, self._device.name, PRECISIONS[config.precision]
            )
        self._renderer: TorchRenderer | None = None
        # A shape's buffers serve one call at a time.
        self._lock = threading.Lock()

    @property
    def info(self) -> EngineInfo:
        """What this engine can do; its memory is that of the warmed engine once there is one."""
        warm = self._renderer
        shapes = "not warmed up yet" if warm is None else f"{warm.shapes} shapes prepared"
        return EngineInfo(
            engine="torch",
            sample_rate=self._voice.sample_rate,
            max_batch_size=None if self._config.batching else 1,
            batching=f"padded to the next of a few shapes on {self._device.name}; {shapes}",
            provider="torch",
            precision=self._config.precision,
            # On a GPU the shape of a batch decides which kernel sums in which order, and F0, which
            # is summed over a phrase, carries the last bit into the phase.
            deterministic=self._device.name == "cpu",
            resident_bytes=self._bytes,
        )

    def repeat_sound(self, rows: int, frames: int) -> None:
        """Start the sound run of a shape on whatever is in place: to time the device alone."""
        self._warm().repeat_sound(rows, frames)

    def held_bytes(self) -> int:
        """Memory torch holds on the device for all voices now; 0 on the CPU, where nobody knows."""
        return self._device.held_bytes()

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases together; ids out of the vocabulary or broken audio fail alone.

        Raises:
            RuntimeError: the engine is closed, or the device fails.
            MemoryError: the device has no room for a phrase longer than any shape.
        """
        rows = [
            read_row(
                job,
                self._voice,
                symbols=self._symbols,
                multi_speaker=bool(self._voice.speakers),
                length_scale=self._scales.length,
            )
            for job in jobs
        ]
        good = [row for row in rows if isinstance(row, Row)]
        step = len(good) if self._config.batching else 1
        waves = []
        with self._lock:
            renderer = self._warm()
            for start in range(0, len(good), max(1, step)):
                waves += renderer.render(good[start : start + step])
        done = iter(waves)
        results: list[Pcm | SpeechError] = []
        for job, row in zip(jobs, rows, strict=True):
            if isinstance(row, SynthesisError):
                results.append(row)
                continue
            samples = next(done)
            if samples is None:
                results.append(SynthesisError("the model's audio is empty or holds no numbers"))
                continue
            results.append(
                Pcm(
                    samples=samples,
                    sample_rate=self._voice.sample_rate,
                    index=job.phrase.index,
                    is_last=job.phrase.is_last,
                )
            )
        return results

    def warm_up(self) -> None:
        """Prepare every shape: on a GPU capture its graph, which takes seconds for all of them.

        Raises:
            MemoryError: the device, or this process's share of it, has no room for them.
        """
        renderer = self._warm()
        row = Row(
            ids=torch.arange(20).numpy() % self._symbols,
            speaker=0,
            length_scale=self._scales.length,
            seed=0,
            index=0,
        )
        renderer.render([row])

    def _warm(self) -> TorchRenderer:
        if self._network is None:
            raise RuntimeError("the engine is closed")
        if self._renderer is None:
            self._renderer = TorchRenderer(
                self._network, self._device, self._config.torch, self._scales
            )
            if self._device.name != "cpu":
                self._bytes = max(0, self._device.held_bytes() - self._held_before)
        return self._renderer

    def close(self) -> None:
        """Drop graphs and tensors, and give their memory back to the device."""
        if self._renderer is not None:
            self._renderer.close()
        with self._device.working():
            # In here: pinned memory that is let go marks its streams, which another may capture.
            self._renderer = self._network = None
            self._device.release()
