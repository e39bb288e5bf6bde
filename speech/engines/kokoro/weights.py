"""Kokoro-82M's weights: from the official `.pth`, or from a published ONNX graph.

Names are those of the official file, with the part before the dot: `predictor.F0.0.conv1.weight`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import numpy.typing as npt
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor

from speech.engines.onnx_walk import GraphWalk, Mismatch
from speech.errors import ConfigError

Array = npt.NDArray[np.float32]

Values = Mapping[str, npt.NDArray[np.generic]]

_UNREADABLE = (
    *(OSError, DecodeError, Mismatch, UnpicklingError),
    *(LookupError, ValueError, RuntimeError, AttributeError),
)
_OUTER = ("encoder.", "decoder.")
_PARTS = ("bert", "bert_encoder", "predictor", "text_encoder", "decoder")
_AGAIN = re.compile(r"_\d+$")
_OF_PREDICTOR = re.compile(r"(F0|N)(\.|_proj)|shared")


def read_weights(path: Path) -> dict[str, Tensor]:
    """All weights in single precision, weight norms folded.

    Raises:
        ConfigError: the file is missing, or of another kind.
    """
    try:
        if path.suffix == ".onnx":
            found = graph_weights(onnx.load(path))
            return {name: torch.tensor(value) for name, value in found.items()}
        return _official(torch.load(path, map_location="cpu", weights_only=True))
    except _UNREADABLE as e:
        raise ConfigError(f"{path} holds no weights of Kokoro: {e!r}") from e


def _official(parts: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """The file is a state for each part, of modules that were wrapped."""
    raw = {
        f"{part}.{name.removeprefix('module.')}": value.float()
        for part in _PARTS
        for name, value in parts[part].items()
    }
    found = {}
    for name, value in raw.items():
        if name.endswith((".weight_g", ".parametrizations.weight.original0")):
            continue
        for suffix, scale in (
            (".weight_v", ".weight_g"),
            (".parametrizations.weight.original1", ".parametrizations.weight.original0"),
        ):
            if name.endswith(suffix):
                base = name.removesuffix(suffix)
                # w = g v / |v|, a norm for each of the first dimension (Salimans and Kingma 2016).
                norm = value.flatten(1).norm(dim=1).clamp(min=1e-12)
                norm = norm.view(-1, *[1] * (value.dim() - 1))
                found[f"{base}.weight"] = value * (raw[f"{base}{scale}"] / norm)
                break
        else:
            found[name] = value
    return found


def graph_weights(model: onnx.ModelProto) -> dict[str, Array]:
    """Weights of an ONNX graph; those in 8 bits are what their integers stand for.

    Exporters fold and rename weights, but name a node by the module that it computes.

    Raises:
        Mismatch, KeyError, ValueError: the graph is built otherwise.
    """
    values = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    found = {
        name.partition(".")[2]: value.astype(np.float32)
        for name, value in values.items()
        if name.startswith(_OUTER) and value.dtype.kind == "f" and not name.endswith("_scale")
    }
    walk = GraphWalk(model)
    for node in walk.ordered:
        module = _module(node.name)
        for part, value in _of_node(node, values, walk) if module else ():
            found.setdefault(f"{module}.{part}", value)
    return found


def _of_node(node: onnx.NodeProto, values: Values, walk: GraphWalk) -> Iterator[tuple[str, Array]]:
    """Weights that a node computes with, by their names in its module."""
    operator, inputs = node.op_type, node.input
    if operator in {"Conv", "ConvTranspose"} and inputs[1] in values:
        yield "weight", values[inputs[1]].astype(np.float32)
    elif operator == "ConvInteger":
        yield "weight", dequantized(values, inputs[1], inputs[3])
    elif operator == "MatMulInteger":
        yield "weight", dequantized(values, inputs[1], inputs[3]).T
    elif operator == "MatMul" and inputs[1] in values:
        yield "weight", values[inputs[1]].astype(np.float32).T
    elif operator == "DequantizeLinear" and (maker := walk.makers.get(inputs[0])) is not None:
        yield "weight", dequantized(values, maker.input[0], inputs[2])
    elif operator == "LSTM":
        yield from _lstm(*(values[name].astype(np.float32) for name in inputs[1:4]))
    elif operator == "DynamicQuantizeLSTM":
        yield from _lstm(*lstm_arrays(node, values))


def dequantized(values: Values, name: str, zero: str) -> Array:
    """What the integers of a weight stand for; its scale has its name."""
    scale = values[f"{name.removesuffix('_quantized')}_scale"]
    whole = values[name].astype(np.float32) - values[zero].astype(np.float32)
    result: Array = whole * scale.astype(np.float32)
    return result


def lstm_arrays(node: onnx.NodeProto, values: Values) -> tuple[Array, Array, Array]:
    """`W`, `R` and `B` of the LSTM that a quantized one stands for."""
    found = []
    for place in (1, 2):
        # Transposed, and with a scale for each direction.
        whole = values[node.input[place]].astype(np.float32)
        scale, zero = (values[node.input[8 + 2 * place - 2 + k]].astype(np.float32) for k in (0, 1))
        wide = (slice(None), *[None] * (3 - scale.ndim), *[slice(None)] * (scale.ndim - 1))
        found.append(((whole - zero[wide]) * scale[wide]).transpose(0, 2, 1))
    return found[0], found[1], values[node.input[3]].astype(np.float32)


def _lstm(inner: Array, outer: Array, bias: Array) -> Iterator[tuple[str, Array]]:
    """As torch has them: the gates in the order i, f, g, o, where ONNX has i, o, f, g."""
    for direction, suffix in enumerate(("", "_reverse")):
        before, behind = np.split(bias[direction], 2)
        for part, value in (
            ("weight_ih", inner[direction]),
            ("weight_hh", outer[direction]),
            ("bias_ih", before),
            ("bias_hh", behind),
        ):
            i, o, f, g = np.split(value, 4)
            yield f"{part}_l0{suffix}", np.concatenate([i, f, g, o])


def _module(node: str) -> str:
    """The module whose product a node computes, by its name; empty where it tells none."""
    parts = node.split("/")[1:-1]
    # One layer of PL-BERT is computed twelve times; later nodes have a number.
    if len(parts) < 2 or parts[0] not in {"encoder", "decoder"} or _AGAIN.search(parts[-1]):
        return ""
    found = parts[1:2]
    for part in parts[2:]:
        # A member of a sequence has the name of that before its own.
        if part.startswith(f"{found[-1]}."):
            found[-1] = part
        else:
            found.append(part)
    name = ".".join(found)
    return f"predictor.{name}" if _OF_PREDICTOR.match(name) else name
