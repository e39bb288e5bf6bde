"""When a listener of a running server hears something: one streamed reply after the other.

Every text is new, so that no cache has it. A player that starts with the first bytes is heard as
soon as they came and their leading silence is over.
"""

from collections.abc import Mapping
from secrets import token_hex
from statistics import median
from time import perf_counter

import httpx
import numpy as np

from serve_app.keys import key_headers
from speech.errors import SynthesisError
from speech.types import PCM_SAMPLE_RATE

_AUDIBLE = 104
"""Magnitude of a sample: -50 dB of full scale."""
_TIMEOUT = 60.0
"""Seconds."""


def first_audio(url: str, voice: str, requests: int) -> dict[str, float]:
    """Median and 95th percentile of the first bytes and the first sound, and the real-time factor.

    Seconds; the real-time factor is the median of a reply's time by its audio's.

    Raises:
        SynthesisError: the server did not answer one of the requests.
    """
    firsts, sounds, factors = [], [], []
    timeout = httpx.Timeout(_TIMEOUT, connect=5)
    with httpx.Client(base_url=url, timeout=timeout, headers=key_headers()) as client:
        for place in range(requests):
            text = f"Number {place} of the list is {' '.join(token_hex(3))}. That is all there is."
            first, took, samples = _heard(client, {"input": text, "voice": voice})
            loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE)
            if not len(loud):
                raise SynthesisError("a reply holds only silence")
            firsts.append(first)
            sounds.append(first + int(loud[0]) / PCM_SAMPLE_RATE)
            factors.append(took / (len(samples) / PCM_SAMPLE_RATE))
    return {
        "first_audio.p50": median(firsts),
        "first_audio.p95": float(np.percentile(firsts, 95)),
        "first_sound.p50": median(sounds),
        "first_sound.p95": float(np.percentile(sounds, 95)),
        "real_time_factor.p50": median(factors),
    }


def _heard(client: httpx.Client, body: Mapping[str, str]) -> tuple[float, float, np.ndarray]:
    """Seconds to the first bytes and to the last, and the samples."""
    first, parts = 0.0, []
    started = perf_counter()
    try:
        asked = {"model": "chorale", "response_format": "pcm", **body}
        with client.stream("POST", "/v1/audio/speech", json=asked) as reply:
            if reply.status_code != httpx.codes.OK:
                reply.read()
                raise SynthesisError(f"{reply.status_code}: {reply.text[:200]}")
            for part in reply.iter_bytes():
                first = first or perf_counter() - started
                parts.append(part)
    except httpx.HTTPError as error:
        raise SynthesisError(f"{client.base_url}: {error!r}") from None
    data = b"".join(parts)
    return first, perf_counter() - started, np.frombuffer(data[: len(data) // 2 * 2], "<i2")
