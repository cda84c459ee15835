"""What is counted and timed, in a registry of its own for each service; docs/observing.md lists it.

Every label has few values: routes as they are written in the code, kinds, types and names that the code knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from service.contracts.answers import Answer, Reason
from service.edge.outermost import OTHER
from service.observing.observed import Kind, Outcome
from service.observing.readings import Readings

NAMESPACE = "fundstelle"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
DROPPED = (
    "check",
    "comparison",
    "cut off",
    "direction",
    "doubt",
    "form",
    "guess",
    "happening",
    "language",
    "meaning",
    "modality",
    "name",
    "negation",
    "premise",
    "quantity",
    "reason",
    "role",
    "type",
)
"""What the reasons begin with for which sentences are not released."""

OPENMETRICS = "application/openmetrics-text"

# The moment at which each series began is of no use to anybody, and doubles their number.
cast(Callable[[], None], disable_created_metrics)()


class Metrics:
    """Counts what it is told of; for one event loop and any number of readers."""

    def __init__(self, version: str) -> None:
        """`version` is that of the service."""
        self.registry = CollectorRegistry()
        self.readings = Readings()
        self.registry.register(self.readings)
        ProcessCollector(registry=self.registry)
        self._info("build", "Version of the service.").info({"version": version})
        self._of_requests()
        self._of_questions()
        self._of_answers()

    def _of_requests(self) -> None:
        self._requests = self._counter("http_requests", "Requests, by route, method and status.", "route method status")
        self._request_seconds = self._histogram("http_request_duration_seconds", "Seconds of a request.", "route")
        self._requests_now = self._gauge("http_requests_in_progress", "Requests under way.")
        self._problems = self._counter("http_problems", "Problem documents that were sent, by type.", "type")

    def _of_questions(self) -> None:
        self._questions = self._counter(
            "questions",
            "Questions, by what became of them, with the reason of a refusal or the type of an error.",
            "outcome reason",
        )
        self._question_seconds = self._histogram("question_duration_seconds", "Seconds of a question.", "outcome")
        self._questions_now = self._gauge("questions_in_progress", "Questions under way.")
        self._searches = self._counter("searches", "Searches without an answer, by what became of them.", "outcome")
        self._search_seconds = self._histogram("search_duration_seconds", "Seconds of a search without an answer.")
        for outcome, reason in [("answered", ""), *(("refused", why) for why in get_args(Reason)), ("left", "")]:
            self._questions.labels(outcome, reason)

    def _of_answers(self) -> None:
        self._sources_seconds = self._histogram("sources_seconds", "Seconds until the passages were found.")
        self._sentence_seconds = self._histogram("first_sentence_seconds", "Seconds until a sentence was released.")
        self._stage_seconds = self._histogram(
            "stage_duration_seconds", "Seconds of each stage of a question or search, all its turns together.", "stage"
        )
        self._tokens = self._counter(
            "tokens", "Tokens of the language model: `prompt`, of which `cached`, and `completion`.", "kind"
        )
        self._released = self._counter("sentences_released", "Verified sentences.")
        self._dropped = self._counter("sentences_dropped", "Sentences that were not released, by kind of flaw.", "kind")
        self._kept = self._counter("kept_answers", "Answers that were given again, as they were kept.")

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics and their media type: OpenMetrics where the header `accept` names it, else Prometheus' text."""
        # The library reads versions out of the header and fails over one that is none.
        encode, media_type = choose_encoder(OPENMETRICS if OPENMETRICS in accept.lower() else "")
        return encode(self.registry), media_type

    def begin_request(self) -> None:
        """A request has come."""
        self._requests_now.inc()

    def end_request(self, route: str, method: str, status: int, seconds: float, problem: str) -> None:
        """It has ended. `route` is the route's template, `problem` the type of the problem document, if it was one.

        Neither `route` nor `method` may be a client's own word.
        """
        self._requests_now.dec()
        self._requests.labels(route, method, status).inc()
        self._request_seconds.labels(route).observe(seconds)
        if problem:
            self._problems.labels(problem).inc()

    def begin(self, kind: Kind) -> Callable[[Outcome], None]:
        """An `Observer` of the pipeline."""
        if kind == "search":
            return self._end_search
        self._questions_now.inc()
        return self._end_question

    def _end_search(self, outcome: Outcome) -> None:
        self._searches.labels(outcome.result).inc()
        self._search_seconds.observe(outcome.seconds)
        self._time_stages(outcome)

    def _end_question(self, outcome: Outcome) -> None:
        self._questions_now.dec()
        self._questions.labels(outcome.result, outcome.reason).inc()
        self._question_seconds.labels(outcome.result).observe(outcome.seconds)
        if outcome.sources is not None:
            self._sources_seconds.observe(outcome.sources)
        if outcome.first_sentence is not None:
            self._sentence_seconds.observe(outcome.first_sentence)
        self._time_stages(outcome)
        if outcome.answer is not None:
            self._count_answer(outcome.answer)

    def _time_stages(self, outcome: Outcome) -> None:
        seconds: dict[str, float] = {}
        for stage in outcome.stages:
            seconds[stage.name] = seconds.get(stage.name, 0.0) + stage.seconds
        for name, total in seconds.items():
            self._stage_seconds.labels(name).observe(total)

    def _count_answer(self, answer: Answer) -> None:
        if answer.timings_ms.keys() == {"total"}:
            self._kept.inc()
            return
        usage = answer.usage
        self._tokens.labels("prompt").inc(usage.prompt_tokens)
        self._tokens.labels("cached").inc(usage.cached_tokens)
        self._tokens.labels("completion").inc(usage.completion_tokens)
        self._released.inc(len(answer.sentences))
        for dropped in answer.dropped:
            self._dropped.labels(kind_of_flaw(dropped.reason)).inc()

    def _counter(self, name: str, meaning: str, labels: str = "") -> Counter:
        return Counter(name, meaning, labels.split(), namespace=NAMESPACE, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, namespace=NAMESPACE, registry=self.registry)

    def _histogram(self, name: str, meaning: str, labels: str = "") -> Histogram:
        return Histogram(name, meaning, labels.split(), namespace=NAMESPACE, registry=self.registry, buckets=SECONDS)

    def _info(self, name: str, meaning: str) -> Info:
        return Info(name, meaning, namespace=NAMESPACE, registry=self.registry)


def kind_of_flaw(reason: str) -> str:
    """What a sentence was dropped for, one of `DROPPED`; `other` for a reason that begins with none of them."""
    kind = reason.partition(":")[0]
    return kind if kind in DROPPED else OTHER
