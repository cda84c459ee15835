"""Answers as they are made, from a real server: what comes when, and what becomes of it where the client leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.service.scripted import BRIDGE, STREAM, Service, all_told, events, opened, question, serving

KEEP_ALIVE = 0.25
LEAVING = 0.5
"""Seconds within which nothing works any more for a client that has left."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("streaming"), KEEP_ALIVE_SECONDS=str(KEEP_ALIVE)) as service:
        with httpx.Client(base_url=service.url, timeout=60) as client:
            client.post("/v1/ask", json=question())
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=20.0) as client:
        yield client


def same(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer has in common with another to the same question."""
    return {name: value for name, value in answer.items() if name not in ("id", "timings_ms")}


def test_a_stream_tells_sources_then_sentences_then_what_json_tells(client: httpx.Client) -> None:
    told = list(events(opened(client)))
    assert [event.name for event in told] == ["sources", "sentence", "sentence", "done"]
    sources, *sentences, done = (event.content for event in told)
    assert sources == {name: done[name] for name in ("id", "query", "snapshot", "passages")}
    assert " ".join(sentence["text"] for sentence in sentences) == done["answer"]
    assert [{"text": s["text"], "citations": s["citations"]} for s in sentences] == done["sentences"]
    assert [citation for sentence in sentences for citation in sentence["new_citations"]] == done["citations"]
    assert same(done) == same(client.post("/v1/ask", json=question()).json())
    assert done["answer"].startswith("The bridge cost 14.3 million euros.")


def test_a_sentence_can_be_shown_with_what_came_before_it(client: httpx.Client) -> None:
    known: set[int] = set()
    script = {"say": "The bridge cost 14.3 million euros. The bridge is 420 metres long and cost 14.3 million euros."}
    sentences = [event.content for event in events(opened(client, script)) if event.name == "sentence"]
    for sentence in sentences:
        new = {citation["label"] for citation in sentence["new_citations"]}
        assert not new & known
        known |= new
        assert set(sentence["citations"]) <= known
    assert [len(sentence["new_citations"]) for sentence in sentences] == [1, 0]


@pytest.mark.alone
def test_sources_arrive_before_the_language_model_has_said_a_word(client: httpx.Client, service: Service) -> None:
    before = len(service.times("model begun"))
    for event in events(opened(client, {"before": 0.8})):
        if event.name == "sources":
            found = event.at
        elif event.name == "sentence":
            assert event.at - found > 0.5
            break
    assert found - service.times("model begun")[before] < 0.3


def test_a_stream_says_that_nobody_should_keep_or_hold_it(client: httpx.Client) -> None:
    with closing(opened(client)) as response:
        headers = response.headers
        assert (response.status_code, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert ("content-length" in headers, headers["transfer-encoding"]) == (False, "chunked")
        assert headers["x-content-type-options"] == "nosniff"


def test_silence_is_filled_with_comments(client: httpx.Client) -> None:
    told = list(all_told(opened(client, {"before": 1.0})))
    names = [one.name for one in told]
    assert names[0] == "sources"
    assert 2 <= names.count(":") <= (told[-1].at - told[0].at) / KEEP_ALIVE + 1
    assert [name for name in names if name != ":"] == ["sources", "sentence", "sentence", "done"]


def test_a_refusal_has_no_sentences(client: httpx.Client) -> None:
    told = list(events(opened(client, {"say": "NOT STATED"})))
    assert [event.name for event in told] == ["sources", "done"]
    assert (told[1].content["status"], told[1].content["sentences"]) == ("refused", [])


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [("dies", "generator-unavailable", 503), ("bug", "internal", 500)],
)
def test_what_fails_on_the_way_is_told_as_the_last_event(
    client: httpx.Client, fault: str, kind: str, status: int
) -> None:
    response = opened(client, {"fault": fault})
    told = list(events(response))
    assert [event.name for event in told] == ["sources", "sentence", "error"]
    problem = told[-1].content
    assert (problem["type"], problem["status"]) == (f"urn:fundstelle:problem:{kind}", status)
    assert problem["instance"] == response.headers["x-request-id"]
    assert "buried" not in str(problem)


def test_what_fails_before_the_first_event_is_a_response_of_its_own(client: httpx.Client) -> None:
    refused = client.post("/v1/ask", json={"question": ""}, headers=STREAM)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.alone
@pytest.mark.parametrize("script", [{"before": 60}, {"pause": 0.2}, {"fault": "hangs"}])
def test_a_client_that_leaves_a_stream_stops_the_model(
    client: httpx.Client, service: Service, script: dict[str, Any]
) -> None:
    before = len(service.times("model ended"))
    with closing(opened(client, script)) as response:
        assert next(events(response)).name == "sources"
        service.wait_for("model begun", before + 1)
    left = time.monotonic()
    assert service.wait_for("model ended", before + 1) - left < LEAVING
    assert service.wait_for("answer ended", len(service.times("answer begun"))) - left < LEAVING


@pytest.mark.alone
@pytest.mark.parametrize(
    ("script", "headers"), [({"find": 60}, {}), ({"find": 60}, STREAM), ({"before": 60}, {}), ({"fault": "hangs"}, {})]
)
def test_a_client_that_leaves_before_there_is_a_response_stops_the_work(
    service: Service, script: dict[str, Any], headers: dict[str, str]
) -> None:
    before = len(service.times("answer ended"))
    with httpx.Client(base_url=service.url, timeout=60) as client, pytest.raises(httpx.ReadTimeout):
        client.post("/v1/ask", json=question(script), headers=headers, timeout=0.4)
    left = time.monotonic()
    assert service.wait_for("answer ended", before + 1) - left < LEAVING


def test_a_connection_serves_one_stream_after_the_other(client: httpx.Client) -> None:
    for _ in range(3):
        assert [event.name for event in events(opened(client))][-1] == "done"


def test_a_kept_answer_is_told_in_the_same_events(client: httpx.Client, service: Service) -> None:
    before = len(service.times("model begun"))
    scripts = (None, {"kept": True})
    first, second = ([(event.name, event.content) for event in events(opened(client, script))] for script in scripts)
    assert len(service.times("model begun")) == before + 1
    assert [name for name, _ in first] == [name for name, _ in second]
    assert first[1:-1] == second[1:-1]
    assert second[0][1]["id"] == second[-1][1]["id"] != first[0][1]["id"]
    assert second[-1][1]["query"] == BRIDGE
