"""Control messages from one stage to replicas it does not otherwise call."""

import asyncio
import logging
from collections.abc import Sequence

from ray import serve
from ray.serve.handle import DeploymentHandle

from deployments.failures import translate
from deployments.stages import Inline
from speech.errors import UnavailableError
from speech.interfaces import EngineInfo
from speech.memory import Level

_TIMEOUT = 5.0
_LOG = logging.getLogger("ray.serve")


def application_name() -> str:
    """The Serve application this replica belongs to; empty outside a replica."""
    try:
        return str(serve.get_replica_context().app_name)
    except serve.exceptions.RayServeException:
        return ""


async def broadcast_forget(voice: str | None, holders: Sequence[str]) -> None:
    """Call `forget` on every replica of the deployments that hold replies.

    Raises:
        UnavailableError: one did not answer in time; it catches up by itself within the epoch
            poll, and the caller may ask again.
    """
    app = application_name()
    replies = [
        serve.get_deployment_handle(name, app).broadcast("forget", voice) for name in holders
    ]
    results = await asyncio.gather(
        *(reply.results_async(timeout_s=_TIMEOUT) for reply in replies), return_exceptions=True
    )
    if any(isinstance(result, BaseException) for result in results):
        raise UnavailableError("not every replica could be told; they follow within seconds")


class MemoryLevels:
    """Asks replicas of other deployments what gives way to a bound of memory there."""

    def __init__(self) -> None:
        self._handles: dict[str, DeploymentHandle] = {}

    async def ask(self, names: Sequence[str]) -> dict[str, Level]:
        """The highest of each deployment, without those where one did not answer."""
        levels = await asyncio.gather(*map(self._highest, names))
        return {name: level for name, level in zip(names, levels, strict=True) if level is not None}

    async def _highest(self, name: str) -> Level | None:
        if name not in self._handles:
            # The check would wait for the controller, and this process's event loop with it.
            handle = serve.get_deployment_handle(name, application_name(), _check_exists=False)
            self._handles[name] = handle
        try:
            replies = self._handles[name].broadcast("memory_level")
            levels = await replies.results_async(timeout_s=_TIMEOUT)
        except Exception as error:  # noqa: BLE001 (whatever kept it from answering, it did not)
            _LOG.info("%s did not tell its memory: %s", name, type(error).__name__)
            return None
        return Level(max(levels, default=Level.PLENTY))


async def loaded_engines(synthesizer: DeploymentHandle | Inline) -> dict[str, EngineInfo]:
    """What a Synthesizer has loaded, in another replica or in this process, by voice id.

    Raises:
        UnavailableError: none answered in time.
    """
    if isinstance(synthesizer, Inline):
        here: dict[str, EngineInfo] = await synthesizer.make().loaded_engines()
        return here
    try:
        async with asyncio.timeout(_TIMEOUT):
            infos: dict[str, EngineInfo] = await synthesizer.loaded_engines.remote()
    except Exception as error:  # noqa: BLE001 (whatever kept it from answering, it did not)
        raise translate(error) or UnavailableError("no synthesizer answered") from None
    return infos
