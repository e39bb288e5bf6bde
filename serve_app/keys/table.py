"""The table of keys: what is kept of each, and whose a secret is."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, TypeAlias

from pydantic import Field, ValidationError

from serve_app.keys.limits import KeyLimits
from speech.config import StrictModel
from speech.errors import ConfigError, UnavailableError, UnknownKeyError

_PREFIX = "sk-chorale-"
_SECRET_BYTES = 32
_MOST_BYTES = 8 << 20
"""Of the table."""

KeyName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
"""Tells a key in listings, usage and metrics; never used again for another one."""


class Key(StrictModel):
    """A key as it is kept."""

    name: KeyName
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """Of the secret, which is kept nowhere. A plain hash will do: nobody guesses 32 random bytes,
    so a slow one would protect nothing, and every request would pay for it."""
    created: datetime
    revoked: datetime | None = None
    limits: KeyLimits = KeyLimits()


class KeyFile(StrictModel):
    """All keys, revoked ones too: their usage still has their names."""

    keys: Annotated[tuple[Key, ...], Field(max_length=10_000)] = ()

    @classmethod
    def parse(cls, text: str | bytes) -> "KeyFile":
        """Read what `text` wrote.

        Raises:
            ConfigError: it is something else.
        """
        try:
            if len(text) > _MOST_BYTES:
                raise ValueError("it is too long")  # noqa: TRY301 (one way out for all that is wrong)
            return cls.model_validate_json(text)
        except (ValidationError, ValueError) as error:
            raise ConfigError(f"the table of keys cannot be read: {error}") from error

    def text(self) -> str:
        """What `parse` reads."""
        return self.model_dump_json(indent=1, exclude_defaults=True)

    def named(self, name: str) -> Key:
        """A key that is not revoked.

        Raises:
            ConfigError: there is none of this name.
        """
        for key in self.keys:
            if key.name == name and key.revoked is None:
                return key
        raise ConfigError(f"there is no key named {name[:64]!r}")

    def with_key(self, key: Key) -> "KeyFile":
        """The same with a key, in the place of one of its name."""
        others = {one.name: one for one in self.keys}
        return KeyFile(keys=tuple({**others, key.name: key}.values()))


Edit: TypeAlias = Callable[[KeyFile], KeyFile]


def new_key(name: str, limits: KeyLimits) -> tuple[Key, str]:
    """A key and its secret, which is told once.

    Raises:
        ConfigError: the name is none.
    """
    secret = f"{_PREFIX}{secrets.token_urlsafe(_SECRET_BYTES)}"
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        return Key(name=name, sha256=_hashed(secret), created=now, limits=limits), secret
    except ValidationError as error:
        raise ConfigError(f"{name[:64]!r} is no name for a key") from error


def _hashed(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class KeyTable:
    """The keys as a gateway knows them."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] | None = None
        self.named: frozenset[str] = frozenset()
        """Names of the oldest keys, which metrics tell apart."""

    def take(self, file: KeyFile, named: int) -> None:
        """Know these keys and no others, and so many names.

        A key that has not changed stays the same object.
        """
        before = self._keys or {}
        now = {key.sha256: key for key in file.keys if key.revoked is None}
        self._keys = {it: before[it] if before.get(it) == key else key for it, key in now.items()}
        self.named = frozenset(key.name for key in file.keys[:named])

    def find(self, secret: str) -> Key:
        """The key of a secret.

        Raises:
            UnknownKeyError: there is none.
            UnavailableError: no keys have been read yet.
        """
        if self._keys is None:
            raise UnavailableError("the keys cannot be read yet")
        if not secret:
            raise UnknownKeyError("a key is missing: send `Authorization: Bearer`")
        found = self._keys.get(_hashed(secret))
        if found is None:
            raise UnknownKeyError("the key is not known here, or was revoked")
        return found
