"""A plain speech server on FastAPI and ONNX Runtime: one call of the engine for each request.

python -m loadtests.peers.fastapi_app --model FILE|hibari --port PORT [--workers 1] [--calls 2]
"""

import argparse
import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from fastapi import FastAPI, Response
from pydantic import BaseModel

from loadtests.peers.voice import load

_SETTINGS = ("PEER_MODEL", "PEER_CALLS")


class Body(BaseModel):
    """What of OpenAI's body is looked at."""

    input: str


def build() -> FastAPI:
    """The application of one worker; its settings come by the environment, as uvicorn has it."""
    model, calls = (os.environ[name] for name in _SETTINGS)
    voice = load(model, threads=1)
    pool = ThreadPoolExecutor(int(calls))
    app = FastAPI()

    @app.post("/v1/audio/speech")
    async def speak(body: Body) -> Response:
        loop = asyncio.get_running_loop()
        (data,) = await loop.run_in_executor(pool, voice.speak, [body.input])
        return Response(data, media_type="audio/wav")

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--calls", type=int, default=2, help="of the engine at once, each")
    given = parser.parse_args()
    os.environ.update(zip(_SETTINGS, (given.model, str(given.calls)), strict=True))
    uvicorn.run(
        "loadtests.peers.fastapi_app:build",
        factory=True,
        port=given.port,
        workers=given.workers,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
