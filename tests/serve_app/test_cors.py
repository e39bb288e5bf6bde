"""Web pages of other origins, as browsers ask for them (the Fetch standard)."""

from pathlib import Path

import pytest
from inline_server import GOOD, Server
from socket_door import Door
from starlette.requests import HTTPConnection
from websockets.exceptions import InvalidStatus

from serve_app.config import GatewayConfig
from serve_app.cors import CorsConfig, check_origin
from speech.errors import OriginNotAllowedError

OURS, OTHER = "https://app.example", "https://evil.example"
ASKS = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-deadline-ms",
}


def allowing(catalogue: Path, *origins: str) -> Server:
    config = GatewayConfig.model_validate({"cors": {"allow_origins": origins}})
    return Server(catalogue, config=config)


async def test_by_default_no_other_page_may_speak(server: Server) -> None:
    asked = await server.client.options("/v1/audio/speech", headers={**ASKS, "origin": OTHER})
    assert asked.status_code == 405
    assert not any(name.startswith("access-control") for name in asked.headers)
    reply = await server.speak(headers={"origin": OTHER})
    assert "access-control-allow-origin" not in reply.headers
    # What a page may send without asking is not taken.
    plain = {"content-type": "text/plain", "origin": OTHER}
    reply = await server.client.post("/v1/audio/speech", content=b"{}", headers=plain)
    assert reply.status_code == 415


@pytest.mark.parametrize("path", ["/v1/audio/speech", "/v1/audio/voices", "/livez", "/nothing"])
async def test_every_route_answers_a_preflight(fake_catalogue: Path, path: str) -> None:
    server = allowing(fake_catalogue, OURS)
    reply = await server.client.options(path, headers={**ASKS, "origin": OURS})
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == OURS
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "x-deadline-ms" in reply.headers["access-control-allow-headers"]
    assert reply.headers["access-control-max-age"] == "600"
    refused = await server.client.options(path, headers={**ASKS, "origin": OTHER})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


async def test_replies_and_errors_can_be_read(fake_catalogue: Path) -> None:
    server = allowing(fake_catalogue, OURS, "http://localhost:3000")
    server.synthesizer.fail_at, server.synthesizer.error = 0, ValueError("unexpected")
    headers = {"origin": OURS}
    replies = [
        (500, await server.speak(headers=headers)),
        (400, await server.speak(headers=headers, voice="nobody")),
        (404, await server.client.get("/nothing", headers=headers)),
    ]
    server.synthesizer.fail_at = None
    replies.append((200, await server.speak(headers=headers)))
    for status, reply in replies:
        assert reply.status_code == status
        assert reply.headers["access-control-allow-origin"] == OURS
        assert reply.headers["access-control-expose-headers"] == "*"
        assert "origin" in reply.headers["vary"].lower()
        assert "access-control-allow-credentials" not in reply.headers
    assert (
        "access-control-allow-origin" not in (await server.speak(headers={"origin": OTHER})).headers
    )
    everyone = allowing(fake_catalogue, "*")
    reply = await everyone.client.post("/v1/audio/speech", json=GOOD, headers={"origin": OTHER})
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("origin", ["app.example", "https://app.example/", "https://", "", "null"])
def test_an_origin_is_a_scheme_and_a_host(origin: str) -> None:
    with pytest.raises(ValueError, match="an origin is"):
        CorsConfig.model_validate({"allow_origins": [origin]})


async def test_by_default_no_other_page_opens_a_socket(door: Door) -> None:
    async with door.open("/v1/speak", origin=f"http://{door.address}"):
        pass
    with pytest.raises(InvalidStatus) as refused:
        await door.open("/v1/speak", origin=OTHER)
    assert refused.value.response.status_code == 403
    assert b"origin_not_allowed" in refused.value.response.body


@pytest.mark.parametrize(
    ("origin", "allowed", "may"),
    [
        (None, (), True),
        ("http://host:8000", (), True),
        ("https://HOST:8000", (), True),
        ("http://host", (), False),
        ("http://ghost:8000", (), False),
        (OTHER, (), False),
        (OTHER, (OURS,), False),
        (OURS, (OURS,), True),
        (OTHER, ("*",), True),
        ("null", (OURS,), False),
        ("null", ("*",), True),
    ],
)
def test_whose_sockets_open(origin: str | None, allowed: tuple[str, ...], may: bool) -> None:
    headers = {"host": "host:8000"} | ({"origin": origin} if origin else {})
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    socket = HTTPConnection({"type": "websocket", "headers": raw})
    config = CorsConfig.model_validate({"allow_origins": allowed})
    if may:
        check_origin(socket, config)
    else:
        with pytest.raises(OriginNotAllowedError):
            check_origin(socket, config)
