"""The OpenAPI document, made from the routes as they are and from the Structs of the contract."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain
from typing import Any

import msgspec

from service.access.keys import SITE_KEY_HEADER, SITE_SCOPES
from service.contracts.answers import Problem
from service.contracts.openai import ChatError
from service.edge.openai_errors import chat_error, is_openai
from service.edge.problems import MEDIA_TYPE, problem, problem_type
from service.errors import BadRequest, HeadTimeout, ServiceError, TooManyConnections

JSON = "application/json"
EVENTS = "text/event-stream"
_REFERENCE = "#/components/schemas/{name}"

EXAMPLE_ID = "0f2d4a5c6b7e4f0a9c1d2e3f4a5b6c7d"

_KEY, _SITE_KEY = "key", "siteKey"
_SCHEMES = {
    _KEY: {
        "type": "http",
        "scheme": "bearer",
        "description": "A key that scripts/keys.py made, or the one that FUNDSTELLE_ADMIN_KEY was set to.",
    },
    _SITE_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": SITE_KEY_HEADER,
        "description": "A key for the pages of the origins that it names; everybody can read it.",
    },
}

Document = dict[str, Any]

ANYWHERE: tuple[type[ServiceError], ...] = (BadRequest, HeadTimeout, TooManyConnections, ServiceError)
"""What any request may end as, whatever its route declares: before a route is chosen, or by a fault of ours."""


def _header(schema: Mapping[str, Any], meaning: str, example: str) -> Document:
    return {"description": meaning, "schema": dict(schema), "example": example}


_TEXT, _COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
REQUEST_ID = "X-Request-Id"
HEADERS: Mapping[str, Document] = {
    REQUEST_ID: _header(
        {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "The id of the request: what the client sent in this header, else a new one. The log has it too.",
        EXAMPLE_ID,
    ),
    "ETag": _header(_TEXT, "The SHA-256 of the text, in quotation marks.", f'"{"0" * 64}"'),
    "Retry-After": _header(_COUNT, "Seconds after which trying again may help.", "30"),
    "RateLimit-Limit": _header(_COUNT, "Requests that the nearest of the caller's limits allows.", "60"),
    "RateLimit-Remaining": _header(_COUNT, "Requests that it leaves.", "59"),
    "RateLimit-Reset": _header(_COUNT, "Seconds until it leaves more.", "31"),
    "RateLimit-Policy": _header(_TEXT, "All limits of the caller, `w` in seconds.", "60;w=60, 2000;w=86400"),
    "WWW-Authenticate": _header(_TEXT, "How to send a key.", 'Bearer realm="fundstelle"'),
}
"""Every header that a response is documented with, by name."""
_HOP = frozenset({"Connection"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the path that the client fills in, with what its JSON Schema says beside the type."""

    name: str
    meaning: str
    example: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, and the `status` where it succeeds.

    `body` and `response` are Structs of the contract; without `response`, it is a page. It takes a key with one of
    `scopes`, where there are any.
    `headers` names those of `HEADERS` that its success has beside `X-Request-Id`. Where it also streams, `events` has
    what the data of each event is, by its name, `transcripts` has whole streams as they go over the wire, and `last` is
    the data that ends each, where that is no JSON.
    """

    method: str
    path: str
    name: str
    summary: str
    description: str
    media_type: str
    status: int = 200
    body: type[msgspec.Struct] | None = None
    response: type[msgspec.Struct] | None = None
    parameters: tuple[Parameter, ...] = ()
    body_examples: Mapping[str, msgspec.Struct] | None = None
    response_examples: Mapping[str, msgspec.Struct] | None = None
    errors: tuple[type[ServiceError], ...] = ()
    scopes: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    events: Mapping[str, tuple[type[msgspec.Struct], ...]] = field(default_factory=dict)
    transcripts: Mapping[str, str] = field(default_factory=dict)
    last: str = ""


def document(operations: Iterable[Operation], version: str) -> Document:
    """The whole document, of OpenAPI 3.1, for `operations`."""
    listed = list(operations)
    paths: dict[str, Document] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fundstelle",
            "version": version,
            "summary": "Question answering over a collection of articles, every sentence with its source.",
            "description": "Offsets count Unicode code points of the article's verbatim text, half-open: "
            "`article.text[start:end] == quote`. Errors are problem documents as RFC 9457 has them. `HEAD` is served "
            "wherever `GET` is, `OPTIONS` everywhere; another method is answered with 405 and an `Allow` header, "
            "another path with 404.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This service"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(listed),
            "headers": dict(HEADERS),
            "securitySchemes": _SCHEMES,
        },
    }


def _operation(operation: Operation) -> Document:
    described: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "responses": {str(operation.status): _success(operation), **_failures(operation)},
    }
    if operation.scopes:
        described["security"] = _security(operation.scopes)
    if operation.parameters:
        described["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    if operation.body is not None:
        content = {JSON: _content(operation.body, operation.body_examples)}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _security(scopes: Sequence[str]) -> list[Document]:
    """Any of these will do; the empty one is a caller without a key, where the service takes such callers."""
    by_key = [{_KEY: [scope]} for scope in scopes]
    by_site_key: list[Document] = [{_SITE_KEY: [scope]} for scope in scopes if scope in SITE_SCOPES]
    return [*by_key, *by_site_key, *[{}] * ("admin" not in scopes)]


def _parameter(parameter: Parameter) -> Document:
    schema = {"type": "string", "minLength": 1, **parameter.schema}
    described = {"name": parameter.name, "in": "path", "required": True, "description": parameter.meaning}
    return {**described, "schema": schema, "example": parameter.example}


def _success(operation: Operation) -> Document:
    described: Document = {"description": _succeeded(operation), "headers": _headers(operation.headers)}
    if operation.response is None:
        return {**described, "content": {operation.media_type: {"schema": {"type": "string"}}}}
    content = {JSON: _content(operation.response, operation.response_examples)}
    if operation.events:
        content[EVENTS] = _stream(operation)
    return {**described, "content": content}


def _succeeded(operation: Operation) -> str:
    return inspect.cleandoc(operation.summary) if operation.response is None else first_sentence(operation.response)


def _stream(operation: Operation) -> Document:
    """Before OpenAPI 3.2, the schema of a stream is that of each of its events."""
    schema = {
        "description": _told(operation.events),
        "type": "object",
        "required": ["data"],
        "properties": {"event": {"enum": list(operation.events)}, "data": {"type": "string"}},
        "allOf": [_event(name, kinds, operation.last) for name, kinds in operation.events.items()],
    }
    return {"schema": schema, "examples": {name: {"value": text} for name, text in operation.transcripts.items()}}


def _event(name: str, kinds: Sequence[type[msgspec.Struct]], last: str) -> Document:
    """What holds of `data` where the event is named `name`; `last` is data that is no JSON."""
    condition: Document = {"event": {"const": name}}
    if last:
        condition["data"] = {"not": {"const": last}}
    any_of = [_reference(kind) for kind in kinds]
    data = {"contentMediaType": JSON, "contentSchema": {"anyOf": any_of} if len(any_of) > 1 else any_of[0]}
    return {"if": {"properties": condition}, "then": {"properties": {"data": data}}}


def _told(events: Mapping[str, Sequence[type[msgspec.Struct]]]) -> str:
    kinds = {name: " or ".join(f"`{kind.__name__}`" for kind in some) for name, some in events.items()}
    lines = [f"- `event: {name}`: `data` is {kind}" for name, kind in kinds.items()]
    return "\n".join(["Server-sent events.", "", *lines])


def _headers(names: Iterable[str]) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (REQUEST_ID, *names)}


def _failures(operation: Operation) -> Document:
    """One response a status; kinds of error that share a status are told apart by `type`, or by OpenAI's `code`."""
    by_status: dict[int, list[type[ServiceError]]] = {}
    for kind in sorted({*operation.errors, *ANYWHERE}, key=lambda kind: (kind.status, kind.type)):
        by_status.setdefault(kind.status, []).append(kind)
    told = _chat_error if is_openai(operation.path) else _problem
    return {str(status): told(status, kinds) for status, kinds in by_status.items()}


def _chat_error(status: int, kinds: Sequence[type[ServiceError]]) -> Document:
    shown = {kind.type: chat_error(_example(kind)) for kind in kinds}
    lines = [f"- `{shown[kind.type].error.code}`: {first_sentence(kind)}" for kind in kinds]
    return {**_refused(status, kinds, lines), "content": {JSON: _content(ChatError, shown)}}


def _problem(status: int, kinds: Sequence[type[ServiceError]]) -> Document:
    lines = [f"- `{problem_type(kind)}`: {first_sentence(kind)}" for kind in kinds]
    examples = {kind.type: {"value": msgspec.to_builtins(_example(kind))} for kind in kinds}
    content = {MEDIA_TYPE: {"schema": _reference(Problem), "examples": examples}}
    return {**_refused(status, kinds, lines), "content": content}


def _refused(status: int, kinds: Sequence[type[ServiceError]], lines: Sequence[str]) -> Document:
    headers = _headers(sorted({name for kind in kinds for name in (*kind.headers, *kind.own_headers)} - _HOP))
    return {"description": "\n".join([HTTPStatus(status).phrase, "", *lines]), "headers": headers}


def _example(kind: type[ServiceError]) -> Problem:
    shown = problem(ServiceError(first_sentence(kind)), EXAMPLE_ID)
    return msgspec.structs.replace(shown, type=problem_type(kind), title=kind.title, status=kind.status)


def _content(kind: type[msgspec.Struct], examples: Mapping[str, msgspec.Struct] | None) -> Document:
    shown = {name: {"value": msgspec.to_builtins(value)} for name, value in (examples or {}).items()}
    return {"schema": _reference(kind), "examples": shown} if shown else {"schema": _reference(kind)}


def _schemas(operations: Iterable[Operation]) -> Document:
    shown = (kind for item in operations for kind in (item.body, item.response, *chain(*item.events.values())))
    kinds = {kind for kind in shown if kind is not None} | {Problem, ChatError}
    _, components = msgspec.json.schema_components(
        sorted(kinds, key=lambda kind: kind.__name__), ref_template=_REFERENCE
    )
    for schema in components.values():
        schema["description"] = inspect.cleandoc(schema.get("description", ""))
    return dict(sorted(components.items()))


def _reference(kind: type[msgspec.Struct]) -> Document:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}


def first_sentence(kind: type) -> str:
    """The first sentence of a docstring, or all of its first paragraph where it has no full stop."""
    paragraph = inspect.cleandoc(kind.__doc__ or kind.__name__).split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=\.)\s", paragraph)[0]
