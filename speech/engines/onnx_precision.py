"""Which products of a voice's graph may be computed less exactly, and how they are in half.

A voice's weights are in matrix products and convolutions. Three kinds of them stay as they are:

- those that the lengths of phonemes come from: a phrase keeps its rhythm to the frame, and what
  was lost can be heard, and measured, as sound alone;
- the last ones before the sound: their outputs are pitch and spectrum or the waveform itself;
- small ones, under `SMALLEST` terms a sum: they cost nothing, and signal processing, which must be
  exact, hides among them.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 64
"""Terms of a sum."""
_PRODUCTS = {"MatMul", "Gemm", "Conv", "ConvTranspose"}
# What may follow a product in half: it would only be cast to and fro.
_BETWEEN = {"Add", "Relu", "LeakyRelu", "Tanh", "Sigmoid"}
_FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16}


def products(model: onnx.ModelProto, lengths: Iterable[str] = ()) -> list[str]:
    """First output of every product that may be computed less exactly, in the graph's order.

    Args:
        model: A voice's graph, or its part that makes the sound.
        lengths: Tensors the lengths of phonemes are in; what is rounded counts, too.
    """
    nodes = list(model.graph.node)
    makers = {name: node for node in nodes for name in node.output}
    rounded = [node.input[0] for node in nodes if node.op_type in {"Ceil", "Round"}]
    exact = _ancestors([*lengths, *rounded], makers)
    weights = _weights(model)
    chosen = [
        node
        for node in nodes
        if node.op_type in _PRODUCTS
        and not exact.intersection(node.output)
        and _terms(node, weights) >= SMALLEST
    ]
    # Those of which no other one takes what they make come last.
    earlier = _ancestors([name for node in chosen for name in node.input], makers)
    return [node.output[0] for node in chosen if node.output[0] in earlier]


def half_precision(model: onnx.ModelProto, chosen: Sequence[str]) -> onnx.ModelProto:
    """The graph with the chosen products, and what follows them closely, in half precision.

    Everything else, inputs and outputs included, stays in single precision. Onnxruntime's own
    converter goes the other way, all in half but for a list of exceptions, and would take sums of
    phase and of durations with it.

    Args:
        model: Left as it is.
        chosen: Outputs of products, as `products` names them.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    weights = _weights(result)
    halved = set(chosen)
    for node in graph.node:
        floats = [name for name in node.input if name and name not in weights]
        if node.op_type in _BETWEEN and floats and halved.issuperset(floats):
            halved.add(node.output[0])
    nodes: list[onnx.NodeProto] = []
    stored: dict[str, onnx.TensorProto] = {}
    cast: set[str] = set()
    for node in graph.node:
        if node.output[0] not in halved:
            nodes.append(node)
            continue
        for place, name in enumerate(node.input):
            if not name:
                continue
            node.input[place] = f"{name}.fp16"
            if name in weights:
                values = numpy_helper.to_array(weights[name]).astype(np.float16)
                stored[name] = numpy_helper.from_array(values, f"{name}.fp16")
            elif name not in halved and name not in cast:
                cast.add(name)
                nodes.append(_cast(name, f"{name}.fp16", TensorProto.FLOAT16))
        result_name = node.output[0]
        node.output[0] = f"{result_name}.fp16"
        nodes.extend((node, _cast(f"{result_name}.fp16", result_name, TensorProto.FLOAT)))
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(stored.values())
    return pruned(result)


def pruned(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph without nodes and weights that nothing takes any more; changes it in place."""
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    used = _ancestors([item.name for item in graph.output], makers)
    kept = [node for node in graph.node if used.intersection(node.output)]
    weights = [item for item in graph.initializer if item.name in used]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.initializer.extend(weights)
    return model


def _cast(source: str, target: str, kind: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [target], to=kind)


def _ancestors(tensors: Iterable[str], makers: dict[str, onnx.NodeProto]) -> set[str]:
    """The tensors, and all they are computed from."""
    found: set[str] = set()
    waiting = list(tensors)
    while waiting:
        name = waiting.pop()
        if name and name not in found:
            found.add(name)
            if name in makers:
                waiting.extend(_taken(makers[name]))
    return found


def _taken(node: onnx.NodeProto) -> Iterator[str]:
    """Tensors a node takes, also those that graphs inside it take from around it."""
    yield from node.input
    for item in node.attribute:
        for graph in (*([item.g] if item.HasField("g") else []), *item.graphs):
            for inner in graph.node:
                yield from _taken(inner)
            yield from (output.name for output in graph.output)


def _weights(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """Floating-point numbers that are stored in the graph, also those it casts before their use."""
    found = {item.name: item for item in model.graph.initializer if item.data_type in _FLOATS}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]]
    return found


def _terms(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> int:
    """Numbers that are added up for one output; 0 where the weights are not stored."""
    weight = weights.get(node.input[1])
    if weight is None:
        return 0
    shape = [int(size) for size in weight.dims]
    if node.op_type == "MatMul":
        return shape[-2] if len(shape) == 2 else 0
    if node.op_type == "Gemm":
        return min(shape)
    if node.op_type == "ConvTranspose":
        groups = next((int(item.i) for item in node.attribute if item.name == "group"), 1)
        return shape[0] // groups * math.prod(shape[2:])
    return math.prod(shape[1:])
