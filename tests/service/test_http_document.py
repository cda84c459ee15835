"""docs/http.md says what the code does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from service.app import create_app
from service.contracts import admin as admin_contract
from service.contracts import answers as contract
from service.contracts.admin import BATCH_CHANGES, ID_CHARACTERS, TEXT_CHARACTERS
from service.contracts.answers import QUESTION_CHARACTERS, AskRequest, Reason
from service.edge.body import BODY_BYTES, BODY_DEPTH
from service.edge.openapi import first_sentence
from service.edge.problems import problem_type, served_errors
from service.routes import admin_examples, examples
from service.routes.admin import ARTICLE_BYTES, BATCH_BYTES
from service.setting_checks import KEY_CHARACTERS
from tests.service.administered import KEY, NoBuilder, settings_of
from tests.service.fakes import FakePipeline

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- (\w+) -->\n```json\n(.*?)```", TEXT, re.DOTALL)
REQUESTS = {"AskRequest", "SearchRequest", "ArticleRequest", "BatchRequest", "PublishRequest"}
COMMANDS = re.findall(r"^curl (?:.*\\\n)*.*$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("name", "text"), BLOCKS)
def test_every_example_is_what_it_is_called(name: str, text: str) -> None:
    decoded = msgspec.json.decode(text, type=kind_of(name))
    assert without_defaults(json.loads(msgspec.json.encode(decoded)), json.loads(text)) == json.loads(text)


def without_defaults(encoded: Any, shown: Any) -> Any:
    """`encoded` without the fields that the example leaves out, which requests may."""
    if not isinstance(encoded, dict):
        return encoded
    return {name: without_defaults(encoded[name], value) for name, value in shown.items()}


def kind_of(name: str) -> Any:
    return getattr(admin_contract, name, None) or getattr(contract, name)


def test_every_kind_of_body_is_shown() -> None:
    responses = {"Answer", "SearchResponse", "ArticleResponse", "Problem", "SourcesEvent", "SentenceEvent"}
    responses |= {"AcceptedChange", "AcceptedBatch", "Publishing", "IndexState"}
    assert {name for name, _ in BLOCKS} == REQUESTS | responses


def test_examples_of_responses_are_complete() -> None:
    for name, text in BLOCKS:
        if name not in REQUESTS:
            kind = kind_of(name)
            assert json.loads(msgspec.json.encode(msgspec.json.decode(text, type=kind))) == json.loads(text)


def test_the_request_shows_every_field() -> None:
    (shown,) = (json.loads(text) for name, text in BLOCKS if name == "AskRequest")
    assert set(shown) == {field.name for field in msgspec.structs.fields(AskRequest)}


def test_the_examples_are_those_of_the_openapi_document() -> None:
    shown = {name: json.loads(text) for name, text in BLOCKS}
    for name, example in (
        ("Answer", examples.ANSWER["answered"]),
        ("SourcesEvent", examples.SOURCES),
        ("SentenceEvent", examples.SENTENCE),
        ("SearchResponse", examples.PASSAGES["found"]),
        ("ArticleResponse", examples.ARTICLE["article"]),
        ("ArticleRequest", admin_examples.ARTICLE["article"]),
        ("AcceptedChange", admin_examples.WRITTEN["written"]),
        ("BatchRequest", admin_examples.BATCH["batch"]),
        ("AcceptedBatch", admin_examples.ACCEPTED_BATCH["accepted"]),
        ("PublishRequest", admin_examples.PUBLISH["wait"]),
        ("Publishing", admin_examples.PUBLISHING["served"]),
        ("IndexState", admin_examples.INDEX["index"]),
    ):
        assert shown[name] == json.loads(msgspec.json.encode(example))


def request_of(command: str) -> tuple[str, str, dict[str, Any]]:
    """Method, path and httpx arguments of a curl command as the document has them."""
    words = iter(shlex.split(command.replace("\\\n", " ")))
    method, path = "GET", ""
    arguments: dict[str, Any] = {"headers": {}, "content": None}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            arguments["headers"][name] = value.replace("$FUNDSTELLE_ADMIN_KEY", KEY)
        elif word == "-X":
            method = next(words)
        elif word == "-d":
            method, arguments["content"] = "POST" if method == "GET" else method, next(words)
        elif word.startswith("http://127.0.0.1:8000"):
            path = word.removeprefix("http://127.0.0.1:8000")
    return method, path, arguments


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_answered(command: str, tmp_path: Path) -> None:
    method, path, arguments = request_of(command)
    pipeline = FakePipeline({"2025/06/google-scale.md": "Text"})
    with TestClient(create_app(settings_of(tmp_path), pipeline, NoBuilder())) as client:
        response = client.request(method, path, **arguments)
    accepted = "articles" in path and method != "GET"
    assert response.status_code == (202 if accepted else 200), response.text


def test_there_is_a_command_for_each_thing_to_do() -> None:
    shown = [(method, path.split("/")[2]) for method, path, _ in map(request_of, COMMANDS)]
    asking = [("POST", "ask"), ("POST", "ask"), ("POST", "search"), ("GET", "articles")]
    writing = [("PUT", "articles"), ("DELETE", "articles"), ("POST", "articles:batch")]
    assert shown == [*asking, *writing, ("POST", "index:publish"), ("GET", "index")]


def test_every_problem_is_listed_as_the_code_has_it() -> None:
    listed = re.findall(r"^\| (\d+) \| `(urn:[^`]+)` \| (.+) \|$", TEXT, re.MULTILINE)
    assert listed == [(str(kind.status), problem_type(kind), first_sentence(kind)) for kind in served_errors()]


def test_every_reason_and_every_limit_is_told() -> None:
    for reason in Reason.__args__:  # type: ignore[attr-defined]
        assert f"`{reason}`" in TEXT
    assert f"1 to {QUESTION_CHARACTERS:,} characters" in TEXT
    assert f"at most {TEXT_CHARACTERS:,} characters" in TEXT
    assert f"An id has at most {ID_CHARACTERS:,} characters" in TEXT
    assert f"up to {BATCH_CHANGES:,} changes and {BATCH_BYTES // 1024**2} MB" in TEXT
    assert f"An article to write may have {ARTICLE_BYTES // 1024**2} MB, a batch {BATCH_BYTES // 1024**2} MB" in TEXT
    assert f"at least {KEY_CHARACTERS} characters" in TEXT
    assert f"at most {BODY_BYTES // 1024} KB, nested at most {BODY_DEPTH} levels" in " ".join(TEXT.split())
