"""An index without articles, served: the last article deleted, and the first one written, all over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from index.beginning import begin
from index.publish import published as published_ids
from service.access.key_file import add
from service.access.keys import Scope, make
from service.answering.opening import Models
from service.app import create_app
from service.errors import SettingsError
from service.settings import Settings
from service.verification.confidence import DEFAULTS
from tests.service.administered import KEY, ThreadBuilder, administered
from tests.service.collection import ARTICLES, NEVER, WordEmbedder, published
from tests.service.waiting import until

Client = TestClient[Any]
SAID = "The bridge cost 14.3 million euros."
COST = "How much did the harbour bridge in Porthaven cost?"
PIER = {"title": "A new pier", "text": "The pier of Porthaven cost 9 million euros. It opened in March."}


def publish(client: Client) -> Any:
    response = client.post("/v1/index:publish", json={"wait": True})
    assert (response.status_code, response.json().get("state")) == (200, "served"), response.text
    return response.json()


def ask(client: Client, question: str, **request: str) -> Any:
    response = client.post("/v1/ask", json={"question": question, **request})
    assert response.status_code == 200, response.text
    return response.json()


def counts(client: Client) -> list[int]:
    return [snapshot["articles"] for snapshot in client.get("/v1/index").json()["snapshots"]]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Client]:
    with administered(published(tmp_path), text=SAID) as client:
        yield client


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Client]:
    begin(tmp_path / "index", WordEmbedder())
    with administered(tmp_path / "index", text="The pier of Porthaven cost 9 million euros.") as client:
        yield client


@pytest.mark.parametrize("mode", ["generate", "extract"])
def test_nothing_is_known_any_more_once_the_last_article_is_deleted(full: Client, mode: str) -> None:
    assert ask(full, COST, mode=mode)["status"] == "answered"
    for article_id in ARTICLES:
        assert full.delete(f"/v1/articles/{article_id}").status_code == 202
    told = publish(full)
    answer = ask(full, COST, mode=mode)
    assert (answer["status"], answer["reason"]) == ("refused", "no_relevant_source")
    assert (answer["citations"], answer["passages"], answer["snapshot"]) == ([], [], told["snapshot"])
    assert full.post("/v1/search", json={"question": COST}).json()["passages"] == []
    assert full.get("/v1/articles/harbour.md").status_code == 404
    assert counts(full) == [2, 0]


@pytest.mark.parametrize(
    ("question", "language"), [(COST, "en"), ("Was kostet der Eintritt in das Museum in Porthaven?", "de")]
)
def test_a_question_to_an_empty_index_is_refused_in_its_language_without_a_model(
    empty: Client, question: str, language: str
) -> None:
    answer = ask(empty, question)
    assert (answer["status"], answer["reason"], answer["language"]) == ("refused", "no_relevant_source", language)
    assert (answer["usage"]["prompt_tokens"], answer["sentences"]) == (0, [])
    assert ("Artikel" in answer["answer"]) == (language == "de")


def test_several_questions_to_an_empty_index_are_all_refused(empty: Client) -> None:
    answer = ask(empty, "What did the bridge cost, and who designed the museum?")
    assert (answer["status"], answer["reason"]) == ("refused", "no_relevant_source")
    assert {part["status"] for part in answer["parts"]} == {"refused"}


def test_an_empty_index_is_filled_over_http(empty: Client) -> None:
    assert empty.put("/v1/articles/pier.md", json=PIER).status_code == 202
    told = publish(empty)
    answer = ask(empty, "What did the pier of Porthaven cost?")
    assert (answer["status"], answer["snapshot"]) == ("answered", told["snapshot"])
    assert {citation["article_id"] for citation in answer["citations"]} == {"pier.md"}
    assert counts(empty) == [0, 1]


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's models are those of the tests."""
    models = Models(WordEmbedder(), None, None, NEVER, DEFAULTS)
    monkeypatch.setattr("service.answering.opening.open_models", lambda settings: models)


def keys(path: Path, *scopes: Scope) -> str:
    """A key with some scopes, the only one in a file."""
    secret, key = make("tests", "key", scopes, datetime.now(UTC))
    add(path, key)
    return secret


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("administered_by", ["the admin key", "a key of the file"])
def test_a_service_on_a_directory_without_an_index_is_filled_over_http(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, administered_by: str
) -> None:
    (tmp_path / "index").mkdir()
    of_file = administered_by == "a key of the file"
    secret = keys(tmp_path / "keys.json", "admin", "ask") if of_file else KEY
    settings = Settings(
        index=tmp_path / "index",
        keys=tmp_path / "keys.json",
        admin_key=None if of_file else KEY,
        generator="extractive",
    )
    with TestClient(create_app(settings, builder=ThreadBuilder(settings.index))) as client:
        client.headers["Authorization"] = f"Bearer {secret}"
        until(lambda: client.get("/readyz").status_code == 200)
        assert "there was no index, an empty one was begun" in caplog.messages
        assert ask(client, "What did the pier of Porthaven cost?")["reason"] == "no_relevant_source"
        assert counts(client) == [0]
        said = ["the served snapshot has no articles: every question is refused"]
        assert client.get("/readyz").json()["warnings"] == client.get("/v1/index").json()["warnings"] == said
        assert client.put("/v1/articles/pier.md", json=PIER).status_code == 202
        publish(client)
        assert client.get("/readyz").json()["warnings"] == []
        (citation,) = ask(client, "What did the pier of Porthaven cost?")["citations"]
        assert citation["quote"] == "The pier of Porthaven cost 9 million euros."


def test_a_mistyped_directory_is_no_new_index(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "indx", admin_key=KEY, generator="extractive")
    with pytest.raises(SettingsError, match=r"^there is no directory .*/indx: see whether FUNDSTELLE_INDEX names"):
        create_app(settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("words")
def test_without_administration_a_missing_index_stays_an_error(tmp_path: Path) -> None:
    keys(tmp_path / "keys.json", "search")
    settings = Settings(index=tmp_path / "index", keys=tmp_path / "keys.json", generator="extractive")
    with TestClient(create_app(settings)) as client:
        until(lambda: "Starting failed" in client.get("/readyz").json()["detail"])
        assert "no snapshot was published here; build one with" in client.get("/readyz").json()["detail"]
    assert published_ids(settings.index) == []
