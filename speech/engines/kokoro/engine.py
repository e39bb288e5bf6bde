"""Kokoro on ONNX Runtime: phoneme ids in, levelled PCM out, one phrase at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.kokoro.graph import read_graph
from speech.engines.kokoro.rows import HOP, KokoroRow, KokoroRows, Wave, pcm
from speech.engines.kokoro.voice import SAMPLE_RATE
from speech.engines.onnx_session import RUN_ERRORS, OnnxSession
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.interfaces import EngineInfo
from speech.types import Delivery, Pcm, Phrase, PhraseJob


class KokoroEngine:
    """One Kokoro network with its styles.

    Raises:
        ConfigError: the model cannot be read, or the provider asked for is not granted.
    """

    def __init__(self, voice: Voice, config: EngineConfig) -> None:
        if voice.model is None:
            raise ConfigError(f"voice {voice.id!r} has no model")
        try:
            graph = self._graph = read_graph(voice.model.read_bytes())
        except OSError as error:
            raise ConfigError(f"voice {voice.id!r}: {error}") from error
        if graph.precision == "int8" and config.provider != "cpu":
            raise ConfigError(
                f"the graph of voice {voice.id!r} computes in 8-bit integers with a scale for each "
                "tensor, which ONNX Runtime has kernels for on processors alone"
            )
        self._rows = KokoroRows(voice)
        self._speaker = voice.default_speaker
        self._paced = graph.inputs["speed"].kind == "f"
        self._session: OnnxSession | None = OnnxSession(graph.model, config)
        self._info = EngineInfo(
            engine="kokoro",
            sample_rate=SAMPLE_RATE,
            max_batch_size=1,
            batching="one phrase at a time: its ONNX graph has no masks; on torch it batches",
            provider=config.provider,
            deterministic=graph.deterministic,
            times=bool(graph.units),
            resident_bytes=len(graph.model),
            precision=graph.precision,
        )

    @property
    def info(self) -> EngineInfo:
        """What this engine can do."""
        return self._info

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases one after another; ids out of the vocabulary or broken audio fail alone."""
        return [self._speak(job) for job in jobs]

    def _speak(self, job: PhraseJob) -> Pcm | SpeechError:
        row = self._rows.read(job, paced=self._paced)
        if isinstance(row, SynthesisError):
            return row
        try:
            wave = self.render(row)
        except RUN_ERRORS as error:
            return SynthesisError(f"the model failed: {type(error).__name__}")
        return pcm(job, row, wave)

    def render(self, row: KokoroRow) -> Wave:
        """What the network makes of a row.

        Raises:
            RUN_ERRORS: the run failed.
            RuntimeError: the engine is closed.
        """
        if self._session is None:
            raise RuntimeError("the engine is closed")
        graph = self._graph
        feeds: dict[str, npt.NDArray[Any]] = {
            graph.tokens: row.ids[np.newaxis],
            "style": row.style[np.newaxis],
            "speed": np.array([row.speed]),
            "noise_start": np.array(row.noise),
        }
        typed = {name: feeds[name].astype(dtype) for name, dtype in graph.inputs.items()}
        outputs = (graph.audio, *([graph.units] if graph.units else []))
        audio, *units = self._session.run(outputs, typed)
        samples = audio.reshape(-1).astype(np.float32)
        if units:
            flat = units[0].reshape(-1)
            normal = np.maximum(1.0, np.rint(flat))
            durations = np.maximum(1.0, np.rint(flat / np.float32(row.speed)))
            if len(flat) == len(row.ids) and len(samples) == HOP * durations.sum():
                return Wave(samples, durations, normal)
        return Wave(samples, None, None)

    def warm_up(self) -> None:
        """Run a short and a long phrase, and load the stretcher.

        Raises:
            ConfigError: the graph does not run.
        """
        for job in warm_up_jobs(self._speaker):
            if isinstance(result := self._speak(job), SpeechError):
                raise ConfigError(f"the Kokoro graph does not speak: {result.message}")

    def close(self) -> None:
        """Drop the session, and with it its memory."""
        self._session = None


def warm_up_jobs(speaker: str) -> list[PhraseJob]:
    """A short phrase and one of usual length: invented words, fast."""
    jobs = []
    for length in (12, 80):
        phrase = Phrase(
            index=0,
            is_last=True,
            text="",
            phonemes="",
            phoneme_ids=(0, *(43 + number * 7 % 20 for number in range(length)), 0),
            pause_after=0.0,
            delivery=Delivery(language="", speaker=speaker, speed=2.0),
        )
        jobs.append(PhraseJob(phrase=phrase))
    return jobs
