from __future__ import annotations

import logging
import sys

import pytest

from service.logs import LineFormatter


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
