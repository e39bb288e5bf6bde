"""Spans of OpenTelemetry: one trace for a request, from the gateway to the engine.

Off unless the environment asks for them, by the standard's own variables, and then a stage's
methods are wrapped when its class is made. A job carries the span it was asked for in, as
`traceparent` of W3C Trace Context, so that the trace goes on in other processes and in work that
runs in an empty context. Spans hold sizes, names and outcomes, and never a text.
"""

import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import cache, wraps
from inspect import isasyncgenfunction
from typing import TYPE_CHECKING, Any

from speech.errors import ConfigError, SpeechError
from speech.types import AudioFrame, PhraseJob, SpeechJob, SpeechRequest, SynthesizedPhrase

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

_WANTED = (
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)
"""One of these turns tracing on."""
_open: "dict[str, Span]" = {}
"""Of phrases that this process speaks, by their `traceparent`."""


def is_on() -> bool:
    """Whether the environment asks for traces."""
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none"
    return not disabled and any(os.environ.get(name) for name in _WANTED)


@cache
def provider() -> "TracerProvider":
    """This process's spans, sent in the background; sampler and queue are set by environment, too.

    Raises:
        ConfigError: the extra `tracing` is not installed, or the exporter is none we have.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(f"traces need the extra `tracing`: {error}") from error
    exporter = os.environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get(
        "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"
    )
    if (exporter, protocol) != ("otlp", "http/protobuf"):
        raise ConfigError(
            f"traces leave by OTLP over http/protobuf, not {exporter!r} over {protocol!r}"
        )
    service = os.environ.get("OTEL_SERVICE_NAME", "chorale")
    made = TracerProvider(resource=Resource.create({"service.name": service}))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return made


def _tracer() -> "Tracer":
    return provider().get_tracer("chorale")


def current() -> str:
    """The span of the request that this task answers; empty without tracing."""
    if not is_on():
        return ""
    from opentelemetry import trace  # noqa: PLC0415

    return _written(trace.get_current_span())


def traced(stage: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a stage, whose first argument is the job, with a span around each call."""
    # A text for showing is no request for speech.
    if not is_on() or method.__name__ == "explain":
        return method
    name = f"{stage}.{method.__name__}"

    @wraps(method)
    async def call(self: Any, job: Any, *args: Any) -> Any:
        with _span(name, job) as (span, inner):
            result = await method(self, inner, *args)
            span.set_attributes(_outcome(result))
            return result

    @wraps(method)
    async def stream(self: Any, job: Any, *args: Any) -> AsyncGenerator[Any, None]:
        with _span(name, job) as (span, inner):
            async with aclosing(method(self, inner, *args)) as items:
                async for item in items:
                    span.set_attributes(_outcome(item))
                    yield item

    return stream if isasyncgenfunction(method) else call


@contextmanager
def sentence(spoken: SpeechRequest, session: str, request_id: str) -> Iterator[SpeechRequest]:
    """What a session says next, until its first audio exists: a trace of its own.

    Args:
        spoken: The sentence; with its place in the trace it is yielded.
        session: Id of the WebSocket, whose span is linked; it may be open for hours.
        request_id: Id of the sentence.
    """
    if not is_on():
        yield spoken
        return
    from opentelemetry import trace  # noqa: PLC0415

    with _span("Session.speak", replace(spoken, trace="")) as (span, inner):
        span.set_attributes({"chorale.session_id": session, "chorale.request_id": request_id})
        socket = trace.get_current_span().get_span_context()
        if socket.is_valid:
            span.add_link(socket)
        yield inner


@contextmanager
def batch(jobs: Sequence[PhraseJob]) -> Iterator[None]:
    """The call of an engine: a trace of its own, linked with each phrase's span, both ways."""
    if not is_on():
        yield
        return
    from opentelemetry.trace import Link  # noqa: PLC0415

    phrases = [_open[job.trace] for job in jobs if job.trace in _open]
    with _tracer().start_as_current_span(
        "engine", links=[Link(phrase.get_span_context()) for phrase in phrases]
    ) as span:
        span.set_attributes(
            {"chorale.voice": jobs[0].phrase.delivery.voice, "chorale.batch_size": len(jobs)}
        )
        for phrase in phrases:
            phrase.add_link(span.get_span_context())
        yield


@contextmanager
def _span(name: str, job: Any) -> "Iterator[tuple[Span, Any]]":
    """A span below the job's own, and the job as it is handed on."""
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

    span = _tracer().start_span(name, _read(job.trace), attributes=_facts(job))
    inner = replace(job, trace=_written(span))
    if isinstance(job, PhraseJob):
        _open[inner.trace] = span
    try:
        yield span, inner
    except SpeechError as error:
        span.set_attribute("error.type", error.code)
        span.set_status(Status(StatusCode.ERROR))
        raise
    except BaseException as error:  # raised again; a reader that leaves cancels, too
        # Its words may be a text's, so only its name is told.
        span.set_attribute("error.type", type(error).__name__)
        if isinstance(error, Exception):
            span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        _open.pop(inner.trace, None)
        span.end()


def _facts(job: object) -> dict[str, Any]:
    match job:
        case SpeechRequest():
            return {
                "chorale.characters": job.characters,
                "chorale.voices": job.voices,
                "chorale.format": job.format,
                "chorale.stream": job.stream,
            }
        case SpeechJob():
            return {
                "chorale.request_id": job.request_id,
                "chorale.digest": job.digest,
                "chorale.phrases": len(job.phrases),
                "chorale.format": job.format,
            }
        case PhraseJob():
            return {
                "chorale.voice": job.phrase.delivery.voice,
                "chorale.phrase": job.phrase.index,
                "chorale.characters": job.phrase.cost,
                "chorale.later": job.later,
            }
    return {}


def _outcome(result: object) -> dict[str, Any]:
    match result:
        case AudioFrame(is_first=True):
            return {"chorale.cache": str(result.cache)}
        case AudioFrame(is_last=True):
            return {"chorale.audio_seconds": result.audio_seconds}
        case SynthesizedPhrase():
            return {
                "chorale.gate_seconds": result.waited,
                "chorale.batch_size": result.batch_size,
                "chorale.audio_seconds": result.pcm.duration,
            }
        case SpeechJob():
            return {"chorale.phrases": len(result.phrases)}
    return {}


def _written(span: "Span") -> str:
    """A span as `traceparent`."""
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent", "")


def _read(traceparent: str) -> "Context":
    from opentelemetry.context import Context  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())
