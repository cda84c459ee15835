from __future__ import annotations

import asyncio
import json
import logging
import sys
from contextvars import copy_context

import pytest

from service.logs import REQUEST, JsonFormatter, LineFormatter
from service.threads import Threads


def record(message: str, exc_info: object = None, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("fundstelle", logging.INFO, __file__, 1, message, None, exc_info)  # type: ignore[arg-type]
    made.fields = fields
    return made


def test_fields_follow_the_message() -> None:
    line = LineFormatter(messages=False).format(record("request", method="GET", status=200, ms=0.4))
    assert line.endswith(" INFO fundstelle: request method=GET status=200 ms=0.4")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("/a b", '"/a b"'),
        ("", '""'),
        ('x" y=1', '"x\\" y=1"'),
        ("a\nINFO forged", '"a\\nINFO forged"'),
        ("ü", '"\\u00fc"'),
    ],
)
def test_no_value_can_forge_a_field_or_a_line(value: str, shown: str) -> None:
    assert LineFormatter(messages=False).format(record("request", path=value)).endswith(f" request path={shown}")


@pytest.mark.parametrize("messages", [True, False])
def test_an_exception_is_told_with_its_places_and_only_on_request_with_what_it_says(messages: bool) -> None:
    try:
        try:
            raise KeyError("Who asked?")
        except KeyError as error:
            raise ValueError("Who asked what?") from error
    except ValueError:
        text = LineFormatter(messages=messages).format(record("unforeseen", sys.exc_info()))
    assert "ValueError" in text
    assert "KeyError" in text
    assert "test_logs.py" in text
    assert ("ValueError: Who asked what?" in text) is messages


def test_a_line_has_the_id_of_the_request_that_it_belongs_to() -> None:
    def serving() -> str:
        REQUEST.set("call-7")
        return LineFormatter(messages=False).format(record("restarted", tries=2))

    assert copy_context().run(serving).endswith(" INFO fundstelle: restarted id=call-7 tries=2")
    assert LineFormatter(messages=False).format(record("restarted")).endswith(" INFO fundstelle: restarted")


def test_what_runs_in_a_thread_belongs_to_the_request_that_began_it() -> None:
    async def serving(request: str) -> str:
        REQUEST.set(request)
        await asyncio.sleep(0)
        return await threads.run(REQUEST.get)

    async def both() -> list[str]:
        return await asyncio.gather(serving("a"), serving("b"))

    threads = Threads(1, "test")
    assert asyncio.run(both()) == ["a", "b"]
    threads.close()


def test_a_message_is_one_line() -> None:
    line = LineFormatter(messages=False).format(record("a\nINFO forged\r\n"))
    assert line.endswith(" INFO fundstelle: a\\nINFO forged\\r\\n")


@pytest.mark.parametrize("messages", [True, False])
def test_what_asyncio_adds_of_a_failed_task_is_told_only_on_request(messages: bool) -> None:
    made = record("Task exception was never retrieved\nfuture: <Task exception=ValueError('Who asked?')>")
    made.name = "asyncio"
    line = LineFormatter(messages).format(made)
    assert "Task exception was never retrieved" in line
    assert ("Who asked?" in line) is messages


def test_a_line_of_json_has_the_fields_and_the_id() -> None:
    def serving() -> str:
        REQUEST.set("call-7")
        return JsonFormatter(messages=False).format(record('a "b"\nc', status=200, path="/ü\n"))

    line = copy_context().run(serving)
    assert "\n" not in line
    shown = json.loads(line)
    assert shown.pop("time").startswith("20")
    assert shown == {
        "level": "info",
        "logger": "fundstelle",
        "message": 'a "b"\\nc',
        "id": "call-7",
        "status": 200,
        "path": "/ü\n",
    }


def test_an_exception_in_json_is_told_like_in_text() -> None:
    try:
        raise ValueError(" ".join(["Who", "asked"]))
    except ValueError:
        shown = json.loads(JsonFormatter(messages=False).format(record("unforeseen", sys.exc_info())))
    assert shown["exception"].startswith("ValueError\n")
    assert "Who asked" not in shown["exception"]
