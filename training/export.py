"""Checkpoint to a voice in Piper's format: calibrated, written as ONNX, made small.

    python -m training.export OUT.onnx [--work DIR]

Calibration uses validation sentences only: the pace, so that a speaker is neither hurried nor slow
on average; the spread of the cepstra, which training on absolute errors narrows; and the gain.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from training.features import HOP, ORDER, SAMPLE_RATE
from training.loudness import loudness
from training.sound import BINS, POINTS
from training.teachers import WORK
from training.tiny_voice import SYMBOLS
from training.train import Row, collate, load
from training.voice import Voice, load_network

LOUDNESS = -16.0
"""LUFS over concatenated speech, per speaker."""
SHARPER = 1.05
"""Spread of the cepstra beyond the teachers'. At 1.07 P.808 rose by 0.04 (slt) and 0.07 (rms), and
DNSMOS overall changed by -0.05 and +0.01, on 10 validation sentences."""
NOISE_SCALE, NOISE_W = 0.333, 0.333
"""The voice's own settings. Noise is a function of the place in the text: the same every time."""
PROPERTIES = {
    "chorale.batching": "masked",
    "chorale.hop_length": str(HOP),
    "chorale.seed": "input",
}


def calibrate(voice: Voice, rows: Sequence[Row], speakers: int) -> None:
    """Set pace, spread and gain from rows that were not trained on."""
    scales = torch.tensor([NOISE_SCALE, 1.0, NOISE_W])
    with torch.no_grad():
        for speaker in range(speakers):
            mine = [row for row in rows if row[0] == speaker][:24]
            if not mine:
                raise ValueError(f"no validation sentences of speaker {speaker}")
            batch = collate(mine, "cpu")
            sid, ids, lengths = batch["sid"], batch["ids"], batch["lengths"]
            states, log_frames, _ = voice.network.encode(ids, lengths, sid)
            guessed = torch.round(torch.expm1(log_frames).clamp(min=0)).sum()
            voice.pace[speaker] = (batch["durations"].sum() / guessed).clamp(0.9, 1.1)
            usual = torch.ones(len(mine), 1)
            values, inside = voice.network.decode(
                states, batch["durations"], sid, batch["targets"].shape[1], usual
            )
            goal = (batch["targets"] - voice.network.mean[speaker]) / voice.network.deviation[
                speaker
            ]
            chosen = inside.squeeze(-1) > 0
            ratio = goal[chosen].std(0) / values[chosen].std(0).clamp(min=1e-3)
            voice.spread[speaker, 1 : ORDER + 2] = ratio[1 : ORDER + 2].clamp(1.0, 1.35)
            voice.spread[speaker, 1 : ORDER + 1] *= SHARPER
            voice.sound.gain[speaker] = 1e-5
            for _ in range(4):
                wave, frames = voice(ids, lengths, scales, sid, torch.zeros_like(sid))
                spoken = np.concatenate(
                    [
                        line[0, : int(count) * HOP].numpy()
                        for line, count in zip(wave, frames.sum(1), strict=True)
                    ]
                )
                short = LOUDNESS - loudness(spoken, SAMPLE_RATE)
                voice.sound.gain[speaker] *= 10 ** (short / 20)


def write(voice: Voice, path: Path, speakers: Sequence[str], step: int) -> None:
    """Write model and json."""
    ids = torch.ones((2, 12), dtype=torch.int64)
    example = (
        ids,
        torch.tensor([12, 9]),
        torch.tensor([NOISE_SCALE, 1.0, NOISE_W]),
        torch.zeros(2, dtype=torch.int64),
        torch.zeros(2, dtype=torch.int64),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        voice,
        example,
        str(path),
        dynamo=False,
        opset_version=17,
        do_constant_folding=True,
        input_names=["input", "input_lengths", "scales", "sid", "seed"],
        output_names=["output", "durations"],
        dynamic_axes={
            "input": {0: "batch_size", 1: "phonemes"},
            "input_lengths": {0: "batch_size"},
            "scales": {0: "scales"},
            "sid": {0: "batch_size"},
            "seed": {0: "seeds"},
            "output": {0: "batch_size", 2: "time"},
            "durations": {0: "batch_size", 1: "phonemes"},
        },
    )
    model = onnx.load(str(path))
    shrink(model)
    # An input with a default: piper-tts, which knows no seeds, need not feed it.
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.int64), "seed"))
    for key, value in PROPERTIES.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    _free_scales(model)
    onnx.save(model, str(path))
    header = config(speakers, step)
    path.with_name(path.name + ".json").write_text(
        json.dumps(header, ensure_ascii=False, indent=1) + "\n", "utf-8"
    )


def _free_scales(model: onnx.ModelProto) -> None:
    """Scales are of rank 1 or 2; the exporter wrote the rank it saw, the checker wants one.

    ONNX Runtime takes any shape where none is declared.
    """
    for item in model.graph.input:
        if item.name == "scales":
            item.type.tensor_type.ClearField("shape")


def shrink(model: onnx.ModelProto) -> None:
    """Store weights in half precision and the Fourier bases as tables; both are undone on load.

    ONNX Runtime folds constants when it opens a model, so neither costs time when it speaks.
    """
    bases = {
        "forward_cos": (np.cos, HOP, False),
        "forward_sin": (lambda x: -np.sin(x), HOP, False),
        "inverse_cos": (np.cos, BINS, True),
        "inverse_sin": (lambda x: -np.sin(x), BINS, True),
    }
    nodes: list[onnx.NodeProto] = []
    kept: list[onnx.TensorProto] = []
    for item in model.graph.initializer:
        base = bases.get(item.name.rsplit(".", 1)[-1])
        if base:
            nodes += _basis(item.name, base[0], base[1], inverse=base[2])
        elif item.data_type == TensorProto.FLOAT and int(np.prod(item.dims)) >= 2_048:
            half = numpy_helper.to_array(item).astype(np.float16)
            kept.append(numpy_helper.from_array(half, f"{item.name}.half"))
            nodes.append(
                helper.make_node("Cast", [f"{item.name}.half"], [item.name], to=TensorProto.FLOAT)
            )
        else:
            kept.append(item)
    old = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend([*nodes, *old])


def _basis(name: str, function: Any, rows: int, *, inverse: bool) -> list[onnx.NodeProto]:
    """Nodes for table[(row * column) mod POINTS], times each row's weight when inverse.

    The angle is reduced in whole numbers: in floats, 512 x 512 turns of 1,024 would lose 5 digits.
    """
    table = function(2 * np.pi * np.arange(POINTS) / POINTS).astype(np.float32)
    constants = {
        "table": table,
        "rows": np.arange(rows)[:, None],
        "columns": np.arange(BINS)[None, :],
        "points": np.array(POINTS),
    }
    if inverse:
        weights = np.full((BINS, 1), 2.0 / POINTS, np.float32)
        weights[[0, -1]] /= 2
        constants["weights"] = weights
    nodes = [
        helper.make_node(
            "Constant", [], [f"{name}.{key}"], value=numpy_helper.from_array(np.asarray(value))
        )
        for key, value in constants.items()
    ]
    nodes += [
        helper.make_node("Mul", [f"{name}.rows", f"{name}.columns"], [f"{name}.product"]),
        helper.make_node("Mod", [f"{name}.product", f"{name}.points"], [f"{name}.place"]),
    ]
    gathered = f"{name}.unit" if inverse else name
    nodes.append(helper.make_node("Gather", [f"{name}.table", f"{name}.place"], [gathered]))
    if inverse:
        nodes.append(helper.make_node("Mul", [gathered, f"{name}.weights"], [name]))
    return nodes


def config(speakers: Sequence[str], step: int) -> dict[str, Any]:
    """The `.onnx.json` beside the model."""
    return {
        "audio": {"sample_rate": SAMPLE_RATE, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "language": {
            "code": "en_US",
            "family": "en",
            "region": "US",
            "name_native": "English",
            "name_english": "English",
            "country_english": "United States",
        },
        "dataset": "starter",
        "inference": {"noise_scale": NOISE_SCALE, "length_scale": 1.0, "noise_w": NOISE_W},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": {symbol: [index] for index, symbol in enumerate(SYMBOLS)},
        "num_symbols": len(SYMBOLS),
        "num_speakers": len(speakers),
        "speaker_id_map": {name: index for index, name in enumerate(speakers)},
        "hop_length": HOP,
        "piper_version": "1.0.0",
        "training_steps": step,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Export the trained voice.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network, speakers, step = load_network(options.work / "model.pt")
    voice = Voice(network).eval()
    _, validation = load(options.work, speakers, options.count)
    calibrate(voice, validation, len(speakers))
    write(voice, options.out, speakers, step)


if __name__ == "__main__":
    main()
