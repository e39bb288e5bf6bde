"""`clients.py URL`: what clients for Python, and the requests of front ends, make of a server.

Prints a line of JSON for each; runs in an environment of its own (`make clients`).
"""

import json
import os
import sys
from collections.abc import Callable

import httpx
import openai

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would fetch prices
import litellm

URL = sys.argv[1]
LONG = "A sentence. " * 20


def attempt(client: str, what: str, run: Callable[[], bool]) -> None:
    try:
        works = "yes" if run() else "no: another answer"
    except Exception as error:  # noqa: BLE001 (whatever it is, the table tells it)
        works = f"no: {error}"[:200]
    print(json.dumps({"client": client, "what": what, "works": works}), flush=True)


def official() -> None:
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key="unused")
    create = client.audio.speech.create
    hello = {"model": "tts-1", "voice": "alloy", "input": "Hello from Python."}

    def streamed() -> bool:
        make = client.audio.speech.with_streaming_response.create
        with make(**{**hello, "input": LONG, "response_format": "pcm"}) as reply:
            return sum(map(len, reply.iter_bytes())) > 100_000

    def error() -> bool:
        try:
            create(**{**hello, "voice": "nobody"})
        except openai.BadRequestError as refused:
            return refused.param == "voice"
        return False

    def odd() -> bool:
        odd_names = {"model": "TTS-1", "voice": {"id": "Alloy"}}
        reply = client.audio.speech.with_raw_response.create(**{**hello, **odd_names})
        return reply.headers["x-voice"] == "heart/alloy"

    name = "openai (Python)"
    attempt(name, "speech", lambda: len(create(**hello).content) > 1000)
    attempt(name, "streamed", streamed)
    attempt(name, "an error", error)
    attempt(name, "models", lambda: "tts-1" in {it.id for it in client.models.list()})
    attempt(name, "odd names", odd)


def lite() -> None:
    hello = {"api_base": f"{URL}/v1", "api_key": "unused", "input": "Hello.", "max_retries": 0}

    def error() -> bool:
        try:
            litellm.speech(model="openai/tts-1", voice="nobody", **hello)
        except Exception as refused:  # noqa: BLE001 (its own classes change)
            return "unknown voice" in str(refused)
        return False

    def speech() -> bool:
        return len(litellm.speech(model="openai/tts-1", voice="alloy", **hello).content) > 1000

    attempt("LiteLLM", "speech", speech)
    attempt("LiteLLM", "an error", error)


def front_ends() -> None:
    """Requests as their sources write them; the programs themselves are not run."""
    client = httpx.Client(base_url=f"{URL}/v1", timeout=60)

    def get(path: str) -> object:
        return client.get(path).raise_for_status().json()

    def speech(body: dict[str, object]) -> bool:
        reply = client.post("/audio/speech", json=body, headers={"authorization": "Bearer any"})
        return len(reply.raise_for_status().content) > 1000

    attempt("Open WebUI", "models", lambda: bool(get("/audio/models")["models"][0]["id"]))
    voices = {it["id"]: it.get("name", it["id"]) for it in get("/audio/voices")["voices"]}
    attempt("Open WebUI", "voices", lambda: "alloy" in voices)
    body = {"input": "Hello.", "voice": "alloy", "model": "tts-1"}
    attempt("Open WebUI", "speech", lambda: speech(body))
    attempt(
        "LibreChat", "speech without a voice", lambda: speech({"input": "Hi.", "model": "tts-1"})
    )
    attempt("LibreChat", "speech with a backend", lambda: speech({**body, "backend": "piper"}))
    told = [it["name"] for it in get("/models/tts-1")["voices"]]
    attempt("wyoming-openai", "voices of a model", lambda: "alloy" in told and "heart/onyx" in told)
    old = [it["voice_id"] for it in get("/audio/speech/voices?model_id=tts-1")]
    attempt("wyoming-openai", "voices, the older way", lambda: old == told)
    wav = {**body, "response_format": "wav", "speed": 1.0, "instructions": None}
    attempt("wyoming-openai", "speech", lambda: speech(wav))


official()
lite()
front_ends()
