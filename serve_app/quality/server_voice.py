"""A voice asked for sentences over HTTP, as users hear it: cached, joined, encoded, streamed."""

from typing import Any

import httpx
import numpy as np

from speech.audio.decoding import decoded
from speech.errors import ConfigError, InvalidInputError, SynthesisError
from speech.evaluation.speaking import Spoken, tag_of
from speech.evaluation.suite import Sentence
from speech.types import AudioFormat


class ServerVoice:
    """A voice of a running server, in one container.

    Args:
        client: Knows the server's address.
        voice: As requests name it; an alias or `voice/speaker`, too.
        audio_format: Of the replies.

    Raises:
        ConfigError: the server does not answer, or has no such voice.
    """

    def __init__(self, client: httpx.Client, voice: str, audio_format: AudioFormat) -> None:
        self._client = client
        self._voice = voice
        self._format = audio_format
        self._languages = _languages(client, voice)

    def languages(self) -> tuple[str, ...]:
        """Tags of what it speaks."""
        return self._languages

    def say(self, sentence: Sentence, seed: int) -> Spoken:
        """Say a sentence as the container holds it; the same as wav tells what it adds."""
        language = tag_of(self._languages, sentence.language)
        if not language:
            raise InvalidInputError(f"the voice does not speak {sentence.language}", "language")
        samples, rate = self._asked(self._format, sentence.text, language, seed)
        padding = None
        if self._format != "wav":
            plain, plain_rate = self._asked("wav", sentence.text, language, seed)
            padding = len(samples) / rate - len(plain) / plain_rate
        return Spoken(samples=samples, sample_rate=rate, phonemes="", padding=padding)

    def close(self) -> None:
        """The client is not ours."""

    def _asked(
        self, audio_format: AudioFormat, text: str, language: str, seed: int
    ) -> tuple[Any, int]:
        body = {
            "model": "chorale", "input": text, "voice": self._voice, "language": language,
            "response_format": audio_format, "seed": seed,
        }  # fmt: skip
        try:
            reply = self._client.post("/v1/audio/speech", json=body)
        except httpx.HTTPError as error:
            raise SynthesisError(f"{self._client.base_url}: {error!r}") from None
        if reply.status_code != httpx.codes.OK:
            raise SynthesisError(f"{reply.status_code}: {reply.text[:200]}")
        samples, rate = decoded(reply.content, audio_format)
        return np.asarray(samples, np.int16), rate


def default_voice(client: httpx.Client) -> str:
    """The voice that a server takes where none is named."""
    return str(_listing(client)["default"])


def _languages(client: httpx.Client, name: str) -> tuple[str, ...]:
    listing = _listing(client)
    if name not in {entry["id"] for entry in listing["voices"]}:
        raise ConfigError(f"{client.base_url} has no voice {name!r}")
    aliases = {alias["id"]: alias["voice"] for alias in listing["aliases"]}
    owner = aliases.get(name, name).split("/")[0]
    found = {voice["id"]: tuple(voice["languages"]) for voice in listing["data"]}
    return found[owner]


def _listing(client: httpx.Client) -> Any:
    try:
        reply = client.get("/v1/audio/voices").raise_for_status()
        return {**reply.json(), "aliases": reply.json().get("aliases", [])}
    except (httpx.HTTPError, ValueError) as error:
        raise ConfigError(f"{client.base_url}: {error}") from None
