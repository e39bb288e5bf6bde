"""The weights of a voice made by `training/`, out of its ONNX file. Knows no runtime.

Such a file holds one architecture (`training/model.py` and `training/sound.py` say what it is), in
any size and with any number of speakers. Most weights carry the names they had; a product's matrix
lost its name in the export and is found at the product that takes it. Matrices are stored in half
precision, as the ONNX graph stores them, and come back in single, as it computes with them.

A file is refused unless it has every weight of the architecture and no other, in shapes that fit
each other, and a graph of its operators and constants. So a voice that was built otherwise is an
error when it is loaded and never speaks wrongly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from speech.engines.piper_graph import BATCHING_KEY, HOP_KEY, SEED_KEY
from speech.errors import ConfigError

Floats = npt.NDArray[np.float32]

HOP = 240
"""Samples per frame."""
BINS = 513
"""Of the spectra: 1,024 points."""
TARGETS, ORDER, BANDS = 47, 39, 5
"""Of a frame: mel-cepstrum of ORDER + 1, log F0, voicing, strengths of the BANDS."""
NOISE_ROWS, WANDERS = 137, (1_021, 1_019)
"""Blocks of noise, and lengths of the tables of slow noise."""

_PROPERTIES = {BATCHING_KEY: "masked", HOP_KEY: str(HOP), SEED_KEY: "input"}
_NUMBERS = (
    *(0.3, 0.12, 0.0, 1.0, 80.0, 1.5, 0.25, 0.5, 3.0),
    *(0.04, 50.0, 500.0, 11_500.0, np.pi, 1e-4, 2 * np.pi, 2.0, 14.0, 0.68, -1.0),
)
"""Plain numbers the graph may compute with."""
_OPERATORS = frozenset(
    (
        *("Abs", "Add", "Cast", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "Cos"),
        *("CumSum", "Div", "Equal", "Exp", "Flatten", "Floor", "Gather", "Greater"),
        *("LayerNormalization", "Less", "LessOrEqual", "Log", "MatMul", "Max", "MaxPool", "Min"),
        *("Mod", "Mul", "Neg", "Not", "Pad", "Range", "Reciprocal", "ReduceMax", "ReduceSum"),
        *("Relu", "Reshape", "Round", "Shape", "Sin", "Slice", "Sqrt", "Squeeze", "Sub"),
        *("Transpose", "Unsqueeze", "Where"),
    )
)
"""Operators the graph may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockWeights:
    """One ConvNeXt block. Matrices are [inputs, outputs]."""

    kernel: Floats
    """Depthwise, [C, 1, steps]."""
    kernel_bias: Floats
    dilation: int
    norm: Floats
    norm_bias: Floats
    widen: Floats
    widen_bias: Floats
    narrow: Floats
    narrow_bias: Floats
    scale: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterWeights:
    """Everything a voice of the architecture is made of."""

    encoder: tuple[BlockWeights, ...]
    duration_block: BlockWeights
    decoder: tuple[BlockWeights, ...]
    rest: Mapping[str, Floats]
    """By the names of `training/voice.py`, without what is in a block."""

    @property
    def symbols(self) -> int:
        """Ids run from 0 to one less."""
        return len(self.rest["network.symbols.weight"])

    @property
    def speakers(self) -> int:
        """How many the voice has."""
        return len(self.rest["network.speakers.weight"])

    @property
    def bytes(self) -> int:
        """Of all of it in single precision."""
        blocks = (*self.encoder, self.duration_block, *self.decoder)
        parts = [getattr(block, item.name) for block in blocks for item in fields(block)]
        arrays = [part for part in (*self.rest.values(), *parts) if isinstance(part, np.ndarray)]
        return sum(array.nbytes for array in arrays)

    @property
    def channels(self) -> int:
        """Of the network's states."""
        return int(self.rest["network.symbols.weight"].shape[1])


def read_weights(path: Path) -> StarterWeights:
    """Read a voice.

    Raises:
        ConfigError: the file is no ONNX model, or one of another architecture.
    """
    try:
        model = onnx.load(str(path))
    except Exception as error:  # protobuf's DecodeError is not importable without protobuf
        raise ConfigError(f"{path}: not an ONNX model: {error!r}") from error
    try:
        return _Reader(model).weights()
    except _ForeignError as error:
        raise ConfigError(
            f"{path}: the torch provider speaks voices made by this project's training, and this "
            f"is another network: {error}"
        ) from None


class _ForeignError(Exception):
    """The file is of another architecture; the message says what shows it."""


class _Reader:
    """Finds each weight once and notes what was taken."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model = model
        self._stored = {item.name: item for item in model.graph.initializer}
        self._nodes = {node.name: node for node in model.graph.node}
        self._taken: set[str] = set()

    def weights(self) -> StarterWeights:
        """Everything, checked.

        Raises:
            _ForeignError: something is missing, left over, or of another shape.
        """
        properties = {item.key: item.value for item in self._model.metadata_props}
        for key, value in _PROPERTIES.items():
            if properties.get(key) != value:
                raise _ForeignError(f"its property {key} is {properties.get(key)!r}, not {value!r}")
        symbols = self._named("network.symbols.weight", None, None)
        channels = symbols.shape[1]
        speakers = len(self._named("network.speakers.weight", None, channels))
        rest = {
            "network.symbols.weight": symbols,
            "network.speakers.weight": self._named("network.speakers.weight", speakers, channels),
            **self._linear("network.place", 4, channels),
            **self._linear("network.within", 4, channels),
            **self._norm("network.duration.0", channels),
            **self._linear("network.duration.1", channels, 1),
            **self._norm("network.out.0", channels),
            **self._linear("network.out.1", channels, TARGETS),
        }
        shapes: dict[str, tuple[int, ...]] = {
            "pace": (speakers,),
            "spread": (speakers, TARGETS),
            "network.mean": (speakers, TARGETS),
            "network.deviation": (speakers, TARGETS),
            "sound.window": (2 * HOP,),
            "sound.magnitude": (ORDER + 1, BINS),
            "sound.phase": (ORDER + 1, BINS),
            "sound.bands": (BANDS, BINS),
            "sound.low_cut": (BINS,),
            "sound.glide": (3, HOP),
            "sound.ramp": (HOP,),
            "sound.noise_real": (NOISE_ROWS, BINS),
            "sound.noise_imaginary": (NOISE_ROWS, BINS),
            "sound.wander": WANDERS[:1],
            "sound.other_wander": WANDERS[1:],
            "sound.gain": (speakers,),
            "sound.strength": (speakers, BANDS),
        }
        rest |= {name: self._named(name, *shape) for name, shape in shapes.items()}
        found = StarterWeights(
            encoder=self._blocks("encoder", channels, 5),
            duration_block=self._block("duration_block", channels, 5),
            decoder=self._blocks("decoder", channels, 7),
            rest=rest,
        )
        self._check_rest(speakers)
        return found

    def _check_rest(self, speakers: int) -> None:
        # The exporter folds columns of `mean` and `deviation` into tables of their own.
        columns = {
            name
            for name, item in self._stored.items()
            if name.startswith("onnx::Gather_") and list(item.dims) == [speakers, 1]
        }
        if left := sorted(self._stored.keys() - self._taken - columns - {"seed"}):
            raise _ForeignError(f"it has weights we do not know, {left[0]} among them")
        if other := {node.op_type for node in self._model.graph.node} - _OPERATORS:
            raise _ForeignError(f"it has operators ours has not: {', '.join(sorted(other))}")
        for node in self._model.graph.node:
            if node.op_type == "Constant" and node.attribute[0].HasField("t"):
                value: Any = numpy_helper.to_array(node.attribute[0].t)
                if value.dtype.kind == "f" and value.size == 1:
                    number = float(value.reshape(-1)[0])
                    if not any(np.isclose(number, ours, rtol=1e-6) for ours in _NUMBERS):
                        raise _ForeignError(f"it computes with {number:g}, which ours does not")

    def _blocks(self, part: str, channels: int, steps: int) -> tuple[BlockWeights, ...]:
        count = 0
        while f"network.{part}.{count}.scale" in self._stored:
            count += 1
        if not count:
            raise _ForeignError(f"it has no {part}")
        return tuple(self._block(f"{part}.{i}", channels, steps) for i in range(count))

    def _block(self, name: str, channels: int, steps: int) -> BlockWeights:
        convolution = self._node(f"/{name}/depthwise/Conv")
        dilations = [item.ints[0] for item in convolution.attribute if item.name == "dilations"]
        full = f"network.{name}"
        widen = self._product(f"/{name}/widen/MatMul", channels, None)
        wide = widen.shape[1]
        norm = self._norm(f"{full}.norm", channels)
        return BlockWeights(
            kernel=self._named(f"{full}.depthwise.weight", channels, 1, steps),
            kernel_bias=self._named(f"{full}.depthwise.bias", channels),
            dilation=int(dilations[0]) if dilations else 1,
            norm=norm[f"{full}.norm.weight"],
            norm_bias=norm[f"{full}.norm.bias"],
            widen=widen,
            widen_bias=self._named(f"{full}.widen.bias", wide),
            narrow=self._product(f"/{name}/narrow/MatMul", wide, channels),
            narrow_bias=self._named(f"{full}.narrow.bias", channels),
            scale=self._named(f"{full}.scale", channels),
        )

    def _linear(self, name: str, inputs: int, outputs: int) -> dict[str, Floats]:
        # `network.out.1` is computed by `/out/out.1/MatMul`: a Sequential names its parts in full.
        short = name.removeprefix("network.")
        first, _, second = short.partition(".")
        node = f"/{first}/{short}/MatMul" if second else f"/{first}/MatMul"
        return {
            f"{name}.weight": self._product(node, inputs, outputs),
            f"{name}.bias": self._named(f"{name}.bias", outputs),
        }

    def _norm(self, name: str, channels: int) -> dict[str, Floats]:
        return {
            f"{name}.{part}": self._named(f"{name}.{part}", channels) for part in ("weight", "bias")
        }

    def _product(self, node: str, inputs: int | None, outputs: int | None) -> Floats:
        return self._named(self._node(node).input[1], inputs, outputs)

    def _node(self, name: str) -> onnx.NodeProto:
        if name not in self._nodes:
            raise _ForeignError(f"it has no {name}")
        return self._nodes[name]

    def _named(self, name: str, *shape: int | None) -> Floats:
        """A weight of a shape, where None allows any."""
        stored = f"{name}.half" if f"{name}.half" in self._stored else name
        if stored not in self._stored:
            raise _ForeignError(f"it has no {name}")
        item = self._stored[stored]
        fits = len(item.dims) == len(shape) and all(
            wanted in {None, size} for wanted, size in zip(shape, item.dims, strict=True)
        )
        if not fits:
            raise _ForeignError(f"its {name} is {list(item.dims)}, not {list(shape)}")
        self._taken.add(stored)
        return np.asarray(numpy_helper.to_array(item), np.float32)
