"""The administration's contract over HTTP: who may, what is taken, and what is refused before anything happens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from httpx import Response
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from index.inbox import Inbox, overlay
from service.administration.builder import Builder
from service.administration.publish_messages import Built, Step
from service.app import create_app
from service.contracts.admin import TEXT_CHARACTERS
from service.contracts.answers import Problem
from service.errors import IndexUnavailable
from service.routes.admin import ARTICLE_BYTES
from tests.service.administered import KEY, NoBuilder, settings_of
from tests.service.fakes import FakePipeline
from tests.service.waiting import until

Client = TestClient[Any]
JSON = {"Content-Type": "application/json"}
ARTICLE = {"title": "A title", "text": "A text."}
CALLS = [
    ("PUT", "/v1/articles/a.md", b'{"title": "A title", "text": "A text."}'),
    ("DELETE", "/v1/articles/old.md", b""),
    ("POST", "/v1/articles:batch", b'{"changes": [{"op": "delete", "id": "old.md"}]}'),
    ("POST", "/v1/index:publish", b"{}"),
    ("GET", "/v1/index", b""),
]


def client_of(index: Path, key: str | None = KEY, builder: Builder | None = None) -> Client:
    pipeline = FakePipeline({"old.md": "Old.", "a b/ü.md": "Old."})
    return TestClient(
        create_app(settings_of(index, key), pipeline, builder or NoBuilder()), raise_server_exceptions=False
    )


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def client(index: Path) -> Iterator[Client]:
    with client_of(index) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        yield client


def problem_of(response: Response) -> Problem:
    assert response.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(response.content, type=Problem)
    assert problem.status == response.status_code
    return problem


def kind_of(response: Response) -> str:
    return problem_of(response).type.removeprefix("urn:fundstelle:problem:")


def texts(index: Path) -> dict[str, str]:
    with overlay(index) as changes:
        return {article.id: article.text for article in changes.over(())}


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_without_a_key_in_the_settings_nobody_may(index: Path, method: str, path: str, body: bytes) -> None:
    with client_of(index, key=None) as client:
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
            response = client.request(method, path, content=body, headers={**JSON, **headers})
            assert (response.status_code, kind_of(response)) == (403, "administration-off")
            assert "Set FUNDSTELLE_ADMIN_KEY" in problem_of(response).detail
    assert not index.exists()


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", f"Basic {KEY}", KEY, f"Bearer {KEY[:-1]}", f"Bearer {KEY}x",
     f"Bearer {KEY.upper()}", f"Bearer {KEY} {KEY}", b"Bearer \xff\xfe"],
)  # fmt: skip
def test_a_wrong_key_is_refused(index: Path, method: str, path: str, body: bytes, given: str | bytes | None) -> None:
    with client_of(index) as client:
        headers: dict[str, Any] = JSON if given is None else {**JSON, "Authorization": given}
        response = client.request(method, path, content=body, headers=headers)
        assert (response.status_code, kind_of(response)) == (401, "unauthorized")
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert not index.exists()


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_the_key_opens_every_route(index: Path, method: str, path: str, body: bytes) -> None:
    with client_of(index) as client:
        for scheme in ("Bearer", "bearer"):
            headers = {**JSON, "Authorization": f"{scheme} {KEY}"}
            status = client.request(method, path, content=body, headers=headers).status_code
            assert status in (200, 202) or (method, status) == ("DELETE", 404) or scheme == "bearer"


def test_a_body_is_not_read_before_the_key_was_right(index: Path) -> None:
    with client_of(index) as client:
        response = client.put(
            "/v1/articles/a.md", content=b"x" * (ARTICLE_BYTES + 1), headers={"Content-Type": "text/x"}
        )
    assert kind_of(response) == "unauthorized"


def test_neither_key_nor_article_is_ever_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.put("/v1/articles/a.md", json={"title": "Zwetschge", "text": "Zwetschgendatschi."})
    client.put("/v1/articles/a.md", json={"title": "Zwetschge", "text": "Zwetschgendatschi.\0"})
    client.post("/v1/index:publish", json={"wait": True})
    client.get("/v1/index", headers={"Authorization": "Bearer another-key-that-is-wrong"})
    told = "".join(str(vars(record)) for record in caplog.records)
    assert "Zwetschge" not in told
    assert KEY not in told
    assert "another-key" not in told


def test_a_written_article_is_on_disk_with_its_hash(client: Client, index: Path) -> None:
    text = "Größe: 😀\r\n\tZweite Zeile. "
    response = client.put(
        "/v1/articles/a%20b%2F..%2F%C3%BC.md", json={"title": " Titel ", "text": text, "language": "de-AT"}
    )
    accepted = response.json()
    assert response.status_code == 202
    assert response.headers["etag"] == f'"{accepted["sha256"]}"'
    with overlay(index) as changes:
        (article,) = changes.over(())
    assert (article.id, article.text, article.sha256) == ("a b/../ü.md", text, accepted["sha256"])
    assert (article.title, article.language, article.url, article.published_at) == ("Titel", "de", None, None)
    assert accepted == {"sequence": 1, "op": "put", "id": "a b/../ü.md", "sha256": article.sha256}


def test_a_language_that_is_left_out_is_found_out(client: Client, index: Path) -> None:
    client.put("/v1/articles/a", json={"title": "T", "text": "Die Brücke wurde gestern von der Stadt eröffnet."})
    with overlay(index) as changes:
        assert [article.language for article in changes.over(())] == ["de"]


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"text": ""}, "length >= 1 - at `$.text`"),
        ({"text": " \n\u00a0"}, "text must hold more than white space"),
        ({"text": "a\0b"}, "text must not hold NUL characters: there is one at position 1"),
        ({"text": None}, "Expected `str`, got `null` - at `$.text`"),
        ({"text": "x" * (TEXT_CHARACTERS + 1)}, f"length <= {TEXT_CHARACTERS} - at `$.text`"),
        ({"title": ""}, "length >= 1 - at `$.title`"),
        ({"title": "\u2003"}, "title must hold more than white space"),
        ({"title": "a\nb"}, "title must not hold control characters: there is one at position 1"),
        ({"title": "x" * 1001}, "length <= 1000 - at `$.title`"),
        ({"url": "ftp://example.org/a"}, "url must be an http or https address"),
        ({"url": "javascript:alert(1)"}, "url must be an http or https address"),
        ({"url": "https://"}, "url must be an http or https address"),
        ({"url": "https://a b"}, "url must be an http or https address"),
        ({"url": "https://a/\n"}, "url must be an http or https address"),
        ({"url": "http://[::1"}, "url must be an http or https address"),
        ({"url": ""}, "url must be an http or https address"),
        ({"url": "https://a/" + "x" * 2000}, "length <= 2000 - at `$.url`"),
        ({"published_at": "2025-02-30"}, "at `$.published_at`"),
        ({"published_at": "June"}, "at `$.published_at`"),
        ({"published_at": 20250612}, "at `$.published_at`"),
        ({"language": "german"}, "at `$.language`"),
        ({"language": "de\n"}, "at `$.language`"),
        ({"language": ""}, "at `$.language`"),
        ({"id": "a.md"}, "unknown field `id`"),
    ],
)  # fmt: skip
def test_a_wrong_article_is_refused_with_its_place(
    client: Client, index: Path, fields: dict[str, Any], detail: str
) -> None:
    refused = client.put("/v1/articles/a.md", json={**ARTICLE, **fields})
    assert (refused.status_code, kind_of(refused)) == (400, "invalid-body")
    assert detail in problem_of(refused).detail
    change = {"op": "put", "id": "a.md", "article": {**ARTICLE, **fields}}
    refused = client.post("/v1/articles:batch", json={"changes": [{"op": "delete", "id": "old.md"}, change]})
    assert (refused.status_code, kind_of(refused)) == (400, "invalid-body")
    assert detail.replace("$", "$.changes[1].article") in problem_of(refused).detail.replace("[...]", "[1]")
    assert not index.exists()


@pytest.mark.parametrize("body", [b'{"title": "T", "text": "\\ud800"}', b'{"title": "T", "text": "\xed\xa0\x80"}'])
def test_half_a_surrogate_pair_is_refused(client: Client, index: Path, body: bytes) -> None:
    response = client.put("/v1/articles/a.md", content=body, headers=JSON)
    assert (response.status_code, kind_of(response)) == (400, "invalid-body")
    assert not index.exists()


@pytest.mark.parametrize(
    ("article_id", "detail"),
    [
        (b"a\0b", "id must not hold control characters: there is one at position 1"),
        (b"a\nb", "id must not hold control characters"),
        (b"\xc2\x85", "id must not hold control characters"),
        (b" ", "id must hold more than white space"),
        (b"\xff", "not percent-encoded UTF-8"),
        (b"\xed\xa0\x80", "not percent-encoded UTF-8"),
        (b"x" * 1001, "id of more than 1000 characters"),
    ],
)
def test_an_id_that_no_article_can_have_is_refused(client: Client, index: Path, article_id: bytes, detail: str) -> None:
    response = client.put("/v1/articles/" + quote(article_id, safe=""), json=ARTICLE)
    assert (response.status_code, kind_of(response)) == (400, "invalid-article")
    assert detail in problem_of(response).detail
    assert not index.exists()


def test_the_longest_article_is_taken_and_a_longer_body_is_not(client: Client, index: Path) -> None:
    text = "😀" * TEXT_CHARACTERS
    assert client.put("/v1/articles/a.md", json={"title": "T", "text": text}).status_code == 202
    assert texts(index) == {"a.md": text}
    body = json.dumps(ARTICLE).encode()
    response = client.put("/v1/articles/b.md", content=body + b" " * (ARTICLE_BYTES + 1 - len(body)), headers=JSON)
    assert (response.status_code, kind_of(response)) == (413, "body-too-large")
    response = client.post("/v1/ask", content=b" " * (256 * 1024 + 1), headers=JSON)
    assert (response.status_code, kind_of(response)) == (413, "body-too-large")


def test_an_unknown_article_is_not_deleted(client: Client, index: Path) -> None:
    for article_id in ("nowhere.md", "%FF", "a%00b"):
        response = client.delete(f"/v1/articles/{article_id}")
        assert (response.status_code, kind_of(response)) == (404, "article-not-found")
    assert client.delete("/v1/articles/old.md").json() == {
        "sequence": 1,
        "op": "delete",
        "id": "old.md",
        "sha256": None,
    }
    assert client.delete("/v1/articles/old.md").status_code == 404
    assert client.put("/v1/articles/old.md", json=ARTICLE).status_code == 202
    assert client.delete("/v1/articles/old.md").status_code == 202


def test_a_batch_is_taken_as_a_whole(client: Client, index: Path) -> None:
    changes = [
        {"op": "put", "id": "a", "article": {"title": "T", "text": "First."}},
        {"op": "delete", "id": "old.md"},
        {"op": "put", "id": "a", "article": {"title": "T", "text": "Second."}},
    ]
    accepted = client.post("/v1/articles:batch", json={"changes": changes})
    assert accepted.status_code == 202
    assert [(c["sequence"], c["op"], c["id"]) for c in accepted.json()["changes"]] == [
        (1, "put", "a"), (2, "delete", "old.md"), (3, "put", "a")
    ]  # fmt: skip
    assert texts(index) == {"a": "Second."}


def test_of_a_batch_with_one_wrong_change_nothing_is_taken(client: Client, index: Path) -> None:
    put = {"op": "put", "id": "a", "article": ARTICLE}
    wrong = [put, {"op": "delete", "id": "nowhere"}, {"op": "delete", "id": "old.md"}, {"op": "delete", "id": "old.md"}]
    response = client.post("/v1/articles:batch", json={"changes": wrong})
    assert (response.status_code, kind_of(response)) == (404, "article-not-found")
    assert problem_of(response).errors == ("changes[1]: 'nowhere'", "changes[3]: 'old.md'")
    assert Inbox(index).sequence() == 0
    for changes, detail in (
        ([], "length >= 1 - at `$.changes`"),
        ([put] * 1001, "length <= 1000 - at `$.changes`"),
        ([{"op": "put", "id": "a"}], "a put needs an article, a delete has none"),
        ([{**put, "op": "delete"}], "a put needs an article, a delete has none"),
        ([{**put, "op": "move"}], "Invalid enum value 'move'"),
        ([{**put, "id": ""}], "length >= 1"),
        ([{**put, "id": "a\tb"}], "id must not hold control characters"),
        ([{**put, "id": "x" * 1001}], "length <= 1000"),
    ):
        response = client.post("/v1/articles:batch", json={"changes": changes})
        assert (response.status_code, kind_of(response)) == (400, "invalid-body")
        assert detail in problem_of(response).detail
    assert Inbox(index).sequence() == 0


class FailingBuilder:
    async def build(self, on_step: Callable[[Step], None]) -> Built:
        raise RuntimeError("secret of the house")


class SlowBuilder:
    async def build(self, on_step: Callable[[Step], None]) -> Built:
        await asyncio.sleep(3600)
        raise AssertionError


def test_publishing_answers_at_once_or_when_it_is_served(client: Client) -> None:
    at_once = client.post("/v1/index:publish", json={})
    assert (at_once.status_code, at_once.json()["state"] in ("building", "opening", "served")) == (200, True)
    until(lambda: client.get("/v1/index").json()["publishing"]["state"] == "served")
    waited = client.post("/v1/index:publish", json={"wait": True})
    assert (waited.status_code, waited.json()["state"], waited.json()["snapshot"]) == (200, "served", "snapshot-1")
    assert waited.json()["id"] != at_once.json()["id"]
    assert kind_of(client.post("/v1/index:publish", content=b"", headers=JSON)) == "invalid-body"
    assert kind_of(client.post("/v1/index:publish", json={"wait": "yes"})) == "invalid-body"


def test_an_unforeseen_failure_of_building_is_told_to_the_log(index: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(index, builder=FailingBuilder()) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        response = client.post("/v1/index:publish", json={"wait": True})
        assert (response.status_code, kind_of(response)) == (500, "publish-failed")
        assert "secret" not in response.text
        assert client.get("/v1/index").json()["last_failure"]["state"] == "failed"
    assert any(record.exc_info and "secret" in str(record.exc_info[1]) for record in caplog.records)


def test_a_snapshot_that_can_not_be_opened_is_a_failure(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait_for(self: FakePipeline, snapshot: str, seconds: float) -> str:
        raise IndexUnavailable("vectors/passages.faiss: has sha256 abc")

    monkeypatch.setattr(FakePipeline, "wait_for", wait_for)
    with client_of(index) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        response = client.post("/v1/index:publish", json={"wait": True})
        assert (response.status_code, kind_of(response)) == (500, "publish-failed")
        assert "snapshot-1 is published, but not served: vectors/passages.faiss" in problem_of(response).detail


def test_publishings_that_are_asked_for_at_once_are_two_at_the_most(index: Path) -> None:
    with client_of(index, builder=SlowBuilder()) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        runs = [client.post("/v1/index:publish", json={}).json() for _ in range(5)]
        assert [run["state"] for run in runs] == ["building", *["waiting"] * 4]
        assert len({run["id"] for run in runs}) == 2


def test_who_waits_for_a_publishing_is_told_that_the_service_is_stopped(index: Path) -> None:
    app = create_app(settings_of(index), FakePipeline(), SlowBuilder())
    with TestClient(app) as client, ThreadPoolExecutor(1) as threads:
        client.headers["Authorization"] = f"Bearer {KEY}"
        waiting = threads.submit(client.post, "/v1/index:publish", json={"wait": True})
        until(lambda: bool(client.get("/v1/index").json()["publishing"]))
        client.blocking_portal.call(app.state.stopping.cut)
        assert (waiting.result().status_code, kind_of(waiting.result())) == (503, "stopping")
        assert client.get("/v1/index").json()["publishing"]["state"] == "building"


def test_a_disk_that_refuses_is_said_and_nothing_is_acknowledged(client: Client, index: Path) -> None:
    index.mkdir()
    (index / "inbox.sqlite").write_bytes(b"no database " * 400)
    response = client.put("/v1/articles/a.md", json=ARTICLE)
    assert (response.status_code, kind_of(response)) == (503, "unavailable")
    assert "inbox.sqlite" in problem_of(response).detail
    assert kind_of(client.get("/v1/index")) == "unavailable"


NAMES = st.sampled_from(["changes", "op", "id", "article", "title", "text", "url", "wait"])
VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["put", "delete"])
DOCUMENTS = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=8)


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.binary(max_size=100) | DOCUMENTS.map(lambda value: json.dumps(value).encode()), name=st.binary(min_size=1)
)
def test_no_body_and_no_id_is_an_internal_error(client: Client, body: bytes, name: bytes) -> None:
    article = "/v1/articles/" + quote(name[:60], safe="")
    for method, path in (("PUT", article), ("DELETE", article), ("POST", "/v1/articles:batch")):
        response = client.request(method, path, content=body, headers=JSON)
        assert response.status_code == 202 or problem_of(response).status in (400, 404)
