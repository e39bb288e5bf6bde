"""What a collector of OpenTelemetry gets of a request that goes through all stages."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from servers import nonce, running, wait_for

pytestmark = pytest.mark.integration
STAGES = ("Normalizer.prepare", "AudioCache.stream", "Encoder.stream", "Synthesizer.synthesize")


class Collector:
    """Receives spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.raw = b""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.raw += body
                export = ExportTraceServiceRequest.FromString(body)
                collector.spans += [
                    span
                    for resource in export.resource_spans
                    for scope in resource.scope_spans
                    for span in scope.spans
                ]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, trace: str) -> dict[str, Any]:
        return {span.name: span for span in self.spans if span.trace_id.hex() == trace}


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_one_request_is_one_trace_through_all_stages(collector: Collector) -> None:
    endpoint = f"http://127.0.0.1:{collector.server.server_port}"
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    voices = {"default": "fake", "voices": [{"id": "fake", "engine": "fake"}]}
    trace, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    secret = nonce()
    with patch.dict(os.environ, environment), running({}, voices) as server:
        body = {"model": "tts-1", "voice": "fake", "input": secret, "response_format": "wav"}
        headers = {"traceparent": f"00-{trace}-{caller}-01"}
        reply = httpx.post(server.speech, json=body, headers=headers, timeout=60)
        assert reply.status_code == 200
        wait_for(lambda: len(collector.of(trace)) >= 5, timeout=30, what="all spans of the trace")
        wait_for(
            lambda: [span for span in collector.spans if span.name == "engine"],
            timeout=30,
            what="the engine's span",
        )
    spans = collector.of(trace)
    gateway = next(span for span in spans.values() if span.parent_span_id.hex() == caller)
    assert set(spans) == {gateway.name, *STAGES}
    parents = {name: spans[name].parent_span_id for name in STAGES}
    assert parents == {
        "Normalizer.prepare": gateway.span_id,
        "AudioCache.stream": gateway.span_id,
        "Encoder.stream": spans["AudioCache.stream"].span_id,
        "Synthesizer.synthesize": spans["Encoder.stream"].span_id,
    }
    phrase = spans["Synthesizer.synthesize"]
    (batch,) = [
        span
        for span in collector.spans
        if span.name == "engine" and span.links and span.links[0].span_id == phrase.span_id
    ]
    assert [link.span_id for link in phrase.links] == [batch.span_id]
    assert secret.encode() not in collector.raw
