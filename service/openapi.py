"""The OpenAPI document, made from the routes as they are and from the Structs of the contract."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from service.contract import Problem
from service.errors import ServiceError
from service.problems import MEDIA_TYPE, problem, problem_type

JSON = "application/json"
EVENTS = "text/event-stream"
_REFERENCE = "#/components/schemas/{name}"

_KEY = "key"
_SCHEMES = {
    _KEY: {
        "type": "http",
        "scheme": "bearer",
        "description": "A key that scripts/keys.py made, or the one that FUNDSTELLE_ADMIN_KEY was set to.",
    }
}
_ANONYMOUS = frozenset({"ask", "search"})

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the path that the client fills in."""

    name: str
    meaning: str
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, and the `status` where it succeeds.

    `body` and `response` are Structs of the contract; without `response`, it is a page. It takes a key with one of
    `scopes`, where there are any.
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
    events: Mapping[str, type[msgspec.Struct]] | None = None
    """What the response is told in, by name of the event, where the client asks for a stream."""


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
            "`article.text[start:end] == quote`. Errors are problem documents as RFC 9457 has them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This service"}],
        "paths": paths,
        "components": {"schemas": _schemas(listed), "securitySchemes": _SCHEMES},
    }


def _operation(operation: Operation) -> Document:
    described: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "responses": {str(operation.status): _success(operation), **_problems(operation.errors)},
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
    return [*({_KEY: [scope]} for scope in scopes), *[{}] * (not _ANONYMOUS.isdisjoint(scopes))]


def _parameter(parameter: Parameter) -> Document:
    schema = {"type": "string", "minLength": 1}
    described = {"name": parameter.name, "in": "path", "required": True, "description": parameter.meaning}
    return {**described, "schema": schema, "example": parameter.example}


def _success(operation: Operation) -> Document:
    if operation.response is None:
        described = inspect.cleandoc(operation.summary)
        return {"description": described, "content": {operation.media_type: {"schema": {"type": "string"}}}}
    content = {JSON: _content(operation.response, operation.response_examples)}
    if operation.events:
        data = {name: _reference(kind) for name, kind in operation.events.items()}
        content[EVENTS] = {"schema": {"type": "string", "description": _told(operation.events)}, "x-events": data}
    return {"description": first_sentence(operation.response), "content": content}


def _told(events: Mapping[str, type[msgspec.Struct]]) -> str:
    return "\n".join(f"- `event: {name}`: `data` is `{kind.__name__}`" for name, kind in events.items())


def _problems(errors: Sequence[type[ServiceError]]) -> Document:
    """One response a status; kinds of error that share a status are told apart by `type`."""
    by_status: dict[int, list[type[ServiceError]]] = {}
    for kind in sorted(errors, key=lambda kind: (kind.status, kind.type)):
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _problem(status, kinds) for status, kinds in by_status.items()}


def _problem(status: int, kinds: Sequence[type[ServiceError]]) -> Document:
    lines = [f"- `{problem_type(kind)}`: {first_sentence(kind)}" for kind in kinds]
    description = "\n".join([HTTPStatus(status).phrase, "", *lines])
    examples = {kind.type: {"value": _problem_example(kind)} for kind in kinds}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _reference(Problem), "examples": examples}}}


def _problem_example(kind: type[ServiceError]) -> Any:
    error = ServiceError(first_sentence(kind))
    shown = problem(error, "0f2d4a5c6b7e4f0a9c1d2e3f4a5b6c7d")
    return msgspec.to_builtins(
        msgspec.structs.replace(shown, type=problem_type(kind), title=kind.title, status=kind.status)
    )


def _content(kind: type[msgspec.Struct], examples: Mapping[str, msgspec.Struct] | None) -> Document:
    shown = {name: {"value": msgspec.to_builtins(value)} for name, value in (examples or {}).items()}
    return {"schema": _reference(kind), "examples": shown} if shown else {"schema": _reference(kind)}


def _schemas(operations: Iterable[Operation]) -> Document:
    listed = list(operations)
    kinds = {kind for item in listed for kind in (item.body, item.response) if kind is not None} | {Problem}
    kinds.update(kind for item in listed for kind in (item.events or {}).values())
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
