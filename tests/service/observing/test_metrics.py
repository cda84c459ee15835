"""What is counted, and that the page of it is right."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import service
from service.app import create_app
from service.contracts.answers import Answer, AnswerSentence, AskRequest, Dropped, Usage
from service.edge.outermost import App, Message, Receive, Scope, Send
from service.errors import GeneratorUnavailable
from service.index_status import Contents
from service.observing.metrics import DROPPED, Metrics, kind_of_flaw
from service.observing.observed import Observed, Outcome, Stage
from service.observing.recent import Recent
from service.observing.watched import Watched
from service.pipeline import Pipeline
from service.settings import Settings
from tests.service.fakes import FakePipeline, refused
from tests.service.metered import samples, scraped, value

QUESTION = {"question": "Who built it?"}


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline({"a.md": "Wörd"})


@pytest.fixture
def client(pipeline: FakePipeline, tmp_path: Path) -> Iterator[TestClient[Any]]:
    app = create_app(Settings(index=tmp_path), pipeline)
    with TestClient(app, raise_server_exceptions=False) as made:
        while made.get("/readyz").status_code != 200:
            pass
        yield made


def test_requests_are_counted_by_route_and_never_by_path(client: TestClient[Any]) -> None:
    client.get("/v1/articles/a.md")
    client.get("/v1/articles/zwetschge")
    client.get("/zwetschge/a.php")
    client.request("ZWETSCHGE", "/healthz")
    client.put("/v1/ask")
    text = client.get("/metrics").text
    found, name = samples(text), "http_requests_total"
    assert value(found, name, route="/v1/articles/{id}", method="GET", status="200") == 1
    assert value(found, name, route="/v1/articles/{id}", method="GET", status="404") == 1
    assert value(found, name, route="unmatched", method="GET", status="404") == 1
    assert value(found, name, route="unmatched", method="other", status="405") == 1
    assert value(found, name, route="unmatched", method="PUT", status="405") == 1
    assert value(found, "http_request_duration_seconds_count", route="/v1/articles/{id}") == 2
    assert value(found, "http_problems_total", type="article-not-found") == 1
    assert value(found, "http_problems_total", type="method-not-allowed") == 2
    assert "zwetschge" not in text.lower()


def test_a_request_is_under_way_until_it_has_ended(client: TestClient[Any]) -> None:
    client.get("/healthz")
    assert value(scraped(client), "http_requests_in_progress") == 1


def test_what_is_refused_at_the_door_is_counted(client: TestClient[Any]) -> None:
    assert client.get("/healthz/no", headers={"Host": "elsewhere.example"}).status_code == 421
    found = scraped(client)
    assert value(found, "http_requests_total", route="unmatched", method="GET", status="421") == 1
    assert value(found, "http_problems_total", type="host") == 1


def test_what_falls_through_everything_is_counted_as_internal(client: TestClient[Any], pipeline: FakePipeline) -> None:
    pipeline.fault = RuntimeError("unforeseen")
    assert client.post("/v1/ask", json=QUESTION).status_code == 500
    found = scraped(client)
    assert value(found, "http_requests_total", route="/v1/ask", method="POST", status="500") == 1
    assert value(found, "http_problems_total", type="internal") == 1
    assert value(found, "questions_total", outcome="failed", reason="internal") == 1


def test_questions_and_searches_are_counted_by_what_became_of_them(
    client: TestClient[Any], pipeline: FakePipeline
) -> None:
    client.post("/v1/ask", json=QUESTION)
    client.post("/v1/search", json=QUESTION)
    pipeline.fault = GeneratorUnavailable("dead")
    client.post("/v1/ask", json=QUESTION)
    found = scraped(client)
    assert value(found, "questions_total", outcome="refused", reason="not_in_sources") == 1
    assert value(found, "questions_total", outcome="failed", reason="generator-unavailable") == 1
    assert value(found, "questions_total", outcome="answered", reason="") == 0
    assert value(found, "question_duration_seconds_count", outcome="refused") == 1
    assert value(found, "searches_total", outcome="found") == 1
    assert value(found, "sources_seconds_count") == 1
    assert value(found, "questions_in_progress") == 0


def outcome_of(answer: Answer | None, **changes: Any) -> Outcome:
    made = Outcome("ask", "Who?", "", "answered", "", 2.0, 0.2, 1.5, (), answer)
    return replace(made, **changes)


def page(metrics: Metrics) -> str:
    return metrics.exposition("")[0].decode()


def test_tokens_sentences_and_flaws_of_an_answer_are_counted() -> None:
    metrics = Metrics("1")
    answer = msgspec.structs.replace(
        refused("Who?"),
        sentences=(AnswerSentence("A.", (1,)), AnswerSentence("B.", (2,))),
        dropped=(Dropped("C.", "name: no source mentions Zwetschge"), Dropped("D.", "name: none"), Dropped("E.", "?")),
        usage=Usage(prompt_tokens=100, completion_tokens=10, cached_tokens=40),
        timings_ms={"embed": 1.0, "total": 2.0},
    )
    metrics.begin("ask")(outcome_of(answer))
    found = samples(page(metrics))
    tokens = [value(found, "tokens_total", kind=kind) for kind in ("prompt", "cached", "completion")]
    assert tokens == [100, 40, 10]
    assert value(found, "sentences_released_total") == 2
    assert value(found, "sentences_dropped_total", kind="name") == 2
    assert value(found, "sentences_dropped_total", kind="other") == 1
    assert value(found, "kept_answers_total") == 0
    assert "Zwetschge" not in page(metrics)


def test_an_answer_that_was_kept_costs_no_tokens_and_is_counted_as_such() -> None:
    metrics = Metrics("1")
    metrics.begin("ask")(outcome_of(msgspec.structs.replace(refused("Who?"), timings_ms={"total": 0.1})))
    found = samples(page(metrics))
    assert value(found, "kept_answers_total") == 1
    assert "fundstelle_tokens_total" not in found


def test_the_turns_of_a_stage_count_as_one() -> None:
    metrics = Metrics("1")
    turns = (Stage("verify", 0.1, 0.02), Stage("verify", 0.2, 0.03), Stage("embed", 0.0, 0.004))
    metrics.begin("ask")(outcome_of(None, stages=turns))
    found = samples(page(metrics))
    assert value(found, "stage_duration_seconds_count", stage="verify") == 1
    assert value(found, "stage_duration_seconds_sum", stage="verify") == pytest.approx(0.05)
    assert value(found, "stage_duration_seconds_bucket", stage="embed", le="0.0025") == 0
    assert value(found, "stage_duration_seconds_bucket", stage="embed", le="0.005") == 1


def test_a_question_is_in_progress_from_its_beginning_to_its_end() -> None:
    metrics = Metrics("1")
    end = metrics.begin("ask")
    assert value(samples(page(metrics)), "questions_in_progress") == 1
    end(outcome_of(None, result="left"))
    found = samples(page(metrics))
    assert value(found, "questions_in_progress") == 0
    assert value(found, "questions_total", outcome="left", reason="") == 1


def test_every_reason_to_drop_a_sentence_has_a_kind() -> None:
    """Reasons are written as `kind: words`, in the packages that judge sentences and in no others."""
    package = Path(service.__file__).parent
    folders = ("answering", "language_model", "relations", "verification")
    files = [path for folder in folders for path in sorted((package / folder).glob("*.py"))]
    reason = re.compile(r"""(?:return|yield|drop\([^"]*|reason =|or|,) f?"([a-z][a-z ]*): """)
    found = {kind for path in files for kind in reason.findall(path.read_text(encoding="utf-8"))}
    assert found == set(DROPPED)
    assert [kind_of_flaw(f"{kind}: words") for kind in DROPPED] == list(DROPPED)


def test_the_snapshot_is_shown(client: TestClient[Any], pipeline: FakePipeline) -> None:
    created = datetime(2025, 8, 31, tzinfo=UTC)
    pipeline.index = replace(
        pipeline.index, swaps=3, failures=2, warning="torn", contents=Contents(created, 5, 40, 160, ("too few",))
    )
    found = scraped(client)
    assert value(found, "snapshot_info", snapshot="snapshot-1") == 1
    assert value(found, "snapshot_served_timestamp_seconds") == datetime(2025, 9, 1, tzinfo=UTC).timestamp()
    assert value(found, "snapshot_created_timestamp_seconds") == created.timestamp()
    assert [value(found, "snapshot_rows", table=table) for table in ("articles", "passages", "sentences")] == [
        5,
        40,
        160,
    ]
    assert [value(found, f"snapshot_{name}_total") for name in ("swaps", "failures")] == [3, 2]
    assert [value(found, f"snapshot_{name}") for name in ("outdated", "recall_short")] == [1, 1]
    assert value(found, "part_up", part="index") == 1


def test_a_service_that_serves_no_snapshot_shows_none(client: TestClient[Any], pipeline: FakePipeline) -> None:
    pipeline.index = replace(pipeline.index, snapshot=None, since=None, open=())
    pipeline.parts = {"index": False, "generator": True}
    found = scraped(client)
    assert "fundstelle_snapshot_info" not in found
    assert value(found, "part_up", part="index") == 0
    assert value(found, "part_up", part="generator") == 1


@pytest.mark.parametrize(
    "accept", ["application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "Application/OpenMetrics-Text"]
)
def test_openmetrics_is_there_for_who_accepts_it(client: TestClient[Any], accept: str) -> None:
    response = client.get("/metrics", headers={"Accept": accept})
    assert response.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(response.text)}
    assert {"fundstelle_http_requests", "fundstelle_questions", "process_resident_memory_bytes"} <= names


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain; version=x.y", "application/json", "text/plain;;;;=,,"])
def test_anything_else_gets_text(client: TestClient[Any], accept: str) -> None:
    response = client.get("/metrics", headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_two_services_in_one_process_count_for_themselves(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(index=tmp_path), FakePipeline())) as first:
        first.get("/healthz")
        with TestClient(create_app(Settings(index=tmp_path), FakePipeline())) as second:
            counted = [scraped(client) for client in (first, second)]
    assert [value(found, "http_requests_total", route="/healthz", method="GET", status="200") for found in counted] == [
        1,
        0,
    ]


@pytest.mark.parametrize("path", ["/metrics", "/status"])
def test_who_is_not_on_this_machine_needs_a_key(tmp_path: Path, path: str) -> None:
    key = "a-key-of-the-tests-0123456789"
    settings = Settings(index=tmp_path, host="0.0.0.0", admin_key=key, allowed_hosts="*")
    with TestClient(create_app(settings, FakePipeline())) as client:
        assert client.get(path).status_code == 401
        client.headers["Authorization"] = f"Bearer {key}"
        assert client.get(path).status_code == 200
        assert value(scraped(client), "http_problems_total", type="unauthorized") == 1


def test_requests_beyond_their_limit_are_counted(tmp_path: Path) -> None:
    key = "a-key-of-the-tests-0123456789"
    settings = Settings(index=tmp_path, host="0.0.0.0", admin_key=key, key_per_minute=1, allowed_hosts="*")
    with TestClient(create_app(settings, FakePipeline())) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        statuses = [client.post("/v1/search", json=QUESTION).status_code for _ in range(2)]
        found = scraped(client)
    assert statuses[1] == 429
    assert value(found, "http_requests_total", route="/v1/search", method="POST", status="429") == 1
    assert value(found, "http_problems_total", type="rate-limited") == 1


@pytest.mark.alone
def test_watching_costs_little() -> None:
    """A request and its question may cost 50 microseconds; here ten times that, since the machine may be busy."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async for _ in pipeline.answer(AskRequest("Who?")):
            pass

    async def seconds(served: App) -> float:
        times = []
        for _ in range(300):
            scope: Scope = {"type": "http", "path": "/v1/ask", "method": "POST", "headers": [], "state": {}}
            started = perf_counter()
            await served(scope, nothing_comes, nothing_goes)
            times.append(perf_counter() - started)
        return median(times)

    metrics = Metrics("1")
    pipeline: Pipeline = Observed(FakePipeline(), [metrics.begin, Recent().begin])
    watched = asyncio.run(seconds(Watched(app, metrics)))
    pipeline = FakePipeline()
    assert watched - asyncio.run(seconds(app)) < 500e-6


async def nothing_comes() -> Message:
    return {"type": "http.disconnect"}


async def nothing_goes(message: Message) -> None:
    del message
