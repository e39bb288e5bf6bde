"""What tests of several rooms build upon."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from speech.types import Delivery, Passage, Phrase, PhraseJob, SpeechJob, SpeechRequest

# A busy machine fails no property.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


MakeJob = Callable[..., SpeechJob]


def delivery(language: str = "en-us", **more: Any) -> Delivery:
    """How a phrase is said."""
    return Delivery(language=language, **more)


def passage(text: str, language: str = "en-us", **more: Any) -> Passage:
    """A text in a language; `more` are fields of the passage or of its delivery."""
    how = delivery(language, **_taken(Delivery, more))
    return Passage(text=text, delivery=how, **more)


def request_of(text: str, language: str = "en-us", **more: Any) -> SpeechRequest:
    """A request of one passage; `more` are fields of the request, the passage or its delivery."""
    own = _taken(SpeechRequest, more)
    return SpeechRequest(passages=(passage(text, language, **more),), **own)


def phrase_of(text: str, language: str = "en-us", **more: Any) -> Phrase:
    """A phrase; `more` are fields of it or of its delivery."""
    how = delivery(language, **_taken(Delivery, more))
    plain = {"index": 0, "is_last": False, "phonemes": "", "phoneme_ids": (), "pause_after": 0.0}
    return Phrase(text=text, delivery=how, **{**plain, **more})


def phrases_of(*texts: str, pause: float = 0.0, **more: Any) -> tuple[Phrase, ...]:
    """A phrase of each text, with a pause after all but the last."""
    last = len(texts) - 1
    return tuple(
        phrase_of(
            text, index=index, is_last=index == last, pause_after=pause * (index < last), **more
        )
        for index, text in enumerate(texts)
    )


def phrase_job(text: str = "a phrase", language: str = "en-us", **more: Any) -> PhraseJob:
    """What an engine is asked for; `more` are fields of it, of its phrase or of the delivery."""
    own = _taken(PhraseJob, more)
    return PhraseJob(phrase=phrase_of(text, language, **more), **own)


def with_delivery(item: PhraseJob, **how: Any) -> PhraseJob:
    """A phrase to speak, said otherwise."""
    phrase = item.phrase
    return replace(item, phrase=replace(phrase, delivery=replace(phrase.delivery, **how)))


def _taken(kind: type, more: dict[str, Any]) -> dict[str, Any]:
    """The values that are fields of `kind`, which are no longer in `more` afterwards."""
    return {name: more.pop(name) for name in kind.__dataclass_fields__ if name in more}


@pytest.fixture(scope="session", autouse=True)
def _no_voices_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever runs the tests may have pulled some."""
    os.environ["CHORALE_HOME"] = str(tmp_path_factory.mktemp("home"))


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

    def make(*texts: str, stream: bool = True, pause: float = 0.25, **more: Any) -> SpeechJob:
        own = _taken(SpeechJob, more)
        how = {"voice": "tone", "speaker": "low", **more}
        phrases = phrases_of(*texts or ("a phrase",), pause=pause, **how)
        plain = {
            "format": "pcm",
            "sample_rate": 24_000,
            "whole": len(phrases) == 1 or not stream,
            "timed": False,
            "voices": (how["voice"],),
            "digest": "d" * 64,
            "request_id": "r",
        }
        made = {**plain, **own}
        makers = tuple(f"files of {voice}" for voice in made["voices"])
        return SpeechJob(phrases=phrases, **{"makers": makers, **made})

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
