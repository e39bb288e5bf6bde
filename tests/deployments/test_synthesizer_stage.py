"""The Synthesizer around its engine; the batching itself needs a replica's context."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from ray import serve

from deployments import metrics
from deployments.synthesizer import Synthesizer, SynthesizerConfig
from speech.batching import Batch, BatchItem
from speech.config import EngineConfig
from speech.engines.fake.engine import FakeEngine
from speech.engines.loading import Loaded
from speech.engines.piper.engine import PiperEngine
from speech.engines.residency import ResidentVoices
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.scaling import METRICS
from speech.telemetry import Metric
from speech.types import Pcm, PhraseJob, SpeechJob
from speech.voice_home import Home
from tests.conftest import phrase_job, with_delivery
from tests.tiny_voice import write_tiny_voice

MakeJob = Callable[..., SpeechJob]


@pytest.fixture
def synthesizer(fake_catalogue: Path) -> Iterator[Synthesizer]:
    made = Synthesizer(SynthesizerConfig(catalogue=fake_catalogue))
    yield made
    made._engine_threads.shutdown()


def phrase_jobs(job: SpeechJob) -> list[PhraseJob]:
    return [PhraseJob(phrase=phrase) for phrase in job.phrases]


def replace_engine(synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, **how: Any) -> None:
    voice = synthesizer._voices._voices["tone"]
    engine = FakeEngine(voice, **how)
    monkeypatch.setattr(synthesizer._voices, "engine", lambda _: nullcontext(engine))


def test_phrases_become_samples(synthesizer: Synthesizer, make_job: MakeJob) -> None:
    results = synthesizer._run_engine(phrase_jobs(make_job("one", "three")))
    assert [type(result) for result in results] == [Pcm, Pcm]
    assert [result.index for result in results if isinstance(result, Pcm)] == [0, 1]
    synthesizer.check_health()


def test_one_bad_phrase_fails_no_stranger(synthesizer: Synthesizer, make_job: MakeJob) -> None:
    results = synthesizer._run_engine(phrase_jobs(make_job("one", "unspeakable", "three")))
    assert [type(result) for result in results] == [Pcm, SynthesisError, Pcm]
    synthesizer.check_health()


def test_an_engine_that_breaks_fails_its_batch_and_the_replica(
    synthesizer: Synthesizer, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_engine(synthesizer, monkeypatch, crash_on="crash")
    results = synthesizer._run_engine(phrase_jobs(make_job("one", "crash")))
    assert [type(result) for result in results] == [SynthesisError, SynthesisError]
    with pytest.raises(RuntimeError, match="as a whole"):
        synthesizer.check_health()


def test_a_voice_that_cannot_be_loaded_fails_its_batch_alone(
    synthesizer: Synthesizer, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> Any:
        raise ConfigError("no weights")

    monkeypatch.setattr(synthesizer._voices, "engine", refuse)
    results = synthesizer._run_engine(phrase_jobs(make_job("one", "two")))
    assert all(isinstance(result, SpeechError) for result in results)
    synthesizer.check_health()


def test_a_call_that_stalls_fails_the_replica(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("deployments.synthesizer.perf_counter", lambda: now)
    synthesizer._running = {"one": now - 59, "other": now - 1}
    synthesizer.check_health()
    synthesizer._running = {"one": now - 61, "other": now - 1}
    with pytest.raises(RuntimeError, match="stalled"):
        synthesizer.check_health()
    synthesizer._running = {"other": now - 1}
    synthesizer.check_health()


def test_voices_are_loaded_before_the_replica_is_ready(synthesizer: Synthesizer) -> None:
    assert list(synthesizer._voices.infos()) == ["tone", "other"]


def test_the_default_voice_comes_first_where_not_all_fit(fake_catalogue: Path) -> None:
    config = SynthesizerConfig(catalogue=fake_catalogue, engine=EngineConfig(max_resident_voices=1))
    assert list(Synthesizer(config)._voices.infos()) == ["tone"]


def test_voices_may_be_named_for_preload(fake_catalogue: Path) -> None:
    config = SynthesizerConfig(catalogue=fake_catalogue, preload=("other",))
    assert list(Synthesizer(config)._voices.infos()) == ["other"]


def test_the_queue_is_told_to_the_autoscaler(synthesizer: Synthesizer) -> None:
    stats = synthesizer.record_autoscaling_stats()
    assert set(stats) == set(METRICS)
    assert stats["waiting"] == 0.0


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Synthesizer]:
    """A Synthesizer of a voice that ONNX Runtime speaks."""
    write_tiny_voice(tmp_path / "tiny.onnx")
    path = tmp_path / "voices.yaml"
    voices = [{"id": "tone", "engine": "piper", "model": "tiny.onnx"}]
    path.write_text(yaml.safe_dump({"default": "tone", "voices": voices}))
    config = SynthesizerConfig(catalogue=path, engine=EngineConfig(threads=1))
    made = Synthesizer(config)
    yield made
    made._swap_thread.shutdown()
    made._engine_threads.shutdown()


def tiny_jobs(job: SpeechJob) -> list[PhraseJob]:
    return [
        phrase_job(phrase.text, phoneme_ids=(1, 20, 0, 30, 2), voice="tone")
        for phrase in job.phrases
    ]


def heard(results: Sequence[Pcm | SpeechError]) -> bytes:
    assert [type(result) for result in results] == [Pcm]
    return b"".join(result.samples.tobytes() for result in results if isinstance(result, Pcm))


async def test_engines_are_swapped_between_batches(
    tiny: Synthesizer, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches run before, during and after; none is lost, none waits for the new engine."""
    jobs = tiny_jobs(make_job("one"))
    closed: list[str] = []
    speaking: set[PiperEngine] = set()
    close, build = PiperEngine.close, ResidentVoices.build
    synthesize = PiperEngine.synthesize
    building, go_on = threading.Event(), threading.Event()

    def slow_build(self: ResidentVoices, voice: str, config: EngineConfig) -> Loaded:
        loaded = build(self, voice, config)
        building.set()
        assert go_on.wait(60)
        return loaded

    def noted_synthesize(self: PiperEngine, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        speaking.add(self)
        try:
            return synthesize(self, jobs)
        finally:
            speaking.remove(self)

    def noted_close(self: PiperEngine) -> None:
        assert self not in speaking
        closed.append(self.info.precision)
        close(self)

    monkeypatch.setattr(PiperEngine, "synthesize", noted_synthesize)
    monkeypatch.setattr(ResidentVoices, "build", slow_build)
    monkeypatch.setattr(PiperEngine, "close", noted_close)

    def speak() -> Future[Sequence[Pcm | SpeechError]]:
        return tiny._engine_threads.submit(tiny._run_engine, jobs)

    single = heard(await asyncio.wrap_future(speak()))
    tiny.reconfigure({"precision": "fp16"})
    assert await asyncio.to_thread(building.wait, 60)
    # The new engine is there and warm, and the old one speaks on.
    assert {heard(speak().result(60)) for _ in range(8)} == {single}
    assert (await tiny.loaded_engines())["tone"].precision == "fp32"
    waiting = [speak() for _ in range(8)]
    go_on.set()
    tiny._swap_thread.submit(lambda: None).result(60)
    waiting += [speak() for _ in range(8)]
    said = [heard(result.result(60)) for result in waiting]
    half = said[-1]
    assert half != single
    # One change, at some place between two batches.
    assert said == sorted(said, key=lambda audio: audio == half)
    assert set(said) == {single, half} or set(said) == {half}
    assert closed == ["fp32"]
    info = (await tiny.loaded_engines())["tone"]
    assert (info.precision, info.choice) == ("fp16", "asked for")
    tiny.check_health()


async def test_a_swap_that_cannot_be_leaves_what_speaks(
    tiny: Synthesizer, make_job: MakeJob
) -> None:
    tiny.reconfigure({"precision": "tf32"})
    tiny._swap_thread.submit(lambda: None).result(60)
    info = (await tiny.loaded_engines())["tone"]
    assert info.precision == "fp32"
    assert (
        "could not be swapped: voice 'tone': provider 'cpu' has no precision 'tf32'" in info.choice
    )
    assert heard(tiny._run_engine(tiny_jobs(make_job("one"))))
    tiny.check_health()
    # What is configured again forgets it.
    tiny.reconfigure({"later_share": 0.5})
    tiny._swap_thread.submit(lambda: None).result(60)
    assert (await tiny.loaded_engines())["tone"].choice == "asked for"


async def test_batches_that_fit_beside_each_other_run_so(
    fake_catalogue: Path, make_job: MakeJob
) -> None:
    """Two calls of the engine meet in a barrier, which one after the other never would."""
    made = Synthesizer(SynthesizerConfig(catalogue=fake_catalogue, engine=EngineConfig(parallel=2)))
    both = threading.Barrier(2)
    run = made._run_engine

    def meet(jobs: Sequence[PhraseJob]) -> Sequence[Pcm | SpeechError]:
        both.wait(60)
        return run(jobs)

    made._run_engine = meet  # type: ignore[method-assign]
    batch = Synthesizer._speak_batch.__wrapped__
    jobs = phrase_jobs(make_job("one", "two"))
    items = [BatchItem(job=job, batch=Batch(1), waited=0.0) for job in jobs]
    results = await asyncio.gather(*(batch(made, [item]) for item in items))
    assert [result.pcm.index for (result,) in results] == [0, 1]
    assert not made._running
    made._engine_threads.shutdown()


@pytest.mark.parametrize(("parallel", "released"), [(1, 1), (2, 3)])
async def test_a_batch_waits_behind_those_that_are_spoken_beside_each_other(
    fake_catalogue: Path, make_job: MakeJob, parallel: int, released: int
) -> None:
    config = EngineConfig(parallel=parallel)
    made = Synthesizer(SynthesizerConfig(catalogue=fake_catalogue, engine=config))
    jobs = [
        with_delivery(item, voice=voice)
        for item in phrase_jobs(make_job("one, slowly"))
        for voice in ("tone", "other") * 2
    ]
    async with AsyncExitStack() as stack:
        items = [
            asyncio.ensure_future(stack.enter_async_context(made._gate.admit(item)))
            for item in jobs
        ]
        for _ in range(2 * released):
            await asyncio.sleep(0)
            made._gate.taken()
        assert len({item.result().batch for item in items if item.done()}) == released
        batch = Synthesizer._speak_batch.__wrapped__
        inside = [item.result() for item in items if item.done()]
        spoken = await asyncio.gather(*(batch(made, [item]) for item in inside))
        # What waited for a thread counts as waiting and not as synthesis.
        (last,) = spoken[-1]
        assert last.synthesis >= 0.2
        if released > parallel:
            assert last.waited >= 0.15
        for item in items:
            item.cancel()
    made._engine_threads.shutdown()


async def test_the_decorator_takes_what_the_gate_releases(
    fake_catalogue: Path, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers that come and go at random: Ray's decorator neither joins nor splits batches."""
    config = EngineConfig(parallel=3)
    made = Synthesizer(SynthesizerConfig(catalogue=fake_catalogue, engine=config))
    replica = SimpleNamespace(_deployment_config=SimpleNamespace(max_ongoing_requests=9999))
    monkeypatch.setattr(serve, "get_replica_context", lambda: replica)
    queue = Synthesizer._speak_batch.set_max_batch_size.__self__
    monkeypatch.setattr(queue, "_queue", None)  # made for this loop, and gone with it
    for quiet in ("count", "observe"):
        monkeypatch.setattr(metrics, quiet, lambda *_, **__: None)
    next_batch, run = made._gate._next_batch, made._run_engine
    released: dict[int, int] = {}
    taken: list[set[int]] = []

    def noted_next_batch() -> list[Any]:
        batch, number = next_batch(), len(released)
        released.update((id(waiter.job), number) for waiter in batch)
        return batch

    def noted_run(jobs: Sequence[PhraseJob]) -> Sequence[Pcm | SpeechError]:
        taken.append({released[id(job)] for job in jobs})
        return run(jobs)

    monkeypatch.setattr(made._gate, "_next_batch", noted_next_batch)
    monkeypatch.setattr(made, "_run_engine", noted_run)
    chance = random.Random(7)
    (phrase,) = phrase_jobs(make_job("one"))
    jobs = [with_delivery(phrase, voice=chance.choice(("tone", "other"))) for _ in range(300)]
    asked = []
    for job in jobs:
        asked.append(asyncio.create_task(made.synthesize(job)))
        if chance.random() < 0.2:
            chance.choice(asked).cancel()
        if chance.random() < 0.2:
            await asyncio.sleep(chance.choice((0, 0, 0.001)))
    await asyncio.gather(*asked, return_exceptions=True)
    queue._queue._handle_batch_task.cancel()
    queue._queue._handle_batch_task = None  # else its end would look for an event loop
    assert len(taken) < len(released)
    assert [len(batches) for batches in taken] == [1] * len(taken)
    assert len(set.union(*taken)) == len(taken)
    made._engine_threads.shutdown()


def test_only_the_last_wish_is_built(tiny: Synthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    build = ResidentVoices.build
    hold = threading.Event()

    def noted_build(self: ResidentVoices, voice: str, config: EngineConfig) -> Loaded:
        built.append(config.precision)
        assert hold.wait(60)
        return build(self, voice, config)

    monkeypatch.setattr(ResidentVoices, "build", noted_build)
    for precision in ("fp16", "fp32", "tf32", "fp16"):
        tiny.reconfigure({"precision": precision})
    hold.set()
    tiny._swap_thread.submit(lambda: None).result(60)
    # The first may have been on its way.
    assert built in (["fp16"], ["fp16", "fp16"])
    assert tiny._voices.infos()["tone"].precision == "fp16"


def test_the_memory_of_each_loaded_voice_is_told(
    tiny: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, float, dict[str, str]]] = []

    def note(metric: Metric, value: float, **labels: str) -> None:
        told.append((metric.name, value, labels))

    monkeypatch.setattr("deployments.synthesizer.metrics.set_gauge", note)
    tiny.check_health()
    size = tiny._voices.infos()["tone"].resident_bytes
    assert size > 10_000
    assert ("chorale_resident_bytes", size, {"voice": "tone"}) in told
    assert ("chorale_resident_voices", 1, {}) in told


def test_what_is_loaded_later_is_loaded_as_is_wanted(tiny: Synthesizer, make_job: MakeJob) -> None:
    tiny._voices.close()
    tiny.reconfigure({"precision": "fp16"})
    tiny._swap_thread.submit(lambda: None).result(60)
    assert tiny._voices.infos() == {}
    assert heard(tiny._run_engine(tiny_jobs(make_job("one"))))
    assert tiny._voices.infos()["tone"].precision == "fp16"


@pytest.mark.parametrize("wrong", [{"provider": "tpu"}, {"precision": "int8"}, {"fallback": "cpu"}])
def test_a_wrong_wish_is_refused(synthesizer: Synthesizer, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        synthesizer.reconfigure(wrong)


def test_a_voice_of_the_users_speaks_as_soon_as_it_is_asked_for(
    fake_catalogue: Path, tmp_path: Path, make_job: MakeJob
) -> None:
    home = Home(tmp_path / "home")
    made = Synthesizer(SynthesizerConfig(catalogue=fake_catalogue, home=home.folder))
    jobs = phrase_jobs(make_job("one", voice="mine", speaker=""))
    (refused,) = made._run_engine(jobs)
    assert isinstance(refused, ConfigError)
    home.add({"id": "mine", "engine": "fake"})
    (pcm,) = made._run_engine(jobs)
    assert isinstance(pcm, Pcm)
    assert "mine" in made._voices.infos()
    home.drop("mine")
    made._live.refresh()
    made.check_health()
    assert "mine" not in made._voices.infos()
    made._engine_threads.shutdown()


def test_a_voice_with_new_files_speaks_as_soon_as_others_know_them(
    fake_catalogue: Path, tmp_path: Path, make_job: MakeJob
) -> None:
    home = Home(tmp_path / "home")
    home.add({"id": "mine", "engine": "fake"})
    made = Synthesizer(SynthesizerConfig(catalogue=fake_catalogue, home=home.folder))
    before = made._catalogue.voices["mine"].checksum
    jobs = phrase_jobs(make_job("one", voice="mine", speaker=""))
    made._run_engine([replace(job, made_by=f"{before} 3") for job in jobs])
    home.drop("mine")
    home.add({"id": "mine", "engine": "fake", "speakers": ["low"]})
    made._run_engine([replace(job, made_by=f"{before} 3") for job in jobs])
    assert not made._catalogue.voices["mine"].speakers
    (pcm,) = made._run_engine([replace(job, made_by="its new files 3") for job in jobs])
    assert isinstance(pcm, Pcm)
    assert made._catalogue.voices["mine"].speakers == {"low": 0}
    made._engine_threads.shutdown()
