"""Articles, passages and sentences in one SQLite file. Rows of a table count from 0, in the order they were added."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.durable import library_writes, storage_errors
from index.errors import ArticleError, SnapshotError
from index.types import Article, ArticleInfo, Passage, Sentence

Column = NDArray[np.int32]


class PassageColumns(NamedTuple):
    """The table of passages: int32 `(passages,)` each. `article` is a row, `heading` and `language` are codes."""

    article: Column
    start: Column
    end: Column
    heading: Column
    language: Column


class SentenceColumns(NamedTuple):
    """The table of sentences: int32 `(sentences,)` each. `passage` is a row, `language` a code."""

    passage: Column
    start: Column
    end: Column
    language: Column


_SCHEMA = """
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, url TEXT, published_at TEXT,
    language TEXT NOT NULL, sha256 TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE languages (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE headings (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, heading INTEGER NOT NULL REFERENCES headings, language INTEGER NOT NULL REFERENCES languages
) STRICT;
CREATE TABLE sentences (
    row INTEGER PRIMARY KEY, passage INTEGER NOT NULL REFERENCES passages, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, language INTEGER NOT NULL REFERENCES languages
) STRICT;
"""
_BY_LANGUAGE = "SELECT name, count(*) FROM passages JOIN languages ON code = language GROUP BY 1 ORDER BY 2 DESC, 1"
_TEXTS_KEPT = 64
"""Texts that a reader keeps: the passages and sentences of one answer come from few articles."""


class StoreWriter:
    """Fills a new store. What was added is complete on disk once `close` has returned."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.articles = self.passages = self.sentences = 0
        with library_writes(path):
            self._db = sqlite3.connect(path, isolation_level=None)
            # A store that was not finished is thrown away as a whole: a journal would only cost time.
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN")
        self._language = _Codes(self._db, "INSERT INTO languages VALUES (?, ?)")
        self._heading = _Codes(self._db, "INSERT INTO headings VALUES (?, ?)")

    def add(self, article: Article, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> None:
        """Append an article with its passages and sentences; `Sentence.passage` is the position in `passages`.

        Raises ArticleError where an article of this id is there already, SnapshotError where an offset is wrong.
        """
        _check_offsets(article, passages, sentences)
        with storage_errors(self._path):
            self._add_article(article)
            self._add_passages(passages)
            self._add_sentences(sentences)
        self.articles += 1
        self.passages += len(passages)
        self.sentences += len(sentences)

    def corpus_sha256(self) -> str:
        """Hex digest of all articles and what is known of them, whatever their order."""
        digest = hashlib.sha256()
        query = "SELECT id, title, url, published_at, language, sha256 FROM articles ORDER BY id"
        with storage_errors(self._path):
            for fields in self._db.execute(query):
                digest.update(json.dumps(fields, ensure_ascii=False).encode() + b"\n")
        return digest.hexdigest()

    def passages_by_language(self) -> dict[str, int]:
        """How many passages each language has, the most frequent first."""
        with storage_errors(self._path):
            return dict(self._db.execute(_BY_LANGUAGE).fetchall())

    def check_texts(self) -> None:
        """Read every text back. Raises SnapshotError where one is not what its article's sha256 tells of."""
        with storage_errors(self._path):
            for name, sha256, text in self._db.execute("SELECT id, sha256, text FROM articles"):
                if hashlib.sha256(text.encode()).hexdigest() != sha256:
                    raise SnapshotError(f"{name}: the stored text does not have the article's sha256 {sha256}")

    def commit(self) -> None:
        """Write what was added and close the file."""
        with storage_errors(self._path):
            self._db.execute("COMMIT")
        self.close()

    def close(self) -> None:
        """Close the file; without `commit` it holds nothing of use. May be called twice."""
        self._db.close()

    def _add_article(self, article: Article) -> None:
        published = article.published_at.isoformat() if article.published_at else None
        known = (article.id, article.title, article.url, published, article.language, article.sha256)
        row = (self.articles, *known, article.text)
        try:
            self._db.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise ArticleError(article.id, "another article has this id") from error

    def _add_passages(self, passages: Sequence[Passage]) -> None:
        rows = [
            (row, self.articles, p.start, p.end, self._heading[p.heading], self._language[p.language])
            for row, p in enumerate(passages, self.passages)
        ]
        self._db.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _add_sentences(self, sentences: Sequence[Sentence]) -> None:
        rows = [
            (row, self.passages + s.passage, s.start, s.end, self._language[s.language])
            for row, s in enumerate(sentences, self.sentences)
        ]
        self._db.executemany("INSERT INTO sentences VALUES (?, ?, ?, ?, ?)", rows)


class _Codes(dict[str, int]):
    """The code of each name; a new name gets the next code and a row of its table."""

    def __init__(self, db: sqlite3.Connection, insert: str) -> None:
        self._db = db
        self._insert = insert

    def __missing__(self, name: str) -> int:
        self[name] = code = len(self)
        self._db.execute(self._insert, (code, name))
        return code


class Store:
    """A finished store, only read. Any number of threads may use it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._text = lru_cache(maxsize=_TEXTS_KEPT)(self._read_text)
        with storage_errors(path):
            # `immutable` keeps SQLite from looking for a journal: whatever lies beside the file is not part of it.
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
        self._text.cache_clear()

    def languages(self) -> tuple[str, ...]:
        """The name of each language, by code."""
        return tuple(name for (name,) in self._rows("SELECT name FROM languages ORDER BY code"))

    def headings(self) -> tuple[str, ...]:
        """Each heading, by code."""
        return tuple(name for (name,) in self._rows("SELECT name FROM headings ORDER BY code"))

    def passages(self) -> PassageColumns:
        """Every passage, by row; the columns can't be written to."""
        query = 'SELECT article, start, "end", heading, language FROM passages ORDER BY row'
        return PassageColumns(*self._columns(query, PassageColumns._fields))

    def sentences(self) -> SentenceColumns:
        """Every sentence, by row; the columns can't be written to."""
        query = 'SELECT passage, start, "end", language FROM sentences ORDER BY row'
        return SentenceColumns(*self._columns(query, SentenceColumns._fields))

    def article_ids(self) -> tuple[str, ...]:
        """The id of each article, by row."""
        return tuple(name for (name,) in self._rows("SELECT id FROM articles ORDER BY row"))

    def infos(self) -> list[ArticleInfo]:
        """What is known of each article, by row."""
        query = "SELECT id, title, url, published_at, language, sha256 FROM articles ORDER BY row"
        return [_info(*fields) for fields in self._rows(query)]

    def newest(self, start: int, count: int) -> list[ArticleInfo]:
        """What is known of `count` articles from the `start`-th on, the newest first, undated ones last."""
        query = (
            "SELECT id, title, url, published_at, language, sha256 FROM articles "
            "ORDER BY published_at DESC NULLS LAST, row LIMIT ? OFFSET ?"
        )
        return [_info(*fields) for fields in self._rows(query, count, start)]

    def info(self, article_id: str) -> ArticleInfo | None:
        """What is known of one article; None where there is none of this id."""
        query = "SELECT id, title, url, published_at, language, sha256 FROM articles WHERE id = ?"
        found = self._rows(query, article_id)
        return _info(*found[0]) if found else None

    def find(self, article_id: str) -> tuple[int, ArticleInfo] | None:
        """The row of one article and what is known of it; None where there is none of this id."""
        query = "SELECT row, id, title, url, published_at, language, sha256 FROM articles WHERE id = ?"
        found = self._rows(query, article_id)
        return (int(found[0][0]), _info(*found[0][1:])) if found else None

    def article_at(self, row: int) -> Article:
        """The article in a row, with its text."""
        query = "SELECT text, id, title, url, published_at, language, sha256 FROM articles WHERE row = ?"
        return _with_text(*self._rows(query, row)[0])

    def passages_by_language(self) -> dict[str, int]:
        """How many passages each language has, the most frequent first."""
        return {name: int(count) for name, count in self._rows(_BY_LANGUAGE)}

    def article(self, article_id: str) -> Article | None:
        """One article with its text; None where there is none of this id."""
        query = "SELECT text, id, title, url, published_at, language, sha256 FROM articles WHERE id = ?"
        found = self._rows(query, article_id)
        return _with_text(*found[0]) if found else None

    def text(self, row: int) -> str:
        """The text of the article in a row."""
        return self._text(row)

    def _columns(self, query: str, names: Sequence[str]) -> list[Column]:
        with self._lock, storage_errors(self._path):
            table = np.fromiter(self._db.execute(query), dtype=[(name, np.int32) for name in names])
        columns = [np.ascontiguousarray(table[name]) for name in names]
        for column in columns:
            column.flags.writeable = False
        return columns

    def _read_text(self, row: int) -> str:
        return str(self._rows("SELECT text FROM articles WHERE row = ?", row)[0][0])

    def _rows(self, query: str, *values: str | int) -> list[tuple[str, ...]]:
        with self._lock, storage_errors(self._path):
            return self._db.execute(query, values).fetchall()


def _info(id: str, title: str, url: str | None, published: str | None, language: str, sha256: str) -> ArticleInfo:
    return ArticleInfo(id, title, url, date.fromisoformat(published) if published else None, language, sha256)


def _with_text(
    text: str, id: str, title: str, url: str | None, published: str | None, language: str, sha256: str
) -> Article:
    info = _info(id, title, url, published, language, sha256)
    return Article(info.id, info.title, text, info.url, info.published_at, info.language, info.sha256)


def _check_offsets(article: Article, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> None:
    """A wrong offset would be cited, so it must never reach a snapshot."""
    for passage in passages:
        inside = 0 <= passage.start < passage.end <= len(article.text)
        if passage.article_id != article.id or not inside or not article.text[passage.start : passage.end].strip():
            raise SnapshotError(f"{article.id}: {passage} is no place of its text of {len(article.text)} characters")
    for sentence in sentences:
        if not 0 <= sentence.passage < len(passages) or sentence.article_id != article.id:
            raise SnapshotError(f"{article.id}: {sentence} belongs to none of its {len(passages)} passages")
        passage = passages[sentence.passage]
        inside = passage.start <= sentence.start < sentence.end <= passage.end
        if not inside or not article.text[sentence.start : sentence.end].strip():
            raise SnapshotError(f"{article.id}: {sentence} is no place of its passage {passage}")
