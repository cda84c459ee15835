"""The log: one line a record on standard error, `key=value` after the message, without a word of any question."""

from __future__ import annotations

import json
import logging
import traceback

LOGGER = "fundstelle"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:%,+@~")


class LineFormatter(logging.Formatter):
    """`2025-08-30T12:00:00+0000 INFO fundstelle: request method=GET path=/healthz status=200 ms=0.4`.

    Fields are what `extra={"fields": {...}}` holds. A value with anything but plain characters is a JSON string, so
    that nothing that a client sends can forge a line. Of an exception the kinds and places are told; what it says only
    with `messages`, because it may quote a question.
    """

    def __init__(self, messages: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._messages = messages

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without the exception."""
        fields = getattr(record, "fields", {})
        return " ".join([super().formatMessage(record), *(f"{name}={_value(value)}" for name, value in fields.items())])

    def formatException(self, ei: object) -> str:
        """The exception, and those that it came from, as lines."""
        error = ei[1] if isinstance(ei, tuple) else None
        if not isinstance(error, BaseException):
            return ""
        if self._messages:
            return "".join(traceback.format_exception(error)).rstrip()
        return _places(error)


def configure(level: str) -> None:
    """Send the log of the whole process to standard error. `level` as `Settings.log_level`."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(messages=level == "debug"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(LOGGER).setLevel(level.upper())


def _value(value: object) -> str:
    text = str(value)
    return text if text and _PLAIN.issuperset(text) else json.dumps(text)


def _places(error: BaseException) -> str:
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 10:
        chain.append(f"{type(current).__qualname__}\n" + "".join(traceback.format_tb(current.__traceback__)).rstrip())
        current = current.__cause__ or current.__context__
    return "\ncaused by ".join(chain)
