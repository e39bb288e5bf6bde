"""A Piper voice on ONNX Runtime, as a user would write it: phonemes by piper, one call per batch.

For the peers alone, in their own environment: Chorale itself imports nothing of piper.
"""

import io
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from piper.config import PiperConfig  # type: ignore[import-not-found,import-untyped,unused-ignore]
from piper.voice import PiperVoice  # type: ignore[import-not-found,import-untyped,unused-ignore]

_SPEAKERS = {"slt": 0, "rms": 1}


class Voice:
    """One loaded voice. Calls may come from several threads."""

    def __init__(self, model: Path, *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Idle threads that spin take the cores the other requests need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        loaded = PiperVoice.load(model)
        self._voice = PiperVoice(config=loaded.config, session=session)
        self._config: PiperConfig = loaded.config

    def speak(self, texts: Sequence[str], voices: Sequence[str]) -> list[bytes]:
        """WAV files of several texts, all their sentences in one call of the engine.

        Args:
            texts: What is said.
            voices: Of each text; the name behind the slash is the speaker.
        """
        owners, ids, speakers = [], [], []
        for number, (text, voice) in enumerate(zip(texts, voices, strict=True)):
            for sentence in self._voice.phonemize(text):
                owners.append(number)
                ids.append(self._voice.phonemes_to_ids(sentence))
                speakers.append(_SPEAKERS[voice.rpartition("/")[2]])
        spoken = self._synthesize(ids, speakers)
        return [
            self._wav([pcm for owner, pcm in zip(owners, spoken, strict=True) if owner == number])
            for number in range(len(texts))
        ]

    def _synthesize(
        self, ids: Sequence[Sequence[int]], speakers: Sequence[int]
    ) -> list["np.ndarray[tuple[int], np.dtype[np.int16]]"]:
        config = self._config
        lengths = np.array([len(row) for row in ids], dtype=np.int64)
        padded = np.zeros((len(ids), int(lengths.max())), dtype=np.int64)
        for row, values in zip(padded, ids, strict=True):
            row[: len(values)] = values
        scales = (config.noise_scale, config.length_scale, config.noise_w_scale)
        audio, durations = self._voice.session.run(
            ["output", "durations"],
            {
                "input": padded,
                "input_lengths": lengths,
                "scales": np.array(scales, dtype=np.float32),
                "sid": np.array(speakers, dtype=np.int64),
            },
        )
        # The graph pads every row to the longest; durations tell where each ends.
        ends = (durations.sum(axis=1) * config.hop_length).astype(np.int64)
        samples = (np.clip(audio[:, 0, :], -1.0, 1.0) * 32767).astype(np.int16)
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
