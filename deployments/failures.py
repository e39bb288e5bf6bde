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

_DIED = (
    ray.exceptions.RayActorError,
    ray.exceptions.WorkerCrashedError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.LocalRayletDiedError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.ObjectLostError,
)
"""A worker is gone, and it had the call in hand: where it had not taken the call yet, Serve's
router gives it to another replica and we hear nothing. Over gRPC this is `ActorUnavailableError`
whatever ended the worker, and also where only the connection broke."""
_LOST = (
    *_DIED,
    ray.exceptions.RaySystemError,
    ray.exceptions.ActorUnschedulableError,
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


def dead_worker(error: BaseException) -> str | None:
    """Name of the worker that died with a call in hand, or None where the error says otherwise.

    What Ray does not name is named after its error, so that it never counts as two workers.
    """
    if not isinstance(error, _DIED):
        return None
    return str(getattr(error, "actor_id", None) or type(error).__name__)


def is_ours(error: asyncio.CancelledError) -> bool:
    """Whether this task itself is being cancelled, rather than a call it made."""
    del error
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
