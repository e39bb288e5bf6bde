"""Invalidation by epoch: a number per voice that is part of every cache key.

The truth is one small record in the cluster's own key-value store (the GCS), which outlives every
replica. A bump writes it and is then broadcast; each replica also reads it every few seconds, so
that a missed broadcast or a restarted replica catches up. While the store is down, the last known
epochs are kept.
"""

import asyncio
import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from contextvars import Context

from ray.experimental import internal_kv

from speech.errors import UnavailableError

_NAMESPACE = "chorale"
_KEY = "epochs"
_EVERY_VOICE = "*"
_BUMP_ATTEMPTS = 5
_LOG = logging.getLogger("ray.serve")


class EpochBook:
    """One replica's view of the epochs. `follow` keeps it fresh; `close` ends that."""

    def __init__(self, poll_seconds: float) -> None:
        self._poll_seconds = poll_seconds
        self._epochs: dict[str, int] = {}
        self._follower: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._bumping = asyncio.Lock()

    def current(self, voice: str) -> int:
        """The voice's epoch, or of `*` that of all voices; it only grows."""
        every = self._epochs.get(_EVERY_VOICE, 0)
        return every if voice == _EVERY_VOICE else every + self._epochs.get(voice, 0)

    def of(self, voices: Iterable[str]) -> tuple[int, ...]:
        """The epoch of each voice of a reply."""
        return tuple(map(self.current, voices))

    async def follow(self) -> None:
        """Read the epochs now and go on reading them. Idempotent."""
        if self._follower is not None:
            return
        async with self._starting:  # whoever comes meanwhile waits for the first reading, too
            if self._follower is None:
                await self.refresh()
                # An empty context: the poll outlives the request that began it.
                self._follower = asyncio.create_task(self._poll(), name="epochs", context=Context())

    async def refresh(self) -> None:
        """Read the epochs now. A store that is down changes nothing."""
        try:
            self._merge(await asyncio.to_thread(_read))
        except Exception as error:  # noqa: BLE001 (the store's failures have no common class)
            _LOG.warning("epochs could not be read: %s", type(error).__name__)

    async def bump(self, voice: str | None) -> None:
        """Start a new epoch for a voice, or for all. The caller broadcasts it.

        Raises whatever the store raises: an invalidation that was not written did not happen.
        """
        name = voice or _EVERY_VOICE
        async with self._bumping:
            target = 0
            for _ in range(_BUMP_ATTEMPTS):
                self._merge(await asyncio.to_thread(_read))
                if target and self._epochs.get(name, 0) >= target:
                    return
                # Another gateway may write between our reading and our writing: read again.
                target = target or self._epochs.get(name, 0) + 1
                await asyncio.to_thread(_write, {**self._epochs, name: target})
        raise UnavailableError("the new epoch could not be written")

    async def close(self) -> None:
        """Stop following."""
        if self._follower is not None:
            self._follower.cancel()
            with suppress(asyncio.CancelledError):
                await self._follower
            self._follower = None

    def _merge(self, epochs: dict[str, int]) -> None:
        for name, epoch in epochs.items():
            self._epochs[name] = max(epoch, self._epochs.get(name, 0))

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            await self.refresh()


def _read() -> dict[str, int]:
    raw = internal_kv._internal_kv_get(_KEY, namespace=_NAMESPACE)
    return {str(name): int(epoch) for name, epoch in json.loads(raw or b"{}").items()}


def _write(epochs: dict[str, int]) -> None:
    internal_kv._internal_kv_put(_KEY, json.dumps(epochs), overwrite=True, namespace=_NAMESPACE)
