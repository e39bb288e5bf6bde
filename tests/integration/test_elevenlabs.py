"""ElevenLabs' own client works with the base URL changed."""

import base64
import io
from collections.abc import Iterator
from itertools import pairwise

import av
import httpx
import pytest
from servers import Server

elevenlabs = pytest.importorskip("elevenlabs", reason="elevenlabs is not installed: make setup")

from elevenlabs.client import ElevenLabs  # noqa: E402
from elevenlabs.core.api_error import ApiError  # noqa: E402

pytestmark = pytest.mark.integration

TEXT = "It costs $3.50. Really? We all agree that it is a bargain. " * 4


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[ElevenLabs]:
    with httpx.Client(timeout=60) as connection:
        yield ElevenLabs(api_key="any", base_url=server.url, httpx_client=connection)


def seconds(audio: bytes) -> float:
    with av.open(io.BytesIO(audio)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_audio(client: ElevenLabs) -> None:
    whole = b"".join(client.text_to_speech.convert("alloy", text=TEXT))
    assert seconds(whole) > 8
    pcm = b"".join(client.text_to_speech.stream("heart/ash", text=TEXT, output_format="pcm_16000"))
    assert len(pcm) / 32_000 > 8


def test_times_whole_and_streamed(client: ElevenLabs) -> None:
    whole = client.text_to_speech.convert_with_timestamps(
        "heart", text=TEXT, output_format="pcm_24000"
    )
    assert whole.alignment is not None
    assert whole.normalized_alignment is not None
    assert "".join(whole.alignment.characters) == TEXT
    assert "three dollars" in "".join(whole.normalized_alignment.characters)
    ends = whole.alignment.character_end_times_seconds
    assert all(one <= two for one, two in pairwise(ends))
    audio = base64.b64decode(whole.audio_base_64)
    assert 0 <= len(audio) / 48_000 - ends[-1] < 0.5

    heard, characters, starts, told = b"", [], [], 0.0
    for part in client.text_to_speech.stream_with_timestamps(
        "heart", text=TEXT, output_format="pcm_24000"
    ):
        heard += base64.b64decode(part.audio_base_64)
        if part.alignment:
            characters += part.alignment.characters
            starts += part.alignment.character_start_times_seconds
            told = part.alignment.character_end_times_seconds[-1]
        # Times are there before the audio is.
        assert told >= min(len(heard) / 48_000 - 1.0, ends[-1])
    assert heard == audio
    assert characters == whole.alignment.characters
    assert starts == whole.alignment.character_start_times_seconds


def test_errors_are_told(client: ElevenLabs) -> None:
    with pytest.raises(ApiError) as caught:
        client.text_to_speech.convert_with_timestamps("nobody", text="Hello.")
    assert caught.value.status_code == 404
    assert caught.value.body["detail"]["status"] == "voice_not_found"
