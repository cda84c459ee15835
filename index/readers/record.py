"""What a reader hands on, and the checks that all readers share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from index.errors import ArticleError

MAX_ARTICLE_BYTES = 32 * 1024 * 1024
BYTE_ORDER_MARK = "\ufeff"

_LANGUAGE_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Record:
    """One article as its file has it. `source` is the file, or `file:line`; None means that the file doesn't say."""

    source: str
    text: str
    id: str | None = None
    title: str | None = None
    url: str | None = None
    published_at: date | None = None
    language: str | None = None


OnError = Callable[[ArticleError], None]
Read = Callable[[Path, OnError], Iterator[Record]]
"""Reads a file. What is wrong with one record goes to the second argument; what is wrong with the file is raised."""


def decode(source: str, content: bytes) -> str:
    """`content` as UTF-8, without an initial byte order mark. Raises ArticleError that names the first bad byte."""
    try:
        return content.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ArticleError(
            source,
            f"is not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start} (line {line}); save it as UTF-8",
        ) from error


def read_text(path: Path) -> str:
    """The decoded content of a file, line ends as they are. Raises ArticleError where it is too large or no UTF-8."""
    with path.open("rb") as file:
        content = file.read(MAX_ARTICLE_BYTES + 1)
    if len(content) > MAX_ARTICLE_BYTES:
        raise ArticleError(str(path), f"is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB; split it")
    return decode(str(path), content)


def parse_date(source: str, value: str) -> date:
    """The day of an ISO 8601 date or date and time. Raises ArticleError."""
    try:
        return datetime.fromisoformat(value.strip()).date()
    except ValueError as error:
        raise ArticleError(
            source, f"published_at is {value[:40]!r}, not an ISO 8601 date such as 2025-06-12"
        ) from error


def parse_language(source: str, value: str) -> str:
    """The ISO 639 code of a language tag: `de` of `de-AT`. Raises ArticleError."""
    tag = _LANGUAGE_TAG.fullmatch(value.strip())
    if tag is None:
        raise ArticleError(source, f"language is {value[:40]!r}, not an ISO 639 code such as de or en")
    return tag.group(1).lower()
