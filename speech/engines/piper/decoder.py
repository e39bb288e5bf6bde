"""The decoder of a stock Piper graph: what it convolves, at which rate, and how it is masked."""

from collections.abc import Mapping

import onnx
from onnx import TensorProto, helper

from speech.engines.onnx_walk import GraphWalk, Mismatch, floats

_QUANTIZED = {"QuantizeLinear", "DequantizeLinear"}
# Operators that treat every sample alike: they move nothing along time.
_POINTWISE = {
    *("Add", "Sub", "Mul", "Div", "Neg", "Tanh", "LeakyRelu", "Relu", "Elu", "Sigmoid", "Sin"),
    *("Pow", "Identity", "Clip", "Cast", "Sum", "PRelu", "Unsqueeze", "Squeeze", "Exp"),
    *_QUANTIZED,
}


def decoder_rates(
    walk: GraphWalk, output: str, mask: str, moving: set[str]
) -> tuple[int, dict[str, int]]:
    """Samples per frame; and the tensors the decoder convolves, with their steps per frame.

    Walks from the waveform back to the frames that the graph itself masks. Every convolution on
    the way must keep the length or multiply it by its stride: then the mask of a tensor is the
    frames' mask, each step repeated.
    """
    # Samples of the waveform per time step of a tensor.
    step: dict[str, int] = {output: 1}
    convolved: list[str] = []
    starts: set[str] = set()
    for node in reversed(walk.ordered):
        result = node.output[0]
        if result not in step:
            continue
        if node.op_type == "Mul" and mask in node.input:
            starts.add(result)
            continue
        stride = 1
        if node.op_type in {"Conv", "ConvTranspose"}:
            stride = _stride(walk, node)
            sources = [name for name in node.input[:1] if name in moving]
            convolved.extend(sources)
        elif node.op_type in _POINTWISE:
            sources = [name for name in node.input if name in moving]
        else:
            raise Mismatch(f"the decoder holds {node.op_type}")
        for name in sources:
            if step.setdefault(name, step[result] * stride) != step[result] * stride:
                raise Mismatch("the decoder joins different rates")
    if len(starts) != 1:
        raise Mismatch(f"the decoder begins at {len(starts)} masked tensors instead of one")
    start = starts.pop()
    hop = step[start]
    return hop, {name: hop // step[name] for name in convolved if name != start}


def mask_inputs(sound: onnx.ModelProto, convolved: Mapping[str, int], mask: str) -> dict[int, str]:
    """Put a mask before every convolution of the decoder; changes `sound`. See `PiperGraph.masks`.

    Masks are inputs rather than computed: numpy repeats them faster than it is written in ONNX.
    """
    masks = {1: mask}
    makers = {name: node for node in sound.graph.node for name in node.output}
    steps_of: dict[str, int] = {}
    for node in sound.graph.node:
        tensor = node.input[0] if node.input else ""
        if node.op_type in {"Conv", "ConvTranspose"} and tensor in convolved:
            # Whole numbers are masked before they become such: what stands right before a
            # convolution is fused with it.
            taker = node
            while (maker := makers.get(taker.input[0])) and maker.op_type in _QUANTIZED:
                taker = maker
            steps_of[taker.output[0]] = convolved[tensor]
    masked: set[str] = set()
    half: set[str] = set()
    nodes: list[onnx.NodeProto] = []
    for node in sound.graph.node:
        if node.output[0] in steps_of:
            tensor, steps = node.input[0], steps_of[node.output[0]]
            name = masks.setdefault(steps, f"{mask}_x{steps}")
            if tensor not in masked:
                masked.add(tensor)
                if tensor in half:
                    name = _halved(name, nodes, half)
                    half.add(f"{tensor}_masked")
                nodes.append(helper.make_node("Mul", [tensor, name], [f"{tensor}_masked"]))
            node.input[0] = f"{tensor}_masked"
        nodes.append(node)
        # Of the decoder's operators the first input gives the type, but of a cast.
        to = GraphWalk.attribute(node, "to", 0) if node.op_type == "Cast" else 0
        if to == TensorProto.FLOAT16 or (not to and half.intersection(node.input[:1])):
            half.update(node.output)
    del sound.graph.node[:]
    sound.graph.node.extend(nodes)
    sound.graph.input.extend(
        floats(name, 1, f"frames_x{steps}") for steps, name in masks.items() if steps > 1
    )
    return masks


def _halved(mask: str, nodes: list[onnx.NodeProto], half: set[str]) -> str:
    """A mask in half precision; casts it where that was not done yet."""
    name = f"{mask}.fp16"
    if name not in half:
        half.add(name)
        nodes.append(helper.make_node("Cast", [mask], [name], to=TensorProto.FLOAT16))
    return name


def _stride(walk: GraphWalk, node: onnx.NodeProto) -> int:
    """Upsampling factor of a convolution, whose output must be exactly so much longer."""
    shape = list(walk.attribute(node, "kernel_shape", []))
    if len(shape) != 1 or walk.attribute(node, "auto_pad", b"NOTSET") not in {b"NOTSET", "NOTSET"}:
        raise Mismatch(f"{node.name or node.op_type} is no plain 1-d convolution")
    left, right = walk.attribute(node, "pads", [0, 0])
    (stride,) = walk.attribute(node, "strides", [1])
    (dilation,) = walk.attribute(node, "dilations", [1])
    span = (shape[0] - 1) * dilation
    if node.op_type == "Conv":
        if stride != 1 or left + right != span:
            raise Mismatch(f"{node.name or 'a convolution'} changes the length")
        return 1
    (extra,) = walk.attribute(node, "output_padding", [0])
    if span + 1 + extra - left - right != stride:
        raise Mismatch(f"{node.name or 'a transposed convolution'} changes the length")
    return int(stride)
