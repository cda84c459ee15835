"""The values that flow through the package. Standard library only.

Every offset counts Unicode code points of `Article.text`, half-open: `text[start:end]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Article:
    """One source document, verbatim.

    `text` is what every offset refers to and is stored as it was read. `language` is the ISO 639-1 code (`de`, `en`)
    of the article as a whole, `und` where it can't be told. `sha256` is the hex digest of `text` in UTF-8.
    """

    id: str
    title: str
    text: str
    url: str | None
    published_at: date | None
    language: str
    sha256: str


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The characters `start` up to but not including `end` of an article's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start}..{self.end}")


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article, the unit of dense retrieval.

    `heading` is the heading that it stands under, empty where there is none; `language` is its own, which may differ
    from the article's.
    """

    article_id: str
    start: int
    end: int
    heading: str
    language: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a passage, the unit of evidence and citation. `passage` is the row of its passage."""

    article_id: str
    start: int
    end: int
    passage: int
    language: str


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is known of an article without its text."""

    id: str
    title: str
    url: str | None
    published_at: date | None
    language: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a search may return. Empty or None means any. Dates are inclusive.

    Undated articles fail `published_from` and `published_to`, but not `as_of`, which leaves out what is known to be
    later.
    """

    article_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    published_from: date | None = None
    published_to: date | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question. `row` is its row in the snapshot.

    `score` ranks; `dense` and `sentence` are the similarities of the question with the passage and with its best
    sentence, less their language's mean; `lexical` is the share of the question's words that it holds, by BM25.
    """

    row: int
    passage: Passage
    score: float
    dense: float
    sentence: float
    lexical: float


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence found for a question. `row` is its row in the snapshot, `cosine` its similarity to the question."""

    row: int
    sentence: Sentence
    text: str
    score: float
    cosine: float
