"""Searches at the edges of what may be asked, over the smallest collections: sensible results or clear errors."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import build
from index.retrieve import Found, Retriever
from index.types import Filters
from tests.service.collection import WordEmbedder, opened, published

LIBRARY = "---\ntitle: Library\npublished_at: 2025-04-01\nlanguage: en\n---\nThe library of Porthaven opens at nine."


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return opened(published(tmp_path_factory.mktemp("collection")))


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """An index of one passage of one sentence."""
    folder: Path = tmp_path_factory.mktemp("one")

    def refuse(error: Exception) -> None:
        raise error

    (folder / "library.md").write_text(LIBRARY, encoding="utf-8")
    build([folder / "library.md"], folder / "index", WordEmbedder(), on_error=refuse)
    return opened(folder / "index")


def assert_sound(found: Found, retriever: Retriever) -> None:
    """Every place is true, every score a number, nothing found twice, best first."""
    for hit in found.hits:
        assert hit.passage == retriever.snapshot.passages[hit.row]
        assert np.isfinite([hit.score, hit.dense, hit.sentence, hit.lexical]).all()
    for sentence in found.sentences:
        assert sentence.text == retriever.snapshot.sentence_text(sentence.row) != ""
        assert np.isfinite([sentence.score, sentence.cosine]).all()
    for hits in (found.hits, found.sentences):
        assert len({hit.row for hit in hits}) == len(hits)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("question", ["When does the library open?", "bakery", "Wann?", "它什么时候开门?"])
def test_an_index_of_one_passage_finds_it(one: Retriever, question: str) -> None:
    found = one.search([question], 8)
    assert_sound(found, one)
    assert [hit.passage.article_id for hit in found.hits] == ["library.md"]
    assert [hit.text for hit in found.sentences] == ["The library of Porthaven opens at nine."]


def test_a_k_of_a_thousand_returns_what_there_is_once(two: Retriever) -> None:
    found = two.search(["What does the bridge cost?"], 1000)
    assert_sound(found, two)
    assert [hit.passage.article_id for hit in found.hits] == ["harbour.md", "museum.md"]
    assert len(found.sentences) == 7


@pytest.mark.parametrize(
    "question",
    [
        "Сколько стоил мост?",
        "桥花了多少钱?",
        "كم تكلفة الجسر؟",
        "पुल की लागत क्या थी?",
        "🌉🌉",
        "?",
        "a",
        "\u200b",
        "e\u0301" * 50,
        "\ud83d",
    ],
)
def test_a_question_that_shares_nothing_with_the_collection_finds_something_sound(
    two: Retriever, question: str
) -> None:
    found = two.search([question], 8)
    assert_sound(found, two)
    assert len(found.hits) == 2
    assert all(hit.lexical == 0 for hit in found.hits) or question in ("a",)


@pytest.mark.parametrize("question", ["", " ", "\n\t\u00a0 "])
def test_a_blank_question_finds_by_no_word(two: Retriever, question: str) -> None:
    found = two.search([question], 8)
    assert_sound(found, two)
    assert [hit.lexical for hit in found.hits] == [0.0, 0.0]


def test_a_name_in_another_script_is_found_by_its_number(two: Retriever) -> None:
    found = two.search(["Какой мост длиной 420 метров?"], 8)
    assert_sound(found, two)
    assert found.hits[0].passage.article_id == "harbour.md"


@pytest.mark.alone
@pytest.mark.parametrize(
    "question",
    [("What did the bridge cost? " * 77)[:2000], "bridge " * 285, "x" * 2000, "14.3 " * 400, "Brückenbau" * 200],
)
def test_a_question_of_two_thousand_characters_is_searched(two: Retriever, question: str) -> None:
    found = two.search([question], 8)
    assert_sound(found, two)
    assert len(found.hits) == 2
    assert found.search_seconds < 5


def test_a_long_question_still_finds_what_it_asks_for(two: Retriever) -> None:
    long = "What does it cost to enter the museum? " + "Der Eintritt kostet neun Euro. " * 60
    assert two.search([long[:2000]], 8).sentences[0].text == "Der Eintritt kostet neun Euro."


@pytest.mark.parametrize(
    "filters",
    [
        Filters(article_ids=("nowhere.md",)),
        Filters(languages=("xx",)),
        Filters(languages=("",)),
        Filters(languages=("EN",)),
        Filters(published_from=date(2030, 1, 1)),
        Filters(published_to=date(1900, 1, 1)),
        Filters(published_from=date(2025, 12, 1), published_to=date(2025, 1, 1)),
        Filters(as_of=date(1900, 1, 1)),
    ],
)
def test_filters_that_admit_nothing_find_nothing(two: Retriever, filters: Filters) -> None:
    found = two.search(["bridge"], 8, filters)
    assert (found.hits, found.sentences) == ((), ())


def test_an_unknown_value_beside_a_known_one_does_no_harm(two: Retriever) -> None:
    filters = Filters(article_ids=("nowhere.md", "museum.md"), languages=("xx", "de"))
    found = two.search(["bridge"], 8, filters)
    assert_sound(found, two)
    assert [hit.passage.article_id for hit in found.hits] == ["museum.md"]
    assert len(found.sentences) == 3


def test_no_query_at_all_is_an_error(two: Retriever) -> None:
    with pytest.raises(ValueError, match="at least one query"):
        two.search([], 8)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.integers(1, 5))
def test_whatever_is_asked_the_answer_is_sound(two: Retriever, question: str, k: int) -> None:
    found = two.search([question], k)
    assert_sound(found, two)
    assert len(found.hits) == min(k, 2)
