"""hibari's ONNX graph, cut where spectra lie frame by frame and durations are not yet rounded."""

from typing import NamedTuple

import onnx
from onnx import TensorProto, helper

from speech.engines.onnx_walk import GraphWalk, Mismatch, extract
from speech.errors import ConfigError


class HibariGraph(NamedTuple):
    """The cut graph: `ids` [1, T] and `speed` [1] in."""

    model: bytes
    outputs: tuple[str, str, str]
    """Spectra [1, F, 3005], pitch [1, F] in Hertz; and how many units of 2 frames each id should
    last [T], of which F is made by rounding, at least 1."""


def read_graph(content: bytes) -> HibariGraph:
    """Cut a hibari graph.

    As published its five spectra come as [1, 601, F], after a transpose and a split. Cut before
    both, a frame's numbers lie together: `lh, theta, ln, lr, phi`, 601 of each.

    Raises:
        ConfigError: it is no such graph.
    """
    try:
        model = onnx.load_from_string(content)
        walk = GraphWalk(model)
        split = walk.producer("lh", "Split")
        spectra = walk.producer(split.input[0], "Transpose").input[0]
        clip = walk.producer(walk.producer(walk.only("CumSum").input[0], "Cast").input[0], "Clip")
        durations = walk.producer(clip.input[0], "Round").input[0]
        outputs = (spectra, "f0", durations)
        cut = extract(
            model,
            list(model.graph.input),
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        )
    except (Mismatch, ValueError, IndexError, onnx.onnx_cpp2py_export.checker.ValidationError) as e:
        raise ConfigError(f"this is no hibari graph: {e}") from e
    return HibariGraph(cut.SerializeToString(), outputs)
