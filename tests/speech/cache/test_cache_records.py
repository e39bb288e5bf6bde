"""Records: whatever happens to their bytes, they are whole or they are a miss."""

import hashlib
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.cache.records import (
    GROUP_PREFIX_BYTES,
    BadRecordError,
    Record,
    decode,
    encode,
    read_groups,
)

RECORD = Record(key="ab.1", groups=("nora",), created=1.5e9, value=b"some audio")
DATA = encode(RECORD)
SECRET = b"sixteen bytes or more"


voices = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=20)


@given(
    st.text(max_size=20),
    st.lists(voices, min_size=1, max_size=3).map(tuple),
    st.binary(max_size=50),
)
def test_decode_undoes_encode(key: str, groups: tuple[str, ...], value: bytes) -> None:
    record = Record(key=key, groups=groups, created=12.5, value=value)
    data = encode(record)
    assert decode(data, key) == record
    assert read_groups(data[:GROUP_PREFIX_BYTES]) == groups


@pytest.mark.parametrize("position", range(len(DATA)))
def test_a_flipped_bit_anywhere_is_noticed(position: int) -> None:
    for bit in range(8):
        data = bytearray(DATA)
        data[position] ^= 1 << bit
        with pytest.raises(BadRecordError):
            decode(bytes(data), RECORD.key)


@pytest.mark.parametrize("data", [*(DATA[:size] for size in range(len(DATA))), DATA + b"x"])
def test_another_length_is_noticed(data: bytes) -> None:
    with pytest.raises(BadRecordError):
        decode(data, RECORD.key)


def test_another_key_is_noticed() -> None:
    with pytest.raises(BadRecordError, match="another key"):
        decode(DATA, "ab.2")


@given(st.binary(max_size=200))
def test_foreign_bytes_are_noticed(data: bytes) -> None:
    with pytest.raises(BadRecordError):
        decode(data, "k")
    assert read_groups(data) == ()


@pytest.mark.parametrize(("writer", "reader"), [(b"", SECRET), (SECRET, b""), (SECRET, b"other")])
def test_who_has_another_secret_writes_nothing_that_is_read(writer: bytes, reader: bytes) -> None:
    data = encode(RECORD, writer)
    assert decode(data, RECORD.key, writer) == RECORD
    with pytest.raises(BadRecordError, match="checksum"):
        decode(data, RECORD.key, reader)


@pytest.mark.parametrize("created", [float("nan"), float("inf"), -float("inf")])
def test_a_time_that_is_none_is_noticed(created: float) -> None:
    with pytest.raises(BadRecordError, match="time"):
        decode(encode(replace(RECORD, created=created)), RECORD.key)


def test_a_group_that_is_no_text_is_noticed() -> None:
    head = struct.pack(">4sBHHdQ", b"CHRR", 1, 1, 1, 0.0, 0) + b"k\xff"
    data = head + hashlib.blake2b(head, digest_size=32).digest()
    with pytest.raises(BadRecordError, match="group"):
        decode(data, "k")


def test_names_too_long_to_describe_are_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        encode(Record(key="k" * 65536, groups=("g",), created=0.0, value=b""))
