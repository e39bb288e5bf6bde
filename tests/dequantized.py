"""The 8-bit graph in single precision: what its integers stand for, computed exactly."""

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from speech.engines.kokoro.weights import dequantized, lstm_arrays
from speech.engines.onnx_walk import GraphWalk, extract


def dequantized_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph without integers and without the quantization of what flows in it."""
    values = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    walk = GraphWalk(model)
    floats: dict[str, str] = {}
    for node in walk.all("DynamicQuantizeLinear"):
        floats[node.output[0]] = node.input[0]
    added: list[onnx.TensorProto] = []
    instead: dict[str, onnx.NodeProto] = {}

    def keep(name: str, value: Any) -> str:
        added.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    for node in walk.ordered:
        kind = node.op_type
        if kind in {"ConvInteger", "MatMulInteger"}:
            weight = keep(f"{node.name}.float", dequantized(values, node.input[1], node.input[3]))
            scaled = next(
                it
                for it in walk.ordered
                if it.op_type == "Mul" and it.name in {f"{node.name}_output_scale_mul"}
            )
            inputs = [floats[node.input[0]], weight]
            if kind == "ConvInteger":
                inputs += _bias(node, walk, values)
            more = {item.name: helper.get_attribute_value(item) for item in node.attribute}
            made = helper.make_node(
                kind.removesuffix("Integer"), inputs, [scaled.output[0]], node.name, **more
            )
            instead[scaled.output[0]] = made
        elif kind == "DynamicQuantizeLSTM":
            names = [
                keep(f"{node.name}.{part}", value)
                for part, value in zip("WRB", lstm_arrays(node, values), strict=True)
            ]
            inputs = [node.input[0], *names, "", *node.input[5:7]]
            instead[node.output[0]] = helper.make_node(
                "LSTM", inputs, list(node.output), node.name,
                direction="bidirectional", hidden_size=256,
            )  # fmt: skip
        elif kind == "DequantizeLinear":
            maker = walk.makers[node.input[0]]
            name = maker.input[0].removesuffix("_quantized")
            table = keep(name, dequantized(values, maker.input[0], node.input[2]))
            instead[node.output[0]] = helper.make_node(
                "Gather", [table, maker.input[1]], list(node.output), node.name
            )
    model.graph.initializer.extend(added)
    nodes = [instead.get(node.output[0], node) for node in walk.ordered]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return extract(model, list(model.graph.input), list(model.graph.output))


def _bias(node: onnx.NodeProto, walk: GraphWalk, values: dict[str, Any]) -> list[str]:
    """The bias that is added in integers, if there is one."""
    for user in walk.ordered:
        if user.op_type == "Add" and node.output[0] in user.input:
            (other,) = set(user.input) - {node.output[0]}
            while other not in values:
                other = walk.makers[other].input[0]
            return [other]
    return []
