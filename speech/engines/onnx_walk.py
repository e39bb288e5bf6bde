"""Searches an ONNX graph and cuts parts out of it. It knows nothing of voices."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import onnx
from onnx import TensorProto, helper


class Mismatch(Exception):  # noqa: N818 - no failure: the graph is of another kind
    """The graph is not built as expected; the text ends a sentence for an operator."""


class GraphWalk:
    """Producers, consumers and descendants of the tensors of one model."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.ordered: Sequence[onnx.NodeProto] = list(model.graph.node)
        """In topological order, as ONNX requires."""
        self.makers: dict[str, onnx.NodeProto] = {}
        """Tensor to the node that produces it."""
        self._users: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in self.ordered:
            for name in node.output:
                self.makers[name] = node
            for name in node.input:
                self._users[name].append(node)
            if any(item.type in {item.GRAPH, item.GRAPHS} for item in node.attribute):
                raise Mismatch(f"{node.op_type} holds a graph of its own")

    def all(self, op: str) -> list[onnx.NodeProto]:
        """Every node of an operator."""
        return [node for node in self.ordered if node.op_type == op]

    def only(self, op: str) -> onnx.NodeProto:
        """The one node of an operator."""
        nodes = self.all(op)
        if len(nodes) != 1:
            raise Mismatch(f"it holds {len(nodes)} {op} nodes instead of one")
        return nodes[0]

    def producer(self, tensor: str, op: str) -> onnx.NodeProto:
        """The node that makes a tensor, which must be of an operator."""
        node = self.makers.get(tensor)
        if node is None or node.op_type != op:
            raise Mismatch(f"{tensor!r} comes from {node.op_type if node else 'outside'}, not {op}")
        return node

    def consumer(self, tensor: str, op: str) -> onnx.NodeProto:
        """The only node that takes a tensor, which must be of an operator."""
        users = self._users[tensor]
        if len(users) != 1 or users[0].op_type != op:
            raise Mismatch(f"{tensor!r} goes to {[node.op_type for node in users]}, not to {op}")
        return users[0]

    def descendants(self, tensor: str) -> set[str]:
        """Every tensor computed from this one, and itself."""
        found = {tensor}
        for node in self.ordered:
            if not found.isdisjoint(node.input):
                found.update(node.output)
        return found

    @staticmethod
    def attribute(node: onnx.NodeProto, name: str, default: Any) -> Any:
        """Value of an attribute, or the operator's default."""
        for item in node.attribute:
            if item.name == name:
                return helper.get_attribute_value(item)
        return default


def floats(name: str, channels: int | str, steps: str) -> onnx.ValueInfoProto:
    """A float tensor of N rows, for the ends of a graph."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, steps])


def extract(
    model: onnx.ModelProto,
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """Cut out what computes `outputs` from `inputs`.

    Args:
        model: Left as it is.
        inputs: Tensors that become inputs, where they are needed at all.
        outputs: Tensors that become outputs.

    Raises:
        Mismatch: the outputs need an input that is not among `inputs`.
    """
    walk = GraphWalk(model)
    weights = {item.name for item in model.graph.initializer}
    used: set[str] = set()
    kept: set[int] = set()
    given = {item.name for item in inputs}
    waiting = [item.name for item in outputs]
    while waiting:
        tensor = waiting.pop()
        if not tensor or tensor in used:
            continue
        used.add(tensor)
        if tensor in given or tensor in weights:
            continue
        node = walk.makers.get(tensor)
        if node is None:
            raise Mismatch(f"{tensor!r} is needed where it is not known")
        if id(node) not in kept:
            kept.add(id(node))
            waiting.extend(node.input)
    graph = helper.make_graph(
        [node for node in walk.ordered if id(node) in kept],
        "part",
        [item for item in inputs if item.name in used],
        list(outputs),
        [item for item in model.graph.initializer if item.name in used],
    )
    return helper.make_model(
        graph,
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
        functions=model.functions,
    )
