from __future__ import annotations

from collections.abc import Sequence

import pytest

from index.build import build
from index.retrieve import Retriever
from index.types import SentenceHit
from service.search.evidence import Evidence, Place, choose
from tests.service.collection import WordEmbedder, opened, published


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


SYNDICATED = {
    "daily.md": "---\ntitle: Daily\npublished_at: 2025-06-02\nlanguage: en\n---\n"
    "The new electric ferry carries 300 cars across the bay every hour. It replaces the old steamer.",
    "agency.md": "---\ntitle: Agency\npublished_at: 2025-06-01\nlanguage: en\n---\n"
    "A notice of the harbour office. The new ferry carries 300 cars across the bay every hour. "
    "It replaces the old steamer.",
    "rumour.md": "---\ntitle: Rumour\npublished_at: 2025-05-30\nlanguage: en\n---\n"
    "The new ferry carries 200 cars across the bay every hour.",
    "undated.md": "---\ntitle: Undated\nlanguage: en\n---\n"
    "Welcome to the pier. The new ferry carries 300 cars across the bay every hour!",
    "faq.md": "---\ntitle: Questions\nlanguage: en\n---\n"
    "Tickets are sold on board. The old pier stays open for walkers. Dogs travel free. Tickets are sold on board.",
}


@pytest.fixture(scope="module")
def syndicated(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    folder = tmp_path_factory.mktemp("syndicated")

    def refuse(error: Exception) -> None:
        raise error

    (folder / "articles").mkdir()
    for name, text in SYNDICATED.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    build([folder / "articles"], folder / "index", WordEmbedder(), on_error=refuse)
    return opened(folder / "index")


def rows(retriever: Retriever, article: str, beginning: str) -> list[int]:
    """The rows of the sentences of an article that begin so."""
    return [
        row
        for row, sentence in enumerate(retriever.snapshot.sentences)
        if sentence.article_id == article and retriever.snapshot.sentence_text(row).startswith(beginning)
    ]


def collapsed(retriever: Retriever, *found: int, tokens: int = 100) -> tuple[Evidence, ...]:
    """What is chosen from the sentences of these rows, best first."""
    texts = [retriever.snapshot.sentence_text(row) for row in found]
    ranked = [
        SentenceHit(row, retriever.snapshot.sentences[row], text, 9.0 - place, 0.9 - place / 10)
        for place, (row, text) in enumerate(zip(found, texts, strict=True))
    ]
    return choose(ranked, retriever.snapshot, tokens=tokens, count_tokens=words)


def test_copies_are_one_piece_of_evidence_by_the_earliest_with_all_their_places(syndicated: Retriever) -> None:
    places = [rows(syndicated, name, "The new")[0] for name in ("undated.md", "daily.md", "agency.md")]
    (ferry,) = collapsed(syndicated, *places)
    assert (ferry.article.id, ferry.row, ferry.cosine) == ("agency.md", places[2], pytest.approx(0.7))
    assert [copy.article.id for copy in ferry.also_at] == ["undated.md", "daily.md"]
    for copy in (ferry, *ferry.also_at):
        article = syndicated.snapshot.article(copy.article.id)
        assert article is not None
        assert article.text[copy.start : copy.end] == copy.text
    assert ferry.also_at[1].text == "The new electric ferry carries 300 cars across the bay every hour."


def test_a_conflicting_fact_stays_beside_what_it_contradicts(syndicated: Retriever) -> None:
    places = [rows(syndicated, name, "The new")[0] for name in ("agency.md", "rumour.md", "daily.md")]
    found = collapsed(syndicated, *places)
    assert [item.article.id for item in found] == ["agency.md", "rumour.md"]
    assert [len(item.also_at) for item in found] == [1, 0]


def test_the_sentences_of_one_text_stay_together(syndicated: Retriever) -> None:
    ranked = [
        *rows(syndicated, "agency.md", "The new"),
        *rows(syndicated, "daily.md", "It replaces"),
        *rows(syndicated, "daily.md", "The new"),
        *rows(syndicated, "agency.md", "It replaces"),
    ]
    found = collapsed(syndicated, *ranked)
    assert [(item.article.id, item.text[:11]) for item in found] == [
        ("agency.md", "The new fer"),
        ("agency.md", "It replaces"),
    ]
    assert [[copy.article.id for copy in item.also_at] for item in found] == [["daily.md"], ["daily.md"]]


def test_a_sentence_repeated_in_one_article_is_shown_once(syndicated: Retriever) -> None:
    first, again = rows(syndicated, "faq.md", "Tickets")
    (tickets,) = collapsed(syndicated, again, first)
    sentence = syndicated.snapshot.sentences[first]
    assert tickets.row == again
    assert tickets.also_at == (Place(tickets.article, sentence.start, sentence.end, "Tickets are sold on board."),)


def test_a_sentence_taken_along_stands_for_its_copies(syndicated: Retriever) -> None:
    ranked = [*rows(syndicated, "daily.md", "It replaces"), *rows(syndicated, "undated.md", "The new")]
    found = collapsed(syndicated, *ranked)
    assert [(item.article.id, item.text[:11]) for item in found] == [
        ("daily.md", "The new ele"),
        ("daily.md", "It replaces"),
        ("undated.md", "The new fer"),
    ]
    found = collapsed(syndicated, *ranked, *rows(syndicated, "daily.md", "The new"))
    assert [(item.text[:11], [copy.article.id for copy in item.also_at]) for item in found] == [
        ("The new ele", ["undated.md"]),
        ("It replaces", []),
    ]


def test_what_a_sentence_refers_to_is_not_taken_along_where_a_copy_of_it_is_there(syndicated: Retriever) -> None:
    ranked = [
        *rows(syndicated, "agency.md", "The new"),
        *rows(syndicated, "daily.md", "The new"),
        *rows(syndicated, "daily.md", "It replaces"),
    ]
    found = collapsed(syndicated, *ranked)
    assert [(item.article.id, item.text[:11]) for item in found] == [
        ("agency.md", "The new fer"),
        ("daily.md", "It replaces"),
    ]


def test_copies_leave_room_for_other_statements(syndicated: Retriever) -> None:
    copies = [rows(syndicated, name, "The new")[0] for name in ("agency.md", "daily.md", "undated.md")]
    found = collapsed(syndicated, *copies, *rows(syndicated, "faq.md", "The old pier"), tokens=20)
    assert [item.text[:11] for item in found] == ["The new fer", "The old pie"]
