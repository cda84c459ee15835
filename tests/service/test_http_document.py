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

from service import contract
from service.app import create_app
from service.body import BODY_BYTES, BODY_DEPTH
from service.contract import QUESTION_CHARACTERS, AskRequest, Reason
from service.openapi import first_sentence
from service.problems import problem_type, served_errors
from service.routes import examples
from service.settings import Settings
from tests.service.fakes import FakePipeline

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- (\w+) -->\n```json\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^curl (?:.*\\\n)*.*$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("name", "text"), BLOCKS)
def test_every_example_is_what_it_is_called(name: str, text: str) -> None:
    decoded = msgspec.json.decode(text, type=getattr(contract, name))
    assert without_defaults(json.loads(msgspec.json.encode(decoded)), json.loads(text)) == json.loads(text)


def without_defaults(encoded: Any, shown: Any) -> Any:
    """`encoded` without the fields that the example leaves out, which requests may."""
    if not isinstance(encoded, dict):
        return encoded
    return {name: without_defaults(encoded[name], value) for name, value in shown.items()}


def test_every_kind_of_body_is_shown() -> None:
    requests, responses = {"AskRequest", "SearchRequest"}, {"Answer", "SearchResponse", "ArticleResponse", "Problem"}
    assert {name for name, _ in BLOCKS} == requests | responses


def test_examples_of_responses_are_complete() -> None:
    for name, text in BLOCKS:
        if name not in ("AskRequest", "SearchRequest"):
            kind = getattr(contract, name)
            assert json.loads(msgspec.json.encode(msgspec.json.decode(text, type=kind))) == json.loads(text)


def test_the_request_shows_every_field() -> None:
    (shown,) = (json.loads(text) for name, text in BLOCKS if name == "AskRequest")
    assert set(shown) == {field.name for field in msgspec.structs.fields(AskRequest)}


def test_the_examples_are_those_of_the_openapi_document() -> None:
    shown = {name: json.loads(text) for name, text in BLOCKS}
    for name, example in (
        ("Answer", examples.ANSWER["answered"]),
        ("SearchResponse", examples.PASSAGES["found"]),
        ("ArticleResponse", examples.ARTICLE["article"]),
    ):
        assert shown[name] == json.loads(msgspec.json.encode(example))


def request_of(command: str) -> tuple[str, str, dict[str, Any]]:
    """Method, path and httpx arguments of a curl command as the document has them."""
    words = iter(shlex.split(command.replace("\\\n", " ")))
    method, path, arguments = "GET", "", {"headers": {}, "content": None}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            arguments["headers"] = {name: value}
        elif word == "-d":
            method, arguments["content"] = "POST", next(words)
        elif word.startswith("http://127.0.0.1:8000"):
            path = word.removeprefix("http://127.0.0.1:8000")
    return method, path, arguments


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_answered(command: str) -> None:
    method, path, arguments = request_of(command)
    with TestClient(create_app(Settings(), FakePipeline({"2025/06/google-scale.md": "Text"}))) as client:
        assert client.request(method, path, **arguments).status_code == 200


def test_there_is_a_command_for_each_of_the_three_things_to_do() -> None:
    assert [request_of(command)[1].split("/")[2] for command in COMMANDS] == ["ask", "search", "articles"]


def test_every_problem_is_listed_as_the_code_has_it() -> None:
    listed = re.findall(r"^\| (\d+) \| `(urn:[^`]+)` \| (.+) \|$", TEXT, re.MULTILINE)
    assert listed == [(str(kind.status), problem_type(kind), first_sentence(kind)) for kind in served_errors()]


def test_every_reason_and_every_limit_is_told() -> None:
    for reason in Reason.__args__:  # type: ignore[attr-defined]
        assert f"`{reason}`" in TEXT
    assert f"1 to {QUESTION_CHARACTERS:,} characters" in TEXT
    assert f"at most {BODY_BYTES // 1024} KB, nested at most {BODY_DEPTH} levels" in " ".join(TEXT.split())
