"""BM25 over the terms of passages or sentences, in the row order of the snapshot.

Two kinds of fields: stems, one field a language with texts of that language alone, and character 4-grams of all texts.
Their scores come apart, since they are to be trusted to different degrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from index import bm25, postings
from index.analysis import ANALYSER, STEMMED, analyse, grams
from index.errors import SnapshotCorrupt
from index.postings import Counted, Postings, PostingsWriter, Ranking, counted

GRAMS = "grams"
FIELDS = (GRAMS, *sorted(STEMMED))
FILES = tuple(f"{field}/{name}" for field in FIELDS for name in postings.FILES)
"""What LexicalWriter writes, relative to its directory."""
LEXICAL = {**ANALYSER, "fields": list(FIELDS), "k1": bm25.K1, "b": bm25.B}
"""What scores depend on, for a snapshot's manifest."""
TEXTS_REMEMBERED = 64
"""Texts that come again soon, as the title of an article and the sentence before do, are analysed once."""


Row = tuple[Sequence[str], str]
"""The texts that a row is made of, such as a title and a sentence, and their language."""


@dataclass(frozen=True, slots=True)
class RowTerms:
    """The terms of consecutive rows, by field; a field that none of them has a term in is left out."""

    rows: int
    fields: Mapping[str, Counted]


class RowAnalyser:
    """Finds the terms of rows."""

    def __init__(self, remembered: int = TEXTS_REMEMBERED) -> None:
        """`remembered` is how many texts are kept with their terms, in case that they come again."""
        self._terms = lru_cache(maxsize=remembered)(_field_terms)

    def analyse(self, rows: Sequence[Row]) -> RowTerms:
        """The terms of `rows`."""
        found: dict[str, list[list[str]]] = {field: [[]] * len(rows) for field in FIELDS}
        for number, (texts, language) in enumerate(rows):
            analysed = [self._terms(text, language) for text in texts]
            found[GRAMS][number] = [term for grams, _ in analysed for term in grams]
            if language in STEMMED:
                found[language][number] = [term for _, stems in analysed for term in stems]
        return RowTerms(len(rows), {field: counted(terms) for field, terms in found.items() if any(terms)})


class LexicalWriter:
    """Writes the lexical index of one kind of text. `close` gives back what an unfinished one takes of the disk."""

    def __init__(self, directory: Path) -> None:
        """Write into `directory`, which is made. Raises SnapshotError where the disk refuses."""
        self._rows = 0
        self._analyser = RowAnalyser()
        with ExitStack() as stack:
            self._fields = {field: _opened(directory / field, stack) for field in FIELDS}
            self._closing = stack.pop_all()

    def add(self, texts: Sequence[str], language: str) -> None:
        """Append a row that is made of `texts`, such as a title and a sentence, which are in `language`."""
        self.extend(self._analyser.analyse([(texts, language)]))

    def extend(self, rows: RowTerms) -> None:
        """Append rows whose terms are known."""
        for field, terms in rows.fields.items():
            self._fields[field].extend(self._rows, terms)
        self._rows += rows.rows

    def write(self) -> None:
        """Write all rows to disk. Raises SnapshotError where that fails."""
        for field in self._fields.values():
            field.write(self._rows)
        self.close()

    def close(self) -> None:
        """Close the files. May be called twice."""
        self._closing.close()


def _opened(directory: Path, stack: ExitStack) -> PostingsWriter:
    writer = PostingsWriter(directory)
    stack.callback(writer.close)
    return writer


def _field_terms(text: str, language: str) -> tuple[list[str], list[str]]:
    stems = [term.text for term in analyse(text, language)] if language in STEMMED else []
    return [term.text for term in grams(text, language)], stems


@dataclass(frozen=True, slots=True)
class Match:
    """How well each row meets a question: by stems, where it is in the question's language, and by 4-grams."""

    stems: Ranking
    grams: Ranking


class LexicalIndex:
    """A lexical index that doesn't change any more, read in place. Any number of threads may search at once."""

    def __init__(self, fields: dict[str, Postings]) -> None:
        self._fields = fields

    @classmethod
    def open(cls, directory: Path) -> LexicalIndex:
        """Map the index in `directory`. Raises SnapshotCorrupt where it is not what LexicalWriter writes."""
        fields = {field: Postings(directory / field) for field in FIELDS}
        if len({len(field) for field in fields.values()}) != 1:
            raise SnapshotCorrupt(f"{directory}: its fields have different numbers of rows")
        return cls(fields)

    def __len__(self) -> int:
        return len(self._fields[GRAMS])

    def match(self, query: str, language: str) -> Match:
        """Score all rows against `query`, which is in `language`, both ways."""
        return Match(self.match_stems(query, language), self.match_grams(query, language))

    def match_grams(self, query: str, language: str) -> Ranking:
        """Score all rows by the 4-grams that they share with `query`, whose numbers are read as in `language`."""
        return self._fields[GRAMS].match(term.text for term in grams(query, language))

    def match_stems(self, query: str, language: str) -> Ranking:
        """Score all rows by the stems that they share with `query`; all 0 where `language` is one without stems."""
        if language not in STEMMED:
            return Ranking(np.zeros(len(self), dtype=np.float32), 0.0)
        return self._fields[language].match(term.text for term in analyse(query, language))
