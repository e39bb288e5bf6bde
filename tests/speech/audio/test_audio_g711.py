"""G.711 against the decoder and encoder of another library, libsndfile."""

import io

import numpy as np
import pytest
import soundfile

from speech.audio.g711 import G711Writer, Law

EVERY_SAMPLE = np.arange(65_536, dtype=np.uint16).view(np.int16)


def decoded(data: bytes, law: Law) -> np.ndarray:
    subtype = {"mulaw": "ULAW", "alaw": "ALAW"}[law]
    samples, _ = soundfile.read(
        io.BytesIO(data),
        samplerate=8000,
        channels=1,
        subtype=subtype,
        format="RAW",
        dtype="int16",
    )
    return samples.astype(np.int32)


@pytest.mark.parametrize(("law", "least"), [("mulaw", 8), ("alaw", 8)])
def test_every_sample_comes_back_as_near_as_its_law_allows(law: Law, least: int) -> None:
    data = G711Writer(law).write(EVERY_SAMPLE)
    assert len(data) == len(EVERY_SAMPLE)
    back, wanted = decoded(data, law), EVERY_SAMPLE.astype(np.int32)
    fits = np.abs(wanted) < 32_124
    # Half a step: a 32nd of the segment, which is no larger than the sample and its bias.
    assert (np.abs(back - wanted) <= np.maximum(least, (np.abs(wanted) + 132) / 32 + 1))[fits].all()
    assert (
        np.sign(back[np.abs(wanted) > 16]).tolist() == np.sign(wanted[np.abs(wanted) > 16]).tolist()
    )
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(back[order]) >= 0).all()


def test_mulaw_is_that_of_libsndfile() -> None:
    theirs = io.BytesIO()
    soundfile.write(theirs, EVERY_SAMPLE, 8000, subtype="ULAW", format="RAW")
    assert G711Writer("mulaw").write(EVERY_SAMPLE) == theirs.getvalue()


def test_silence_and_the_standards_ends() -> None:
    ends = np.array([0, 32_767, -32_768], np.int16)
    assert G711Writer("mulaw").write(ends) == b"\xff\x80\x00"
    assert G711Writer("alaw").write(ends) == b"\xd5\xaa\x2a"
