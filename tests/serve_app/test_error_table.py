"""One table from error class to HTTP; complete, and with the headers a client acts on."""

import json
import pickle
from collections.abc import Iterator

import pytest

from serve_app.error_table import TABLE, error_response, plain_error
from speech.errors import AtCapacityError, SpeechError


def tree(kind: type[SpeechError] = SpeechError) -> Iterator[type[SpeechError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def test_every_class_has_an_answer() -> None:
    assert set(tree()) == set(TABLE)


@pytest.mark.parametrize("kind", list(tree()))
def test_an_answer_has_openais_shape(kind: type[SpeechError]) -> None:
    answer = error_response(kind("what happened", "input"))
    error = json.loads(bytes(answer.body))["error"]
    assert error == {
        "message": "what happened",
        "type": TABLE[kind].type,
        "param": "input",
        "code": kind.code,
    }
    assert answer.status_code == TABLE[kind].status
    assert 400 <= answer.status_code < 600
    assert (answer.status_code < 500) == (error["type"] != "server_error")


@pytest.mark.parametrize("kind", list(tree()))
def test_a_retry_is_advised_exactly_where_it_can_help(kind: type[SpeechError]) -> None:
    headers = error_response(kind("no")).headers
    if kind.retryable:
        assert int(headers["retry-after-ms"]) > 0
        assert int(headers["retry-after"]) * 1000 >= int(headers["retry-after-ms"])
        assert "x-should-retry" not in headers
    else:
        assert headers["x-should-retry"] == "false"
        assert "retry-after" not in headers
        assert "retry-after-ms" not in headers


@pytest.mark.parametrize(
    ("predicted", "least", "most"),
    [(None, 375, 625), (4.0, 3000, 5000), (0.001, 187, 313), (900.0, 22_500, 37_500)],
)
def test_those_who_are_refused_together_come_back_apart(
    predicted: float | None, least: int, most: int
) -> None:
    error = pickle.loads(pickle.dumps(AtCapacityError("full", retry_after=predicted)))  # noqa: S301
    waits = {int(error_response(error).headers["retry-after-ms"]) for _ in range(400)}
    assert least <= min(waits) < least + (most - least) / 10
    assert most >= max(waits) > most - (most - least) / 10


def test_statuses_that_clients_rely_on() -> None:
    statuses = {kind.__name__: answer.status for kind, answer in TABLE.items()}
    assert statuses["InvalidInputError"] == 400
    assert statuses["UnauthorizedError"] == 401
    assert statuses["TooLargeError"] == 413
    assert statuses["AtCapacityError"] == 429
    assert statuses["DeadlineExceededError"] == statuses["UnavailableError"] == 503


def test_an_error_without_a_class_keeps_its_headers() -> None:
    answer = plain_error(405, "no", kind="x", code="y", headers={"Allow": "POST"})
    assert answer.headers["allow"] == "POST"
    assert answer.headers["x-should-retry"] == "false"
