"""Saying over HTTP whether an answer helped: of every answer, by any process, and what is refused."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import Response
from litestar.testing import TestClient

from service.app import create_app
from service.contracts.feedback import FeedbackRequest
from service.errors import AnswerNotFound
from service.feedback import store as feedback_store
from service.feedback.intake import LOOKING, Feedback, store_of
from service.feedback.remembering import Remembering
from service.feedback.store import FeedbackStore, Said
from service.settings import Settings
from tests.service.feedback.test_remembering import Numbering, number
from tests.service.threaded import SECONDS, served
from tests.service.waiting import until

ASK = {"question": "Who?"}
CHAT = {"model": "fundstelle", "messages": [{"role": "user", "content": "Who?"}]}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index=tmp_path)


@pytest.fixture
def store(settings: Settings) -> FeedbackStore:
    store = store_of(settings)
    assert store is not None
    return store


@pytest.fixture
def client(settings: Settings, store: FeedbackStore) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(settings, Remembering(Numbering(), store)), raise_server_exceptions=False) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        yield client


def say(client: Any, answer_id: str, /, **fields: Any) -> Response:
    response: Response = client.post("/v1/feedback", json={**{"answer_id": answer_id, "helpful": True}, **fields})
    return response


def kind_of(response: Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].rpartition(":")[2]


def test_an_answer_is_judged_by_its_id_however_it_was_asked_for(client: TestClient[Any], store: FeedbackStore) -> None:
    whole = client.post("/v1/ask", json=ASK).json()["id"]
    assert "event: done" in client.post("/v1/ask", json=ASK, headers={"Accept": "text/event-stream"}).text
    chat = client.post("/v1/chat/completions", json=CHAT).json()["id"]
    assert "[DONE]" in client.post("/v1/chat/completions", json={**CHAT, "stream": True}).text
    assert (whole, chat) == (number(1), f"chatcmpl-{number(3)}")
    response = say(client, whole, helpful=False, comment="Nein.")
    assert (response.status_code, response.json()) == (
        200,
        {"answer_id": number(1), "helpful": False, "comment": "Nein."},
    )
    for answer_id in (number(2), chat, f"chatcmpl-{number(4)}"):
        assert say(client, answer_id).json()["answer_id"] == answer_id.removeprefix("chatcmpl-")
    assert [(one.id, [said.comment for said in one.said]) for one in store.rated()] == [
        (number(1), ["Nein."]),
        (number(2), [None]),
        (number(3), [None]),
        (number(4), [None]),
    ]


def test_another_process_takes_feedback_on_the_answer_at_once(settings: Settings, store: FeedbackStore) -> None:
    first, second = (create_app(settings, Remembering(Numbering(), store)) for _ in range(2))
    with served(first) as here, served(second) as there, httpx.Client(timeout=60) as client:
        for _ in range(5):
            answer_id = client.post(f"{here}/v1/ask", json=ASK).json()["id"]
            response = client.post(f"{there}/v1/feedback", json={"answer_id": answer_id, "helpful": True})
            assert response.status_code == 200, response.text
    assert len(store.rated()) == 5


def test_the_same_caller_says_something_else(client: TestClient[Any], store: FeedbackStore) -> None:
    answer_id = client.post("/v1/ask", json=ASK).json()["id"]
    for helpful in (True, False):
        assert say(client, answer_id, helpful=helpful).status_code == 200
    (kept,) = store.rated()
    assert [said.helpful for said in kept.said] == [False]


def test_an_answer_that_was_never_given_can_not_be_judged(client: TestClient[Any]) -> None:
    assert kind_of(say(client, "nowhere")) == (404, "answer-not-found")


def test_ids_that_are_made_up_by_many_at_once_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    class Empty(FeedbackStore):
        def rate(self, answer_id: str, caller: str, said: Said) -> None:
            looks.append(answer_id)
            raise AnswerNotFound(answer_id)

    async def ask(callers: int) -> list[Any]:
        feedback = Feedback(Empty(Path("nowhere"), days=1))
        said = FeedbackRequest("0" * 24, helpful=True)
        taken = (feedback.take(said, str(caller)) for caller in range(callers))
        return await asyncio.gather(*taken, return_exceptions=True)

    monkeypatch.setattr("service.feedback.intake.LOOKS", (0.0, 0.0))
    refused = asyncio.run(ask(LOOKING + 5))
    assert {type(error) for error in refused} == {AnswerNotFound}
    assert len(looks) == 3 * LOOKING + 5


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"comment": "x" * 2_001}, "length <= 2000"),
        ({"comment": "a\0b"}, "comment must not hold NUL"),
        ({"answer_id": "a\0b"}, "answer_id must not hold NUL"),
        ({"answer_id": ""}, "length >= 1"),
        ({"answer_id": "x" * 101}, "length <= 100"),
        ({"helpful": "yes"}, "Expected `bool`"),
        ({"rating": 5}, "unknown field `rating`"),
    ],
)
def test_feedback_that_is_none_is_refused(client: TestClient[Any], fields: dict[str, Any], detail: str) -> None:
    response = say(client, "nowhere", **fields)
    assert kind_of(response) == (400, "invalid-body")
    assert detail in response.json()["detail"]


def test_nothing_is_kept_or_taken_where_feedback_is_off(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(index=tmp_path, feedback_days=0), Numbering())) as client:
        answer_id = client.post("/v1/ask", json=ASK).json()["id"]
        assert kind_of(say(client, answer_id)) == (403, "feedback-off")
    assert list(tmp_path.iterdir()) == []


def test_a_stop_waits_for_what_is_being_said_and_takes_nothing_more(
    settings: Settings, store: FeedbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    rate = store.rate
    monkeypatch.setattr(FeedbackStore, "rate", lambda _, *said: [free.wait(SECONDS), rate(*said)][1])
    app = create_app(settings, Remembering(Numbering(), store))
    with served(app) as url, httpx.Client(base_url=url, timeout=SECONDS) as client, ThreadPoolExecutor(1) as threads:
        first, second = (client.post("/v1/ask", json=ASK).json()["id"] for _ in range(2))
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/v1/feedback", json={"answer_id": second, "helpful": False}, timeout=0.3)
        acknowledged = threads.submit(say, client, first)
        until(lambda: app.state.stopping.under_way == 2)
        app.state.stopping.begin()
        with httpx.Client(base_url=url, timeout=60) as newcomer:
            assert kind_of(say(newcomer, first, helpful=False)) == (503, "stopping")
        free.set()
        assert acknowledged.result().status_code == 200
        until(lambda: app.state.stopping.under_way == 0)
    kept = {one.id: [said.helpful for said in one.said] for one in store.rated()}
    assert kept == {first: [True], second: [False]}, "who leaves after saying something has said it"


def test_a_locked_file_is_said_and_answers_go_on(
    client: TestClient[Any],
    store: FeedbackStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer_id = client.post("/v1/ask", json=ASK).json()["id"]
    assert say(client, answer_id).status_code == 200
    with (
        closing(sqlite3.connect(store.path, isolation_level=None)) as db,
        caplog.at_level(logging.WARNING),
        monkeypatch.context() as impatient,
    ):
        impatient.setattr(feedback_store, "PATIENCE", 0.05)
        db.execute("BEGIN IMMEDIATE")
        response = say(client, answer_id)
        assert client.post("/v1/ask", json=ASK).status_code == 200
    assert kind_of(response) == (503, "feedback-unavailable")
    assert response.headers["retry-after"] == "5"
    assert str(store.path) not in response.text
    told = [vars(record)["fields"] for record in caplog.records if record.message == "feedback could not be kept"]
    assert [str(store.path) in fields["reason"] for fields in told] == [True]
    assert say(client, answer_id).status_code == 200
