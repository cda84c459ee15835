from __future__ import annotations

from collections.abc import Sequence

import pytest

from index.retrieve import Retriever
from index.types import SentenceHit
from service.evidence import Evidence, choose, plain
from tests.service.collection import opened, published


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return opened(published(tmp_path_factory.mktemp("collection")))


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def hits(retriever: Retriever, *beginnings: str) -> list[SentenceHit]:
    """Hits for the sentences that begin so, the first one best."""
    found = []
    for place, beginning in enumerate(beginnings):
        (row,) = [
            row
            for row in range(len(retriever.snapshot.sentences))
            if retriever.snapshot.sentence_text(row).startswith(beginning)
        ]
        text = retriever.snapshot.sentence_text(row)
        found.append(SentenceHit(row, retriever.snapshot.sentences[row], text, 9.0 - place, 0.9 - place / 10))
    return found


def chosen(retriever: Retriever, *beginnings: str, tokens: int = 100) -> tuple[Evidence, ...]:
    return choose(hits(retriever, *beginnings), retriever.snapshot, tokens=tokens, count_tokens=words)


def test_evidence_is_exactly_what_stands_at_its_offsets(retriever: Retriever) -> None:
    for item in chosen(retriever, "The bridge cost", "Der Eintritt"):
        article = retriever.snapshot.article(item.article.id)
        assert article is not None
        assert article.text[item.start : item.end] == item.text


def test_a_sentence_that_refers_back_brings_the_one_before_it(retriever: Retriever) -> None:
    texts = [item.text for item in chosen(retriever, "It was designed")]
    assert texts == [
        "The bridge cost 14.3 million euros and is 420 metres long.",
        "It was designed by the engineering office Brunvald.",
    ]


def test_what_is_taken_along_has_no_similarity_of_its_own(retriever: Retriever) -> None:
    assert [item.cosine for item in chosen(retriever, "It was designed")] == [0.0, 0.9]
    assert [item.cosine for item in chosen(retriever, "It was designed", "The bridge cost")] == [0.8, 0.9]


def test_neighbours_stand_together_in_reading_order_behind_the_best(retriever: Retriever) -> None:
    found = chosen(retriever, "Der Eintritt", "Ferries", "It was designed")
    assert [item.text[:12] for item in found] == ["Der Eintritt", "The bridge c", "It was desig", "Ferries stop"]


def test_the_budget_holds_but_for_the_first(retriever: Retriever) -> None:
    assert [item.text[:7] for item in chosen(retriever, "Ferries", "Der Eintritt", tokens=9)] == ["Ferries"]
    assert [item.text[:7] for item in chosen(retriever, "Ferries", tokens=1)] == ["Ferries"]
    found = chosen(retriever, "Ferries", "The city", "Der Eintritt", tokens=14)
    assert [item.text[:12] for item in found] == ["Ferries stop", "Der Eintritt"]


def test_context_holds_title_and_the_sentences_before_and_passage_all(retriever: Retriever) -> None:
    (ferries,) = chosen(retriever, "Ferries")
    assert ferries.context.startswith("New harbour bridge\n")
    assert "It was designed" in ferries.context
    assert "The city of Porthaven" not in ferries.context
    assert "The city of Porthaven" in ferries.passage


def test_text_is_shown_on_one_line_without_the_escapes_of_a_scrape() -> None:
    assert plain("It cost\n  \\$14  billion \\[1\\]") == "It cost $14 billion [1]"
    assert plain("a\\b") == "a\\b"
