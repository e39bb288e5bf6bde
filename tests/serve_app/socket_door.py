"""WebSockets of the inline server, and what tests say and hear on them."""

import asyncio
import json
from typing import Any

import uvicorn
from inline_server import Server
from websockets.asyncio.client import ClientConnection, connect


async def say(socket: ClientConnection, **message: Any) -> None:
    """Send a message of JSON."""
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> Any:
    """The next message; bytes as they are, or else parsed."""
    async with asyncio.timeout(10):
        message = await socket.recv()
    return message if isinstance(message, bytes) else json.loads(message)


class Door:
    """The inline server behind uvicorn as Ray Serve starts it."""

    def __init__(self, server: Server, uvicorn_server: uvicorn.Server, port: int) -> None:
        self.server = server
        self.uvicorn = uvicorn_server
        self.address = f"127.0.0.1:{port}"

    def open(self, path: str, **more: Any) -> connect:
        """A WebSocket of it."""
        return connect(f"ws://{self.address}{path}", **more)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        async with asyncio.timeout(5):
            while self.server.admitted != (0, 0) or self.server.cache._fills.counters.active:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
