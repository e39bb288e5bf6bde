"""Piper voices on ONNX Runtime: phoneme ids in, PCM out, phrases of one voice rendered together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx

from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.onnx_precision import half_precision, products
from speech.engines.onnx_session import RUN_ERRORS
from speech.engines.piper.graph import PiperGraph, read_graph
from speech.engines.piper.render import (
    Floats,
    Renderer,
    SplitRenderer,
    StockRenderer,
    Wave,
)
from speech.engines.piper.rows import Row, Scales, read_row
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.interfaces import EngineInfo
from speech.types import Pcm, PhraseJob, Samples

_RENDERERS: dict[str, type[SplitRenderer] | type[StockRenderer]] = {
    "split": SplitRenderer,
    "stock": StockRenderer,
}


class PiperEngine:
    """One Piper voice.

    Loudness is the model's own: no phrase is normalised by its peak, because a phrase must sound
    the same beside any other.

    Raises:
        ConfigError: the model cannot be read, or the provider asked for is not granted.
    """

    def __init__(self, voice: Voice, config: EngineConfig) -> None:
        if voice.model is None:
            raise ConfigError(f"voice {voice.id!r} has no model")
        graph = read_graph(voice.model, voice.model_config)
        if config.precision == "fp16":
            graph = _halved(graph)
        scales = self._scales = Scales.of(voice)
        self._voice = voice
        self._symbols = graph.symbols
        self._multi_speaker = graph.multi_speaker
        self._renderer: Renderer | None = _RENDERERS[graph.kind](graph, config, scales)
        self._info = _describe(graph, scales, config, voice.sample_rate)

    @property
    def info(self) -> EngineInfo:
        """What this engine can do."""
        return self._info

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases together; ids out of the vocabulary or broken audio fail alone.

        Raises:
            RuntimeError: the engine is closed, or every phrase of a batch failed on its own too.
        """
        rows = [self._row(job) for job in jobs]
        good = [row for row in rows if isinstance(row, Row)]
        step = self._info.max_batch_size or max(1, len(good))
        waves: list[Wave | SpeechError] = []
        for start in range(0, len(good), step):
            waves.extend(self._render(good[start : start + step]))
        done = iter(waves)
        results: list[Pcm | SpeechError] = []
        for job, row in zip(jobs, rows, strict=True):
            wave = next(done) if isinstance(row, Row) else row
            results.append(wave if isinstance(wave, SpeechError) else self._pcm(job, wave))
        return results

    def _row(self, job: PhraseJob) -> Row | SynthesisError:
        return read_row(
            job,
            self._voice,
            symbols=self._symbols,
            multi_speaker=self._multi_speaker,
            length_scale=self._scales.length,
        )

    def _render(self, rows: Sequence[Row]) -> Sequence[Wave | SpeechError]:
        if self._renderer is None:
            raise RuntimeError("the engine is closed")
        try:
            return self._renderer.render(rows)
        except RUN_ERRORS as error:
            if len(rows) == 1:
                return [SynthesisError(f"the model failed: {type(error).__name__}")]
            # Who it was is not told, so everyone tries again alone; when all fail it is the engine.
            alone = [self._render([row])[0] for row in rows]
            if all(isinstance(item, SpeechError) for item in alone):
                raise RuntimeError(
                    "every phrase of the batch failed, together and alone"
                ) from error
            return alone

    def _pcm(self, job: PhraseJob, wave: Wave) -> Pcm | SynthesisError:
        samples = wave.samples
        if not len(samples) or not np.isfinite(samples).all():
            return SynthesisError("the model's audio is empty or holds no numbers")
        rate = self._info.sample_rate
        return Pcm(
            samples=_int16(samples),
            sample_rate=rate,
            index=job.phrase.index,
            is_last=job.phrase.is_last,
            phoneme_seconds=_seconds(wave, rate) if job.timed else None,
        )

    def warm_up(self) -> None:
        """Run short and long rows, alone and together where the graph batches.

        Raises:
            ConfigError: the provider cannot run the graph, although it took it.
        """
        batches = self._info.max_batch_size is None
        for count, length in warm_up_sizes(self._info.provider, batches=batches):
            row = Row(
                ids=np.arange(length, dtype=np.int64) % self._symbols,
                speaker=0,
                length_scale=self._scales.length,
                seed=0,
                said=0,
            )
            for result in self._render([row] * count):
                if isinstance(result, SpeechError):
                    raise ConfigError(
                        f"voice {self._voice.id!r} does not speak on {self._info.provider!r}: "
                        f"{result.message}"
                    )

    def close(self) -> None:
        """Drop the sessions, and with them their memory."""
        self._renderer = None


def warm_up_sizes(provider: str, *, batches: bool) -> list[tuple[int, int]]:
    """Rows and ids of the first runs.

    On a GPU they span all others: TensorRT builds its engine for what lies between the shapes it
    has seen. 640 ids are a phrase of 300 characters, 16 rows the largest shipped batch.
    """
    if provider == "cpu":
        return [(1, 20), (1, 120), *([(4, 60)] if batches else [])]
    return [(1, 16), (1, 640), *([(16, 640)] if batches else [])]


def _describe(
    graph: PiperGraph, scales: Scales, config: EngineConfig, sample_rate: int
) -> EngineInfo:
    stock = graph.kind == "stock"
    batches = config.batching and not stock
    switched_off = "one phrase at a time: batching is switched off in the configuration"
    drawn_inside = stock and (scales.noise or scales.noise_w)
    return EngineInfo(
        engine="piper",
        sample_rate=sample_rate,
        max_batch_size=None if batches else 1,
        batching=graph.reason if batches or stock else switched_off,
        provider=config.provider,
        precision=config.precision,
        deterministic=not drawn_inside,
        times=not stock or len(graph.names) > 1,
        resident_bytes=sum(len(model) for model in graph.models),
    )


def _halved(graph: PiperGraph) -> PiperGraph:
    """The graph with those products in half precision that its sound can bear."""
    *before, last = graph.models
    model = onnx.load_from_string(last)
    half = half_precision(model, products(model)).SerializeToString()
    return replace(graph, models=(*before, half))


def _seconds(wave: Wave, sample_rate: int) -> Floats | None:
    """How long each phoneme lasts, [T]."""
    if wave.frames is None or not (total := float(wave.frames.sum())) > 0:
        return None
    frame = len(wave.samples) / total / sample_rate
    return (wave.frames * frame).astype(np.float32)


def _int16(wave: Floats) -> Samples:
    """Full scale to 32767, as Piper does; louder peaks are clipped."""
    samples: Samples = np.clip(np.rint(wave * np.float32(32767.0)), -32768, 32767).astype(np.int16)
    return samples
