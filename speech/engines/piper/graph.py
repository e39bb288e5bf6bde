"""What a Piper voice's ONNX graph is, and how it can be batched exactly. Knows no runtime.

Two kinds of graph:

`split`: a stock export of VITS. It draws its noise inside, takes one `scales` for the whole batch
and decodes without a mask, so a padded row would end differently than alone. It is cut in two
where the noise enters, and what lay between is done in numpy, row by row at each row's own length:

    text model    input, input_lengths, scales, [sid], [duration noise]
                  -> w, m, logs per phoneme: width at length_scale 1, mean, log deviation
    between       durations = ceil(w * length_scale); each phoneme's m and logs repeated so often;
                  z_p = m + noise * exp(logs) * noise_scale
    sound model   z_p, masks, [sid] -> waveform

The formulas are those of `infer` in VITS (Kim et al. 2021, arXiv:2106.06103, section 2.2). Doing
the repetition in numpy also saves the graph's alignment matrices of phonemes x frames. The flow is
masked by itself. The decoder is not: behind a row it would compute on from its biases, and its
kernels would carry that back into the row's end. So whatever it convolves is multiplied by a mask
first. Zeros are what a convolution sees beyond the end of a row that is alone, so every row comes
out as the stock graph renders it alone, to its last sample, and no frame is rendered in vain.

`stock`: anything else. It runs one phrase at a time, and `reason` says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import onnx
from onnx import TensorProto, helper

from speech.engines.onnx_walk import GraphWalk, Mismatch, extract, floats
from speech.engines.piper.decoder import decoder_rates, mask_inputs
from speech.errors import ConfigError

_TAKES = {"input", "input_lengths", "scales", "sid"}
_RANDOM = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli"}
# Scales a tensor by its largest value, whichever row of the batch that is in.
_WHOLE_BATCH = "DynamicQuantizeLinear"
_COMPANY = "it is quantized by what stands in the batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class PiperGraph:
    """A voice's graph, ready to be loaded."""

    kind: Literal["split", "stock"]
    reason: str
    """How the graph batches, or why it cannot, in words for an operator."""
    models: tuple[bytes, ...]
    """Serialized ONNX: text and sound model of a split graph, else the whole."""
    symbols: int
    """Rows of the phoneme embedding: ids run from 0 to `symbols - 1`."""
    multi_speaker: bool
    """Whether the graph takes `sid`."""
    hop: int
    """Samples per frame; 0 for a stock graph, whose audio is not trimmed."""
    masks: Mapping[int, str] = field(default_factory=dict)
    """The sound model's masks: steps per frame to the name of the input, [N, 1, frames * steps]."""
    duration_noise: str = ""
    """Name of the text model's noise input, [N, 2, T]; empty where it draws none."""
    names: tuple[str, ...] = ()
    """Split: w, m, logs, z_p, waveform. Stock: waveform, and durations where they were found."""


def read_graph(path: Path, config: Mapping[str, Any]) -> PiperGraph:
    """Read a voice's model and decide how it runs.

    Args:
        path: The `.onnx` file.
        config: The parsed `.onnx.json`.

    Raises:
        ConfigError: the file is no ONNX model of a Piper voice.
    """
    try:
        model = onnx.load(str(path))
    except Exception as error:  # protobuf's DecodeError is not importable without protobuf
        raise ConfigError(f"{path}: not an ONNX model: {error!r}") from error
    inputs = {item.name for item in model.graph.input}
    inputs -= {item.name for item in model.graph.initializer}
    if not {"input", "input_lengths", "scales"} <= inputs <= _TAKES:
        raise ConfigError(f"{path}: not a Piper voice: its inputs are {sorted(inputs)}")
    symbols = _symbols(model, config)
    speakers = "sid" in inputs
    try:
        return _split(model, symbols=symbols, multi_speaker=speakers)
    except Mismatch as mismatch:
        durations = _exposed_durations(model)
        return PiperGraph(
            kind="stock",
            reason=f"one phrase at a time: the graph could not be split, {mismatch}",
            models=(model.SerializeToString(),),
            symbols=symbols,
            multi_speaker=speakers,
            hop=0,
            names=(model.graph.output[0].name, *durations),
        )


def _exposed_durations(model: onnx.ModelProto) -> tuple[str, ...]:
    """Make the durations an output of a graph; returns its name, none where they are not found."""
    ceils = [node.output[0] for node in model.graph.node if node.op_type == "Ceil"]
    if len(ceils) != 1:
        return ()
    model.graph.output.append(floats(ceils[0], 1, "t"))
    return (ceils[0],)


def _scales_with_company(model: onnx.ModelProto) -> bool:
    return any(node.op_type == _WHOLE_BATCH for node in model.graph.node)


def _symbols(model: onnx.ModelProto, config: Mapping[str, Any]) -> int:
    shapes = {item.name: item.dims for item in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[1] == "input" and node.input[0] in shapes:
            return int(shapes[node.input[0]][0])
    return int(config.get("num_symbols") or 256)


def _split(model: onnx.ModelProto, *, symbols: int, multi_speaker: bool) -> PiperGraph:
    if _scales_with_company(model):
        raise Mismatch(_COMPANY)
    walk = GraphWalk(model)
    output = model.graph.output[0].name
    ceil = walk.only("Ceil")
    framed = walk.descendants(ceil.output[0])
    noises = walk.all("RandomNormalLike")
    prior = [node for node in noises if node.output[0] in framed]
    duration = [node for node in noises if node.output[0] not in framed]
    if len(prior) != 1 or len(duration) > 1:
        raise Mismatch(f"{len(prior)} noises of the prior and {len(duration)} of the durations")
    for node in noises:
        if walk.attribute(node, "mean", 0.0) != 0.0 or walk.attribute(node, "scale", 1.0) != 1.0:
            raise Mismatch("its noise is not standard normal")

    width = _other(walk, ceil.input[0], "Mul", scale=True)
    z_p, m, logs = _prior(walk, prior[0])
    mask = _mask(walk, output, z_p, framed)
    moving = walk.descendants(z_p)
    hop, convolved = decoder_rates(walk, output, mask, moving)

    noise = duration[0].output[0] if duration else ""
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["n", "t"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["n"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        floats(noise, 2, "t"),
    ]
    # In exports of one speaker a weight happens to bear the name `sid`.
    sid = helper.make_tensor_value_info("sid", TensorProto.INT64, ["n"])
    speaker = [sid] if multi_speaker else []
    outputs = [floats(width, 1, "t"), floats(m, "c", "t"), floats(logs, "c", "t")]
    text = extract(model, [*inputs, *speaker], outputs)
    frames = [floats(z_p, "c", "frames"), floats(mask, 1, "frames")]
    sound = extract(model, [*frames, *speaker], [model.graph.output[0]])
    masks = mask_inputs(sound, convolved, mask)
    for part in (text, sound):
        if random := {node.op_type for node in part.graph.node} & _RANDOM:
            raise Mismatch(f"{random.pop()} is left in it")
    return PiperGraph(
        kind="split",
        reason="padded, with the noise fed in and the decoder masked, trimmed by its durations",
        models=(text.SerializeToString(), sound.SerializeToString()),
        symbols=symbols,
        multi_speaker=multi_speaker,
        hop=hop,
        masks=masks,
        duration_noise=noise,
        names=(width, m, logs, z_p, output),
    )


def _other(walk: GraphWalk, tensor: str, op: str, *, scale: bool = False, exp: bool = False) -> str:
    """The other operand where `tensor` is a product with an element of `scales`, or with an Exp."""
    node = walk.producer(tensor, op)
    for this, other in (node.input, reversed(node.input)):
        if scale and _is_scale(walk, this):
            return str(other)
        if exp and (maker := walk.makers.get(this)) and maker.op_type == "Exp":
            return str(other)
    raise Mismatch(f"{node.name or op} multiplies something else than expected")


def _is_scale(walk: GraphWalk, tensor: str) -> bool:
    while tensor != "scales":
        node = walk.makers.get(tensor)
        if node is None or node.op_type not in {
            *("Gather", "Slice", "Split", "Squeeze", "Unsqueeze", "Reshape", "Identity", "Cast")
        }:
            return False
        tensor = node.input[0]
    return True


def _prior(walk: GraphWalk, noise: onnx.NodeProto) -> tuple[str, str, str]:
    """Names of z_p = frames(m) + noise * exp(frames(logs)) * noise_scale, of m and of logs."""
    spread = walk.consumer(noise.output[0], "Mul")
    exp_side = next((name for name in spread.input if name != noise.output[0]), "")
    logs_frames = walk.producer(exp_side, "Exp").input[0]
    scaled = walk.consumer(spread.output[0], "Mul")
    if _other(walk, scaled.output[0], "Mul", scale=True) != spread.output[0]:
        raise Mismatch("the prior's noise is not scaled by `scales`")
    total = walk.consumer(scaled.output[0], "Add")
    m_frames = next((name for name in total.input if name != scaled.output[0]), "")
    m_path, m = _repeated(walk, m_frames)
    logs_path, logs = _repeated(walk, logs_frames)
    if m_path != logs_path:
        raise Mismatch("mean and deviation follow different alignments")
    return str(total.output[0]), m, logs


def _repeated(walk: GraphWalk, frames: str) -> tuple[str, str]:
    """Alignment and phoneme tensor [N, C, T] of frames = transpose(alignment @ transpose(x))."""
    outer = walk.producer(frames, "Transpose")
    product = walk.producer(outer.input[0], "MatMul")
    inner = walk.producer(product.input[1], "Transpose")
    for node in (outer, inner):
        if list(walk.attribute(node, "perm", [])) != [0, 2, 1]:
            raise Mismatch("the length regulator is not the one of VITS")
    return str(product.input[0]), str(inner.input[0])


def _mask(walk: GraphWalk, output: str, z_p: str, framed: set[str]) -> str:
    """The float mask of frames, [N, 1, T]: what reaches the sound beside z_p and the speaker."""
    found: set[str] = set()
    waiting, seen = [output], {z_p}
    while waiting:
        tensor = waiting.pop()
        if tensor in seen:
            continue
        seen.add(tensor)
        if tensor in framed and _is_mask(walk, tensor):
            found.add(tensor)
            continue
        node = walk.makers.get(tensor)
        if node is not None:
            if node.op_type == "Ceil":
                raise Mismatch("durations reach the sound by another way than the frame mask")
            waiting.extend(name for name in node.input if name)
    if len(found) != 1:
        raise Mismatch(f"{len(found)} frame masks instead of one")
    return found.pop()


def _is_mask(walk: GraphWalk, tensor: str) -> bool:
    node = walk.makers.get(tensor)
    if node is None or node.op_type != "Cast" or walk.attribute(node, "to", 0) != TensorProto.FLOAT:
        return False
    while node is not None and node.op_type in {"Cast", "Unsqueeze"}:
        node = walk.makers.get(node.input[0])
    return node is not None and node.op_type == "Less"
