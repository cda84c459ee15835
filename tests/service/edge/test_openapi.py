"""The OpenAPI document and the pages: complete, true to the code, and readable without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from service.app import create_app
from service.contracts import admin as admin_contract
from service.contracts import answers as contract
from service.contracts import feedback as feedback_contract
from service.contracts import openai as openai_contract
from service.contracts import probes as probe_contract
from service.contracts.admin import (
    AcceptedBatch,
    AcceptedChange,
    ArticleRequest,
    ChangeRequest,
    IndexState,
    Publishing,
)
from service.contracts.answers import Answer, ArticleResponse, AskRequest, Problem, SearchRequest, SearchResponse
from service.contracts.feedback import FeedbackResponse
from service.contracts.openai import ChatCompletion, Model, ModelList
from service.edge.problems import problem_type, served_errors
from service.feedback.intake import path_of
from service.feedback.store import FeedbackStore, remembered
from service.routes import admin_examples, examples, feedback_examples, openai_examples
from service.routes.widget import WIDGET
from tests.service.administered import KEY, NoBuilder, settings_of
from tests.service.fakes import FakePipeline

PAGES = ("/docs",)
CHARACTERS = ("a", " a\n", "\n", " \t", "a\0", "\0", "ä b", "\u00a0", "a\x85b", "\x7f", "a\n")
ADDRESSES = (
    *("https://a", "HTTP://ä.example:8/ü?q=[1]#x", "http://[::1]/", "http://u:p@a", "https://a?b", "https://a:"),
    *("ftp://a", "https://", "https:///a", "https://:8", "https://a b", "https://a\n", "http://[::1", "https://a\\b"),
    *("https://a/\u202e", "https://a/\u2028", "https://a:x", " https://a", "javascript:alert(1)//http://a"),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    pipeline = FakePipeline({"2025/06/google-scale.md": "Text", "2025/05/old.md": "Old"})
    settings = settings_of(tmp_path_factory.mktemp("index"))
    given = remembered(examples.ASK["question"], examples.ANSWER["answered"], datetime.now(UTC))
    FeedbackStore(path_of(settings), settings.feedback_days).keep([given])
    return create_app(settings, pipeline, NoBuilder())


@pytest.fixture(scope="module")
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        yield client


@pytest.fixture(scope="module")
def document(client: TestClient[Litestar]) -> Any:
    response = client.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    return response.json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_route_is_described_and_nothing_else(app: Litestar, document: Any) -> None:
    served = {(r.path_format, m) for r in app.routes for m in getattr(r, "methods", ()) if m != "OPTIONS"}
    described = {(path, method.upper()) for path, method, _ in operations(document)}
    files = ("site.css", "status.css", "embed.js", "icon.svg")
    unlisted = {f"/{WIDGET.name}", *(f"/static/{name}" for name in files)}
    assert served - described == {(path, "GET") for path in unlisted}
    assert described <= served
    assert ("/v1/ask", "POST") in described


def test_every_operation_has_a_name_words_and_its_responses(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, _, operation in operations(document):
        assert operation["summary"], path
        assert re.fullmatch(r"\S(?:.|\n(?! ))*\S", operation["description"]), path
        assert {"200", "202"} & set(operation["responses"]), path
        assert all(response["description"] for response in operation["responses"].values()), path


def test_the_types_are_those_of_the_handlers(document: Any) -> None:
    ask = document["paths"]["/v1/ask"]["post"]
    body = ask["requestBody"]["content"]["application/json"]["schema"]
    answer = ask["responses"]["200"]["content"]["application/json"]["schema"]
    assert (body, answer) == ({"$ref": "#/components/schemas/AskRequest"}, {"$ref": "#/components/schemas/Answer"})
    assert set(ask["responses"]) == {"200", "400", "401", "403", "408", "413", "415", "421", "429", "500", "503", "504"}
    problem = ask["responses"]["400"]["content"]["application/problem+json"]
    assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert problem["examples"]["invalid-body"]["value"]["type"] == "urn:fundstelle:problem:invalid-body"


def test_the_parameter_of_an_article_is_the_one_of_its_path(document: Any) -> None:
    (parameter,) = document["paths"]["/v1/articles/{id}"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("id", "path", True)


def test_every_struct_of_the_contract_is_a_schema_with_words_for_every_field(document: Any) -> None:
    schemas = document["components"]["schemas"]
    structs = {
        name
        for module in (contract, admin_contract, openai_contract, feedback_contract, probe_contract)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    }
    assert set(schemas) == structs - {"Struct"}
    for name, schema in schemas.items():
        assert schema["description"], name
        assert not re.search(r"\n +", schema["description"]), name
        for field, kind in schema["properties"].items():
            assert kind.get("description"), f"{name}.{field}"


def test_requests_say_that_unknown_fields_are_refused(document: Any) -> None:
    requests = {"AskRequest", "SearchRequest", "FilterRequest", "Turn"}
    requests |= {"ArticleRequest", "BatchRequest", "ChangeRequest", "PublishRequest", "FeedbackRequest"}
    for name in requests:
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_every_reference_leads_somewhere(document: Any) -> None:
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert references == set(document["components"]["schemas"])


def test_every_example_of_a_request_is_answered(client: TestClient[Litestar], document: Any) -> None:
    sent = 0
    for path, method, operation in operations(document):
        for example in (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {}).values()
        ):
            response = client.request(method, path.replace("{id}", "a.md"), json=example["value"])
            assert str(response.status_code) in operation["responses"]
            assert response.status_code < 300, response.text
            sent += 1
    asked = len(examples.ASK) + len(examples.SEARCH) + len(openai_examples.CHAT) + len(feedback_examples.FEEDBACK)
    assert sent == asked + len(admin_examples.ARTICLE) + len(admin_examples.BATCH) + len(admin_examples.PUBLISH)


@pytest.mark.parametrize(
    ("path", "method", "kind"),
    [
        ("/v1/ask", "post", Answer),
        ("/v1/search", "post", SearchResponse),
        ("/v1/articles/{id}", "get", ArticleResponse),
        ("/v1/chat/completions", "post", ChatCompletion),
        ("/v1/models", "get", ModelList),
        ("/v1/feedback", "post", FeedbackResponse),
        ("/v1/models/{model}", "get", Model),
        ("/v1/articles/{id}", "put", AcceptedChange),
        ("/v1/articles/{id}", "delete", AcceptedChange),
        ("/v1/articles:batch", "post", AcceptedBatch),
        ("/v1/index:publish", "post", Publishing),
        ("/v1/index", "get", IndexState),
    ],
)
def test_every_example_of_a_response_is_one(document: Any, path: str, method: str, kind: type) -> None:
    responses = document["paths"][path][method]["responses"]
    content = responses.get("200", responses.get("202"))["content"]["application/json"]
    assert content["schema"] == {"$ref": f"#/components/schemas/{kind.__name__}"}
    for example in content["examples"].values():
        assert json.loads(msgspec.json.encode(msgspec.convert(example["value"], kind))) == example["value"]


def test_what_takes_a_key_that_may_administer_says_so(client: TestClient[Litestar], document: Any) -> None:
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    guarded = {
        (path, method)
        for path, method, operation in operations(document)
        if operation.get("security") == [{"key": ["admin"]}]
    }
    articles = "/v1/articles/{id}"
    assert guarded == {
        (articles, "put"),
        (articles, "delete"),
        ("/v1/articles:batch", "post"),
        ("/v1/index:publish", "post"),
        ("/v1/index", "get"),
    }
    for _, _, operation in operations(document):
        assert ({"401", "403"} <= set(operation["responses"])) == ("security" in operation)
    assert client.get("/docs").text.count("Takes a key with the scope <code>admin</code>") == len(guarded)


def test_the_offsets_of_the_examples_are_true() -> None:
    text = examples.ARTICLE["article"].text
    for answer in examples.ANSWER.values():
        assert all(text[c.start : c.end] == c.quote for c in answer.citations)
        assert all(examples.REVIEW[c.start : c.end] == c.quote for cited in answer.citations for c in cited.also_at)
        assert all(text[p.start : p.end] == p.text for p in answer.passages)
        assert (answer.status == "refused") == (answer.reason is not None) == (answer.sentences == ())


def test_patterns_of_the_schema_and_of_the_decoder_agree(document: Any) -> None:
    schemas = document["components"]["schemas"]
    article = {"title": "T", "text": "x"}
    for name, kind, field, others in (
        ("AskRequest", AskRequest, "question", {}),
        ("SearchRequest", SearchRequest, "question", {}),
        ("ArticleRequest", ArticleRequest, "text", article),
        ("ArticleRequest", ArticleRequest, "title", article),
        ("ChangeRequest", ChangeRequest, "id", {"op": "delete"}),
        ("ArticleRequest", ArticleRequest, "url", article),
    ):
        schema = schemas[name]["properties"][field]
        pattern = schema.get("pattern") or schema["anyOf"][0]["pattern"]
        for question in (*CHARACTERS, *ADDRESSES):
            accepted = re.search(pattern, question) is not None
            try:
                msgspec.convert({**others, field: question}, kind)
            except msgspec.ValidationError:
                assert not accepted, repr(question)
            else:
                assert accepted, repr(question)


class Page(HTMLParser):
    """What a page is made of: tags, and what it loads or links to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.targets: dict[str, str] = {}
        self.inline_styles = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.targets[value or ""] = tag
            if name == "id":
                self.ids.append(value or "")
            self.inline_styles += name == "style" or name.startswith("on")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_nothing_but_the_service(client: TestClient[Litestar], path: str) -> None:
    response = client.get(path)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; "
        "img-src 'self'"
    )
    assert "unsafe" not in policy
    page = Page(response.text)
    assert page.tags.isdisjoint({"script", "style", "iframe", "img", "object", "form"})
    assert page.inline_styles == 0
    for target in page.targets:
        assert target.removeprefix("#") in page.ids if target.startswith("#") else client.get(target).status_code == 200
    assert len(page.ids) == len(set(page.ids))


def test_the_reference_shows_every_operation_every_object_and_every_problem(
    client: TestClient[Litestar], document: Any
) -> None:
    page = client.get("/docs").text
    for path, method, operation in operations(document):
        assert f"{method.upper()} {path}" in page
        assert f'id="{operation["operationId"]}"' in page
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page
    for name in document["components"]["headers"]:
        assert f"<code>{name}</code>" in page, name
    assert '<code>event: sentence</code>, <a href="#SentenceEvent">SentenceEvent</a>' in page
    assert "event: sources\ndata: {&quot;id&quot;" in page
    for kind in served_errors():
        assert problem_type(kind) in page


def test_the_reference_has_the_way_to_the_other_pages_in_the_language_of_its_reader(
    client: TestClient[Litestar],
) -> None:
    english, german = (client.get("/docs", headers={"Accept-Language": language}).text for language in ("en", "de"))

    assert '<a href="./docs" aria-current=page>API</a>' in english
    assert '<a href="./articles">Artikel</a>' in german
    assert '</h1><p class="facts" lang="de">Die Beschreibung der Schnittstelle ist auf Englisch.' in german


def test_the_tag_does_not_repeat_markup_of_a_host(client: TestClient[Litestar]) -> None:
    response = client.get("/embed", headers={"Host": "a'&amp;b"})
    assert "a'&amp;b" not in response.text


def test_a_problem_of_the_document_decodes_as_one(document: Any) -> None:
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            for example in response["content"].get("application/problem+json", {}).get("examples", {}).values():
                assert msgspec.convert(example["value"], Problem).status == int(status)
