"""What a published snapshot gives back, and to how many readers at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import SnapshotMismatch
from index.snapshot import Snapshot
from index.types import Article, Passage, Sentence

Publish = Callable[[Path, list[Article]], str]


def make_article(name: str, text: str) -> Article:
    return Article(name, name, text, None, None, "en", hashlib.sha256(text.encode()).hexdigest())


@pytest.fixture
def snapshot(tmp_path: Path, publish_articles: Publish, three_articles: list[Article]) -> Snapshot:
    publish_articles(tmp_path, three_articles)
    return Snapshot.open(tmp_path)


def test_articles_come_back_as_they_were_added(snapshot: Snapshot, three_articles: list[Article]) -> None:
    assert [snapshot.article(article.id) for article in three_articles] == three_articles
    assert snapshot.article("nowhere") is None


def test_what_is_known_of_an_article_comes_without_its_text(snapshot: Snapshot) -> None:
    infos = snapshot.article_infos()
    assert [info.id for info in infos] == ["bridge", "brücke", "emoji"]
    assert [info.url for info in infos] == ["https://a.example/1", None, None]
    assert infos[2] == snapshot.article_info("emoji")
    assert str(infos[2].published_at) == "2025-08-03"
    assert snapshot.article_info("nowhere") is None


def test_passages_and_sentences_are_numbered_across_articles(snapshot: Snapshot) -> None:
    assert list(snapshot.passages) == [
        Passage("bridge", 0, 48, "Part 1", "en"),
        Passage("bridge", 49, 64, "Part 2", "en"),
        Passage("brücke", 0, 69, "Part 1", "de"),
        Passage("emoji", 0, 40, "Part 1", "en"),
    ]
    assert snapshot.sentences[2] == Sentence("bridge", 49, 64, passage=1, language="en")
    assert snapshot.sentences[-1] == Sentence("emoji", 32, 40, passage=3, language="en")
    assert snapshot.sentence_passage.tolist() == [0, 0, 1, 2, 2, 3, 3]
    assert [snapshot.article_ids[row] for row in snapshot.passage_article] == ["bridge", "bridge", "brücke", "emoji"]
    assert [snapshot.languages[code] for code in snapshot.sentence_language] == ["en"] * 3 + ["de"] * 2 + ["en"] * 2
    assert [passage.heading for passage in snapshot.passages[1:3]] == ["Part 2", "Part 1"]


def test_a_row_that_is_not_there_is_an_index_error(snapshot: Snapshot) -> None:
    with pytest.raises(IndexError):
        snapshot.passages[4]


def test_texts_are_the_characters_at_the_offsets(snapshot: Snapshot) -> None:
    assert snapshot.passage_text(1) == "Trams cross it."
    assert [snapshot.sentence_text(row) for row in (3, 5)] == [
        "Die Brücke ist 240 Meter lang.",
        "Nul\0 and 🌉 are characters, too.",
    ]


def test_vectors_stand_in_the_rows_of_their_texts(snapshot: Snapshot, hash_embedder) -> None:
    for vectors, rows, text in (
        (snapshot.passage_vectors, snapshot.passages, snapshot.passage_text),
        (snapshot.sentence_vectors, snapshot.sentences, snapshot.sentence_text),
    ):
        texts = [text(row) for row in range(len(rows))]
        scores, found = vectors.search(hash_embedder.embed_queries(texts), 1)
        assert found[:, 0].tolist() == list(range(len(rows)))
        np.testing.assert_allclose(scores[:, 0], 1.0, atol=1e-6)


def test_columns_cant_be_written_to(snapshot: Snapshot) -> None:
    with pytest.raises(ValueError, match="read-only"):
        snapshot.passage_start[0] = 7


def test_another_embedder_is_refused_with_both_identities(tmp_path: Path, publish_articles, three_articles) -> None:
    publish_articles(tmp_path, three_articles)
    Snapshot.open(tmp_path, expect={"model": "hash", "normalised": True}).close()
    with pytest.raises(SnapshotMismatch, match="model: 'hash' in the snapshot, 'other' in the embedder"):
        Snapshot.open(tmp_path, expect={"model": "other", "normalised": True})


lines = st.lists(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"),
        min_size=1,
    ).filter(str.strip),
    min_size=1,
    max_size=6,
)


@given(collection=st.lists(lines, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_offset_leads_to_the_text_that_was_split(collection: list[list[str]], publish_articles: Publish) -> None:
    articles = [make_article(f"{number}", "\n".join(sentences)) for number, sentences in enumerate(collection)]
    with TemporaryDirectory() as directory:
        publish_articles(Path(directory), articles)
        with Snapshot.open(Path(directory)) as snapshot:
            texts = [snapshot.sentence_text(row) for row in range(len(snapshot.sentences))]
            assert texts == [sentence for sentences in collection for sentence in sentences]
            for row, passage in enumerate(snapshot.passages):
                article = snapshot.article(passage.article_id)
                assert article in articles
                assert article.text[passage.start : passage.end] == snapshot.passage_text(row)


def test_eight_threads_read_the_same_at_once(snapshot: Snapshot, hash_embedder) -> None:
    queries = hash_embedder.embed_queries([snapshot.sentence_text(row) for row in range(7)])

    def read(_: int) -> tuple[object, ...]:
        articles = tuple(snapshot.article(name) for name in snapshot.article_ids)
        texts = tuple(snapshot.passage_text(row) for row in range(4))
        found = snapshot.sentence_vectors.search(queries, 3)[1]
        return articles, texts, tuple(found.ravel().tolist()), tuple(snapshot.article_infos())

    expected = read(0)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(read, range(400))) == {expected}
