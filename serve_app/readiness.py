"""Whether every stage has a warm replica, and memory, asked in the background."""

import asyncio
import logging
from contextlib import suppress

from ray import serve
from ray.serve._private.constants import (
    RAY_SERVE_ENABLE_HA_PROXY,
    RAY_SERVE_FALLBACK_PROXY_HTTP_PORT,
)
from ray.serve.schema import ApplicationStatus, DeploymentStatus
from starlette.types import Scope

from deployments.peers import MemoryLevels
from speech.memory import Level

_LOG = logging.getLogger("ray.serve")
_STARTING_POLL = 0.5
"""Seconds between two looks while a stage is not ready: who waits for it waits for this, too."""


def came_by_fallback(scope: Scope) -> bool:
    """Whether HAProxy gave a request to Serve's Python proxy, for want of a gateway it knows."""
    _, port = scope.get("server") or ("", None)
    return bool(RAY_SERVE_ENABLE_HA_PROXY and port == RAY_SERVE_FALLBACK_PROXY_HTTP_PORT)


class Readiness:
    """Polls Serve's own status. While the controller is down, the last answer stands.

    One look takes 8 ms of processor time, for Serve pickles its router's configuration in it; so a
    graph that is ready is looked at seldom.
    """

    def __init__(self, app_name: str, poll_seconds: float) -> None:
        """`poll_seconds` is the time between two looks at a graph that is ready."""
        self._app_name = app_name
        self._poll_seconds = poll_seconds
        self._task: asyncio.Task[None] | None = None
        self._levels = MemoryLevels()
        self.stages: dict[str, str] = {}
        self.memory: dict[str, Level] = {}
        """What gives way to a bound of memory in stages with replicas of their own."""
        self.ready = False

    def start(self) -> None:
        """Begin polling. Idempotent."""
        if self._task is None:
            self._task = asyncio.create_task(self._poll(), name="readiness")

    async def close(self) -> None:
        """Stop polling."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _poll(self) -> None:
        while True:
            try:
                self._read(await asyncio.to_thread(serve.status))
                if self.ready:
                    self.memory = await self._levels.ask([*self.stages.keys() - {"Gateway"}])
            except Exception as error:  # noqa: BLE001 (a controller that is down raises many things)
                _LOG.warning("serve status could not be read: %s", type(error).__name__)
            await asyncio.sleep(self._poll_seconds if self.ready else _STARTING_POLL)

    def _read(self, status: serve.schema.ServeStatus) -> None:
        app = status.applications.get(self._app_name)
        if app is None:
            self.ready = False
            return
        # A deployment counts a replica as running once it is constructed, and ours load and warm
        # their voices there. A stage that is scaled to zero is healthy and starts on demand.
        self.stages = {
            name: str(
                "ready"
                if deployment.replica_states.get("RUNNING", 0) > 0
                or deployment.status == DeploymentStatus.HEALTHY
                else deployment.status.value.lower()
            )
            for name, deployment in app.deployments.items()
        }
        self.ready = (
            # While an application is updated it is DEPLOYING, and its old replicas serve.
            app.status not in {ApplicationStatus.DELETING, ApplicationStatus.NOT_STARTED}
            and bool(self.stages)
            and all(state == "ready" for state in self.stages.values())
        )
