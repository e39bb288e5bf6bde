"""How a tier outside this process writes an entry: a header that proves itself, then the value.

    magic 4 | version 1 | key length 2 | group length 2 | created 8 | value length 8   big-endian
    key | group | blake2b-256 of all the rest | value

The checksum covers the header too, so a flipped bit anywhere is a miss and not somebody's audio.
With a secret it is keyed: who may write where the records are, but does not know the secret, makes
none that is read. The key is inside because a file's name, or a store's, can be wrong while its
bytes are right.
"""

import math
import struct
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

_HEAD = struct.Struct(">4sBHHdQ")
_MAGIC = b"CHRR"
_VERSION = 1
_SUM_BYTES = 32

GROUP_PREFIX_BYTES = 1024
"""A record's first bytes that are enough for `read_group` with keys and groups of our making."""
MAX_OVERHEAD_BYTES = GROUP_PREFIX_BYTES + _SUM_BYTES
"""What a record of our making has at most beside its value."""


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


def encode(record: Record, secret: bytes = b"") -> bytes:
    """Write a record.

    Args:
        record: What to write.
        secret: What readers must know, too; empty for none.

    Raises:
        ValueError: key or group take more than 65535 bytes.
    """
    key, group = record.key.encode(), record.group.encode()
    if max(len(key), len(group)) > 0xFFFF:
        raise ValueError("a key or group is longer than 65535 bytes")
    head = _HEAD.pack(_MAGIC, _VERSION, len(key), len(group), record.created, len(record.value))
    checksum = _checksum(head + key + group, record.value, secret)
    return b"".join((head, key, group, checksum, record.value))


def decode(data: bytes, key: str, secret: bytes = b"") -> Record:
    """Read a record and check it.

    Raises:
        BadRecordError: truncated, altered, of another version, key or secret.
    """
    key_bytes, group, created, length = _names(data)
    if key_bytes != key.encode():
        raise BadRecordError("the record has another key")
    start = _HEAD.size + len(key_bytes) + len(group)
    value = data[start + _SUM_BYTES :]
    if len(value) != length:
        raise BadRecordError("the record has another length than its header says")
    checksum = _checksum(data[:start], value, secret)
    if not compare_digest(data[start : start + _SUM_BYTES], checksum):
        raise BadRecordError("the record's checksum is wrong")
    if not math.isfinite(created):
        raise BadRecordError("the record's time is no number")
    try:
        return Record(key=key, group=group.decode(), created=created, value=value)
    except UnicodeDecodeError:
        raise BadRecordError("the record's group is no text") from None


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


def _checksum(head: bytes, value: bytes, secret: bytes) -> bytes:
    # blake2b takes keys of up to 64 bytes; the digest of a longer one is as good.
    secret = secret and blake2b(secret).digest()
    checksum = blake2b(head, digest_size=_SUM_BYTES, key=secret)
    checksum.update(value)
    return checksum.digest()
