"""A request of several voices through the stages of a running server: `python seams.py ADDRESS`.

No field of the API asks for one yet, so it enters behind the gateway, as the gateway's own does.
Prints one JSON object for each pass.
"""

import asyncio
import base64
import json
import sys
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

import httpx
import ray
from ray import serve

from deployments.stages import normalizer_stage, speech_stage
from speech.types import Delivery, Passage, SpeechRequest

FIRST, SECOND = "It costs $3.50 today.", " Nobody paid 12 dollars."
REQUEST = SpeechRequest(
    passages=(
        Passage(text=FIRST, delivery=Delivery(voice="heart", speaker="alloy", language="en-us")),
        Passage(
            text=SECOND,
            start=len(FIRST),
            delivery=Delivery(voice="tiny", speaker="s1", language="en-us", speed=1.25, seed=7),
        ),
    ),
    format="wav",
    timed=True,
)


async def speak() -> dict[str, Any]:
    """One pass through normalizer, cache and what the cache asks."""
    normalizer = normalizer_stage(serve.get_deployment_handle("Normalizer", "chorale"))
    cache = speech_stage(
        serve.get_deployment_handle("AudioCache", "chorale"), routed_by_digest=True
    )
    job = await normalizer.prepare(REQUEST, "seams")
    async with aclosing(cache.stream(job)) as frames:
        came = [frame async for frame in frames]
    return {
        "cache": came[0].cache,
        "body": base64.b64encode(b"".join(frame.data for frame in came)).decode(),
        "seconds": came[-1].audio_seconds,
        "words": [asdict(word) for frame in came for word in frame.words],
        "written": FIRST + SECOND,
        "voices": job.voices,
        "rate": job.sample_rate,
    }


async def main(address: str, url: str, token: str) -> None:
    """Twice, then once more after each of the voices was invalidated."""
    ray.init(address, namespace="serve", log_to_driver=False, logging_level="error")
    async with httpx.AsyncClient(timeout=60) as client:
        for voice in (None, None, "tiny", "heart", "espeak"):
            if voice:
                reply = await client.post(
                    f"{url}/admin/cache/invalidate",
                    json={"voice": voice},
                    headers={"Authorization": f"Bearer {token}"},
                )
                reply.raise_for_status()
            print(json.dumps(await speak()))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
