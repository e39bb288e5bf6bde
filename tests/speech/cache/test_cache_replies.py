"""Stored replies: packed and replayed without loss."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.cache.replies import StoredReply, replay
from speech.types import CacheState, Timing

replies = st.builds(
    StoredReply, body=st.binary(max_size=40), audio_seconds=st.floats(0, 1e6, allow_nan=False)
)


@given(replies)
def test_unpack_undoes_pack(reply: StoredReply) -> None:
    assert StoredReply.unpack(reply.pack()) == reply


DURATIONS = [struct.pack(">Bd", 1, seconds) for seconds in (-1.0, float("nan"), float("inf"))]


@pytest.mark.parametrize("value", [b"", b"\x01short", b"\x02" + bytes(20), *DURATIONS])
def test_strange_values_are_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="the value"):
        StoredReply.unpack(value)


@given(replies, st.integers(1, 50))
def test_a_replay_says_everything_once(reply: StoredReply, frame_bytes: int) -> None:
    timings = (Timing(stage="cache", seconds=0.001),)
    frames = list(replay(reply, CacheState.HIT, frame_bytes, timings=timings))
    assert b"".join(frame.data for frame in frames) == reply.body
    assert all(len(frame.data) <= frame_bytes for frame in frames)
    assert [frame.is_first for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert [frame.is_last for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert frames[0].cache is CacheState.HIT
    assert frames[0].total_bytes == len(reply.body)
    assert frames[0].timings == timings
    assert frames[-1].audio_seconds == reply.audio_seconds
    assert len(frames) == max(1, -(-len(reply.body) // frame_bytes))
