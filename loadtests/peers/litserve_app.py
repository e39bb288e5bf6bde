"""A speech server on LitServe with its dynamic batching: one call of the engine for each batch.

python -m loadtests.peers.litserve_app --model FILE|hibari --port PORT [--workers 1] [--batch 4]
    [--wait 0.005] [--threads 2]
"""

import argparse
from typing import Any

import litserve  # type: ignore[import-not-found,import-untyped,unused-ignore]
from fastapi import Response

from loadtests.peers.voice import load


class Speech(litserve.LitAPI):  # type: ignore[misc,unused-ignore]
    """OpenAI's body in, WAV out."""

    def __init__(self, model: str, threads: int, **options: Any) -> None:
        super().__init__(**options)
        self._model = model
        self._threads = threads

    def setup(self, device: str) -> None:
        """Load the voice, in the worker."""
        del device
        self._voice = load(self._model, threads=self._threads)

    def decode_request(self, request: dict[str, str]) -> str:
        """What of the body is looked at."""
        return request["input"]

    def batch(self, inputs: list[str]) -> list[str]:
        """A batch is the list as it comes."""
        return inputs

    def predict(self, inputs: Any) -> Any:
        """Of a batch, or of one request where there is no batching."""
        if isinstance(inputs, str):
            return self._voice.speak([inputs])[0]
        return self._voice.speak(inputs)

    def unbatch(self, output: list[bytes]) -> list[bytes]:
        """The results as they are."""
        return output

    def encode_response(self, output: bytes) -> Response:
        """A WAV file."""
        return Response(output, media_type="audio/wav")


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--batch", type=int, default=4, help="requests at most")
    parser.add_argument("--wait", type=float, default=0.005, help="seconds for more to come")
    parser.add_argument("--threads", type=int, default=2, help="of one call of the engine")
    given = parser.parse_args()
    api = Speech(
        given.model,
        given.threads,
        max_batch_size=given.batch,
        batch_timeout=given.wait if given.batch > 1 else 0.0,
        api_path="/v1/audio/speech",
    )
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=given.workers)
    server.run(host="127.0.0.1", port=given.port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
