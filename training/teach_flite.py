"""The male teachers: CMU ARCTIC rms and awb as flite's statistical voices, 16 kHz.

libflite is called by ctypes (package `libflite1`): a synthesised utterance still holds its phones
with their ends, the predicted parameters of every 5 ms and the strengths of five voicing bands.
The structures are those of flite 2.2's headers (`cst_track.h`, `cst_wave.h`, `cst_cg.h`).
"""

import ctypes
import wave
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from training.corpus import Sentence
from training.tracks import Floats, Tracks, Warp, cosines, postfiltered

VOICES = ("rms", "awb")
WARP = Warp(sample_rate=16_000, alpha=0.42)
ORDER = 24
BETA = 0.4
"""Of the postfilter that flite's synthesis applies to both voices, as their databases say."""
BAND_CENTRES = (500.0, 1_500.0, 3_000.0, 5_000.0, 7_000.0)
"""Hertz, of flite's five bands: 0-1, 1-2, 2-4, 4-6 and 6-8 kHz."""

_POINTER_RESULTS = {
    "flite": (
        *("flite_synth_text", "feat_val", "val_track", "val_cg_db", "mlpg", "utt_relation"),
        *("relation_head", "item_next", "utt_wave"),
    )
}


class _Track(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("num_frames", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("times", ctypes.POINTER(ctypes.c_float)),
        ("frames", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
    )


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


@cache
def _library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(f"lib{name}.so.1", mode=ctypes.RTLD_GLOBAL)


def heard(tracks: Tracks) -> Tracks:
    """What flite's synthesis makes of its parameters: they are not yet what is heard.

    It deepens formants, and adds noise by 1 - strength where there is no pulse to go with it, so
    unvoiced sounds are softer by so much. Left out, these two cost rms 24 points of word error.
    """
    frequencies = np.linspace(0, 7_800, 200)
    bands = [np.interp(frequencies, BAND_CENTRES, line) for line in np.eye(len(BAND_CENTRES))]
    read = np.linalg.pinv(cosines(frequencies, ORDER, WARP))
    softer = np.log(np.maximum(1 - tracks.strengths, 0.02)) @ (read @ np.transpose(bands)).T
    cepstra = postfiltered(tracks.cepstra, WARP, BETA)
    cepstra += np.where(tracks.log_f0[:, None] > 0, 0, softer)
    return replace(tracks, cepstra=cepstra)


class FliteVoice:
    """One of flite's voices."""

    def __init__(self, name: str) -> None:
        for part in ("flite", "flite_usenglish", "flite_cmulex"):
            _library(part)
        self._flite = flite = _library("flite")
        for function in _POINTER_RESULTS["flite"]:
            getattr(flite, function).restype = ctypes.c_void_p
        flite.item_feat_string.restype = ctypes.c_char_p
        flite.item_feat_float.restype = ctypes.c_float
        flite.val_track.restype = flite.mlpg.restype = ctypes.POINTER(_Track)
        flite.utt_wave.restype = ctypes.POINTER(_Wave)
        flite.flite_init()
        register = getattr(_library(f"flite_cmu_us_{name}"), f"register_cmu_us_{name}")
        register.restype = ctypes.c_void_p
        self._voice = ctypes.c_void_p(register(None))

    def speak(self, sentences: Sequence[Sentence], folder: Path, *, audio: bool) -> None:
        """Write `KEY.npz`, and `KEY.wav` if asked for."""
        folder.mkdir(parents=True, exist_ok=True)
        for item in sentences:
            utterance = ctypes.c_void_p(
                self._flite.flite_synth_text(item.text.encode(), self._voice)
            )
            try:
                if audio:
                    self._write_wave(utterance, folder / f"{item.key}.wav")
                self._tracks(utterance).save(folder / f"{item.key}.npz")
            finally:
                self._flite.delete_utterance(utterance)

    def _tracks(self, utterance: ctypes.c_void_p) -> Tracks:
        flite = self._flite
        # An utterance's features are the first field of its structure.
        features = ctypes.cast(utterance, ctypes.POINTER(ctypes.c_void_p))[0]
        predicted = self._feature(features, b"param_track")
        database = ctypes.c_void_p(
            flite.val_cg_db(ctypes.c_void_p(flite.feat_val(ctypes.c_void_p(features), b"cg_db")))
        )
        smooth = flite.mlpg(predicted, database)
        values = _array(smooth)
        flite.delete_track(smooth)
        strengths = _array(self._feature(features, b"str_track"))
        f0 = np.maximum(values[:, 0], 0)
        phones, ends = self._phones(utterance)
        return Tracks(
            phones=phones,
            ends=ends,
            log_f0=np.log(f0, where=f0 > 0, out=np.zeros_like(f0)),
            cepstra=values[:, 1 : ORDER + 2],
            strengths=strengths,
        )

    def _feature(self, features: int, name: bytes) -> "ctypes._Pointer[_Track]":
        value = ctypes.c_void_p(self._flite.feat_val(ctypes.c_void_p(features), name))
        track: ctypes._Pointer[_Track] = self._flite.val_track(value)
        return track

    def _phones(self, utterance: ctypes.c_void_p) -> tuple[tuple[str, ...], Floats]:
        flite = self._flite
        phones: list[str] = []
        ends: list[float] = []
        relation = ctypes.c_void_p(flite.utt_relation(utterance, b"Segment"))
        item = flite.relation_head(relation)
        while item:
            phones.append(flite.item_feat_string(ctypes.c_void_p(item), b"name").decode())
            ends.append(flite.item_feat_float(ctypes.c_void_p(item), b"end"))
            item = flite.item_next(ctypes.c_void_p(item))
        return tuple(phones), np.array(ends, np.float32)

    def _write_wave(self, utterance: ctypes.c_void_p, path: Path) -> None:
        sound = self._flite.utt_wave(utterance).contents
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(sound.sample_rate)
            file.writeframes(ctypes.string_at(sound.samples, 2 * sound.num_samples))


def _array(track: "ctypes._Pointer[_Track]") -> Floats:
    """A copy, [frames, channels]."""
    content = track.contents
    rows = [
        np.ctypeslib.as_array(content.frames[i], (content.num_channels,))
        for i in range(content.num_frames)
    ]
    return np.array(rows, np.float32)
