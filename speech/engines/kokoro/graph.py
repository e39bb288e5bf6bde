"""Kokoro's ONNX graphs as they are published, edited to tell durations and to be given their noise.

They are exports of `KModel.forward_with_tokens` (kokoro 0.9, `model.py`): `tokens` or `input_ids`
[1, T], `style` [1, 256] and `speed` [1] to `audio`. Batch is 1 in all of them: what normalises over
time has no mask.
"""

from typing import Any, NamedTuple

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper

from speech.engines.noise import SIZE, noise_table
from speech.engines.onnx_walk import GraphWalk, Mismatch
from speech.errors import ConfigError

_NOISE, _UNITS = "noise_start", "units_at_speed_1"
_APART = 0x3779B
"""From one place that draws noise to the next, in numbers of the table."""
_RANDOM = {"RandomNormalLike", "RandomUniformLike", "RandomNormal", "RandomUniform"}
_NUMBERS: dict[int, np.dtype[Any]] = {
    TensorProto.FLOAT: np.dtype(np.float32),
    TensorProto.FLOAT16: np.dtype(np.float16),
    TensorProto.DOUBLE: np.dtype(np.float64),
    TensorProto.INT32: np.dtype(np.int32),
    TensorProto.INT64: np.dtype(np.int64),
}


class KokoroGraph(NamedTuple):
    """An edited graph. Inputs by name with their types; `noise_start` is there where it draws."""

    model: bytes
    inputs: dict[str, np.dtype[Any]]
    tokens: str
    audio: str
    units: str
    """How many units of 600 samples each id should last at speed 1, T floats that are divided by
    the speed and rounded, at least to 1. Empty where the graph does not show it."""
    deterministic: bool
    precision: str
    """Of its weights."""


def read_graph(content: bytes) -> KokoroGraph:
    """Read a graph and edit it.

    Raises:
        ConfigError: it is no such graph.
    """
    try:
        model = onnx.load_from_string(content)
        inputs: dict[str, np.dtype[Any]] = {
            item.name: _NUMBERS[item.type.tensor_type.elem_type] for item in model.graph.input
        }
        (tokens,) = inputs.keys() - {"style", "speed"}
        audio = model.graph.output[0].name
    except (DecodeError, KeyError, ValueError, IndexError) as e:
        raise ConfigError(f"this is no Kokoro graph: {e!r}") from e
    if tokens not in {"tokens", "input_ids"} or len(inputs) != 3:
        raise ConfigError(f"this is no Kokoro graph: its inputs are {', '.join(inputs)}")
    units = _expose_units(model)
    drawing = [node for node in model.graph.node if node.op_type in _RANDOM]
    deterministic = _give_noise(model, drawing)
    if drawing and deterministic:
        inputs[_NOISE] = np.dtype(np.int64)
    return KokoroGraph(
        model=model.SerializeToString(),
        inputs=inputs,
        tokens=tokens,
        audio=audio,
        units=units,
        deterministic=deterministic,
        precision=_precision(model),
    )


def _expose_units(model: onnx.ModelProto) -> str:
    """Make what is divided by the speed and then rounded an output; its name, or nothing."""
    try:
        walk = GraphWalk(model)
        paced = walk.descendants("speed")
        (units,) = [
            maker.input[0]
            for node in walk.all("Round")
            if (maker := walk.makers.get(node.input[0])) is not None
            and maker.op_type == "Div"
            and maker.input[1] in paced
        ]
    except (Mismatch, ValueError):
        return ""
    # Half precision in some graphs.
    model.graph.node.append(helper.make_node("Cast", [units], [_UNITS], to=TensorProto.FLOAT))
    model.graph.output.append(helper.make_tensor_value_info(_UNITS, TensorProto.FLOAT, None))
    return _UNITS


def _give_noise(model: onnx.ModelProto, drawing: list[onnx.NodeProto]) -> bool:
    """Let nodes that draw read a table from where `noise_start` says; whether all do."""
    opset = max((item.version for item in model.opset_import if not item.domain), default=0)
    if not drawing:
        return True
    if opset < 15:  # CastLike
        return False
    draw = np.random.Generator(np.random.Philox(key=1))
    tables = {"Normal": noise_table(), "Uniform": draw.random(SIZE, np.float32)}
    constants = {
        "noise.0": np.int64(0),
        "noise.1": np.int64(1),
        "noise.size": np.int64(SIZE),
        **{f"noise.{name}": table for name, table in tables.items()},
    }
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()
    )
    model.graph.input.append(helper.make_tensor_value_info(_NOISE, TensorProto.INT64, []))
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type in _RANDOM:
            place = drawing.index(node)
            nodes += _reading(model, node, f"noise.{place}", place * _APART)
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return True


def _reading(
    model: onnx.ModelProto, node: onnx.NodeProto, name: str, offset: int
) -> list[onnx.NodeProto]:
    """What replaces a node that draws: a stretch of the table, scaled as it would be."""
    kind = "Normal" if "Normal" in node.op_type else "Uniform"
    attribute = GraphWalk.attribute
    if kind == "Normal":
        scale, shift = attribute(node, "scale", 1.0), attribute(node, "mean", 0.0)
    else:
        shift = attribute(node, "low", 0.0)
        scale = attribute(node, "high", 1.0) - shift
    like = node.op_type.endswith("Like")
    dtype = attribute(node, "dtype", 0 if like else TensorProto.FLOAT)
    constants: dict[str, Any] = {
        "offset": np.int64(offset),
        "scale": np.float32(scale),
        "shift": np.float32(shift),
    }
    if not like:
        constants["shape"] = np.array(attribute(node, "shape", []), np.int64)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value), f"{name}.{part}")
        for part, value in constants.items()
    )

    def make(op: str, inputs: list[str], output: str, **more: int) -> onnx.NodeProto:
        return helper.make_node(op, inputs, [output], **more)

    shape = [make("Shape", [node.input[0]], f"{name}.shape")] if like else []
    last = (
        make("Cast", [f"{name}.moved"], node.output[0], to=dtype)
        if dtype
        else make("CastLike", [f"{name}.moved", node.input[0]], node.output[0])
    )
    return [
        *shape,
        make("ReduceProd", [f"{name}.shape"], f"{name}.count", keepdims=0),
        make("Range", ["noise.0", f"{name}.count", "noise.1"], f"{name}.range"),
        make("Add", [f"{name}.offset", _NOISE], f"{name}.start"),
        make("Add", [f"{name}.range", f"{name}.start"], f"{name}.places"),
        make("Mod", [f"{name}.places", "noise.size"], f"{name}.wrapped"),
        make("Gather", [f"noise.{kind}", f"{name}.wrapped"], f"{name}.flat"),
        make("Reshape", [f"{name}.flat", f"{name}.shape"], f"{name}.shaped"),
        make("Mul", [f"{name}.shaped", f"{name}.scale"], f"{name}.scaled"),
        make("Add", [f"{name}.scaled", f"{name}.shift"], f"{name}.moved"),
        last,
    ]


def _precision(model: onnx.ModelProto) -> str:
    """What most of its weights are kept in."""
    sizes = {"fp32": 0, "fp16": 0, "int8": 0}
    names = {
        TensorProto.FLOAT: "fp32",
        TensorProto.FLOAT16: "fp16",
        TensorProto.INT8: "int8",
        TensorProto.UINT8: "int8",
    }
    for item in model.graph.initializer:
        if name := names.get(item.data_type):
            sizes[name] += int(np.prod(item.dims))
    return max(sizes, key=lambda name: sizes[name])
