"""Telling every replica that holds replies that a voice's epoch was bumped."""

import asyncio

from ray import serve

from speech.errors import UnavailableError

_HOLDERS = ("AudioCache", "Gateway")
_TIMEOUT = 5.0


def application_name() -> str:
    """The Serve application this replica belongs to; empty outside a replica."""
    try:
        return str(serve.get_replica_context().app_name)
    except serve.exceptions.RayServeException:
        return ""


async def broadcast_forget(voice: str | None) -> None:
    """Call `forget` on every cache and gateway replica.

    Raises:
        UnavailableError: one did not answer in time; it catches up by itself within the epoch
            poll, and the caller may ask again.
    """
    app = application_name()
    replies = [
        serve.get_deployment_handle(name, app).broadcast("forget", voice) for name in _HOLDERS
    ]
    results = await asyncio.gather(
        *(reply.results_async(timeout_s=_TIMEOUT) for reply in replies), return_exceptions=True
    )
    if any(isinstance(result, BaseException) for result in results):
        raise UnavailableError("not every replica could be told; they follow within seconds")
