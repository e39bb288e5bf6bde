"""Kokoro on torch: phrases of any length, style and speed in one batch."""

from collections.abc import Sequence
from threading import Lock

import numpy as np
import torch

from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.kokoro.engine import warm_up_jobs
from speech.engines.kokoro.network import KokoroNetwork
from speech.engines.kokoro.rows import KokoroRow, KokoroRows, Wave, pcm
from speech.engines.kokoro.voice import SAMPLE_RATE
from speech.engines.kokoro.weights import read_weights
from speech.engines.onnx_session import own_threads
from speech.engines.torch_batches import BatchRenderer, Row, ShapesConfig
from speech.engines.torch_devices import open_device
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.interfaces import EngineInfo
from speech.types import Pcm, PhraseJob

GPU_SHAPES = ShapesConfig(
    rows=(1, 2, 4, 8, 16, 32),
    tokens=(32, 64, 96, 128, 192, 256, 384, 512),
    frames=(48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536),
    tokens_at_once=8_192,
    frames_at_once=8_192,
)
"""A frame is 25 ms, of which the decoder holds some 300 kB."""
CPU_SHAPES = ShapesConfig(
    rows=tuple(range(1, 17)),
    tokens=tuple(range(16, 513, 16)),
    frames=tuple(range(16, 1537, 16)),
    tokens_at_once=8_192,
    frames_at_once=4_096,
)
"""Nothing is prepared for them, so they are many."""
_LOUDER = 1.5
"""The published ONNX graphs are so much louder than the network: their inverse transform leaves out
the sum of its windows. A style has the same gain on both."""


class KokoroTorchEngine:
    """One Kokoro network with its styles, on a GPU if torch sees one, else on the CPU.

    Raises:
        ConfigError: the weights cannot be read.
    """

    def __init__(self, voice: Voice, config: EngineConfig, *, noise: bool = True) -> None:
        if voice.model is None:
            raise ConfigError(f"voice {voice.id!r} has no model")
        self.rows = KokoroRows(voice)
        self._speaker = voice.default_speaker
        gpu = torch.cuda.is_available()
        if not gpu:
            torch.set_num_threads(config.threads or own_threads())
        device = open_device("cuda" if gpu else "cpu", config.gpu_share)
        weights = read_weights(voice.model)
        try:
            with device.working():
                there = {name: value.to(device.name) for name, value in weights.items()}
                network = KokoroNetwork(there, noise=noise)
        except KeyError as error:
            raise ConfigError(f"{voice.model} lacks the weight {error}") from error
        shapes = GPU_SHAPES if gpu else CPU_SHAPES
        self._renderer: BatchRenderer | None = BatchRenderer(network, device, shapes)
        # The renderer is for one thread at a time.
        self._lock = Lock()
        self._info = EngineInfo(
            engine="kokoro",
            sample_rate=SAMPLE_RATE,
            max_batch_size=None if config.batching else 1,
            batching="batches of all lengths, styles and speeds: every row has its masks",
            provider=f"torch on {device.name}",
            deterministic=True,
            resident_bytes=sum(value.nbytes for value in weights.values()),
        )

    @property
    def info(self) -> EngineInfo:
        """What this engine can do."""
        return self._info

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases together; ids out of the vocabulary or broken audio fail alone."""
        rows = [self.rows.read(job) for job in jobs]
        waves = iter(self.render([row for row in rows if isinstance(row, KokoroRow)]))
        return [
            self._pcm(job, row, next(waves)) if isinstance(row, KokoroRow) else row
            for job, row in zip(jobs, rows, strict=True)
        ]

    def render(self, rows: Sequence[KokoroRow]) -> list[Wave | None]:
        """What the network makes of rows; None where that is no sound.

        Raises:
            RuntimeError: the engine is closed.
        """
        given = [
            Row(ids=row.ids, whole=(row.noise,), real=(row.speed, *map(float, row.style)))
            for row in rows
        ]
        with self._lock:
            if self._renderer is None:
                raise RuntimeError("the engine is closed")
            found = self._renderer.render(given)
        return [
            None
            if wave is None
            else Wave(
                wave.samples.astype(np.float32) * np.float32(_LOUDER / 32767),
                *(np.diff(ends, prepend=0).astype(np.float32) for ends in (wave.ends, wave.told)),
            )
            for wave in found
        ]

    @staticmethod
    def _pcm(job: PhraseJob, row: KokoroRow, wave: Wave | None) -> Pcm | SpeechError:
        if wave is None:
            return SynthesisError("the model's durations or audio are no numbers")
        return pcm(job, row, wave)

    def warm_up(self) -> None:
        """Run short and long phrases, alone and together, and load the stretcher.

        Raises:
            ConfigError: the network does not run.
        """
        jobs = warm_up_jobs(self._speaker)
        for batch in (jobs[:1], jobs):
            for result in self.synthesize(batch):
                if isinstance(result, SpeechError):
                    raise ConfigError(f"the Kokoro network does not speak: {result.message}")

    def close(self) -> None:
        """Let go of the network and its tensors."""
        with self._lock:
            if self._renderer is not None:
                self._renderer.close()
            self._renderer = None
