"""How fast a voice speaks on one core, beside a fixed piece of work on the same core.

The machine's noise is in both: the ratio of the two times is what can be compared.
"""

from collections.abc import Callable
from functools import partial
from time import process_time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

REPLY = "The quick brown fox jumps over the lazy dog today."
"""About 3 s."""
PHRASE = "Good morning, Maria!"
"""20 characters."""
ROUNDS = 15
SIZE, PRODUCTS = 512, 8


def one_core() -> onnxruntime.SessionOptions:
    """Options of a session that takes one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return options


def speed(say: Callable[[str], float]) -> dict[str, float]:
    """Time a voice whose `say` returns the seconds of audio it made of a text.

    Returns:
        Medians over ROUNDS, taken in turn, in milliseconds of processor time: `reply_ms`,
        `phrase_ms` and `reference_ms`; `reply_seconds` of audio; `times_real_time` of the reply;
        and `reply_per_reference` and `phrase_per_reference`, which the machine's load leaves as
        they are.
    """
    reference = _reference()
    seconds = say(REPLY)
    say(PHRASE)
    reference()
    tasks: dict[str, Callable[[], object]] = {
        "reply": partial(say, REPLY),
        "phrase": partial(say, PHRASE),
        "reference": reference,
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            begin = process_time()
            task()
            times[name].append(1000 * (process_time() - begin))
    middle = {name: float(np.median(found)) for name, found in times.items()}
    return {
        **{f"{name}_ms": round(value, 2) for name, value in middle.items()},
        "reply_seconds": round(seconds, 2),
        "times_real_time": round(1000 * seconds / middle["reply"], 1),
        "reply_per_reference": round(middle["reply"] / middle["reference"], 3),
        "phrase_per_reference": round(middle["phrase"] / middle["reference"], 3),
    }


def _reference() -> Callable[[], object]:
    """8 products of 512 x 512 matrices in single precision, 2.1 GFLOP, by the same runtime."""
    names = [f"x{i}" for i in range(PRODUCTS + 1)]
    nodes = [helper.make_node("MatMul", [names[i], "x0"], [names[i + 1]]) for i in range(PRODUCTS)]
    shape = helper.make_tensor_type_proto(TensorProto.FLOAT, [SIZE, SIZE])
    ends = [helper.make_value_info(name, shape) for name in (names[0], names[-1])]
    graph = helper.make_graph(nodes, "reference", ends[:1], ends[1:])
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opset)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), one_core(), providers=["CPUExecutionProvider"]
    )
    feed = {"x0": np.eye(SIZE, dtype=np.float32)}
    return lambda: session.run(None, feed)
