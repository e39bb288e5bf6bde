"""A Piper voice on ONNX Runtime, as a user would write it: phonemes by piper, one call per batch.

For the peers alone, in their own environment: Chorale itself imports nothing of piper.
"""

import io
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from piper.config import PiperConfig  # type: ignore[import-not-found,import-untyped,unused-ignore]
from piper.voice import PiperVoice  # type: ignore[import-not-found,import-untyped,unused-ignore]

from loadtests.peers.hibari_voice import HibariVoice


def _with_frames(model: Path) -> bytes:
    """The graph with one more output, how many frames each phoneme has, [N, 1, T]."""
    graph = onnx.load(str(model))
    (ceil,) = [node for node in graph.graph.node if node.op_type == "Ceil"]
    shape = ["n", 1, "t"]
    graph.graph.output.append(
        helper.make_tensor_value_info(ceil.output[0], TensorProto.FLOAT, shape)
    )
    return bytes(graph.SerializeToString())


def load(model: str, *, threads: int) -> "Voice | HibariVoice":
    """The voice of a model's file, or of hibari's package."""
    return (
        HibariVoice(threads=threads) if model == "hibari" else Voice(Path(model), threads=threads)
    )


class Voice:
    """One loaded voice. Calls may come from several threads."""

    def __init__(self, model: Path, *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Idle threads that spin take the cores the other requests need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(
            _with_frames(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        loaded = PiperVoice.load(model)
        self._voice = PiperVoice(config=loaded.config, session=session)
        self._config: PiperConfig = loaded.config

    def speak(self, texts: Sequence[str]) -> list[bytes]:
        """WAV files of several texts, all their sentences in one call of the engine."""
        owners, ids = [], []
        for number, text in enumerate(texts):
            for sentence in self._voice.phonemize(text):
                owners.append(number)
                ids.append(self._voice.phonemes_to_ids(sentence))
        spoken = self._synthesize(ids)
        return [
            self._wav([pcm for owner, pcm in zip(owners, spoken, strict=True) if owner == number])
            for number in range(len(texts))
        ]

    def _synthesize(
        self, ids: Sequence[Sequence[int]]
    ) -> list["np.ndarray[tuple[int], np.dtype[np.int16]]"]:
        config = self._config
        lengths = np.array([len(row) for row in ids], dtype=np.int64)
        padded = np.zeros((len(ids), int(lengths.max())), dtype=np.int64)
        for row, values in zip(padded, ids, strict=True):
            row[: len(values)] = values
        scales = (config.noise_scale, config.length_scale, config.noise_w_scale)
        audio, frames = self._voice.session.run(
            None,
            {
                "input": padded,
                "input_lengths": lengths,
                "scales": np.array(scales, dtype=np.float32),
            },
        )
        # The graph pads every row to the longest; the frames tell where each ends.
        ends = (frames.sum(axis=(1, 2)) * config.hop_length).astype(np.int64)
        samples = (np.clip(audio.reshape(len(ids), -1), -1.0, 1.0) * 32767).astype(np.int16)
        return [row[:end] for row, end in zip(samples, ends, strict=True)]

    def _wav(self, parts: Sequence["np.ndarray[tuple[int], np.dtype[np.int16]]"]) -> bytes:
        with io.BytesIO() as buffer:
            with wave.open(buffer, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(self._config.sample_rate)
                for part in parts:
                    file.writeframes(part.tobytes())
            return buffer.getvalue()
