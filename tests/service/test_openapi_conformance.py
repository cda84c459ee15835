"""The OpenAPI document against what others make of it: a validator of its own, JSON Schema, and the running service."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from schemathesis.specs.openapi import definitions

from index.build import build
from service.routes import examples
from tests.service.collection import WordEmbedder, write_articles
from tests.service.processes import ROOT, environment, ready_url

KEY = "a-key-of-the-tests-0123456789"
JSON, EVENTS, PROBLEM = "application/json", "text/event-stream", "application/problem+json"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client with a key of a whole service, over the small collection and the article of the examples."""
    folder = tmp_path_factory.mktemp("conformance")
    articles = write_articles(folder / "articles")
    for name, text in ((examples.ARTICLE["article"].id, examples.ARTICLE["article"].text), ("2025/05/old.md", "Old.")):
        (articles / name).parent.mkdir(parents=True, exist_ok=True)
        (articles / name).write_text(text, encoding="utf-8")
    build([articles], folder / "index", WordEmbedder(), on_error=pytest.fail)
    command = [sys.executable, str(Path(__file__).parent / "serve_whole.py")]
    settings = environment(INDEX=str(folder / "index"), ADMIN_KEY=KEY, RELOAD_SECONDS="0.05", LOG_LEVEL="error")
    with subprocess.Popen(command, env=settings, cwd=ROOT, text=True, stdout=subprocess.PIPE) as process:
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=ready_url(process), headers=headers, timeout=30) as client:
            yield client
        process.terminate()


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> Any:
    return client.get("/openapi.json").json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def validator(document: Any, schema: Any) -> Draft202012Validator:
    """Of a schema of `document`, whose references lead there."""
    return Draft202012Validator({**schema, "components": document["components"]}, format_checker=FormatChecker())


def test_the_specification_has_nothing_to_say_against_it(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    definitions.OPENAPI_31_VALIDATOR.validate(document)
    for broken in (
        {"openapi": "3.1.0"},
        {**document, "paths": {"/a": {"get": {"responses": 1}}}},
        {**document, "x": 1},
    ):
        assert not definitions.OPENAPI_31_VALIDATOR.is_valid(broken)


def test_every_schema_is_one(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def contents(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Where it is, its media type and the content, of each body and each response."""
    for path, method, operation in operations(document):
        where = f"{method.upper()} {path}"
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            yield where, media_type, content
        for status, response in operation["responses"].items():
            for media_type, content in response["content"].items():
                yield f"{where} {status}", media_type, content


def test_every_example_is_what_its_schema_says(document: Any) -> None:
    checked = 0
    for where, media_type, content in contents(document):
        for name, example in content.get("examples", {}).items():
            if media_type != EVENTS:
                errors = list(validator(document, content["schema"]).iter_errors(example["value"]))
                assert not errors, (where, name, errors[:1])
                checked += 1
    assert checked > 100


def told(stream: str) -> Iterator[dict[str, str]]:
    """Each event of a stream, as a client's parser has it."""
    for part in stream.removesuffix("\n\n").split("\n\n"):
        lines = [line.split(": ", 1) for line in part.split("\n") if not line.startswith(":")]
        if lines:
            yield {"event": "message", **dict(lines)}


def check_stream(document: Any, content: Any, stream: str) -> list[str]:
    """The names of the events of a stream, which is held against its schema, and its data against that of each."""
    names: list[str] = []
    ids: set[str] = set()
    for event in told(stream):
        validator(document, content["schema"]).validate(event)
        for rule in content["schema"]["allOf"]:
            if validator(document, rule["if"]).is_valid(event):
                data = rule["then"]["properties"]["data"]
                assert data["contentMediaType"] == JSON
                validator(document, data["contentSchema"]).validate(json.loads(event["data"]))
        names.append(event["event"])
        ids |= {json.loads(event["data"])["id"]} if event["event"] in ("sources", "done") else set()
    assert len(ids) <= 1, "the answer has another id than its sources"
    return names


def test_every_transcript_is_a_stream_of_its_events(document: Any) -> None:
    shown = {
        (where, name): check_stream(document, content, example["value"])
        for where, media_type, content in contents(document)
        for name, example in content.get("examples", {}).items()
        if media_type == EVENTS
    }
    assert shown == {
        ("POST /v1/ask 200", "answered"): ["sources", "sentence", "done"],
        ("POST /v1/ask 200", "refused"): ["sources", "done"],
        ("POST /v1/ask 200", "failed"): ["sources", "error"],
        ("POST /v1/chat/completions 200", "answered"): ["message"] * 4,
    }


def requests(document: Any) -> Iterator[tuple[str, str, Any, Any]]:
    """Each operation with each of its example bodies, writing before deleting and publishing last."""
    order = {"get": 1, "put": 0, "delete": 2}
    listed = sorted(operations(document), key=lambda item: ("publish" in item[0], order.get(item[1], 1)))
    for path, method, operation in listed:
        ids = {p["name"]: quote(p["example"], safe="") for p in operation.get("parameters", ()) if p["in"] == "path"}
        content = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
        for body in content.get("examples", {"": {"value": None}}).values():
            yield path.format(**ids), method, operation, body["value"]


def test_every_example_of_a_request_has_the_documented_response(client: httpx.Client, document: Any) -> None:
    answer = client.post("/v1/ask", json={"question": "What did the harbour bridge cost?"}).json()
    for path, method, operation, example in requests(document):
        body = json.loads(json.dumps(example).replace(examples.ANSWER["answered"].id, answer["id"]))
        response = client.request(method, path, json=body) if body is not None else client.request(method, path)
        assert response.is_success, (method, path, response.text)
        check(document, operation, response)


def check(document: Any, operation: Any, response: httpx.Response) -> None:
    """Hold a response against the document: status, media type, headers, body."""
    described = operation["responses"][str(response.status_code)]
    media_type = response.headers["content-type"].partition(";")[0]
    content = described["content"][media_type]
    for name in response.headers.keys() & {name.lower(): name for name in described["headers"]}.keys():
        schema = {shown.lower(): header for shown, header in document["components"]["headers"].items()}[name]["schema"]
        value = response.headers[name]
        validator(document, schema).validate(int(value) if schema["type"] == "integer" else value)
    assert "x-request-id" in response.headers
    if media_type == EVENTS:
        assert check_stream(document, content, response.text)
    elif media_type in (JSON, PROBLEM) and "$ref" in content["schema"]:
        validator(document, content["schema"]).validate(response.json())


def test_every_example_of_a_question_has_the_documented_stream(client: httpx.Client, document: Any) -> None:
    streaming = [
        (path, operation)
        for path, _, operation in operations(document)
        if EVENTS in operation["responses"].get("200", {"content": {}})["content"]
    ]
    assert {path for path, _ in streaming} == {"/v1/ask", "/v1/chat/completions"}
    for path, operation in streaming:
        for example in operation["requestBody"]["content"][JSON]["examples"].values():
            body = example["value"] | ({"stream": True} if "chat" in path else {})
            response = client.post(path, json=body, headers={"Accept": EVENTS})
            assert response.headers["content-type"].startswith(EVENTS)
            check(document, operation, response)
