"""Callers are told apart by an address that they cannot choose."""

import pytest
from starlette.requests import HTTPConnection, Request

from serve_app.callers import Callers, offered, presented

HAPROXY = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_HAPROXY_BINARY_PATH": "/usr/bin/chorale-haproxy",
}


def request(peer: str, **headers: str) -> Request:
    raw = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    return Request({"type": "http", "client": (peer, 1234), "headers": raw})


@pytest.mark.parametrize(
    ("environment", "trusted", "peer", "headers", "expected"),
    [
        ({}, (), "10.0.0.1", {}, "10.0.0.1"),
        ({}, (), "10.0.0.1", {"x_chorale_client": "9.9.9.9"}, "10.0.0.1"),
        ({}, (), "10.0.0.1", {"x_forwarded_for": "9.9.9.9"}, "10.0.0.1"),
        (HAPROXY, (), "10.0.0.1", {"x_chorale_client": "7.7.7.7"}, "7.7.7.7"),
        (
            {**HAPROXY, "RAY_SERVE_HAPROXY_BINARY_PATH": "/usr/sbin/haproxy"},
            (),
            "10.0.0.1",
            {"x_chorale_client": "7.7.7.7"},
            "10.0.0.1",
        ),
        (
            HAPROXY,
            (),
            "10.0.0.1",
            {"x_chorale_client": "7.7.7.7", "x_forwarded_for": "9.9.9.9"},
            "7.7.7.7",
        ),
        (
            HAPROXY,
            ("7.7.0.0/16",),
            "10.0.0.1",
            {"x_chorale_client": "7.7.7.7", "x_forwarded_for": "1.1.1.1, 9.9.9.9, 7.7.1.1"},
            "9.9.9.9",
        ),
        ({}, ("7.7.7.7",), "8.8.8.8", {"x_forwarded_for": "9.9.9.9"}, "8.8.8.8"),
        ({}, ("7.7.7.7",), "7.7.7.7", {"x_forwarded_for": "rubbish"}, ""),
        ({}, (), "2001:db8:1:2:3:4:5:6", {}, "2001:db8:1:2::/64"),
        ({}, (), "::ffff:1.2.3.4", {}, "1.2.3.4"),
        ({}, (), "", {}, ""),
    ],
)
def test_a_caller_is_the_last_address_that_is_not_the_callers_word(
    environment: dict[str, str],
    trusted: tuple[str, ...],
    peer: str,
    headers: dict[str, str],
    expected: str,
) -> None:
    assert Callers(trusted, environment).of(request(peer, **headers)).name == expected


@pytest.mark.parametrize(
    ("protocols", "key", "answer"),
    [
        ([], "", None),
        (["token", "abc"], "abc", "token"),
        (["realtime", "openai-insecure-api-key.abc"], "abc", "realtime"),
        (["openai-insecure-api-key.abc", "realtime"], "abc", "realtime"),
        (["chat"], "", "chat"),
        (["openai-insecure-api-key.abc"], "abc", "openai-insecure-api-key.abc"),
    ],
)
def test_a_browser_is_answered_with_a_sub_protocol_of_its_own(
    protocols: list[str], key: str, answer: str | None
) -> None:
    scope = {"type": "websocket", "headers": [], "query_string": b"", "subprotocols": protocols}
    socket = HTTPConnection(scope)
    assert (presented(socket), offered(socket)) == (key, answer)
