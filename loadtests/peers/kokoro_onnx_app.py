"""kokoro-onnx behind FastAPI, as its users write it: its own stream, sent on as PCM.

python -m loadtests.peers.kokoro_onnx_app --model FILE --port PORT [--workers 1] [--threads 0]
"""

import argparse
import os
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from kokoro_onnx import Kokoro  # type: ignore[import-not-found,import-untyped,unused-ignore]
from pydantic import BaseModel

_SETTINGS = ("PEER_MODEL", "PEER_THREADS")


class Body(BaseModel):
    """What of OpenAI's body is looked at."""

    input: str
    voice: str


def build() -> FastAPI:
    """The application of one worker; its settings come by the environment, as uvicorn has it."""
    model, threads = (os.environ[name] for name in _SETTINGS)
    styles = str(Path(model).with_name("voices.npz"))
    if threads == "0":
        kokoro = Kokoro(model, styles)
    else:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(threads)
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        kokoro = Kokoro.from_session(session, styles)
    app = FastAPI()

    @app.post("/v1/audio/speech")
    async def speak(body: Body) -> StreamingResponse:
        async def pcm() -> AsyncIterator[bytes]:
            async for samples, _ in kokoro.create_stream(body.input, body.voice, lang="en-us"):
                yield (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()

        return StreamingResponse(pcm(), media_type="audio/pcm")

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
    parser.add_argument("--threads", type=int, default=0, help="of a call; 0 is the package's way")
    given = parser.parse_args()
    os.environ.update(zip(_SETTINGS, (given.model, str(given.threads)), strict=True))
    uvicorn.run(
        "loadtests.peers.kokoro_onnx_app:build",
        factory=True,
        port=given.port,
        workers=given.workers,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
