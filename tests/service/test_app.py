"""The contract over HTTP, in front of a pipeline that answers at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from service import errors
from service.app import create_app
from service.contracts.answers import Answer, ArticleResponse, AskRequest, Problem, SearchResponse
from service.logs import LineFormatter
from service.settings import Settings
from tests.service.fakes import FakePipeline, refused

JSON = {"Content-Type": "application/json"}
ARTICLES = {
    "plain.md": "Ein Wort.",
    "a folder/Übersicht 2025.txt": "Zwei Wörter.\r\n",
    "a/../b//c/": "Drei\u00a0Wörter 😀",
    "100%.txt?x#y": "Vier",
}
DEEP = 100_000


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline(ARTICLES)


@pytest.fixture
def client(pipeline: FakePipeline) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(Settings(), pipeline), raise_server_exceptions=False) as client:
        yield client


def problem_of(response: Response) -> Problem:
    """The response as a problem document, after what every one of them has."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(response.content, type=Problem)
    assert problem.status == response.status_code
    assert problem.type.startswith("urn:fundstelle:problem:")
    assert problem.instance == response.headers["x-request-id"]
    assert problem.title
    assert problem.detail
    return problem


def ask(client: TestClient[Any], body: str | bytes, **headers: str) -> Response:
    return client.post("/v1/ask", content=body, headers={**JSON, **headers})


def test_a_question_gets_the_answer_of_the_pipeline(client: TestClient[Any], pipeline: FakePipeline) -> None:
    response = ask(client, '{"question": "Wer?", "language": "de", "filters": {"published_from": "2025-05-01"}}')
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert msgspec.json.decode(response.content, type=Answer) == refused("Wer?")
    (asked,) = pipeline.asked
    assert (asked.language, asked.top_k, str(asked.filters.published_from)) == ("de", 8, "2025-05-01")


def test_a_search_gets_the_passages_of_the_pipeline(client: TestClient[Any]) -> None:
    response = client.post("/v1/search", content='{"question": "Wer?"}', headers=JSON)
    found = msgspec.json.decode(response.content, type=SearchResponse)
    assert (response.status_code, found.query, found.passages[0].text) == (200, "Wer?", "Wörd")


@pytest.mark.parametrize("article_id", ARTICLES)
def test_an_article_is_read_verbatim_whatever_its_id_holds(client: TestClient[Any], article_id: str) -> None:
    response = client.get("/v1/articles/" + quote(article_id, safe=""))
    article = msgspec.json.decode(response.content, type=ArticleResponse)
    assert (response.status_code, article.id, article.text) == (200, article_id, ARTICLES[article_id])


def test_slashes_of_an_id_may_stand_as_they_are(client: TestClient[Any]) -> None:
    assert client.get("/v1/articles/a%20folder/%C3%9Cbersicht%202025.txt").json()["text"] == "Zwei Wörter.\r\n"


@pytest.mark.parametrize("path", ["nowhere.md", "plain.md/", "%FF", "/plain.md"])
def test_an_unknown_article_is_not_found(client: TestClient[Any], path: str) -> None:
    problem = problem_of(client.get("/v1/articles/" + path))
    assert (problem.status, problem.type) == (404, "urn:fundstelle:problem:article-not-found")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "The body is empty"),
        (b" \n", "The body is empty"),
        (b"{", "not JSON"),
        (b"NaN", "not JSON"),
        (b'{"question": "a"} x', "not JSON"),
        (b'{"question": "\xff"}', "not UTF-8: byte 14"),
        (b'{"question": "\xed\xa0\x80"}', "not UTF-8: byte 14"),
        (b"\x80abc", "not UTF-8: byte 0"),
        (b'{"question": "\\ud800"}', "not JSON"),
        (b'{"question": "\\udc00\\ud800"}', "not JSON"),
        (b'{"question": "a\\u0000b"}', "must not hold NUL"),
        (b'{"question": "a\x00b"}', "not JSON"),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b"{}", "missing required field `question`"),
        (b'{"question": ""}', "length >= 1 - at `$.question`"),
        (b'{"question": " \\t\\n\\u00a0"}', "more than white space"),
        (json.dumps({"question": "x" * 2001}).encode(), "length <= 2000 - at `$.question`"),
        (b'{"question": 1}', "Expected `str`, got `int` - at `$.question`"),
        (b'{"question": "a", "colour": "red"}', "unknown field `colour`"),
        (b'{"question": "a", "filters": {"colour": 1}}', "unknown field `colour` - at `$.filters`"),
        (b'{"question": "a", "top_k": 0}', "`int` >= 1 - at `$.top_k`"),
        (b'{"question": "a", "top_k": true}', "Expected `int`, got `bool` - at `$.top_k`"),
        (b'{"question": "a", "top_k": 1e400}', "out of range - at `$.top_k`"),
        (b'{"question": "a", "top_k": ' + b"9" * 5000 + b"}", "out of range - at `$.top_k`"),
        (b'{"question": "a", "language": "de\\n"}', "at `$.language`"),
        (b'{"question": "a", "as_of": "2025-06-31"}', "at `$.as_of`"),
        (b'{"question": "a", "timeout": 0.05}', "`float` >= 0.1 - at `$.timeout`"),
        (b'{"question": "a", "mode": "guess"}', "Invalid enum value 'guess' - at `$.mode`"),
        (b'{"question": "a", "history": [{"role": "system", "content": "b"}]}', "at `$.history[0].role`"),
        (b'{"question": "a", "history": [{"role": "user", "content": "\\u0000"}]}', "at `$.history[0]`"),
        (b"[" * DEEP, "nested deeper than 64"),
        (b'{"a":' * (DEEP // 2), "nested deeper than 64"),
        (b'{"question": ' + b"[" * DEEP + b"]" * DEEP + b"}", "nested deeper than 64"),
        (b'{"x": "\\"]", "question": ' + b'{"a":[' * 1000 + b"]}" * 1000 + b"}", "nested deeper than 64"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(client: TestClient[Any], body: bytes, detail: str) -> None:
    for path in ("/v1/ask", "/v1/search"):
        if path == "/v1/search" and any(
            name in body for name in (b"language", b"as_of", b"mode", b"history", b"timeout")
        ):
            continue
        problem = problem_of(client.post(path, content=body, headers=JSON))
        assert (problem.status, problem.type) == (400, "urn:fundstelle:problem:invalid-body")
        assert detail in problem.detail


def test_brackets_inside_a_question_are_no_nesting(client: TestClient[Any], pipeline: FakePipeline) -> None:
    question = '[{"\\' * 400
    assert ask(client, json.dumps({"question": question})).status_code == 200
    assert pipeline.asked[0].question == question


def test_json_of_every_escape_arrives_as_it_was_meant(client: TestClient[Any], pipeline: FakePipeline) -> None:
    assert ask(client, b'{"question": "\\ud83d\\ude00 \xc3\xa4\\u00e4\\n"}').status_code == 200
    assert pipeline.asked[0].question == "😀 ää\n"


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "text/plain;application/json", "application/x-www-form-urlencoded", "multipart/form-data",
     "application/json; charset=latin-1", "application/problem+json", "application/jsonx"],
)  # fmt: skip
def test_anything_but_json_is_refused_before_work(
    client: TestClient[Any], pipeline: FakePipeline, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    problem = problem_of(client.post("/v1/ask", content=b'{"question": "a"}', headers=headers))
    assert (problem.status, problem.type) == (415, "urn:fundstelle:problem:unsupported-media-type")
    assert "application/json" in problem.detail or "utf-8" in problem.detail
    assert pipeline.asked == []


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON ; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json;charset=utf8",
    ],
)
def test_json_may_be_said_in_every_spelling(client: TestClient[Any], content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert client.post("/v1/ask", content=b'{"question": "a"}', headers=headers).status_code == 200


def test_a_compressed_body_is_refused(client: TestClient[Any]) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    problem = problem_of(client.post("/v1/ask", content=b"\x1f\x8b", headers=headers))
    assert (problem.status, "Compressed" in problem.detail) == (415, True)


def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not(client: TestClient[Any]) -> None:
    body = b'{"question": "a"}'
    assert ask(client, body + b" " * (256 * 1024 - len(body))).status_code == 200
    problem = problem_of(ask(client, body + b" " * (256 * 1024 - len(body) + 1)))
    assert (problem.status, problem.type) == (413, "urn:fundstelle:problem:body-too-large")


def test_an_unknown_path_is_a_problem(client: TestClient[Any]) -> None:
    for path in ("/nowhere", "/v1", "/v1/articles/", "/v1/ask/more", "/favicon.ico"):
        assert problem_of(client.get(path)).type == "urn:fundstelle:problem:not-found", path


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/ask", "OPTIONS, POST"),
        ("PUT", "/v1/search", "OPTIONS, POST"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("PATCH", "/v1/articles/plain.md", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("PROPFIND", "/", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_served_is_told_which_are(
    client: TestClient[Any], method: str, path: str, allow: str
) -> None:
    response = client.request(method, path)
    assert problem_of(response).type == "urn:fundstelle:problem:method-not-allowed"
    assert response.headers["allow"] == allow
    assert client.options(path).headers["allow"] == allow
    assert client.options(path).status_code == 204


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/readyz", "/openapi.json", "/v1/articles/plain.md"])
def test_head_is_get_without_the_body(client: TestClient[Any], path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type"):
        assert head.headers[name] == got.headers[name]


def test_a_malformed_host_is_a_problem(client: TestClient[Any]) -> None:
    assert problem_of(client.get("/healthz", headers={"Host": "a b<c>"})).type == "urn:fundstelle:problem:bad-request"


@pytest.mark.parametrize(
    "fault",
    [
        errors.GeneratorUnavailable("The language model has died."),
        errors.GeneratorTimeout("No token for 60 seconds."),
        errors.PromptTooLong("The evidence has 5000 tokens, the context 4096."),
        errors.IndexUnavailable("The snapshot is corrupt."),
    ],
)
def test_an_error_of_the_pipeline_is_the_problem_that_it_says_it_is(
    client: TestClient[Any], pipeline: FakePipeline, fault: errors.ServiceError
) -> None:
    pipeline.fault = fault
    problem = problem_of(ask(client, '{"question": "a"}'))
    assert (problem.status, problem.type.rpartition(":")[2]) == (fault.status, fault.type)
    assert (problem.title, problem.detail) == (fault.title, str(fault))


def test_an_unforeseen_error_is_told_to_the_log_and_not_to_the_client(
    client: TestClient[Any], pipeline: FakePipeline, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(LineFormatter(messages=False))
    pipeline.fault = RuntimeError("secret of the house")
    response = ask(client, '{"question": "a"}', **{"X-Request-Id": "call-7"})
    problem = problem_of(response)
    assert (problem.status, problem.type, problem.instance) == (500, "urn:fundstelle:problem:internal", "call-7")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.exc_info is not None
    assert record.exc_info[1] is pipeline.fault
    assert "ERROR fundstelle: unforeseen id=call-7\nRuntimeError\n" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("fault", "level"),
    [
        (errors.Busy("All places are taken.", 3), logging.DEBUG),
        (errors.ShuttingDown("Being stopped."), logging.DEBUG),
        (errors.GeneratorUnavailable("The language model has died."), logging.ERROR),
    ],
)
def test_only_what_somebody_has_to_look_after_is_an_error_in_the_log(
    client: TestClient[Any],
    pipeline: FakePipeline,
    caplog: pytest.LogCaptureFixture,
    fault: errors.ServiceError,
    level: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    pipeline.fault = fault
    ask(client, '{"question": "a"}')
    assert [record.levelno for record in caplog.records if record.getMessage() == "problem"] == [level]


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search"])
def test_questions_are_refused_while_the_index_is_not_open(
    client: TestClient[Any], pipeline: FakePipeline, path: str
) -> None:
    pipeline.parts = {"index": False, "generator": True}
    problem = problem_of(client.post(path, content=b'{"question": "a"}', headers=JSON))
    assert (problem.status, problem.type) == (503, "urn:fundstelle:problem:index-unavailable")
    assert pipeline.asked == []


def test_questions_are_never_logged(
    client: TestClient[Any], pipeline: FakePipeline, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask(client, '{"question": "Zwetschgendatschi"}')
    ask(client, '{"question": "Zwetschgendatschi", "x": 1}')
    logged = [record for record in caplog.records if record.name == "fundstelle"]
    assert [record.getMessage() for record in logged] == ["ask", "request", "problem", "request"]
    assert "Zwetschgendatschi" not in "".join(str(vars(record)) for record in logged)


NAMES = st.sampled_from(["question", "top_k", "filters", "history"])
VALUES = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
DOCUMENTS = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=8)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.binary(max_size=300) | DOCUMENTS.map(lambda value: json.dumps(value).encode()))
def test_no_body_is_an_internal_error(client: TestClient[Any], body: bytes) -> None:
    for path in ("/v1/ask", "/v1/search"):
        response = client.post(path, content=body, headers=JSON)
        assert response.status_code == 200 or problem_of(response).status == 400


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(min_size=1, max_size=60))
def test_no_article_id_is_an_internal_error(client: TestClient[Any], raw: bytes) -> None:
    response = client.get("/v1/articles/" + quote(raw, safe=""))
    assert response.status_code == 200 or problem_of(response).status in (400, 404)


def test_a_kept_answer_is_streamed_with_the_headers_of_any_stream() -> None:
    class Keeping(FakePipeline):
        known: Answer | None = None

        def kept(self, request: AskRequest, client: str = "") -> Answer | None:
            return self.known

    pipeline = Keeping()
    with TestClient(create_app(Settings(), pipeline)) as client:
        made = client.post("/v1/ask", json={"question": "Who?"}, headers={"Accept": "text/event-stream"})
        pipeline.known = refused("Who?")
        again = client.post("/v1/ask", json={"question": "Who?"}, headers={"Accept": "text/event-stream"})
    assert again.headers["content-type"] == made.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert again.headers["x-accel-buffering"] == "no"
    assert [line for line in again.text.splitlines() if line.startswith("event: ")] == ["event: sources", "event: done"]
