"""The log: one line a record on standard error, without a word of any question unless that is wanted.

The kinds of lines are `text`, `key=value` after the message, and `json`. What is logged while a request is served has
the id of the request, in whichever layer or thread.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Mapping
from contextvars import ContextVar

LOGGER = "fundstelle"
REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is served here; empty elsewhere."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:%,+@~-]+")
_TELLS_ALL = frozenset({"asyncio"})
"""Loggers that add the values of what has failed to their messages, on lines of their own."""


class _Formatter(logging.Formatter):
    """What both kinds of lines have in common.

    Of an exception the kinds and places are told; what it says only with `messages`, because it may quote a question.
    """

    def __init__(self, messages: bool) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S%z")
        self._messages = messages
        self._second = (0, "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The time as `datefmt` has it, made once a second."""
        second = int(record.created)
        if self._second[0] != second:
            self._second = (second, super().formatTime(record, datefmt))
        return self._second[1]

    def said(self, record: logging.LogRecord) -> str:
        """The message, on one line."""
        message = record.getMessage()
        if record.name in _TELLS_ALL and not self._messages:
            message = message.partition("\n")[0]
        return message.replace("\r", "\\r").replace("\n", "\\n")

    def fields(self, record: logging.LogRecord) -> Mapping[str, object]:
        """What `extra={"fields": {...}}` holds, and the id of the request."""
        fields: Mapping[str, object] = getattr(record, "fields", {})
        request = REQUEST.get()
        return {"id": request, **fields} if request else fields

    def formatException(self, ei: object) -> str:
        """The exception, and those that it came from, as lines."""
        error = ei[1] if isinstance(ei, tuple) else None
        if not isinstance(error, BaseException):
            return ""
        if self._messages:
            return "".join(traceback.format_exception(error)).rstrip()
        return _places(error)


class LineFormatter(_Formatter):
    """`2025-08-30T12:00:00+0000 INFO fundstelle: request id=7f2c method=GET path=/healthz status=200 ms=0.4`.

    A value with anything but plain characters is a JSON string, so that nothing that a client sends can forge a line.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the lines of an exception."""
        head = f"{self.formatTime(record, self.datefmt)} {record.levelname} {record.name}: {self.said(record)}"
        line = " ".join([head, *(f"{name}={_value(value)}" for name, value in self.fields(record).items())])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(_Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, the fields, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": self.formatTime(record, self.datefmt),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.said(record),
            **self.fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


FORMATTERS = {"text": LineFormatter, "json": JsonFormatter}


def configure(level: str, kind: str = "text") -> None:
    """Send the log of the whole process to standard error. `level` as `Settings.log_level`, `kind` as `log_format`."""
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATTERS[kind](messages=level == "debug"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Nothing that is logged names them, and finding them out is a good part of what a line costs.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.getLogger(LOGGER).setLevel(level.upper())


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _places(error: BaseException) -> str:
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 10:
        chain.append(f"{type(current).__qualname__}\n" + "".join(traceback.format_tb(current.__traceback__)).rstrip())
        current = current.__cause__ or current.__context__
    return "\ncaused by ".join(chain)
