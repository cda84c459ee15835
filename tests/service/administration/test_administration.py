"""Changing the index while it answers, through the real pipeline and a real building process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from index.build import BuildOptions, build, build_articles
from index.inbox import Inbox, overlay
from index.lock import writer_lock
from index.publish import current_directory, published, rollback
from index.republish import served_articles
from index.vector_kinds import VectorOptions
from service.administration.builder import ChildBuilder
from service.administration.publish_messages import Built, Step
from service.app import create_app
from tests.service.administered import COMMAND, KEY, ThreadBuilder, administered, settings_of
from tests.service.collection import ScriptedGenerator, WordEmbedder, pipeline_over, write_articles
from tests.service.collection import published as published_index
from tests.service.waiting import until

Client = TestClient[Any]
PIER = {"title": "A new pier", "text": "The pier of Porthaven cost 9 million euros. It opened in March."}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return published_index(tmp_path)


@pytest.fixture
def client(index: Path) -> Iterator[Client]:
    with administered(index, text="The pier of Porthaven cost 9 million euros.") as client:
        yield client


def put(client: Client, article_id: str, text: str, **fields: str) -> Any:
    response = client.put(f"/v1/articles/{article_id}", json={"title": "Title", "text": text, **fields})
    assert response.status_code == 202, response.text
    return response.json()


def publish(client: Client) -> Any:
    response = client.post("/v1/index:publish", json={"wait": True})
    assert (response.status_code, response.json().get("state")) == (200, "served"), response.text
    return response.json()


def ask(client: Client, question: str) -> Any:
    return client.post("/v1/ask", json={"question": question, "mode": "extract"}).json()


def found(client: Client, question: str) -> set[str]:
    response = client.post("/v1/search", json={"question": question, "top_k": 50}).json()
    return {passage["article_id"] for passage in response["passages"]}


def text_of(client: Client, article_id: str) -> str | None:
    response = client.get(f"/v1/articles/{article_id}")
    return response.json()["text"] if response.status_code == 200 else None


def test_an_article_is_answered_from_once_it_is_published(client: Client) -> None:
    client.put("/v1/articles/pier.md", json=PIER)
    assert found(client, "What did the pier cost?") == {"harbour.md", "museum.md"}
    told = publish(client)
    answer = client.post("/v1/ask", json={"question": "What did the pier of Porthaven cost?"}).json()
    assert (answer["status"], answer["snapshot"]) == ("answered", told["snapshot"])
    (citation,) = answer["citations"]
    assert (citation["article_id"], citation["quote"]) == ("pier.md", "The pier of Porthaven cost 9 million euros.")
    assert PIER["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_a_deleted_article_leaves_no_ghost(client: Client) -> None:
    question = "Was kostet der Eintritt in das Museum in Porthaven?"
    assert "neun Euro" in str(ask(client, question)["citations"])
    assert client.delete("/v1/articles/museum.md").status_code == 202
    told = publish(client)
    answer = ask(client, question)
    assert answer["snapshot"] == told["snapshot"]
    for trace in ("museum.md", "neun Euro", "Castellmar"):
        assert trace not in str(answer)
        assert trace not in str(client.post("/v1/search", json={"question": question}).json()["passages"])
    assert text_of(client, "museum.md") is None
    assert client.delete("/v1/articles/museum.md").status_code == 404


def test_of_a_replaced_article_nothing_is_left(client: Client) -> None:
    put(client, "museum.md", "Das Museum in Porthaven zeigt jetzt Flugzeuge. Der Eintritt ist frei.")
    publish(client)
    answer = ask(client, "Was zeigt das Museum in Porthaven?")
    assert "Flugzeuge" in str(answer["citations"])
    assert "alte Schiffe" not in str(answer)
    assert "alte Schiffe" not in str(text_of(client, "museum.md"))


def test_what_was_written_is_kept_when_it_is_published_again(client: Client) -> None:
    put(client, "one.md", "The first pier is green.")
    publish(client)
    put(client, "two.md", "The second pier is red.")
    client.delete("/v1/articles/harbour.md")
    publish(client)
    assert found(client, "pier") == {"one.md", "two.md", "museum.md"}


def test_nothing_to_publish_publishes_nothing(client: Client, index: Path) -> None:
    before = published(index)
    assert publish(client)["snapshot"] == before[-1]
    assert published(index) == before


def test_the_state_tells_what_waits_and_what_is_served(client: Client, index: Path) -> None:
    before = current_directory(index).name
    put(client, "pier.md", "The pier is long.")
    client.delete("/v1/articles/museum.md")
    waiting = client.get("/v1/index").json()
    assert (waiting["served"], waiting["published"], waiting["sequence"]) == (before, before, 2)
    assert (waiting["pending"]["written"], waiting["pending"]["deleted"]) == (1, 1)
    assert [snapshot["articles"] for snapshot in waiting["snapshots"]] == [2]
    told = publish(client)
    after = client.get("/v1/index").json()
    assert (after["served"], after["published"]) == (told["snapshot"],) * 2
    assert after["pending"] == {"written": 0, "deleted": 0, "since": None}
    assert after["publishing"] == told
    assert (told["sequence"], after["last_failure"], after["warnings"]) == (2, None, [])
    assert [step["what"] for step in told["steps"]] == ["Reading", "Embedding"]


def test_an_article_without_a_sentence_is_left_out_and_told(client: Client) -> None:
    put(client, "empty.md", "* * *")
    put(client, "pier.md", "The pier is long.")
    assert publish(client)["left_out"] == ["empty.md: no sentence worth indexing was found in it"]
    assert text_of(client, "pier.md") == "The pier is long."


def test_a_file_build_afterwards_keeps_what_was_said_over_http(client: Client, index: Path, tmp_path: Path) -> None:
    put(client, "pier.md", "The pier is long.")
    put(client, "harbour.md", "The harbour is closed.")
    client.delete("/v1/articles/museum.md")
    publish(client)
    told: list[str] = []
    articles = write_articles(tmp_path / "articles")
    (articles / "new.md").write_text("The lighthouse is new.", encoding="utf-8")
    report = build([articles], index, WordEmbedder(), on_error=lambda error: told.append(str(error)))
    said = "what was said of it over HTTP goes before its file"
    assert told == [f"harbour.md: {said}", f"museum.md: {said}"]
    until(lambda: client.get("/v1/index").json()["served"] == report.snapshot)
    assert found(client, "pier harbour lighthouse") == {"pier.md", "harbour.md", "new.md"}
    assert text_of(client, "harbour.md") == "The harbour is closed."
    assert client.get("/v1/index").json()["pending"]["written"] == 0


def test_an_article_that_was_published_a_moment_ago_can_be_deleted(index: Path, tmp_path: Path) -> None:
    pipeline = pipeline_over(index, ScriptedGenerator())
    with TestClient(create_app(settings_of(index), pipeline, ThreadBuilder(index))) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        until(lambda: client.get("/readyz").status_code == 200)
        articles = write_articles(tmp_path / "articles")
        (articles / "new.md").write_text("The lighthouse is new.", encoding="utf-8")
        build([articles], index, WordEmbedder(), on_error=raised)
        assert text_of(client, "new.md") is None
        assert client.delete("/v1/articles/new.md").status_code == 202


def raised(error: Exception) -> None:
    raise error


def test_after_going_back_the_next_publishing_makes_up_for_it(client: Client, index: Path) -> None:
    put(client, "pier.md", "The pier is long.")
    before = published(index)[0]
    publish(client)
    rollback(index, before)
    until(lambda: client.get("/v1/index").json()["served"] == before)
    assert text_of(client, "pier.md") is None
    assert client.get("/v1/index").json()["pending"]["written"] == 1
    publish(client)
    assert text_of(client, "pier.md") == "The pier is long."


def test_a_crash_between_publishing_and_noting_it_costs_nothing(client: Client, index: Path) -> None:
    put(client, "pier.md", "The pier is long.")
    build_without_noting(index)
    assert client.get("/v1/index").json()["pending"]["written"] == 1
    told = publish(client)
    assert told["snapshot"] == current_directory(index).name == published(index)[-1]
    assert client.get("/v1/index").json()["pending"]["written"] == 0
    assert text_of(client, "pier.md") == "The pier is long."


def build_without_noting(index: Path) -> None:
    with overlay(index) as changes:
        build_articles(changes.over(served_articles(index)), index, WordEmbedder(), on_error=lambda _: None)


def test_another_writer_is_said_at_once(client: Client, index: Path) -> None:
    with writer_lock(index, "testing"):
        for wait in (True, False):
            response = client.post("/v1/index:publish", json={"wait": wait})
            assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (503, "index-busy")
            assert int(response.headers["retry-after"]) > 0
            assert "(testing)" in response.json()["detail"]
        assert put(client, "pier.md", "The pier is long.")["sequence"] == 1
    publish(client)


class GatedBuilder(ThreadBuilder):
    """Builds in the end, but not before it is let."""

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self.begun = threading.Semaphore(0)
        self.free = threading.Event()
        self.count = 0

    async def build(self, on_step: Callable[[Step], None]) -> Built:
        self.count += 1
        on_step(Step("Reading", "article", 1, 3))
        self.begun.release()
        await asyncio.to_thread(self.free.wait)
        return await super().build(on_step)


def test_what_is_written_while_a_snapshot_is_built_comes_with_the_next(index: Path) -> None:
    builder = GatedBuilder(index)
    with administered(index, builder) as client:
        put(client, "one.md", "The first pier is green.")
        first = client.post("/v1/index:publish", json={}).json()
        assert builder.begun.acquire(timeout=60)
        put(client, "two.md", "The second pier is red.")
        second = [client.post("/v1/index:publish", json={"wait": False}).json() for _ in range(3)]
        state = client.get("/v1/index").json()
        assert (state["publishing"]["id"], state["publishing"]["state"]) == (first["id"], "building")
        assert state["publishing"]["steps"] == [{"what": "Reading", "unit": "article", "done": 1, "expected": 3}]
        assert {run["id"] for run in second} == {second[0]["id"]} != {first["id"]}
        assert second[0]["state"] == "waiting"
        assert found(client, "pier") == {"harbour.md", "museum.md"}
        builder.free.set()
        until(lambda: client.get("/v1/index").json()["publishing"]["id"] == second[0]["id"])
        until(lambda: client.get("/v1/index").json()["publishing"]["state"] == "served")
        assert found(client, "pier") == {"harbour.md", "museum.md", "one.md", "two.md"}
        assert builder.count == 2


def test_the_process_that_builds_publishes_and_tells_how_far_it_is(index: Path) -> None:
    with administered(index, ChildBuilder(settings_of(index), COMMAND)) as client:
        put(client, "pier.md", "The pier is long.")
        put(client, "empty.md", "* * *")
        told = publish(client)
        assert told["left_out"] == ["empty.md: no sentence worth indexing was found in it"]
        assert {(step["what"], step["done"]) for step in told["steps"]} >= {("Reading", 4)}
        assert text_of(client, "pier.md") == "The pier is long."


def test_a_builder_that_dies_is_a_failure_with_words_and_the_next_one_succeeds(index: Path) -> None:
    builder = ChildBuilder(settings_of(index), (*COMMAND[:1], "-c", "import sys; sys.exit('no memory left')"))
    with administered(index, builder) as client:
        put(client, "pier.md", "The pier is long.")
        response = client.post("/v1/index:publish", json={"wait": True})
        assert response.status_code == 500
        assert "ended with status 1" in response.json()["detail"]
        assert "no memory left" not in response.text
    with administered(index) as client:
        assert text_of(client, "pier.md") is None
        publish(client)
        assert text_of(client, "pier.md") == "The pier is long."


@pytest.mark.alone
def test_a_service_that_is_stopped_takes_its_builder_along(index: Path) -> None:
    with administered(index, ChildBuilder(settings_of(index), (*COMMAND, "hang"))) as client:
        put(client, "pier.md", "The pier is long.")
        assert client.post("/v1/index:publish", json={}).json()["state"] == "building"
        began = time.monotonic()
    assert time.monotonic() - began < 5
    with writer_lock(index, "testing", wait=5):
        assert Inbox(index).sequence() == 1


def test_vectors_of_which_too_few_are_found_are_told_wherever_an_operator_looks(
    index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unreachable = BuildOptions(vectors=VectorOptions(recall=1.01))
    with administered(index, ThreadBuilder(index, unreachable)) as client:
        put(client, "pier.md", PIER["text"])
        told = publish(client)["detail"]
        (ready, state) = (client.get(path).json() for path in ("/readyz", "/v1/index"))
    said = ["vectors/passages", "vectors/sentences"]
    assert [warning.split(":")[0] for warning in ready["warnings"]] == said
    assert all("100.0% of the ten nearest vectors, 101.0% are required" in warning for warning in ready["warnings"])
    assert (state["warnings"], told) == (ready["warnings"], "; ".join(ready["warnings"]))
    assert set(ready["warnings"]) <= set(caplog.messages)


def test_the_state_tells_which_snapshots_were_gone_back_from_and_since_when_which_is_served(
    index: Path, client: Client
) -> None:
    before = client.get("/v1/index").json()
    put(client, "pier.md", PIER["text"])
    newer = publish(client)["snapshot"]
    between = client.get("/v1/index").json()
    assert ([row["withdrawn"] for row in between["snapshots"]], between["swaps"]) == ([False, False], 1)
    rollback(index, before["served"])
    until(lambda: client.get("/v1/index").json()["served"] == before["served"])
    after = client.get("/v1/index").json()
    assert {row["id"]: row["withdrawn"] for row in after["snapshots"]} == {before["served"]: False, newer: True}
    assert after["swaps"] == 2
    assert before["since"] < between["since"] < after["since"]
