"""What tests of several rooms build upon."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from speech.types import AudioFormat, Phrase, SpeechJob, SpeechRequest, Utterance

MakeJob = Callable[..., SpeechJob]


@pytest.fixture
def fake_catalogue(tmp_path: Path) -> Path:
    """A catalogue of two voices that speak in tones."""
    path = tmp_path / "voices.yaml"
    content = {
        "default": "tone",
        "voices": [
            {"id": "tone", "engine": "fake", "speakers": ["low", "high"], "default_speaker": "low"},
            {"id": "other", "engine": "fake", "language": "de"},
        ],
        "aliases": {
            "alloy": {"voice": "tone", "speaker": "high"},
            "nova": {"voice": "tone", "speaker": "low", "other_languages": {"voice": "other"}},
        },
    }
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.fixture
def make_job() -> MakeJob:
    """A prepared request for `tone`; one phrase of each text."""

    def make(
        *texts: str,
        format: AudioFormat = "pcm",  # noqa: A002
        stream: bool = True,
        speed: float = 1.0,
        sample_rate: int | None = None,
        pause: float = 0.25,
        digest: str = "d" * 64,
        private: bool = False,
        request_id: str = "r",
    ) -> SpeechJob:
        texts = texts or ("a phrase",)
        request = SpeechRequest(
            text="",
            voice="tone",
            speaker="low",
            language="en-us",
            speed=speed,
            format=format,
            sample_rate=sample_rate,
            stream=stream,
        )
        phrases = tuple(
            Phrase(
                index=index,
                is_last=index == len(texts) - 1,
                text=text,
                phonemes="",
                phoneme_ids=(),
                pause_after=0.0 if index == len(texts) - 1 else pause,
            )
            for index, text in enumerate(texts)
        )
        return SpeechJob(
            request=request,
            utterance=Utterance(normalized=" ".join(texts), phrases=phrases),
            voice_sample_rate=24_000,
            digest=digest,
            request_id=request_id,
            private=private,
        )

    return make


INTEGRATION = "tests/integration/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Integration tests come last, since their servers, shared by many, take time from others.

    Where several workers share the tests they come first, for the one worker that gets them all
    (below): together they take longest. What ends the shared server ends them, anyway.
    """
    shared = "PYTEST_XDIST_WORKER" in os.environ
    for item in items:
        if bool(item.get_closest_marker("integration")) != item.nodeid.startswith(INTEGRATION):
            raise pytest.UsageError(f"{item.nodeid}: {INTEGRATION} has all integration tests")
    items.sort(
        key=lambda item: (
            item.nodeid.startswith(INTEGRATION) != shared,
            item.get_closest_marker("ends_the_server") is not None,
        )
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Workers take file by file, but one of them all integration tests, in order.

    No two servers may be under load at a time, and many tests share one.
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 (a single run needs none)

    class OneWorkerStartsServers(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return INTEGRATION if nodeid.startswith(INTEGRATION) else nodeid.partition("::")[0]

    return OneWorkerStartsServers(config, log)
