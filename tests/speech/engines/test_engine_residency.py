import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from speech.config import EngineConfig
from speech.engines import ResidentVoices, residency
from speech.engines.fake import FakeEntry
from speech.engines.fake.engine import FakeEngine
from speech.engines.loading import Loaded
from speech.errors import ConfigError, SpeechError
from speech.interfaces import Engine
from speech.types import Pcm, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import with_delivery

PiperJob = Callable[..., PhraseJob]


@pytest.fixture
def catalogue() -> VoiceCatalogue:
    entries = tuple(FakeEntry(id=name) for name in "abcd")
    return VoiceCatalogue.build(CatalogueConfig(default="a", voices=entries), Path())


def resident(catalogue: VoiceCatalogue, limit: int) -> ResidentVoices:
    return ResidentVoices(catalogue.voices, EngineConfig(max_resident_voices=limit))


def used(voices: ResidentVoices, voice_id: str) -> Engine:
    """The engine of a voice after a call of it."""
    with voices.engine(voice_id) as engine:
        return engine


def test_a_voice_is_loaded_once(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 2)
    assert voices.infos() == {}
    assert used(voices, "a") is used(voices, "a")
    assert list(voices.infos()) == ["a"]


def test_the_least_recently_used_is_closed(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 2)
    first, second = used(voices, "a"), used(voices, "b")
    used(voices, "a")
    used(voices, "c")
    assert list(voices.infos()) == ["a", "c"]
    assert isinstance(first, FakeEngine)
    assert isinstance(second, FakeEngine)
    assert second.closed
    assert not first.closed
    assert used(voices, "b") is not second


def test_what_speaks_is_closed_by_its_last_speaker(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 1)
    with voices.engine("a") as engine:
        assert isinstance(engine, FakeEngine)
        with voices.engine("a") as again:
            assert again is engine
            used(voices, "b")
            assert list(voices.infos()) == ["b"]
        assert not engine.closed
        # Asked for anew it is another: this one is on its way out.
        assert used(voices, "a") is not engine
    assert engine.closed


def test_many_threads_load_a_voice_once(
    catalogue: VoiceCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    all_ask = threading.Barrier(4)
    build = ResidentVoices.build

    def slow_build(self: ResidentVoices, voice: str, config: EngineConfig) -> Loaded:
        loads.append(voice)
        time.sleep(0.1)  # the others ask meanwhile
        return build(self, voice, config)

    def ask(_: int) -> Engine:
        all_ask.wait(60)
        return used(voices, "a")

    monkeypatch.setattr(ResidentVoices, "build", slow_build)
    voices = resident(catalogue, 2)
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(ask, range(4)))) == 1
    assert loads == ["a"]


def test_threads_that_evict_each_other_lose_nothing(
    catalogue: VoiceCatalogue, piper_job: PiperJob
) -> None:
    """Three voices for one place: each is closed after its last call and never during one."""
    voices = resident(catalogue, 1)

    def speak(voice: str) -> bool:
        results = [voices.synthesize([with_delivery(piper_job(5), voice=voice)]) for _ in range(40)]
        return all(isinstance(result, Pcm) for (result,) in results)

    with ThreadPoolExecutor(3) as threads:
        assert all(threads.map(speak, "abc"))
    assert len(voices.infos()) == 1


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
    engines = [used(voices, name) for name in "abc"]
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
        used(voices, "a")
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
    used(voices, "a")
    short_of_memory(monkeypatch, voices, room=2)
    (result,) = voices.synthesize([with_delivery(piper_job(5), voice="b")])
    assert isinstance(result, Pcm)
    assert list(voices.infos()) == ["a", "b"]
    short_of_memory(monkeypatch, voices, room=0)
    with pytest.raises(MemoryError):
        voices.synthesize([with_delivery(piper_job(5), voice="b")])
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


def test_what_is_no_more_what_it_was_is_closed(catalogue: VoiceCatalogue) -> None:
    voices = resident(catalogue, 4)
    kept, changed, gone = (used(voices, name) for name in "abc")
    other = FakeEntry(id="b", speakers=("one",))
    entries = VoiceCatalogue.build(CatalogueConfig(default="b", voices=(other,)), Path())
    voices.know({"a": catalogue.voices["a"], **entries.voices, "d": catalogue.voices["d"]})
    assert list(voices.infos()) == ["a"]
    assert used(voices, "a") is kept
    assert isinstance(changed, FakeEngine)
    assert isinstance(gone, FakeEngine)
    assert changed.closed
    assert gone.closed
    assert used(voices, "b") is not changed
    with pytest.raises(ConfigError, match="no voice 'c'"):
        used(voices, "c")


def test_what_changes_while_it_is_loaded_is_loaded_again(
    catalogue: VoiceCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    voices = resident(catalogue, 4)
    other = FakeEntry(id="b", speakers=("one",))
    changed = VoiceCatalogue.build(CatalogueConfig(default="b", voices=(other,)), Path()).voices
    build, built = ResidentVoices.build, []

    def slow_build(self: ResidentVoices, voice: str, config: EngineConfig) -> Loaded:
        built.append(build(self, voice, config))
        if len(built) == 1:
            voices.know(changed)
        return built[-1]

    monkeypatch.setattr(ResidentVoices, "build", slow_build)
    assert used(voices, "b") is built[1].engine
    assert [it.engine.closed for it in built] == [True, False]
    # An engine for the old one comes too late, and another for one that is gone.
    late = Loaded(
        engine=FakeEngine(catalogue.voices["b"]),
        voice=catalogue.voices["b"],
        choice="",
        config=EngineConfig(provider="auto"),
        speed=None,
    )
    voices.replace("b", late)
    assert used(voices, "b") is built[1].engine
    assert late.engine.closed
    built.clear()
    with pytest.raises(ConfigError, match="no voice 'a'"):
        used(voices, "a")
    assert voices.outdated(EngineConfig()) == ["b"]
    voices.know({})
    assert voices.infos() == {}


def test_idle_voices_make_room_before_another_is_loaded(catalogue: VoiceCatalogue) -> None:
    free = 0
    asked: list[int] = []

    def fits(_: int) -> bool:
        asked.append(len(voices.infos()))
        return len(voices.infos()) <= free

    voices = ResidentVoices(catalogue.voices, EngineConfig(), fits=fits)
    free = 2
    for name in "abc":
        used(voices, name)
    with voices.engine("a") as speaking:
        used(voices, "d")
        assert list(voices.infos()) == ["c", "a", "d"]
        assert isinstance(speaking, FakeEngine)
        assert not speaking.closed
        free = 0  # no room at all: who is asked for is loaded, and who speaks stays
        used(voices, "b")
        assert list(voices.infos()) == ["a", "b"]
    assert asked[:5] == [0, 1, 2, 3, 2]
    assert voices.unloaded == {"room": 3}


def test_for_memory_the_least_recently_used_goes_and_the_last_stays(
    catalogue: VoiceCatalogue,
) -> None:
    voices = resident(catalogue, 4)
    voices.preload("abc")
    with voices.engine("a"):
        assert voices.unload_for_memory()
        assert list(voices.infos()) == ["c", "a"]
        with voices._loading:  # what loading takes is not what stays
            assert not voices.unload_for_memory()
        assert voices.unload_for_memory()
        assert not voices.unload_for_memory()
    assert list(voices.infos()) == ["a"]
    assert voices.unloaded == {"memory": 2}


def test_what_is_unused_for_long_is_unloaded_but_for_the_preloaded(
    catalogue: VoiceCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(residency.time, "monotonic", lambda: now)
    voices = resident(catalogue, 4)
    voices.preload("a")
    used(voices, "b")
    with voices.engine("c"):
        now = 130.0
        used(voices, "d")
        voices.unload_unused(20)
        assert list(voices.infos()) == ["a", "c", "d"]
    voices.unload_unused(20)
    assert list(voices.infos()) == ["a", "c", "d"]
    now = 151.0
    voices.unload_unused(20)
    assert list(voices.infos()) == ["a"]
    assert voices.unloaded == {"idle": 3}
