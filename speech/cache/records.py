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
"""A record's first bytes that are enough for `read_groups` with keys and groups of our making."""
MAX_OVERHEAD_BYTES = GROUP_PREFIX_BYTES + _SUM_BYTES
"""What a record of our making has at most beside its value."""


class BadRecordError(ValueError):
    """The bytes are no record, or not what was written. Never leaves the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry."""

    key: str
    groups: tuple[str, ...]
    """Ids of the voices in it."""
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
    key, group = record.key.encode(), "\n".join(record.groups).encode()
    if max(len(key), len(group)) > 0xFFFF:
        raise ValueError("a key or the groups are longer than 65535 bytes")
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
        groups = tuple(group.decode().split("\n"))
    except UnicodeDecodeError:
        raise BadRecordError("the record's groups are no text") from None
    return Record(key=key, groups=groups, created=created, value=value)


def read_groups(prefix: bytes) -> tuple[str, ...]:
    """Groups of the record that begins with `prefix`, unchecked; none where there is no record."""
    try:
        return tuple(_names(prefix)[1].decode().split("\n"))
    except (BadRecordError, UnicodeDecodeError):
        return ()


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
