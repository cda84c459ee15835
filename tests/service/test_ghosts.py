"""Writing, publishing, deleting and asking in any order over HTTP: nothing of what was deleted is ever seen again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from index.beginning import begin
from service.app import create_app
from tests.service.administered import KEY, ThreadBuilder, settings_of
from tests.service.collection import ScriptedGenerator, WordEmbedder, pipeline_over
from tests.service.waiting import until

QUESTION = "How much did the harbour bridge in Porthaven cost?"
VALUES = "Which sums were named for the harbour bridge in Porthaven?"
COST = "The harbour bridge in Porthaven cost {} million euros."
ARTICLES = {
    "first.md": f"{COST.format('14.3')} Alderwick reported it on Monday.",
    "copy.md": f"{COST.format('14.3')} Birchfield printed it, too.",
    "other.md": f"{COST.format('15.1')} Cedarholm had it from the mayor.",
    "ferry.md": "The ferry to Holm was sold in March. Its crew learned of it from Dunmore.",
}
WORDS = {
    "first.md": ("Alderwick", "14.3 million"),
    "copy.md": ("Birchfield", "14.3 million"),
    "other.md": ("Cedarholm", "15.1 million"),
    "ferry.md": ("Dunmore", "Holm"),
}
"""What an article says, some of it like no other."""
WAYS = ("stream", "chat", "mcp", "list", "found")
Live = frozenset[str]


class Service:
    """A running service, and what is written to it now. Its model says whatever any article ever said."""

    def __init__(self, client: TestClient[Any]) -> None:
        self.client = client
        self.live: Live = frozenset()
        self.seen: Counter[str] = Counter()

    def become(self, live: Live) -> None:
        """Write and delete until it has the articles `live`, and publish."""
        for article_id in self.live - live:
            assert self.client.delete(f"/v1/articles/{article_id}").status_code == 202
        for article_id in live - self.live:
            article = {"title": "Title", "text": ARTICLES[article_id]}
            assert self.client.put(f"/v1/articles/{article_id}", json=article).status_code == 202
        told = self.client.post("/v1/index:publish", json={"wait": True}).json()
        assert told["state"] == "served"
        self.live = live

    def ask(self, question: str, mode: str) -> Any:
        return self.client.post("/v1/ask", json={"question": question, "mode": mode, "top_k": 20}).json()

    def other_ways(self) -> dict[str, str]:
        """What is shown where the question is asked, or articles are listed, in other ways, by which."""
        get, post = self.client.get, self.client.post
        chat = {"model": "fundstelle", "messages": [{"role": "user", "content": QUESTION}]}
        tool = {"name": "ask", "arguments": {"question": QUESTION}}
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": tool}
        stream = post("/v1/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"}).text
        events = [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: ")]
        called = post("/mcp", json=call, headers={"Accept": "application/json, text/event-stream"})
        assert called.status_code == 200
        return {
            "stream": json.dumps([without_machinery(json.loads(event)) for event in events]),
            "chat": post("/v1/chat/completions", json=chat).json()["choices"][0]["message"]["content"],
            "mcp": called.text,
            "list": get("/articles").text,
            "found": get("/articles", params={"q": "harbour bridge ferry"}).text,
        }

    def search(self) -> Any:
        return self.client.post("/v1/search", json={"question": f"{QUESTION} Who sold the ferry?", "top_k": 20}).json()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    index: Path = tmp_path_factory.mktemp("ghosts") / "index"
    begin(index, WordEmbedder())
    remembering = ScriptedGenerator(" ".join(ARTICLES.values()))
    pipeline = pipeline_over(index, remembering, reload_seconds=0.02)
    settings = replace(settings_of(index), mcp="on", key_per_minute=100_000)
    with TestClient(create_app(settings, pipeline, ThreadBuilder(index))) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        until(lambda: client.get("/readyz").status_code == 200)
        yield Service(client)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.frozensets(st.sampled_from(sorted(ARTICLES))), min_size=1, max_size=3))
def check(service: Service, states: list[Live]) -> None:
    for live in states:
        service.become(live)
        for article_id in ARTICLES:
            for path in ("/v1/articles", "/articles"):
                assert service.client.get(f"{path}/{article_id}").status_code == (200 if article_id in live else 404)
        for way, shown in service.other_ways().items():
            assert not {name for name in ARTICLES if name in shown} - live, way
            assert_no_word_of(shown, live)
            service.seen.update([way] if any(word in shown for name in live for word in (name, *WORDS[name])) else [])
        found = service.search()
        assert named(found) == live
        assert_no_ghost(found, live)
        for question in (QUESTION, VALUES):
            for mode in ("generate", "extract", "generate"):
                answer = service.ask(question, mode)
                assert_no_ghost(answer, live)
                expected = "answered" if live - {"ferry.md"} else "refused"
                assert question != QUESTION or answer["status"] == expected, (mode, live)
                service.seen.update(kinds(answer))


def test_nothing_of_a_deleted_article_is_ever_seen_again(service: Service) -> None:
    service.become(frozenset(ARTICLES))
    check(service)
    # what would show a ghost was there to be looked at
    assert service.seen.keys() >= {"answered", "refused", "copies", "conflicts", *WAYS}


def assert_no_ghost(response: Any, live: Live) -> None:
    assert named(response) <= live
    # the model's own words that were stopped are no ghost, nor is a duration that reads like a price
    assert_no_word_of(json.dumps(without_machinery(response)), live)


def without_machinery(response: Any) -> Any:
    """What a reader sees of a response."""
    return {name: value for name, value in response.items() if name not in ("dropped", "timings_ms")}


def assert_no_word_of(shown: str, live: Live) -> None:
    stated = {word for article_id in live for word in WORDS[article_id]}
    for word in {word for words in WORDS.values() for word in words} - stated:
        assert word not in shown, (word, live)


def named(response: Any) -> Live:
    """Every article that is named anywhere in a response."""
    if isinstance(response, list):
        return frozenset().union(*map(named, response))
    if not isinstance(response, dict):
        return frozenset()
    own = {response["article_id"]} if "article_id" in response else set()
    return frozenset(own).union(*map(named, response.values()))


def kinds(answer: Any) -> list[str]:
    copies = any(citation["also_at"] for citation in answer["citations"])
    return [answer["status"], *(["copies"] if copies else []), *(["conflicts"] if answer["conflicts"] else [])]
