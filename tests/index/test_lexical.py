from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.errors import SnapshotCorrupt
from index.lexical import FIELDS, FILES, LexicalIndex, LexicalWriter
from index.postings import Postings, PostingsWriter, counted

TEXTS = [
    ("Der Datenanbieter sucht einen Interims-Chef.", "de"),
    ("The vendor has named an interim chief.", "en"),
    ("Le fournisseur cherche un chef par intérim.", "fr"),
    ("Der Kaufpreis liegt bei 14,3 Mrd. Dollar.", "de"),
    ("Nobody knows the weather.", "en"),
]


def index_of(directory: Path, rows: Sequence[tuple[str | Sequence[str], str]]) -> LexicalIndex:
    with closing(LexicalWriter(directory)) as writer:
        for texts, language in rows:
            writer.add([texts] if isinstance(texts, str) else texts, language)
        writer.write()
    return LexicalIndex.open(directory)


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    return index_of(tmp_path / "lexical", TEXTS)


def test_stems_are_sought_in_texts_of_the_questions_language_alone(index: LexicalIndex) -> None:
    assert index.match("Welche Anbieter suchen Chefs?", "de").stems.top(9)[0].tolist() == [0]
    assert index.match("Which vendors named the chief?", "en").stems.top(9)[0].tolist() == [1]


def test_a_part_finds_its_compound_and_a_compound_its_part(tmp_path: Path) -> None:
    rows = [("Der Anbieter schweigt.", "de"), ("Das Verteidigungsministerium zahlt.", "de"), ("Es regnet.", "de")]
    index = index_of(tmp_path, rows)

    assert index.match("Datenanbieter", "de").stems.top(3)[0].tolist() == [0]
    assert index.match("Ministerium", "de").stems.top(3)[0].tolist() == [1]


def test_grams_find_cognates_in_every_language(index: LexicalIndex) -> None:
    assert set(index.match("Who is the interim chef?", "en").grams.top(9)[0].tolist()) >= {0, 1, 2}
    assert index.match("Interimschef", "de").grams.top(1)[0].tolist() == [0]


def test_an_amount_finds_its_other_spelling_in_another_language(index: LexicalIndex) -> None:
    assert index.match("Who paid $14.3bn?", "en").grams.top(1)[0].tolist() == [3]


def test_a_language_without_stems_is_searched_by_grams_alone(index: LexicalIndex) -> None:
    match = index.match("Qui est le chef par intérim ?", "fr")

    assert match.stems.scores.tolist() == [0.0] * 5
    assert match.stems.top(5)[0].tolist() == []
    assert match.stems.covered(np.arange(5)).tolist() == [0.0] * 5
    assert match.grams.top(1)[0].tolist() == [2]


@pytest.mark.parametrize("question", ["", "???", "Что?", "Was ist das?"])
def test_a_question_that_the_collection_holds_no_word_of_finds_nothing_by_stems(
    index: LexicalIndex, question: str
) -> None:
    assert index.match(question, "de").stems.top(3)[0].tolist() == []


def test_a_row_is_made_of_all_its_texts(tmp_path: Path) -> None:
    apart = index_of(tmp_path / "apart", [(["Die Brücke", "Sie ist 240 Meter lang."], "de"), ("Es regnet.", "de")])
    joined = index_of(tmp_path / "joined", [("Die Brücke\nSie ist 240 Meter lang.", "de"), ("Es regnet.", "de")])

    for question in ("Brücke", "240 Meter", "lange Brücken"):
        for kind in ("stems", "grams"):
            scores = [getattr(index.match(question, "de"), kind).scores.tolist() for index in (apart, joined)]
            assert scores[0] == scores[1]
            assert scores[0][0] > scores[0][1] == 0


def test_an_empty_collection_can_be_asked(tmp_path: Path) -> None:
    index = index_of(tmp_path, [])

    assert len(index) == 0
    assert index.match("Anbieter", "de").grams.top(5)[0].tolist() == []


def test_one_row_is_found(tmp_path: Path) -> None:
    match = index_of(tmp_path, [("Der Anbieter.", "de")]).match("Anbieter", "de")

    assert match.stems.top(10)[0].tolist() == match.grams.top(10)[0].tolist() == [0]


def test_exactly_the_promised_files_are_written_and_always_the_same(tmp_path: Path) -> None:
    for name in ("one", "two"):
        index_of(tmp_path / name, TEXTS)

    written = {path.relative_to(tmp_path / "one").as_posix() for path in (tmp_path / "one").rglob("*.*")}
    assert written == set(FILES)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_unfinished_index_leaves_no_file(tmp_path: Path) -> None:
    with closing(LexicalWriter(tmp_path)) as writer:
        writer.add(["Der Anbieter."], "de")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_fields_of_two_collections_are_not_mixed(tmp_path: Path) -> None:
    index_of(tmp_path / "lexical", TEXTS)
    index_of(tmp_path / "other", TEXTS[:2])
    (tmp_path / "lexical" / "de").rename(tmp_path / "aside")
    (tmp_path / "other" / "de").rename(tmp_path / "lexical" / "de")

    with pytest.raises(SnapshotCorrupt, match="different numbers of rows"):
        LexicalIndex.open(tmp_path / "lexical")


@pytest.mark.alone
def test_a_hundred_thousand_rows_open_in_no_time_because_no_vocabulary_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in FIELDS:
        with closing(PostingsWriter(tmp_path / field)) as writer:
            writer.extend(0, counted((f"t{row}", f"w{row % 97}") for row in range(100_000)))
            writer.write(100_000)

    def never(self: Postings, number: int) -> bytes:
        raise AssertionError("a term was read")

    with monkeypatch.context() as patched:
        patched.setattr(Postings, "_term", never)
        seconds = min(_seconds_to_open(tmp_path) for _ in range(5))

    assert seconds < 0.05
    assert LexicalIndex.open(tmp_path).match("t77777", "fr").grams.ceiling > 0


def _seconds_to_open(directory: Path) -> float:
    started = time.perf_counter()
    LexicalIndex.open(directory)
    return time.perf_counter() - started
