"""Traces: their spans, what these hold, and that they arrive."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import service.observing.watchers
from service.app import create_app
from service.errors import GeneratorUnavailable, SettingsError
from service.observing.telemetry import Traces
from service.pipeline import Pipeline
from service.settings import Settings, Switch
from tests.service.collection import ScriptedGenerator, pipeline_over
from tests.service.fakes import FakePipeline

QUESTION = "What did the harbour bridge in Porthaven cost?"
COST = "The bridge cost 14.3 million euros."
PARENT = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "X-Request-Id": "call-7"}


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@contextmanager
def traced(
    monkeypatch: pytest.MonkeyPatch,
    spans: InMemorySpanExporter,
    pipeline: Pipeline,
    index: Path,
    *,
    texts: bool = False,
    mcp: Switch = "off",
) -> Iterator[TestClient[Any]]:
    traces = Traces("1", SimpleSpanProcessor(spans), texts=texts)
    monkeypatch.setattr(service.observing.watchers, "open_traces", lambda settings, version: traces)
    with TestClient(create_app(Settings(index=index, mcp=mcp), pipeline), raise_server_exceptions=False) as client:
        while client.get("/readyz").status_code != 200:
            pass
        yield client


def named(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_question_is_one_trace_with_its_stages(
    monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter, index: Path
) -> None:
    with traced(monkeypatch, spans, pipeline_over(index, ScriptedGenerator(COST)), index) as client:
        answer = client.post("/v1/ask", json={"question": QUESTION}, headers=PARENT).json()
    found = named(spans)
    request, ask = found["POST /v1/ask"], found["ask"]
    assert {"embed", "search", "queue", "read", "generate", "verify", "compare"} == found.keys() - {request.name, "ask"}
    assert {f"{span.context.trace_id:032x}" for span in found.values()} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert request.parent is not None and f"{request.parent.span_id:016x}" == "00f067aa0ba902b7"
    assert ask.parent is not None and ask.parent.span_id == request.context.span_id
    for name in ("search", "generate", "verify"):
        stage = found[name]
        assert stage.parent is not None and stage.parent.span_id == ask.context.span_id
        assert ask.start_time is not None and stage.start_time is not None
        assert stage.end_time is not None and ask.end_time is not None
        assert ask.start_time <= stage.start_time <= stage.end_time <= ask.end_time
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "url.scheme": "http",
        "fundstelle.request_id": "call-7",
        "http.route": "/v1/ask",
        "http.response.status_code": 200,
    }
    told = dict(ask.attributes or {})
    assert (told["fundstelle.outcome"], told["fundstelle.answer"]) == ("answered", answer["id"])
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (100, 10)
    assert told["gen_ai.response.model"] == "scripted"
    assert request.resource.attributes["service.name"] == "fundstelle"


def test_a_call_of_a_tool_is_one_trace_of_its_request(
    monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter, index: Path
) -> None:
    call = {"name": "ask", "arguments": {"question": QUESTION}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    with traced(monkeypatch, spans, pipeline_over(index, ScriptedGenerator(COST)), index, mcp="on") as client:
        headers = {**PARENT, "Accept": "application/json, text/event-stream"}
        assert COST in client.post("/mcp", json=message, headers=headers).text
    found = named(spans)
    request, ask = found["POST /mcp"], found["ask"]
    assert {f"{span.context.trace_id:032x}" for span in found.values()} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert ask.parent is not None and ask.parent.span_id == request.context.span_id
    assert {"embed", "search", "queue", "generate", "verify"} <= found.keys()
    assert request.end_time is not None and ask.end_time is not None and ask.end_time <= request.end_time


@pytest.mark.parametrize("texts", [True, False])
def test_a_question_is_in_its_trace_only_where_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter, index: Path, texts: bool
) -> None:
    with traced(monkeypatch, spans, pipeline_over(index, ScriptedGenerator(COST)), index, texts=texts) as client:
        client.post("/v1/ask", json={"question": QUESTION})
        client.post("/v1/search", json={"question": QUESTION})
    exported = "".join(span.to_json() for span in spans.get_finished_spans())
    assert ("Porthaven" in exported) is texts
    assert ("14.3 million" in exported) is texts


def test_what_failed_is_told_by_its_type(
    monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    pipeline = FakePipeline()
    pipeline.fault = GeneratorUnavailable("the model died over Zwetschgen")
    with traced(monkeypatch, spans, pipeline, tmp_path) as client:
        client.post("/v1/ask", json={"question": "Who?"})
        client.get("/zwetschgen")
    found = named(spans)
    ask, request, unmatched = found["ask"], found["POST /v1/ask"], found["GET unmatched"]
    assert (ask.attributes or {})["fundstelle.reason"] == "generator-unavailable"
    assert (request.attributes or {})["error.type"] == "generator-unavailable"
    assert [span.status.is_ok for span in (ask, request, unmatched)] == [False, False, True]
    assert "wetschgen" not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_probes_and_scrapes_leave_no_trace(
    monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    with traced(monkeypatch, spans, FakePipeline(), tmp_path) as client:
        for path in ("/healthz", "/readyz", "/metrics", "/v1/articles/a.md"):
            client.get(path)
    assert [span.name for span in spans.get_finished_spans()] == ["GET /v1/articles/{id}"]


@pytest.mark.parametrize("header", ["", "no-trace", "00-0-0-01", "ü"])
def test_a_broken_traceparent_begins_a_trace_of_its_own(
    monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter, tmp_path: Path, header: str
) -> None:
    with traced(monkeypatch, spans, FakePipeline(), tmp_path) as client:
        client.get("/openapi.json", headers={"traceparent": header.encode()})
    assert named(spans)["GET /openapi.json"].parent is None


class Collector(BaseHTTPRequestHandler):
    """Takes what is exported to it."""

    received: list[tuple[str, ExportTraceServiceRequest]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing."""


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, ExportTraceServiceRequest]]]]:
    received: list[tuple[str, ExportTraceServiceRequest]] = []
    handler = type("Handler", (Collector,), {"received": received})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


def test_spans_are_sent_to_the_collector_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with collector() as (url, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "answers")
        with TestClient(create_app(Settings(index=tmp_path, traces="on"), FakePipeline())) as client:
            while client.get("/readyz").status_code != 200:
                pass
            client.post("/v1/ask", json={"question": "Who?"})
    (path, request), *_ = received
    spans = [
        span
        for _, sent in received
        for part in sent.resource_spans
        for scope in part.scope_spans
        for span in scope.spans
    ]
    attributes = {item.key: item.value.string_value for item in request.resource_spans[0].resource.attributes}
    assert path == "/v1/traces"
    assert {span.name for span in spans} == {"ask", "POST /v1/ask"}
    assert attributes["service.name"] == "answers"


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "opentelemetry"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "service.observing.telemetry")
    with pytest.raises(SettingsError, match=r"needs opentelemetry.*: pip install 'fundstelle\[telemetry\]'$"):
        create_app(Settings(index=tmp_path, traces="on"), FakePipeline())
    create_app(Settings(index=tmp_path), FakePipeline())
