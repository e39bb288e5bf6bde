import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper

from speech.engines.hibari.graph import widen


def convolutions() -> ModelProto:
    """One over each channel by itself, and one over all of them."""
    draw = np.random.default_rng(0)
    apart, mixed = (
        draw.standard_normal(shape).astype(np.float32) for shape in ((8, 1, 7), (4, 8, 3))
    )
    bias = np.arange(8, dtype=np.float32)
    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node(
                    "Conv", ["x", "apart", "bias"], ["y"], group=8, pads=[6, 6], dilations=[2]
                ),
                helper.make_node("Conv", ["y", "mixed"], ["z"], pads=[1, 1]),
            ],
            "convolutions",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8, "f"])],
            [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 4, "f"])],
            [
                numpy_helper.from_array(values, name)
                for name, values in (("apart", apart), ("mixed", mixed), ("bias", bias))
            ],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def test_convolutions_over_an_image_are_those_over_a_line() -> None:
    model, wide = convolutions(), convolutions()
    widen(wide)
    ranks = [len(item.dims) for item in wide.graph.initializer if item.name in {"apart", "mixed"}]
    assert ranks == [4, 3]
    x = np.random.default_rng(1).standard_normal((1, 8, 50)).astype(np.float32)
    found, wanted = (
        onnxruntime.InferenceSession(it.SerializeToString()).run(None, {"x": x})[0]
        for it in (wide, model)
    )
    assert np.abs(found - wanted).max() < 1e-4 < np.abs(wanted).max()
