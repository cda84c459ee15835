"""Traces for OpenTelemetry: a span for each request, each question or search in it, and each stage of those.

An extra. Where spans go, and which, is said by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_TRACES_SAMPLER` and so on), which its SDK reads by itself.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.edge.outermost import REQUEST_ID, Scope, known_method
from service.observing.observed import Kind, Outcome, Stage
from service.observing.watched import Answered

NAME = "fundstelle"
UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines, and of interest to nobody afterwards."""
CLOSING_SECONDS = 3.0
"""In which the last spans have to be sent."""

_NANOSECONDS = 1_000_000_000
_PROPAGATOR = TraceContextTextMapPropagator()


class Traces:
    """Makes spans and hands them to `processor`. None of them holds a question or an answer, unless with `texts`."""

    def __init__(self, version: str, processor: SpanProcessor, *, texts: bool) -> None:
        named = Resource({"service.name": NAME, "service.version": version})
        # merged in this order, so that an operator's OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
        resource = named.merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer: Tracer = self._provider.get_tracer(NAME, version)
        self._texts = texts

    @contextmanager
    def request(self, scope: Scope) -> Iterator[Answered]:
        """The span of a request, in the trace that its `traceparent` names; call what is yielded when it has ended."""
        if scope["path"] in UNTRACED:
            yield lambda route, status, problem: None
            return
        carrier = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        span = self._tracer.start_span(
            known_method(scope),
            context=_PROPAGATOR.extract(carrier, Context()),
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": known_method(scope),
                "url.scheme": scope.get("scheme", "http"),
                "fundstelle.request_id": scope["state"][REQUEST_ID],
            },
        )
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield lambda route, status, problem: _end_request(span, scope, route, status, problem)

    def begin(self, kind: Kind) -> Callable[[Outcome], None]:
        """An `Observer` of the pipeline: the span of a question or a search, in that of the request."""
        parent, began = get_current(), time.time_ns()
        return lambda outcome: self._end(kind, parent, began, outcome)

    async def close(self) -> None:
        """Send what is left, or give it up after `CLOSING_SECONDS`."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, CLOSING_SECONDS)

    def _end(self, kind: Kind, parent: Context, began: int, outcome: Outcome) -> None:
        span = self._tracer.start_span(kind, context=parent, start_time=began, attributes=_attributes(outcome))
        if outcome.result == "failed":
            span.set_status(StatusCode.ERROR, outcome.reason)
        if self._texts:
            span.set_attribute("fundstelle.question_text", outcome.question)
            span.set_attribute("fundstelle.answer_text", outcome.answer.answer if outcome.answer else "")
        inside = trace.set_span_in_context(span, parent)
        for stage in outcome.stages:
            self._add(stage, inside, began)
        span.end(began + round(outcome.seconds * _NANOSECONDS))

    def _add(self, stage: Stage, parent: Context, began: int) -> None:
        start = began + round(stage.start * _NANOSECONDS)
        span = self._tracer.start_span(stage.name, context=parent, start_time=start)
        span.end(start + round(stage.seconds * _NANOSECONDS))


def exported(version: str, *, texts: bool) -> Traces:
    """Traces that are sent by OTLP over HTTP, in batches, from a thread of their own."""
    return Traces(version, BatchSpanProcessor(OTLPSpanExporter()), texts=texts)


def _end_request(span: Span, scope: Scope, route: str, status: int, problem: str) -> None:
    span.update_name(f"{known_method(scope)} {route}")
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if problem:
        span.set_attribute("error.type", problem)
    if status >= 500:
        span.set_status(StatusCode.ERROR, problem)


def _attributes(outcome: Outcome) -> dict[str, str | int | float]:
    """What is told of a question or a search. Names are OpenTelemetry's where it has one."""
    told: dict[str, str | int | float] = {"fundstelle.outcome": outcome.result, "fundstelle.client": outcome.client}
    if outcome.reason:
        told["fundstelle.reason"] = outcome.reason
    if outcome.first_sentence is not None:
        told["fundstelle.first_sentence_seconds"] = outcome.first_sentence
    if answer := outcome.answer:
        told |= {
            "fundstelle.answer": answer.id,
            "fundstelle.snapshot": answer.snapshot,
            "fundstelle.confidence": answer.confidence,
            "fundstelle.sentences": len(answer.sentences),
            "fundstelle.dropped": len(answer.dropped),
            "gen_ai.response.model": answer.models.generator,
            "gen_ai.usage.input_tokens": answer.usage.prompt_tokens,
            "gen_ai.usage.output_tokens": answer.usage.completion_tokens,
        }
    return told
