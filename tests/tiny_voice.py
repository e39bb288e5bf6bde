"""A tiny voice in Piper's format, made in milliseconds, for tests that want the real runtime.

Its weights are random, so it babbles; but it is built as an exported VITS is: masked text encoder,
durations from noise, a length regulator by alignment matrix, a prior with noise of its own, a
masked coupling flow and an unmasked decoder of dilated and transposed convolutions. Whatever makes
a stock voice hard to batch makes this one hard to batch. The tensor pattern follows the graphs that
`torch.onnx.export` writes for VITS (opset 15), whose operators the splitter looks for.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLE_RATE = 22_050
HOP = 256
"""Samples per frame: the product of the upsampling factors."""
HIDDEN = 16
"""Channels of the text encoder."""
LATENT = 8
"""Channels of the prior."""
SPEAKER = 8
"""Channels of the speaker embedding."""
UPSAMPLING = ((8, 16, 16), (8, 16, 12), (4, 8, 8))
"""Factor, kernel and output channels of each stage of the decoder."""
DILATIONS = ((3, 1), (5, 6))
"""Kernel and dilation of the residual convolutions in each stage."""
SYMBOLS = (
    "_^$ !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøħŋœǀǁǂǃɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾ"
    'ʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢʲˈˌːˑ˞βθχᵻⱱ0123456789\u0327\u0303\u032a\u032f\u0329ʰˤε↓#"↑'
    "\u033a\u033bgʦX\u031d\u030aɝʷ"
)
"""Piper's alphabet of espeak phonemes; a symbol's place is its id."""
EMBEDDINGS = 256
"""Rows of the phoneme embedding, as in Piper: more than there are symbols."""

Array = npt.NDArray[Any]


class Graph:
    """An ONNX graph in the making; every method returns the name of its result."""

    def __init__(self, seed: int, first_weight: str) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._first_weight = first_weight
        self._random = np.random.default_rng(seed)

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one result."""
        name = f"/{kind}_{len(self.nodes)}_output_0"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def const(self, value: Any, dtype: npt.DTypeLike = np.int64) -> str:
        """Add a constant."""
        return self.op("Constant", value=numpy_helper.from_array(np.array(value, dtype)))

    def weight(self, *shape: int, scale: float) -> str:
        """Add a normally distributed weight."""
        name = f"w{len(self.weights)}" if self.weights else self._first_weight
        values = self._random.normal(0.0, scale, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, inputs: int, outputs: int, kernel: int = 1, dilation: int = 1) -> str:
        """Add a convolution that keeps the length."""
        pad = (kernel - 1) * dilation // 2
        weight = self.weight(outputs, inputs, kernel, scale=1.0 / math.sqrt(inputs * kernel))
        bias = self.weight(outputs, scale=0.1)
        return self.op(
            *("Conv", x, weight, bias),
            kernel_shape=[kernel],
            dilations=[dilation],
            pads=[pad, pad],
            strides=[1],
            group=1,
        )

    def upsample(self, x: str, inputs: int, outputs: int, kernel: int, factor: int) -> str:
        """Add a transposed convolution that multiplies the length."""
        pad = (kernel - factor) // 2
        weight = self.weight(inputs, outputs, kernel, scale=1.0 / math.sqrt(2 * inputs))
        bias = self.weight(outputs, scale=0.1)
        return self.op(
            *("ConvTranspose", x, weight, bias),
            kernel_shape=[kernel],
            dilations=[1],
            pads=[pad, pad],
            strides=[factor],
            group=1,
        )

    def dim(self, x: str, axis: int) -> str:
        """Size of one axis, as a scalar."""
        return self.op("Gather", self.op("Shape", x), self.const(axis), axis=0)

    def shape(self, *sizes: str) -> str:
        """One-dimensional shape out of scalars."""
        return self.op("Concat", *(self.unsqueeze(size, 0) for size in sizes), axis=0)

    def unsqueeze(self, x: str, axis: int) -> str:
        """Add an axis of size 1."""
        return self.op("Unsqueeze", x, self.const([axis]))

    def split(self, x: str, sizes: Sequence[int]) -> list[str]:
        """Split along the channels."""
        names = [f"/Split_{len(self.nodes)}_output_{i}" for i in range(len(sizes))]
        self.nodes.append(helper.make_node("Split", [x, self.const(list(sizes))], names, axis=1))
        return names

    def below(self, count: str, lengths: str) -> str:
        """Float mask [N, 1, T] of the first `lengths` of `count` steps."""
        steps = self.op("Range", self.const(0), count, self.const(1))
        mask = self.op("Less", self.unsqueeze(steps, 0), self.unsqueeze(lengths, 1))
        return self.op("Cast", self.unsqueeze(mask, 1), to=TensorProto.FLOAT)


def tiny_voice(*, speakers: int = 1, seed: int = 0) -> onnx.ModelProto:
    """Build the graph.

    Args:
        speakers: More than one adds the input `sid`.
        seed: Seed of the weights.

    Returns:
        A model with Piper's inputs `input` [N, T], `input_lengths` [N], `scales` [3] and, for
        several speakers, `sid`; output [N, 1, 1, samples].
    """
    # Exports of one speaker name four inputs and have three: the exporter gives the fourth name,
    # `sid`, to the first weight. Splitting must not take that for an input.
    g = Graph(seed, "w0" if speakers > 1 else "sid")
    noise_scale, length_scale, noise_w = (
        g.op("Gather", "scales", g.const(i), axis=0) for i in range(3)
    )
    speaker = ""
    if speakers > 1:
        rows = g.op("Gather", g.weight(speakers, SPEAKER, scale=1.0), "sid")
        speaker = g.unsqueeze(rows, -1)
    x, means, logs, mask = _text_encoder(g)
    widths = _durations(g, x, mask, noise_w, speaker)
    frames = g.op("Ceil", g.op("Mul", widths, length_scale))
    z, frame_mask = _prior(g, frames, means, logs, mask=mask, noise_scale=noise_scale)
    z = _flow(g, z, frame_mask, speaker)
    _decoder(g, g.op("Mul", z, frame_mask), speaker)
    return _model(g, speakers)


def _text_encoder(g: Graph) -> tuple[str, str, str, str]:
    """Hidden states, means, log deviations (each [N, C, T]) and the mask of phonemes."""
    table = g.weight(EMBEDDINGS, HIDDEN, scale=1.0)
    x = g.op("Transpose", g.op("Gather", table, "input"), perm=[0, 2, 1])
    mask = g.below(g.dim(x, 2), "input_lengths")
    for _ in range(2):
        h = g.op("Relu", g.conv(g.op("Mul", x, mask), HIDDEN, HIDDEN, kernel=3))
        x = g.op("Add", x, h)
    x = g.op("Mul", x, mask)
    stats = g.op("Mul", g.conv(x, HIDDEN, 2 * LATENT), mask)
    means, logs = g.split(stats, [LATENT, LATENT])
    return x, means, logs, mask


def _durations(g: Graph, x: str, mask: str, noise_w: str, speaker: str) -> str:
    """Frames per phoneme before scaling and rounding, [N, 1, T]; noise moves them, as in VITS."""
    h = g.conv(x, HIDDEN, HIDDEN)
    if speaker:
        h = g.op("Add", h, g.conv(speaker, SPEAKER, HIDDEN))
    h = g.op("Mul", g.conv(g.op("Relu", g.op("Mul", h, mask)), HIDDEN, 2, kernel=3), mask)
    sizes = g.shape(g.dim(h, 0), g.const(2), g.dim(h, 2))
    drawn = g.op("RandomNormalLike", g.op("ConstantOfShape", sizes), dtype=TensorProto.FLOAT)
    z = g.op("Mul", g.op("Mul", drawn, noise_w), mask)
    # Neighbours' noise takes part, as it does in the flows of VITS.
    z = g.op("Mul", g.op("Add", h, g.conv(z, 2, 2, kernel=3)), mask)
    first, _ = g.split(z, [1, 1])
    # exp(0.8 + 0.4 n): mostly 2 to 4 frames for a phoneme or pad, about 70 ms for the two.
    logw = g.op("Add", g.op("Mul", first, g.const(0.4, np.float32)), g.const(0.8, np.float32))
    return g.op("Mul", g.op("Exp", logw), mask)


def _prior(
    g: Graph, frames: str, means: str, logs: str, *, mask: str, noise_scale: str
) -> tuple[str, str]:
    """Latent frames [N, C, frames] out of the phonemes' means and deviations, and their mask."""
    total = g.op("ReduceSum", frames, g.const([1, 2]), keepdims=0)
    total = g.op("Cast", g.op("Clip", total, g.const(1.0, np.float32)), to=TensorProto.INT64)
    longest = g.op("ReduceMax", total, keepdims=0)
    frame_mask = g.below(longest, total)
    pairs = g.op("Mul", g.unsqueeze(mask, 2), g.unsqueeze(frame_mask, -1))

    # Alignment: frame t belongs to the first phoneme whose cumulated duration exceeds t.
    rows, columns, steps = g.dim(pairs, 0), g.dim(pairs, 3), g.dim(pairs, 2)
    ends = g.op("CumSum", frames, g.const(-1))
    ends = g.op("Reshape", ends, g.shape(g.op("Mul", rows, columns)))
    zero, one = g.const(0.0, np.float32), g.const(1.0, np.float32)
    time = g.op("Range", zero, g.op("Cast", steps, to=TensorProto.FLOAT), one)
    before = g.op("Less", g.unsqueeze(time, 0), g.unsqueeze(ends, 1))
    before = g.op("Cast", before, to=TensorProto.FLOAT)
    before = g.op("Reshape", before, g.shape(rows, columns, steps))
    shifted = g.op("Pad", before, g.const([0, 1, 0, 0, 0, 0]))
    shifted = g.op("Slice", shifted, g.const([0]), g.const([-1]), g.const([1]))
    path = g.unsqueeze(g.op("Sub", before, shifted), 1)
    path = g.op("Mul", g.op("Transpose", path, perm=[0, 1, 3, 2]), pairs)
    path = g.op("Squeeze", path, g.const([1]))

    def spread(values: str) -> str:
        product = g.op("MatMul", path, g.op("Transpose", values, perm=[0, 2, 1]))
        return g.op("Transpose", product, perm=[0, 2, 1])

    mean, log = spread(means), spread(logs)
    drawn = g.op("RandomNormalLike", mean, dtype=TensorProto.FLOAT)
    noise = g.op("Mul", g.op("Mul", drawn, g.op("Exp", log)), noise_scale)
    return g.op("Add", mean, noise), frame_mask


def _flow(g: Graph, z: str, mask: str, speaker: str) -> str:
    """Two coupling layers, masked: one half moves the other."""
    half = LATENT // 2
    for _ in range(2):
        kept, moved = g.split(z, [half, half])
        h = g.op("Mul", g.conv(kept, half, HIDDEN), mask)
        h = g.op("Tanh", g.conv(h, HIDDEN, HIDDEN, kernel=5))
        if speaker:
            h = g.op("Add", h, g.conv(speaker, SPEAKER, HIDDEN))
        shift = g.op("Mul", g.conv(g.op("Mul", h, mask), HIDDEN, half), mask)
        moved = g.op("Mul", g.op("Sub", moved, shift), mask)
        z = g.op("Concat", moved, kept, axis=1)
    return z


def _decoder(g: Graph, z: str, speaker: str) -> None:
    """HiFi-GAN's shape: nothing here knows where a row ends."""
    channels = 24
    x = g.conv(z, LATENT, channels, kernel=7)
    if speaker:
        x = g.op("Add", x, g.conv(speaker, SPEAKER, channels))
    for factor, kernel, outputs in UPSAMPLING:
        x = g.upsample(g.op("LeakyRelu", x, alpha=0.1), channels, outputs, kernel, factor)
        channels = outputs
        branches = []
        for size, dilation in DILATIONS:
            h = g.conv(g.op("LeakyRelu", x, alpha=0.1), channels, channels, size, dilation)
            branches.append(g.op("Add", h, x))
        total = g.op("Add", *branches)
        x = g.op("Div", total, g.const(float(len(branches)), np.float32))
    x = g.conv(g.op("LeakyRelu", x, alpha=0.01), channels, 1, kernel=7)
    # Loud enough to hear and far from the clipping that would hide differences.
    quiet = g.op("Mul", x, g.const(0.08, np.float32))
    g.nodes.append(helper.make_node("Unsqueeze", [g.op("Tanh", quiet), g.const([1])], ["output"]))


def _model(g: Graph, speakers: int) -> onnx.ModelProto:
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch_size", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch_size"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        # An exported voice says [1] here, because `sid` is not among the dynamic axes.
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
    output = helper.make_tensor_value_info(
        "output", TensorProto.FLOAT, ["batch_size", 1, "time", None]
    )
    graph = helper.make_graph(g.nodes, "tiny_voice", inputs, [output], g.weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8, producer_name="chorale"
    )
    onnx.checker.check_model(model)
    return model


def voice_config(*, speakers: int = 1, deterministic: bool = False) -> dict[str, Any]:
    """The `.onnx.json` beside the model."""
    return {
        "audio": {"sample_rate": SAMPLE_RATE, "quality": "x_low"},
        "espeak": {"voice": "en-us"},
        "language": {"code": "en_US"},
        "dataset": "tiny",
        "inference": {
            "noise_scale": 0.0 if deterministic else 0.667,
            "length_scale": 1.0,
            "noise_w": 0.0 if deterministic else 0.8,
        },
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": {symbol: [index] for index, symbol in enumerate(SYMBOLS)},
        "num_symbols": EMBEDDINGS,
        "num_speakers": speakers,
        "speaker_id_map": {f"s{i}": i for i in range(speakers)} if speakers > 1 else {},
        "hop_length": HOP,
        "piper_version": "1.0.0",
    }


def write_tiny_voice(
    path: Path, *, speakers: int = 1, deterministic: bool = False, seed: int = 0
) -> Path:
    """Write the model to `path` and its json beside it; returns `path`."""
    onnx.save(tiny_voice(speakers=speakers, seed=seed), str(path))
    config = voice_config(speakers=speakers, deterministic=deterministic)
    header = path.with_name(path.name + ".json")
    header.write_text(json.dumps(config, ensure_ascii=False, indent=1), "utf-8")
    return path
