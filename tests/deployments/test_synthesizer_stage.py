"""The Synthesizer around its engine; the batching itself needs a replica's context."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.synthesizer import Synthesizer, SynthesizerConfig
from speech.config import EngineConfig
from speech.engines.fake import FakeEngine
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.pipeline import phrase_job
from speech.scaling import METRICS
from speech.types import Pcm, PhraseJob, SpeechJob

MakeJob = Callable[..., SpeechJob]


@pytest.fixture
def synthesizer(fake_catalogue: Path) -> Iterator[Synthesizer]:
    made = Synthesizer(SynthesizerConfig(catalogue=fake_catalogue))
    yield made
    made._engine_thread.shutdown()


def phrase_jobs(job: SpeechJob) -> list[PhraseJob]:
    return [phrase_job(phrase, job.request) for phrase in job.utterance.phrases]


def replace_engine(synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, **how: Any) -> None:
    voice = synthesizer._voices._catalogue.voices["tone"]
    engine = FakeEngine(voice, **how)
    monkeypatch.setattr(synthesizer._voices, "engine", lambda _: engine)


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
    synthesizer._running_since = now - 59
    synthesizer.check_health()
    synthesizer._running_since = now - 61
    with pytest.raises(RuntimeError, match="stalled"):
        synthesizer.check_health()
    synthesizer._running_since = None
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
