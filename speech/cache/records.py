"""How a tier outside this process writes an entry: a header that proves itself, then the value.

    magic 4 | version 1 | key length 2 | group length 2 | created 8 | value length 8   big-endian
    key | group | blake2b-256 of all the rest | value

The checksum covers the header too, so a flipped bit anywhere is a miss and not somebody's audio.
The key is inside because a file's name, or a store's, can be wrong while its bytes are right.
"""

import struct
from dataclasses import dataclass
from hashlib import blake2b

_HEAD = struct.Struct(">4sBHHdQ")
_MAGIC = b"CHRR"
_VERSION = 1
_SUM_BYTES = 32

GROUP_PREFIX_BYTES = 1024
"""A record's first bytes that are enough for `read_group` with keys and groups of our making."""


class BadRecordError(ValueError):
    """The bytes are no record, or not what was written. Never leaves the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry."""

    key: str
    group: str
    created: float
    """Wall-clock seconds since 1970: it has to mean the same after a restart."""
    value: bytes


def encode(record: Record) -> bytes:
    """Write a record.

    Raises:
        ValueError: key or group take more than 65535 bytes.
    """
    key, group = record.key.encode(), record.group.encode()
    if max(len(key), len(group)) > 0xFFFF:
        raise ValueError("a key or group is longer than 65535 bytes")
    head = _HEAD.pack(_MAGIC, _VERSION, len(key), len(group), record.created, len(record.value))
    return b"".join((head, key, group, _checksum(head + key + group, record.value), record.value))


def decode(data: bytes, key: str) -> Record:
    """Read a record and check it.

    Raises:
        BadRecordError: truncated, altered, of another version, or of another key.
    """
    key_bytes, group, created, length = _names(data)
    if key_bytes != key.encode():
        raise BadRecordError("the record has another key")
    start = _HEAD.size + len(key_bytes) + len(group)
    value = data[start + _SUM_BYTES :]
    if len(value) != length:
        raise BadRecordError("the record has another length than its header says")
    if data[start : start + _SUM_BYTES] != _checksum(data[:start], value):
        raise BadRecordError("the record's checksum is wrong")
    return Record(key=key, group=group.decode(), created=created, value=value)


def read_group(prefix: bytes) -> str | None:
    """Group of the record that begins with `prefix`, unchecked; None where there is no record."""
    try:
        return _names(prefix)[1].decode()
    except (BadRecordError, UnicodeDecodeError):
        return None


def _names(data: bytes) -> tuple[bytes, bytes, float, int]:
    if len(data) < _HEAD.size:
        raise BadRecordError("the record is shorter than a header")
    magic, version, key_size, group_size, created, length = _HEAD.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise BadRecordError("not a record of this version")
    names = data[_HEAD.size : _HEAD.size + key_size + group_size]
    if len(names) < key_size + group_size:
        raise BadRecordError("the record ends within its names")
    return names[:key_size], names[key_size:], created, length


def _checksum(head: bytes, value: bytes) -> bytes:
    checksum = blake2b(head, digest_size=_SUM_BYTES)
    checksum.update(value)
    return checksum.digest()
