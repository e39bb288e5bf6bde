from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from deployments import tracing
from deployments.stages import Stage
from speech.cache.keys import request_digest
from speech.errors import ConfigError, SynthesisError
from speech.interfaces import SpeechStage, SynthesizerStage
from speech.types import (
    AudioFrame,
    Delivery,
    Passage,
    Phrase,
    PhraseJob,
    SpeechJob,
    SpeechRequest,
    SynthesizedPhrase,
)

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEARD = Phrase(
    index=0,
    is_last=True,
    text="a secret",
    phonemes="",
    phoneme_ids=(),
    pause_after=0.0,
    delivery=Delivery(voice="heart", language="en-us"),
)
JOB = SpeechJob(
    format="wav",
    sample_rate=24_000,
    whole=True,
    timed=False,
    voices=("heart",),
    phrases=(HEARD,),
    digest="d",
    makers=("m",),
    request_id="r",
    trace=PARENT,
)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What would leave; this process's provider writes into memory instead of to a collector."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setattr(tracing, "provider", lambda: provider)
    return kept


def _trace_of(span: ReadableSpan) -> str:
    return f"{span.get_span_context().trace_id:032x}"


async def test_a_stream_is_a_span_below_its_job_and_the_job_goes_on_with_it(
    spans: InMemorySpanExporter,
) -> None:
    seen: list[SpeechJob] = []

    class Encoder(Stage, serves=SpeechStage):
        async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
            seen.append(job)
            yield AudioFrame(data=b"a", is_first=True)
            yield AudioFrame(data=b"b", is_last=True, audio_seconds=1.5)

    async with aclosing(Encoder().stream(JOB)) as frames:
        assert [frame.data async for frame in frames] == [b"a", b"b"]
    (span,) = spans.get_finished_spans()
    assert span.name == "Encoder.stream"
    assert _trace_of(span) == PARENT.split("-")[1]
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT.split("-")[2]
    assert seen[0].trace.split("-")[2] == f"{span.get_span_context().span_id:016x}"
    assert dict(span.attributes or {})["chorale.audio_seconds"] == 1.5
    assert "secret" not in span.to_json()


async def test_an_error_marks_its_span_and_its_words_stay_here(spans: InMemorySpanExporter) -> None:
    class Synthesizer(Stage, serves=SynthesizerStage):
        async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
            raise SynthesisError(f"cannot say {job.phrase.text}")

    with pytest.raises(SynthesisError):
        await Synthesizer().synthesize(PhraseJob(phrase=HEARD, trace=PARENT))
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {})["error.type"] == SynthesisError.code
    assert "secret" not in span.to_json()
    assert not tracing._open


async def test_a_batch_and_its_phrases_are_linked(spans: InMemorySpanExporter) -> None:
    other = "00-11111111111111111111111111111111-2222222222222222-01"
    handed: list[PhraseJob] = []

    class Synthesizer(Stage, serves=SynthesizerStage):
        async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
            handed.append(job)
            if len(handed) == 1:
                return await self.synthesize(PhraseJob(phrase=HEARD, trace=other))
            with tracing.batch(handed):
                raise SynthesisError("enough")

    with pytest.raises(SynthesisError):
        await Synthesizer().synthesize(PhraseJob(phrase=HEARD, trace=PARENT))
    batch, *phrases = spans.get_finished_spans()
    assert batch.name == "engine"
    assert batch.parent is None
    linked = {link.context.trace_id for link in batch.links}
    assert linked == {int(PARENT.split("-")[1], 16), int(other.split("-")[1], 16)}
    for phrase in phrases:
        assert [link.context for link in phrase.links] == [batch.get_span_context()]


def test_a_trace_names_no_other_reply() -> None:
    request = SpeechRequest(passages=(Passage(text="a", delivery=HEARD.delivery),))
    assert request_digest(request) == request_digest(replace(request, trace=PARENT))


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_only_the_environment_turns_it_on(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], on: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tracing.is_on() is on
    method = Stage.__init_subclass__
    assert (tracing.traced("Any", method) is method) is not on


@pytest.mark.parametrize(
    "variables",
    [{"OTEL_TRACES_EXPORTER": "zipkin"}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}],
)
def test_an_exporter_that_is_not_here_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="|".join(variables.values())):
        tracing.provider.__wrapped__()
