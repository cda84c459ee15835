"""What was derived from an article, as bytes and back: msgpack of plain arrays, compressed. No pickle."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.lexical import RowTerms
from index.postings import Counted
from index.types import Passage, Sentence

FORMAT = 1
"""Grows whenever entries are written otherwise."""
_LEVEL = 1
"""Of compression: the quickest."""


@dataclass(frozen=True, slots=True)
class ArticleTerms:
    """The terms of consecutive passages of an article and of all their sentences."""

    passages: RowTerms
    sentences: RowTerms


@dataclass(frozen=True, slots=True)
class Derived:
    """What is derived from one article. `Sentence.passage` is a position in `passages`.

    `tokens` says how many vectors of tokens each sentence's piece of its passage has; it is empty where the embedding
    model gives none. `terms` may be an iterator, to be gone through once.
    """

    passages: Sequence[Passage]
    sentences: Sequence[Sentence]
    tokens: Sequence[int]
    terms: Iterable[ArticleTerms]


class _Field(Struct, array_like=True):
    terms: list[str]
    lengths: bytes
    sizes: bytes
    ids: bytes
    counts: bytes


class _Rows(Struct, array_like=True):
    rows: int
    fields: dict[str, _Field]


class _Entry(Struct, array_like=True):
    """Tables are int32 `(n, 4)`: start, end, heading, language; and start, end, passage, language."""

    headings: list[str]
    languages: list[str]
    passages: bytes
    sentences: bytes
    tokens: bytes
    terms: list[tuple[_Rows, _Rows]]


def encoded(derived: Derived) -> bytes:
    """`derived` as bytes; its terms must be a sequence."""
    headings = {heading: code for code, heading in enumerate({row.heading: None for row in derived.passages})}
    names = [*(row.language for row in derived.passages), *(row.language for row in derived.sentences)]
    languages = {name: code for code, name in enumerate(dict.fromkeys(names))}
    passages = [(row.start, row.end, headings[row.heading], languages[row.language]) for row in derived.passages]
    sentences = [(row.start, row.end, row.passage, languages[row.language]) for row in derived.sentences]
    entry = _Entry(
        list(headings),
        list(languages),
        _bytes(passages),
        _bytes(sentences),
        _bytes(derived.tokens),
        [(_packed(some.passages), _packed(some.sentences)) for some in derived.terms],
    )
    return zlib.compress(msgspec.msgpack.encode(entry), _LEVEL)


def decoded(article_id: str, content: bytes) -> Derived:
    """What `encoded` made `content` of, for the article of this id."""
    entry = msgspec.msgpack.decode(zlib.decompress(content), type=_Entry)
    headings, languages = entry.headings, entry.languages
    return Derived(
        [
            Passage(article_id, start, end, headings[heading], languages[language])
            for start, end, heading, language in _array(entry.passages).reshape(-1, 4).tolist()
        ],
        [
            Sentence(article_id, start, end, passage, languages[language])
            for start, end, passage, language in _array(entry.sentences).reshape(-1, 4).tolist()
        ],
        _array(entry.tokens).tolist(),
        [ArticleTerms(_unpacked(passages), _unpacked(sentences)) for passages, sentences in entry.terms],
    )


def _packed(rows: RowTerms) -> _Rows:
    fields = {
        name: _Field(list(own.terms), *(part.tobytes() for part in (own.lengths, own.sizes, own.ids, own.counts)))
        for name, own in rows.fields.items()
    }
    return _Rows(rows.rows, fields)


def _unpacked(rows: _Rows) -> RowTerms:
    fields = {
        name: Counted(
            own.terms,
            _array(own.lengths),
            _array(own.sizes),
            _array(own.ids),
            np.frombuffer(own.counts, dtype=np.uint8),
        )
        for name, own in rows.fields.items()
    }
    return RowTerms(rows.rows, fields)


def _bytes(values: Sequence[int] | Sequence[tuple[int, ...]]) -> bytes:
    return np.array(values, dtype="<i4").tobytes()


def _array(content: bytes) -> NDArray[np.int32]:
    return np.frombuffer(content, dtype="<i4")
