"""Failures between replicas, as errors of our own tree."""

import asyncio
from typing import Any

import grpc
import pytest
import ray.exceptions
from ray.serve._private.common import DeploymentID
from ray.serve.exceptions import (
    BackPressureError,
    DeploymentUnavailableError,
    ReplicaUnavailableError,
    RequestCancelledError,
)

from deployments.failures import dead_worker, is_ours, translate
from speech.errors import AtCapacityError, InvalidInputError, SpeechError, UnavailableError

LOST: list[BaseException] = [
    ray.exceptions.RayActorError(),
    ray.exceptions.ActorDiedError(),
    ray.exceptions.ActorUnavailableError("gone", None),
    ray.exceptions.WorkerCrashedError(),
    ray.exceptions.NodeDiedError("gone"),
    ray.exceptions.LocalRayletDiedError(),
    ray.exceptions.OutOfMemoryError("full"),
    ray.exceptions.RaySystemError("connection lost"),
    ray.exceptions.ActorUnschedulableError("no node has room"),
    ray.exceptions.TaskCancelledError(),
    ray.exceptions.RpcError("gone"),
    DeploymentUnavailableError(DeploymentID("Encoder", "chorale")),
    ReplicaUnavailableError("Encoder#1"),
    RequestCancelledError("1"),
    grpc.RpcError(),
    asyncio.CancelledError(),
]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_stage_is_unavailable(error: BaseException) -> None:
    translated = translate(error)
    assert type(translated) is UnavailableError
    assert translated.retryable


def test_a_full_stage_is_at_capacity() -> None:
    error = BackPressureError(num_queued_requests=1, max_queued_requests=1)
    assert type(translate(error)) is AtCapacityError


def test_our_own_errors_come_through() -> None:
    error = InvalidInputError("no", "input")
    assert translate(error) is error
    wrapped: Any = RuntimeError("a remote traceback")
    wrapped.cause = error
    assert translate(wrapped) is error


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), TimeoutError(), OSError()])
def test_what_is_unknown_stays_unknown(error: Exception) -> None:
    assert translate(error) is None


def test_no_message_comes_from_elsewhere() -> None:
    for error in LOST:
        translated = translate(error)
        assert isinstance(translated, SpeechError)
        assert "Error" not in translated.message
        assert "gone" not in translated.message


async def test_a_cancellation_is_ours_only_while_we_are_being_cancelled() -> None:
    seen: list[bool] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            seen.append(is_ours(error))
            raise

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert seen == [True]
    peer = asyncio.get_running_loop().create_future()
    peer.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await peer
    assert not is_ours(caught.value)


def test_only_a_death_names_a_worker() -> None:
    """Serve's router gives to another replica what a replica could not take."""
    named = {type(error).__name__ for error in LOST if dead_worker(error) is not None}
    assert named == {
        *("RayActorError", "ActorDiedError", "ActorUnavailableError", "WorkerCrashedError"),
        *("NodeDiedError", "LocalRayletDiedError", "OutOfMemoryError"),
    }
    assert dead_worker(ray.exceptions.ActorUnavailableError("gone", b"1" * 16)) == "31" * 16
