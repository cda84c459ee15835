"""What is evaluated: a service at an address, and what identifies the one in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from scripted import ARTICLES, GOLD, Scripted, perfect, run

from index.progress import Silence
from service.contracts.answers import ArticleResponse, FoundPassage, SearchResponse
from service.evaluation.errors import SystemUnreachable
from service.evaluation.evaluate import Plan, evaluate
from service.evaluation.gold_file import read
from service.evaluation.results import Report, SourceArticle
from service.evaluation.systems import Identity, Quoting, RemoteSystem, code_sha256, describe, shown_settings
from service.settings import Settings

T = TypeVar("T")
URL = "http://someone:secret@service.example:8000"


def service(request: httpx.Request) -> httpx.Response:
    """A service that answers the first question and is overloaded by the others."""
    if request.url.path == "/openapi.json":
        return httpx.Response(200, json={"info": {"version": "1.2"}})
    if request.url.path.startswith("/v1/articles/"):
        article_id = request.url.path.removeprefix("/v1/articles/")
        if article_id not in ARTICLES:
            return httpx.Response(404, json={"detail": "no such article"})
        found = ARTICLES[article_id]
        return encoded(
            ArticleResponse(article_id, found.title, None, None, found.language, "0", found.text, "snapshot-1")
        )
    body = json.loads(request.content)
    if request.url.path == "/v1/search":
        passage = FoundPassage(1, "ferry.md", "The ferry", None, 0, 36, ARTICLES["ferry.md"].text[:36], 0.5)
        return encoded(SearchResponse((passage,), body["question"], "snapshot-9", {}))
    if body["question"] == GOLD[0].question:
        return encoded(perfect()[body["question"]])
    return httpx.Response(503, json={"type": "not-ready", "detail": "still starting"})


def encoded(value: msgspec.Struct) -> httpx.Response:
    return httpx.Response(200, content=msgspec.json.encode(value))


def over_http(
    work: Callable[[RemoteSystem], Coroutine[Any, Any, T]],
    handler: Callable[[httpx.Request], httpx.Response] = service,
) -> T:
    async def main() -> T:
        async with httpx.AsyncClient(base_url=URL, transport=httpx.MockTransport(handler)) as client:
            return await work(RemoteSystem(URL, client))

    return asyncio.run(main())


def test_a_service_tells_what_it_is_and_its_password_is_kept() -> None:
    identity = over_http(lambda system: system.identity())

    assert identity.system == "http://service.example:8000"
    assert (identity.snapshot, identity.program_version) == ("snapshot-9", "1.2")


def test_a_service_that_is_not_there_is_said_before_anything_is_asked() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(SystemUnreachable, match="ConnectError: refused"):
        over_http(lambda system: system.identity(), refuse)
    with pytest.raises(SystemUnreachable, match="no Fundstelle service answers"):
        over_http(lambda system: system.identity(), lambda request: httpx.Response(200, json=[]))


def test_a_system_may_be_asked_to_quote_and_is_another_one_then() -> None:
    asked = []

    def quotes(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/ask":
            asked.append(json.loads(request.content))
        return service(request)

    async def work(system: RemoteSystem) -> tuple[Identity, Identity, SourceArticle | None]:
        quoting = Quoting(system)
        await quoting.ask(GOLD[0].request())
        return await system.identity(), await quoting.identity(), await quoting.article("ferry.md")

    plain, told, article = over_http(work, quotes)
    assert [body["mode"] for body in asked] == ["extract"]
    assert told.system == "http://service.example:8000, quoting"
    assert told.fingerprint() != plain.fingerprint()
    assert article is not None
    assert article.text == ARTICLES["ferry.md"].text


def test_an_evaluation_over_http_lists_what_the_service_refused(tmp_path: Path) -> None:
    gold = read(_gold(tmp_path))
    report: Report = over_http(lambda system: evaluate(Plan(gold, tmp_path / "out", concurrency=3), system, Silence()))

    assert report.figures["overall.right"].mean == 0.2
    assert {question.failure for question in report.failures} == {"HTTPStatusError: 503 still starting"}
    assert len(report.failures) == 4
    assert report.questions[0].right
    assert report.questions[0].passages[0].relevant
    assert report.questions[0].sentences is None
    assert not [name for name in report.figures if name.startswith("retrieval.sentences")]
    assert report.meta.models == {"embedding": {"model": "embedder"}, "generator": {"model": "generator"}}


def test_a_failed_search_of_a_system_that_tells_no_sentences_leaves_them_unknown(tmp_path: Path) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        fails = request.url.path == "/v1/search" and json.loads(request.content)["question"] != "?"
        return httpx.Response(500) if fails else service(request)

    gold = read(_gold(tmp_path))
    report: Report = over_http(lambda system: evaluate(Plan(gold, tmp_path / "out"), system, Silence()), broken)

    assert report.figures["requests.failed"].mean == 1.0
    assert report.figures["retrieval.passages.recall@10"].mean == 0.0
    assert not [name for name in report.figures if name.startswith("retrieval.sentences")]


def test_an_article_that_is_not_there_makes_a_quote_inexact(tmp_path: Path) -> None:
    answers = perfect()
    [cited] = answers[GOLD[0].question].citations
    invented = msgspec.structs.replace(cited, article_id="invented.md")
    answers[GOLD[0].question] = msgspec.structs.replace(answers[GOLD[0].question], citations=(invented,))

    report = run(Scripted(answers), tmp_path)

    assert report.questions[0].figures["citations.exact"] == 0.0
    assert report.questions[0].figures["citations.precision"] == 0.0
    assert set(report.articles) == {"ferry.md", "bridge.md"}


def test_settings_are_shown_without_secrets() -> None:
    shown = shown_settings(
        Settings(llm_api_key="hush", llm_base_url="http://me:hush@models.example/v1?key=hush", evidence_tokens=99)
    )

    assert "hush" not in str(shown)
    assert shown["llm_base_url"] == "http://models.example/v1"
    assert shown["evidence_tokens"] == "99"


def test_the_hash_of_the_code_is_that_of_every_file_that_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("index/a.py", "service/answering/answer.py", "service/evaluation/x.py", "service/routes/y.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr("service.evaluation.systems._CODE", tmp_path)
    before = code_sha256()

    (tmp_path / "service/routes/y.py").write_text("2")
    (tmp_path / "service/evaluation/x.py").write_text("2")
    assert code_sha256() == before
    (tmp_path / "index/a.py").write_text("2")
    assert code_sha256() != before


def test_an_error_is_described_in_one_line() -> None:
    assert describe(ValueError("two\nlines")) == "ValueError: two lines"
    assert describe(TimeoutError()) == "TimeoutError"
    response = httpx.Response(502, text="<html>", request=httpx.Request("GET", URL))
    assert describe(httpx.HTTPStatusError("", request=response.request, response=response)) == (
        "HTTPStatusError: 502 Bad Gateway"
    )


def _gold(directory: Path) -> Path:
    path = directory / "gold.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(gold) + b"\n" for gold in GOLD))
    return path
