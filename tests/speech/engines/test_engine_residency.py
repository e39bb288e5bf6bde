from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from speech.config import EngineConfig
from speech.engines import ResidentVoices
from speech.engines.fake import FakeEngine
from speech.errors import ConfigError, SpeechError
from speech.types import Pcm, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue, VoiceConfig

PiperJob = Callable[..., PhraseJob]


@pytest.fixture
def catalogue() -> VoiceCatalogue:
    entries = tuple(VoiceConfig(id=name, engine="fake") for name in "abcd")
    return VoiceCatalogue.build(CatalogueConfig(default="a", voices=entries), Path())


def resident(catalogue: VoiceCatalogue, limit: int) -> ResidentVoices:
    return ResidentVoices(catalogue, EngineConfig(max_resident_voices=limit))


def test_a_voice_is_loaded_once(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 2)
    assert voices.infos() == {}
    assert voices.engine("a") is voices.engine("a")
    assert list(voices.infos()) == ["a"]


def test_the_least_recently_used_is_closed(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 2)
    first, second = voices.engine("a"), voices.engine("b")
    voices.engine("a")
    voices.engine("c")
    assert list(voices.infos()) == ["a", "c"]
    assert isinstance(first, FakeEngine)
    assert isinstance(second, FakeEngine)
    assert second.closed
    assert not first.closed
    assert voices.engine("b") is not second


def test_preload_is_bounded_and_checked(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 2)
    voices.preload(["a", "b", "a"])
    assert list(voices.infos()) == ["a", "b"]
    with pytest.raises(ConfigError, match="3 voices"):
        voices.preload(["a", "b", "c"])
    with pytest.raises(ConfigError, match="no voice 'zz'"):
        voices.preload(["zz"])


def test_close_closes_all(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 3)
    engines = [voices.engine(name) for name in "abc"]
    voices.close()
    assert voices.infos() == {}
    assert all(isinstance(engine, FakeEngine) and engine.closed for engine in engines)


def test_a_voice_that_does_not_warm_up_is_closed(
    catalogue: VoiceCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[FakeEngine] = []

    def fail(self: FakeEngine) -> None:
        raise RuntimeError("cold")

    def note(self: FakeEngine) -> None:
        closed.append(self)

    monkeypatch.setattr(FakeEngine, "warm_up", fail)
    monkeypatch.setattr(FakeEngine, "close", note)
    voices = resident(catalogue, 2)
    with pytest.raises(RuntimeError, match="cold"):
        voices.engine("a")
    assert len(closed) == 1
    assert voices.infos() == {}


def short_of_memory(monkeypatch: pytest.MonkeyPatch, voices: ResidentVoices, room: int) -> None:
    """Fake engines that speak only while at most `room` of them are loaded."""
    spoken = FakeEngine.synthesize

    def synthesize(self: FakeEngine, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        if len(voices.infos()) > room:
            raise MemoryError
        return spoken(self, jobs)

    monkeypatch.setattr(FakeEngine, "synthesize", synthesize)


def test_where_memory_runs_out_the_least_recently_used_makes_room(
    catalogue: VoiceCatalogue, monkeypatch: pytest.MonkeyPatch, piper_job: PiperJob
) -> None:
    voices = resident(catalogue, 4)
    voices.preload("abc")
    voices.engine("a")
    short_of_memory(monkeypatch, voices, room=2)
    (result,) = voices.synthesize([replace(piper_job(5), voice="b")])
    assert isinstance(result, Pcm)
    assert list(voices.infos()) == ["a", "b"]
    short_of_memory(monkeypatch, voices, room=0)
    with pytest.raises(MemoryError):
        voices.synthesize([replace(piper_job(5), voice="b")])
    assert list(voices.infos()) == ["b"]


def test_a_preload_that_does_not_fit_names_the_voice(
    catalogue: VoiceCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warm_up(self: FakeEngine) -> None:
        if voices.infos():
            raise MemoryError

    monkeypatch.setattr(FakeEngine, "warm_up", warm_up)
    voices = resident(catalogue, 4)
    with pytest.raises(ConfigError, match="'b' has no room beside a"):
        voices.preload("ab")
