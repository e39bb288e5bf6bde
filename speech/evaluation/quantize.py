"""A smaller or faster voice out of a voice: int8 or half precision, refused if it loses too much.

Which products may be computed less exactly, `speech.engines.onnx_precision` says; the lengths of
phonemes never change, so that original and result can be compared frame by frame. Both are loaded
and spoken as a server would, on one core and sentence by sentence in turn:

    size    of the files
    speed   processor time of the same sentences, as a ratio: the machine's noise is in both
    sound   mean log-mel difference to the original
    words   errors of Whisper, by which both are heard; English voices only

`int8-static` scales activations by what calibration sentences showed, each output channel's weights
by their own largest: rows of a batch stay independent. `int8-dynamic` scales activations by what
is in the batch, so the server speaks such a voice one phrase at a time. `fp16` halves the weights.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from time import process_time
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime import quantization
from rich.console import Console
from rich.progress import track
from rich.table import Table

from speech.config import EngineConfig
from speech.engines.closeness import mel_distance
from speech.engines.kinds import Voice
from speech.engines.loading import load_engine
from speech.engines.onnx_precision import half_precision, products, pruned
from speech.errors import ConfigError, SpeechError
from speech.evaluation import CALIBRATION, held_out, sentences
from speech.evaluation.hearing import Whisper, heard, word_errors, words
from speech.evaluation.speaking import PATIENT
from speech.interfaces import Engine
from speech.text import FrontEnd
from speech.types import Delivery, Passage, Pcm, PhraseJob

Kind = Literal["int8-static", "int8-dynamic", "fp16"]
# What onnxruntime has integer kernels for; ConvTranspose has none.
_INTEGER = ("MatMul", "Gemm", "Conv")
_INTEGERS = {"MatMulInteger", "ConvInteger", "DynamicQuantizeLSTM", "QuantizeLinear"}
"""Of a graph that is quantized already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A quantized voice beside its original."""

    kind: str
    products: int
    """That are computed less exactly."""
    bytes_before: int
    bytes_after: int
    time_ratio: float
    """Processor time of the same sentences; below 1 is faster."""
    mel_distance: float
    """Mean log-mel difference over the sentences."""
    words: int
    """Of the sentences that were recognised; 0 for a voice that is not English."""
    errors_before: int
    errors_after: int
    batching: str
    """How the server batches the result, or why it cannot."""

    @property
    def error_loss(self) -> float:
        """How much the word error rate rises, as a share of words; 0 where nothing was heard."""
        return (self.errors_after - self.errors_before) / max(1, self.words)

    def faults(self, max_wer_loss: float, max_mel_distance: float) -> list[str]:
        """What it loses beyond what is allowed."""
        found = []
        if self.error_loss > max_wer_loss:
            found.append(
                f"the word error rate rises by {100 * self.error_loss:.1f} points, "
                f"{100 * max_wer_loss:.1f} are allowed"
            )
        if not self.mel_distance <= max_mel_distance:
            found.append(
                f"the log-mel difference is {self.mel_distance:.3f}, {max_mel_distance:.3f} allowed"
            )
        return found


def quantize(
    voice: Voice,
    out: Path,
    kind: Kind,
    *,
    max_wer_loss: float,
    max_mel_distance: float,
    count: int,
    force: bool,
    console: Console,
) -> tuple[Comparison, list[str]]:
    """Quantize a voice, compare, and write the result unless it is faulty.

    A Piper voice's `.onnx.json` goes with it. An entry of the catalogue names any other graph as
    its `model`.

    Args:
        voice: With an `.onnx` graph.
        out: Where the result goes.
        kind: What becomes of its products.
        max_wer_loss: Most by which the word error rate may rise, as a share.
        max_mel_distance: Most that the sound may differ.
        count: Sentences to compare with.
        force: Write it whatever it loses.
        console: Where progress and the comparison are shown.

    Returns:
        The comparison, and what it loses beyond what is allowed.

    Raises:
        SpeechError: the voice cannot be read, does not speak, or has nothing to quantize.
    """
    # The quantizer advises a step that would need another package and finds nothing to do here.
    logging.getLogger().setLevel(logging.ERROR)
    onnxruntime.set_default_logger_severity(3)
    with tempfile.TemporaryDirectory(dir=out.resolve().parent) as folder:
        made = Path(folder) / out.name
        changed = write_quantized(voice, made, kind)
        found = compare(voice, replace(voice, model=made), kind, changed, count)
        console.print(comparison_table(found, voice.id))
        faults = found.faults(max_wer_loss, max_mel_distance)
        if force or not faults:
            for path in sorted(Path(folder).iterdir(), reverse=True):  # the graph last
                path.replace(out.with_name(path.name))
    return found, faults


def write_quantized(voice: Voice, out: Path, kind: Kind, *, calibration: int = CALIBRATION) -> int:
    """Write a quantized copy of a voice's graph, and of a Piper voice's `.onnx.json`.

    Returns:
        How many products changed.

    Raises:
        ConfigError: the voice has no graph, or nothing in it that could be quantized.
    """
    if voice.model is None or not voice.model.is_file():
        raise ConfigError(f"{voice.id}: there is no .onnx file of it")
    model = onnx.load(str(voice.model))
    if integers := {node.op_type for node in model.graph.node} & _INTEGERS:
        raise ConfigError(f"{voice.model}: it is quantized already ({', '.join(sorted(integers))})")
    # Piper's further outputs are lengths; the other engines' graphs round them.
    header = _header(voice.model)
    lengths = [item.name for item in model.graph.output[1:]] if header.is_file() else []
    chosen = products(model, lengths)
    if kind == "fp16":
        result = half_precision(model, chosen)
    else:
        chosen = _named(model, chosen)
        result = _integers(model, chosen, kind, voice, calibration)
    if not chosen:
        raise ConfigError(f"{voice.model}: no product in it is large enough to gain anything")
    onnx.save(result, str(out))
    if header.is_file():
        shutil.copyfile(header, _header(out))
    return len(chosen)


def _named(model: onnx.ModelProto, chosen: Sequence[str]) -> list[str]:
    """Names of those chosen nodes that have integer kernels; changes the model.

    Every node gets a name of its own, and a chosen one its weights in single precision.
    """
    stored = {item.name: item for item in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    found = []
    for place, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{place}"
        if node.op_type not in _INTEGER or node.output[0] not in chosen:
            continue
        found.append(node.name)
        maker = makers.get(node.input[1])
        if maker is not None:
            values = numpy_helper.to_array(stored[maker.input[0]]).astype(np.float32)
            node.input[1] = f"{node.name}.weight"
            model.graph.initializer.append(numpy_helper.from_array(values, node.input[1]))
    return found


def _integers(
    model: onnx.ModelProto, chosen: Sequence[str], kind: Kind, voice: Voice, calibration: int
) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.onnx", Path(folder) / "target.onnx"
        onnx.save(pruned(model), str(source))
        options: dict[str, Any] = {
            "op_types_to_quantize": list(_INTEGER),
            "nodes_to_quantize": list(chosen),
            "per_channel": True,
            "weight_type": quantization.QuantType.QInt8,
        }
        if not chosen:
            return model
        if kind == "int8-dynamic":
            quantization.quantize_dynamic(source, target, **options)
        else:
            quantization.quantize_static(
                source,
                target,
                _Calibration(model, voice, calibration),
                activation_type=quantization.QuantType.QInt8,
                **options,
            )
        result: onnx.ModelProto = onnx.load(str(target))
        return result


class _Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]  # has no types
    """What the graph is fed, sentence by sentence, every speaker in turn."""

    def __init__(self, model: onnx.ModelProto, voice: Voice, count: int) -> None:
        super().__init__()
        stored = {item.name for item in model.graph.initializer}
        taken = {item.name for item in model.graph.input} - stored
        if "scales" not in taken:
            raise ConfigError(
                "int8-static is for voices in Piper's format: take int8-dynamic or fp16"
            )
        self._feeds = self._all(taken, voice, count)

    def get_next(self) -> Mapping[str, Any] | None:
        """The next one; None at the end."""
        return next(self._feeds, None)

    @staticmethod
    def _all(taken: set[str], voice: Voice, count: int) -> Iterator[Mapping[str, Any]]:
        inference = voice.model_config.get("inference") or {}
        usual = {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8}
        scales = np.array([inference.get(key, usual[key]) for key in usual], np.float32)
        speakers = list(voice.speakers.values()) or [0]
        for place, job in enumerate(jobs(voice, sentences()[:count])):
            ids = np.array([job.phrase.phoneme_ids], np.int64)
            feeds = {
                "input": ids,
                "input_lengths": np.array([ids.shape[1]]),
                "scales": scales,
                "sid": np.array([speakers[place % len(speakers)]]),
            }
            yield {name: value for name, value in feeds.items() if name in taken}


def jobs(voice: Voice, texts: Sequence[str]) -> Iterator[PhraseJob]:
    """First phrases of sentences, every speaker in turn; what has no symbols is left out."""
    front_end = FrontEnd(PATIENT)
    speakers = list(voice.speakers) or [""]
    for place, text in enumerate(texts):
        delivery = Delivery(
            voice=voice.id,
            speaker=speakers[place % len(speakers)],
            language=voice.language,
            seed=place,
        )
        passage = Passage(text=text, delivery=delivery)
        for phrase in front_end.prepare(passage, voice.vocabulary).phrases[:1]:
            yield PhraseJob(phrase=phrase)


def compare(before: Voice, after: Voice, kind: str, changed: int, count: int) -> Comparison:
    """Speak held-out sentences with both voices and hold them side by side.

    Raises:
        SpeechError: one of them does not speak.
    """
    engines = [load_engine(voice, EngineConfig(threads=1)) for voice in (before, after)]
    english = before.language.startswith("en")
    recogniser = Whisper() if english else None
    times, distances, errors, spoken = [0.0, 0.0], [], [0, 0], 0
    asked = jobs(before, held_out()[:count])
    for job in track(list(asked), "comparing", console=Console(stderr=True)):
        waves = []
        for place, engine in enumerate(engines):
            pcm, taken = _timed(engine, job)
            waves.append(pcm)
            times[place] += taken
        rate = waves[0].sample_rate
        distances.append(mel_distance(waves[0].samples, waves[1].samples, rate))
        if recogniser is not None:
            wanted = words(job.phrase.text)
            spoken += len(wanted)
            for place, pcm in enumerate(waves):
                found = recogniser.words(heard(pcm.samples, rate))
                errors[place] += word_errors(wanted, found)
    return Comparison(
        kind=kind,
        products=changed,
        bytes_before=_size(before),
        bytes_after=_size(after),
        time_ratio=times[1] / times[0],
        mel_distance=fmean(distances),
        words=spoken,
        errors_before=errors[0],
        errors_after=errors[1],
        batching=engines[1].info.batching,
    )


def _timed(engine: Engine, job: PhraseJob) -> tuple[Pcm, float]:
    """Audio, and processor seconds of the quicker of two runs."""
    taken = []
    for _ in range(2):
        begin = process_time()
        (result,) = engine.synthesize([job])
        taken.append(process_time() - begin)
    if isinstance(result, SpeechError):
        raise result
    return result, min(taken)


def comparison_table(found: Comparison, name: str) -> Table:
    """Original and result side by side."""
    table = Table(title=f"{name}: {found.kind}, {found.products} products", caption=found.batching)
    table.add_column("")
    for title in ("original", found.kind, ""):
        table.add_column(title, justify="right")
    ratio = found.bytes_after / found.bytes_before
    table.add_row(
        "size, MB",
        f"{found.bytes_before / 1e6:.2f}",
        f"{found.bytes_after / 1e6:.2f}",
        f"{ratio:.2f} times",
    )
    table.add_row("processor time", "", "", f"{found.time_ratio:.2f} times")
    table.add_row("log-mel difference", "", f"{found.mel_distance:.4f}", "")
    if found.words:
        rates = [100 * errors / found.words for errors in (found.errors_before, found.errors_after)]
        table.add_row(
            f"word errors of {found.words}",
            *(f"{rate:.1f} %" for rate in rates),
            f"{100 * found.error_loss:+.1f} points",
        )
    return table


def _header(model: Path) -> Path:
    return model.with_name(model.name + ".json")


def _size(voice: Voice) -> int:
    return voice.model.stat().st_size if voice.model else 0
