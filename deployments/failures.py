"""What can go wrong between replicas, as errors of our own tree."""

import asyncio

import grpc
import ray.exceptions
from ray.serve.exceptions import (
    BackPressureError,
    DeploymentUnavailableError,
    ReplicaUnavailableError,
    RequestCancelledError,
)

from speech.errors import AtCapacityError, SpeechError, UnavailableError

_LOST = (
    ray.exceptions.RayActorError,
    ray.exceptions.WorkerCrashedError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.LocalRayletDiedError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.RaySystemError,
    ray.exceptions.ActorUnschedulableError,
    ray.exceptions.ObjectLostError,
    ray.exceptions.TaskCancelledError,
    ray.exceptions.RpcError,
    DeploymentUnavailableError,
    ReplicaUnavailableError,
    RequestCancelledError,
    grpc.RpcError,
    asyncio.CancelledError,
)


def translate(error: BaseException) -> SpeechError | None:
    """Our error for what a call to another replica raised, or None for one we do not know.

    A replica that dies, a connection that breaks and a call that the other side cancelled are all
    `UnavailableError`: the work is pure, so the caller may try it again.
    """
    if isinstance(error, SpeechError):
        return error
    cause = getattr(error, "cause", None)
    if isinstance(cause, SpeechError):
        return cause
    if isinstance(error, BackPressureError):
        return AtCapacityError("a stage of the graph is full")
    if isinstance(error, _LOST):
        return UnavailableError("a stage of the graph was lost; it restarts by itself")
    return None


def is_ours(error: asyncio.CancelledError) -> bool:
    """Whether this task itself is being cancelled, rather than a call it made."""
    del error
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
