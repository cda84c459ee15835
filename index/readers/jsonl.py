"""JSON Lines: one article a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from index.errors import ArticleError
from index.readers.record import MAX_ARTICLE_BYTES, OnError, Record, decode, parse_date, parse_language


class JsonArticle(msgspec.Struct, frozen=True):
    """The fields of a line. Others are left alone."""

    id: str
    text: str
    title: str | None = None
    url: str | None = None
    published_at: str | None = None
    language: str | None = None


def read(path: Path, on_error: OnError) -> Iterator[Record]:
    """One record a line, in the file's order. A bad line is reported and left out; blank lines are skipped."""
    decoder = msgspec.json.Decoder(JsonArticle)
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            try:
                if line.strip():
                    yield _record(f"{path}:{number}", line, decoder)
            except ArticleError as error:
                on_error(error)


def _record(source: str, line: bytes, decoder: msgspec.json.Decoder[JsonArticle]) -> Record:
    if len(line) > MAX_ARTICLE_BYTES:
        raise ArticleError(source, f"is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB; split it")
    article = _parse(source, decode(source, line), decoder)
    if not article.id.strip():
        raise ArticleError(source, "has an empty id")
    return Record(
        source,
        article.text,
        article.id,
        article.title,
        article.url,
        None if article.published_at is None else parse_date(source, article.published_at),
        None if article.language is None else parse_language(source, article.language),
    )


def _parse(source: str, line: str, decoder: msgspec.json.Decoder[JsonArticle]) -> JsonArticle:
    try:
        return decoder.decode(line)
    except msgspec.ValidationError as error:
        raise ArticleError(source, f"is not an article record: {error}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise ArticleError(source, f"is not valid JSON: {error}") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of at most MAX_ARTICLE_BYTES; of a longer one, its beginning, one byte too long."""
    while line := file.readline(MAX_ARTICLE_BYTES + 1):
        rest = line
        while len(rest) > MAX_ARTICLE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MAX_ARTICLE_BYTES + 1)
        yield line
