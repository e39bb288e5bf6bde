"""Stored replies: packed and replayed without loss."""

import gc
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.cache.stored import StoredReply, replay
from speech.types import CacheState, SpokenWord, Timing

seconds = st.floats(0, 1e6, allow_nan=False)
sounds = st.lists(st.tuples(st.text(), seconds), max_size=3).map(tuple)
words = st.builds(
    SpokenWord,
    st.text(),
    st.tuples(st.integers(0), st.integers(0)),
    seconds,
    seconds,
    st.integers(0),
    st.booleans(),
    sounds,
)
replies = st.builds(
    StoredReply,
    body=st.binary(max_size=40),
    audio_seconds=seconds,
    words=st.lists(words, max_size=3).map(tuple),
)


@given(replies)
def test_unpack_undoes_pack(reply: StoredReply) -> None:
    assert StoredReply.unpack(reply.pack()) == reply


def packed(
    words: bytes = b"", *, version: int = 4, seconds: float = 1.0, length: int = -1
) -> bytes:
    """A value as it is kept, with what may be wrong in it."""
    length = len(words) if length < 0 else length
    return struct.pack(">BdI", version, seconds, length) + words


WORD = b'["a", 0, 1, 0.0, 0.5, 0, false, [["a", 0.5]]]'
GOOD = packed(b"[%s]" % WORD)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x01short",
        GOOD[:12],
        *(packed(version=version) + bytes(20) for version in (0, 1, 3, 5)),
        *(packed(seconds=seconds) for seconds in (-1.0, float("nan"), float("inf"))),
        packed(b"[]", length=3),
        packed(length=2**32 - 1),
        *map(
            packed,
            [
                *(b" ", b"{", b"\xff", b"null", b"5", b'"abc"', b'{"a": 1}', b"[" * 5000),
                *(b"[1]", b"[[]]", b"[null]", b"[%s, 1]" % WORD, b"[%s" % WORD, b'["abcde"]'),
                *(WORD, b"[[%s]]" % WORD, b"[[1, 2, 3, 4]]", b"[[1, 2, 3, 4, 5, 6]]"),
                b'[["a", null, 1, 0, 1]]',
                b'[["a", "x", 1, 0, 1]]',
                b'[["a", 0, 1e999, 0, 1]]',
                b'[["a", 0, NaN, 0, 1]]',
                b'[["a", 0, 1, [], 1]]',
                b'[["a", 0, 1, 0, {}]]',
            ],
        ),
    ],
)
def test_strange_values_are_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="the value"):
        StoredReply.unpack(value)


@given(st.binary(max_size=60), st.integers(0, 70))
def test_junk_in_the_place_of_words_is_a_reply_or_refused(junk: bytes, length: int) -> None:
    try:
        reply = StoredReply.unpack(packed(junk, length=length))
    except ValueError:
        return
    assert StoredReply.unpack(reply.pack()) == reply


@pytest.mark.parametrize("sounds", [0, 4])
def test_words_are_accounted_for(sounds: int) -> None:
    words = tuple(
        SpokenWord(
            f"word{n}",
            (n + 300, n + 305),
            n / 3,
            n / 3 + 1,
            n + 300,
            False,
            tuple(("ˈæ", n / 3 + k / 7) for k in range(sounds)),
        )
        for n in range(500)
    )
    value = StoredReply(body=bytes(99), audio_seconds=1.0, words=words).pack()
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    reply = StoredReply.unpack(value)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert 0.8 * reply.size < taken <= reply.size
    assert StoredReply(body=b"abc", audio_seconds=1.0).size == 3


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
    assert [word for frame in frames for word in frame.words] == list(reply.words)
    assert frames[-1].audio_seconds == reply.audio_seconds
    assert len(frames) == max(1, -(-len(reply.body) // frame_bytes))
