"""What is derived from an article is found again, the same, and never that of another one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import derived as cache_module
from index import deriving
from index.derived import FILE_NAME, DerivedCache
from index.derived_entries import Derived, decoded, encoded
from index.deriving import Deriver
from index.errors import SnapshotError
from index.postings import Counted
from index.readers import Record
from index.types import Article
from tests.index.conftest import HashEmbedder, TokenHashEmbedder, article_of

MIXED = """The harbour of Lindvik

The harbour was closed for three days in June. A crane had fallen into the basin. Ships waited outside for 14 days.

Kosten

Der Hafen war im Juni drei Tage gesperrt. Der Schaden liegt bei 4 Mio. Euro, wie die Hafenbehörde sagt.
"""


class Counting(TokenHashEmbedder):
    """Counts how often its tokenizer is asked."""

    def __init__(self, revision: str = "1") -> None:
        super().__init__()
        self.revision = revision
        self.counted = 0

    def identity(self) -> dict[str, str | int | bool]:
        return {**super().identity(), "revision": self.revision}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.counted += 1
        return super().count_tokens(texts)

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        self.counted += 1
        return super().count_vectors(texts)


@pytest.fixture
def article() -> Article:
    return article_of("harbour", MIXED, title="Harbour")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index" / FILE_NAME


def derived(article: Article, path: Path, embedder: HashEmbedder | None = None) -> Derived:
    """By one building."""
    with closing(DerivedCache(path)) as cache:
        found = Deriver(embedder or HashEmbedder(), cache).derive(article)
        cache.flush()
        return found


def plain(found: Derived) -> list[object]:
    """As values that compare."""

    def field(terms: Counted) -> tuple[object, ...]:
        arrays = terms.lengths, terms.sizes, terms.ids, terms.counts
        return (tuple(terms.terms), *(array.tolist() for array in arrays))

    terms = [
        (rows.rows, {name: field(own) for name, own in rows.fields.items()})
        for some in found.terms
        for rows in (some.passages, some.sentences)
    ]
    return [list(found.passages), list(found.sentences), list(found.tokens), terms]


def test_what_was_derived_comes_back_the_same_and_nobody_is_asked_for_it(article: Article, path: Path) -> None:
    first, again = Counting(), Counting()

    made = plain(derived(article, path, first))
    found = plain(derived(article, path, again))

    assert found == made
    assert {row.language for row in derived(article, path).passages} == {"de", "en"}
    assert (first.counted > 0, again.counted) == (True, 0)


def test_tokens_are_counted_sentence_by_sentence_where_the_model_has_any(article: Article, path: Path) -> None:
    found = derived(article, path, Counting())

    ends = [row.end for row in found.sentences]
    starts = [row.start for row in found.sentences]
    own = [len(article.text[start:end].split()) for start, end in zip(starts, ends, strict=True)]
    assert list(found.tokens) == own
    assert list(derived(article, path, HashEmbedder()).tokens) == []


def test_an_article_of_the_same_text_under_another_id_has_its_own_id_in_every_row(article: Article, path: Path) -> None:
    derived(article, path)
    other = derived(replace(article, id="copy"), path, Counting())

    assert {row.article_id for row in (*other.passages, *other.sentences)} == {"copy"}


@pytest.mark.parametrize("change", [{"title": "Basin"}, {"language": "de"}])
def test_another_title_or_language_is_derived_anew(article: Article, path: Path, change: dict[str, str]) -> None:
    derived(article, path, Counting())
    asked = Counting()
    found = derived(replace(article, **change), path, asked)

    assert asked.counted > 0
    fresh = derived(replace(article, **change), path.with_name("fresh"), Counting())
    assert plain(found) == plain(fresh)


@pytest.mark.parametrize("name", ["SPLITTING", "LEXICAL"])
def test_other_parameters_derive_everything_anew(
    article: Article, path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived(article, path, Counting())
    monkeypatch.setattr(deriving, name, {**getattr(deriving, name), "version": 99})
    asked = Counting()
    derived(article, path, asked)

    assert asked.counted > 0


def test_another_embedder_derives_everything_anew(article: Article, path: Path) -> None:
    derived(article, path, Counting("1"))
    asked = Counting("2")
    derived(article, path, asked)

    assert asked.counted > 0


def test_a_text_that_is_not_that_of_its_hash_is_refused_before_it_is_kept(article: Article, path: Path) -> None:
    with pytest.raises(SnapshotError, match="harbour: its text does not have the article's sha256 000"):
        derived(replace(article, sha256="0" * 64), path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (0,)


def test_a_long_article_is_derived_by_and_by_and_not_kept(
    article: Article, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = plain(derived(article, path))
    monkeypatch.setattr(deriving, "LARGEST", 10)
    monkeypatch.setattr(deriving, "PASSAGES_AT_ONCE", 1)
    embedder = Counting()
    parts = derived(article, path.with_name("other"), embedder)
    assert isinstance(parts.terms, Iterator)

    pieces = list(parts.terms)
    assert len(pieces) == len(parts.passages) > 1
    assert sum(some.sentences.rows for some in pieces) == len(parts.sentences)
    assert [list(parts.passages), list(parts.sentences)] == whole[:2]
    derived(article, path.with_name("other"), embedder)
    assert embedder.counted == 4


def test_title_and_language_are_told_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record("a.txt", "Der Hafen war gesperrt. Ein Kran lag darin.")
    with closing(DerivedCache(path)) as cache:
        first = Deriver(HashEmbedder(), cache).describe("a.txt", record, "1" * 64)
        cache.flush()
    monkeypatch.setattr(deriving, "described", lambda *_: pytest.fail("it was told before"))
    with closing(DerivedCache(path)) as cache:
        again = Deriver(HashEmbedder(), cache).describe("a.txt", record, "1" * 64)

    assert first == again == ("Der Hafen war gesperrt.", "de")


@pytest.mark.parametrize(
    ("title", "language", "expected"),
    [
        ("Harbour", None, ("Harbour", "de")),
        (None, "en", ("Der Hafen war gesperrt.", "en")),
        (None, None, ("Der Hafen war gesperrt.", "de")),
    ],
)
def test_what_a_file_says_of_its_title_and_language_goes_before_what_was_told(
    path: Path, title: str | None, language: str | None, expected: tuple[str, str]
) -> None:
    record = Record("a.txt", "Der Hafen war gesperrt. Ein Kran lag darin.")
    with closing(DerivedCache(path)) as cache:
        deriver = Deriver(HashEmbedder(), cache)
        deriver.describe("a.txt", record, "1" * 64)
        assert deriver.describe("a.txt", replace(record, title=title, language=language), "1" * 64) == expected


def test_what_no_building_uses_any_more_is_deleted_after_some(article: Article, path: Path) -> None:
    other = article_of("other", "Another text altogether. It has two sentences.")
    derived(other, path)
    counts = []
    for _ in range(cache_module.KEPT + 1):
        with closing(DerivedCache(path)) as cache:
            Deriver(HashEmbedder(), cache).derive(article)
            cache.retire()
        with closing(sqlite3.connect(path)) as db:
            counts.append(db.execute("SELECT count(*) FROM entries").fetchone()[0])

    assert counts == [2] * cache_module.KEPT + [1]


def test_what_was_not_flushed_is_lost_and_the_rest_is_kept(article: Article, path: Path) -> None:
    with closing(DerivedCache(path)) as cache:
        cache.put(b"k" * 32, b"kept")
        cache.flush()
        cache.put(b"l" * 32, b"lost")
    with closing(DerivedCache(path)) as cache:
        assert (cache.get(b"k" * 32), cache.get(b"l" * 32)) == (b"kept", None)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_a_file_that_is_no_database_is_made_anew(article: Article, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    made = plain(derived(article, path, Counting()))

    again = Counting()
    assert plain(derived(article, path, again)) == made
    assert again.counted == 0


def test_a_file_that_can_not_be_had_is_said(article: Article, path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(SnapshotError, match=FILE_NAME):
        derived(article, path)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7), st.integers(1, 40))
def test_no_damage_of_the_file_changes_what_is_derived(
    article: Article, tmp_path_factory: pytest.TempPathFactory, place: float, bit: int, length: int
) -> None:
    path = tmp_path_factory.mktemp("cache") / FILE_NAME
    made = plain(derived(article, path))
    content = bytearray(path.read_bytes())
    start = int(place * len(content))
    for offset in range(start, min(start + length, len(content))):
        content[offset] ^= 1 << bit
    path.write_bytes(content)

    assert plain(derived(article, path)) == made
    assert plain(derived(article, path)) == made


@pytest.mark.parametrize("before", [b"SQLite format 3\0\x10\x00", b"CREATE TABL", b"sqlite_autoindex_"])
def test_a_bit_that_makes_sqlite_refuse_the_file_or_choke_on_its_own_message_makes_it_anew(
    article: Article, path: Path, before: bytes
) -> None:
    """Behind the first is whether the file may be written to; a name with a high bit is no UTF-8."""
    made = plain(derived(article, path))
    content = bytearray(path.read_bytes())
    content[content.index(before) + len(before)] ^= 0x80
    path.write_bytes(content)

    assert plain(derived(article, path)) == made


@settings(deadline=None, max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_every_article_survives_being_written_and_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    article = article_of("any", text)
    found = derived(article, tmp_path_factory.mktemp("cache") / FILE_NAME, Counting())

    again = decoded("any", encoded(found))

    assert plain(again) == plain(found)
    for passage in again.passages:
        assert 0 <= passage.start < passage.end <= len(text)
    assert np.all([0 <= row.passage < len(again.passages) for row in again.sentences])
