"""The HTML of the API reference. Everything that comes from elsewhere is escaped here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from service.edge.openapi import EVENTS, REQUEST_ID, Document
from service.edge.problems import problem_type, served_errors

_QUESTION = '{"question": "When did OpenAI give up working with Scale AI, before or after the Meta deal?"}'
_FIRST = ("/v1/ask", "/v1/search")


def ask_command(url: str, *, keyed: bool) -> str:
    """A shell command that asks a question of the service at `url`; where `keyed`, with the key that `$KEY` is."""
    key = '-H "Authorization: Bearer $KEY" ' if keyed else ""
    return f"curl -s {url}/v1/ask {key}-H 'Content-Type: application/json' -d '{_QUESTION}'"


def reference_contents(document: Document) -> str:
    """What the page at `/docs` shows of an OpenAPI document made by `service.edge.openapi`, in English."""
    info, schemas = document["info"], document["components"]["schemas"]
    operations = [
        (path, method, item) for path, methods in document["paths"].items() for method, item in methods.items()
    ]
    # What programs ask for comes before pages and probes.
    operations.sort(key=lambda listed: (listed[0] not in _FIRST, not listed[0].startswith("/v1/")))
    parts = (
        f"<p>{_prose(info['summary'])} {_prose(info['description'])}</p>",
        '<p>To read with a program: <a href="openapi.json">/openapi.json</a>.</p>',
        _contents(operations),
        *(_operation(path, method, item) for path, method, item in operations),
        '<h2 id="schemas">Objects</h2>',
        *(_schema(name, schema) for name, schema in schemas.items()),
        '<h2 id="problems">Problems</h2>',
        _problems(),
    )
    return "\n".join(parts)


def _contents(operations: list[tuple[str, str, Document]]) -> str:
    lines = [
        f'<li><a href="#{escape(item["operationId"])}"><code>{method.upper()} {escape(path)}</code></a> '
        f"{escape(item['summary'])}</li>"
        for path, method, item in operations
    ]
    more = '<li><a href="#schemas">Objects</a></li><li><a href="#problems">Problems</a></li>'
    return f"<nav><ul>{''.join(lines)}{more}</ul></nav>"


def _operation(path: str, method: str, item: Document) -> str:
    parts = [
        f'<section id="{escape(item["operationId"])}"><h2><code>{method.upper()} {escape(path)}</code></h2>',
        f"<p>{_prose(item['summary'])}. {_prose(item['description'])}</p>",
        *_scopes(item.get("security", ())),
        *(f"<p><code>{escape(p['name'])}</code>: {_prose(p['description'])}</p>" for p in item.get("parameters", ())),
    ]
    if "requestBody" in item:
        parts += ["<h3>Body</h3>", *_contents_of(item["requestBody"]["content"])]
    for status, response in item["responses"].items():
        if status.startswith("2"):
            parts += [f"<h3>{escape(status)}</h3>", f"<p>{_prose(response['description'])}</p>"]
            parts += [*_contents_of(response["content"]), _headers(response)]
    parts += ["<h3>Errors</h3>", _errors(item["responses"])]
    return "\n".join([*parts, "</section>"])


def _scopes(security: Sequence[Document]) -> Iterator[str]:
    """What key an operation takes, in words."""
    scopes = [f"<code>{escape(scope)}</code>" for way in security for scope in way.get("key", ())]
    if scopes:
        unless = ", unless the service takes callers without one" if {} in security else ""
        key = "<code>Authorization: Bearer &lt;key&gt;</code>"
        yield f"<p>Takes a key with the scope {' or '.join(scopes)}, as {key}{unless}.</p>"


def _headers(response: Document) -> str:
    names = ", ".join(f"<code>{escape(name)}</code>" for name in response["headers"])
    return f"<p>Headers: {names}.</p>"


def _errors(responses: Document) -> str:
    """A table of what an operation may be refused with, and the headers that are particular to it."""
    rows = [
        f"<tr><td>{escape(status)}</td><td>{_prose(response['description'])}</td>"
        f"<td>{'<br>'.join(f'<code>{escape(name)}</code>' for name in response['headers'] if name != REQUEST_ID)}</td>"
        "</tr>"
        for status, response in responses.items()
        if not status.startswith("2")
    ]
    return f"<table><tr><th>status</th><th>meaning</th><th>headers</th></tr>{''.join(rows)}</table>"


def _contents_of(content: Document) -> Iterator[str]:
    for media_type, shown in content.items():
        kind = _events(shown["schema"]) if media_type == EVENTS else _kind(shown["schema"])
        yield f"<p><code>{escape(media_type)}</code>: {kind}</p>"
        for name, example in shown.get("examples", {}).items():
            value = example["value"]
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
            summary = f"<summary>Example: {escape(name)}</summary>"
            yield f"<details>{summary}<pre><code>{escape(text)}</code></pre></details>"


def _events(schema: Document) -> str:
    """The events of a stream, each with what its data is."""
    told = []
    for rule in schema["allOf"]:
        data = rule["then"]["properties"]["data"]["contentSchema"]
        told.append(f"<br><code>event: {escape(rule['if']['properties']['event']['const'])}</code>, {_kind(data)}")
    return "a stream of events, each with the JSON of an object as its data" + "".join(told)


def _schema(name: str, schema: Document) -> str:
    required = set(schema.get("required", ()))
    rows = [
        f"<tr><td><code>{escape(field)}</code></td><td>{_kind(kind)}{_limits(kind)}</td>"
        f"<td>{'required' if field in required else _default(kind)}</td>"
        f"<td>{_prose(kind.get('description', ''))}</td></tr>"
        for field, kind in schema.get("properties", {}).items()
    ]
    head = "<tr><th>field</th><th>type</th><th>default</th><th>meaning</th></tr>"
    return (
        f'<section id="{escape(name)}"><h3><code>{escape(name)}</code></h3><p>{_prose(schema["description"])}</p>'
        f"<table>{head}{''.join(rows)}</table></section>"
    )


def _problems() -> str:
    rows = [
        f"<tr><td>{kind.status}</td><td><code>{escape(problem_type(kind))}</code></td><td>{escape(kind.title)}</td></tr>"
        for kind in served_errors()
    ]
    return f"<table><tr><th>status</th><th>type</th><th>title</th></tr>{''.join(rows)}</table>"


def _kind(schema: Document) -> str:
    """The type of a value in words, with a link where it is an object of the contract."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    return escape(str(schema.get("format") or schema.get("type", "anything")))


_LIMITS = {"minLength": "at least", "maxLength": "at most", "minimum": "from", "maximum": "to", "maxItems": "at most"}


def _limits(schema: Document) -> str:
    limits = [f"{words} {schema[name]}" for name, words in _LIMITS.items() if name in schema]
    return f"<br><small>{escape(', '.join(limits))}</small>" if limits else ""


def _default(schema: Document) -> str:
    value: Any = schema.get("default")
    return f"<code>{escape(json.dumps(value))}</code>" if not isinstance(value, dict) else "any"


def _prose(text: str) -> str:
    """Text with its Markdown code spans, lists and paragraphs as HTML."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text.strip()))
    return html.replace("\n\n", "\n<br>").replace("<br>- ", "<br>").replace("\n- ", "<br>").replace("\n", " ")
