"""Collections of recombined sentences: whose sentences, which vectors and tokens, and the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.snapshot import Snapshot
from service.evaluation.recombined import PASSAGES_AN_ARTICLE, Recombined, opened
from tests.index.conftest import HashEmbedder, TokenHashEmbedder

PASSAGES = 19
ENGLISH = [f"The ferry number {n} crossed the river with {n} wagons before noon." for n in range(11)]
GERMAN = [f"Die Fähre Nummer {n} hat am Morgen {n} Wagen über den Fluss gebracht." for n in range(12)]
SPANISH = [f"El barco número {n} cruzó el río por la mañana con muchos carros." for n in range(3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("articles")
    for language, lines in (("en", ENGLISH), ("de", GERMAN), ("es", SPANISH)):
        text = f"---\ntitle: Ferries\nlanguage: {language}\n---\n" + " ".join(lines)
        (made / f"{language}.md").write_text(text, encoding="utf-8")
    return made


def read(folder: Path, embedder: HashEmbedder) -> Recombined:
    return Recombined.read([folder], embedder, lambda error: pytest.fail(str(error)))


@pytest.fixture(scope="module")
def source(folder: Path) -> Recombined:
    return read(folder, TokenHashEmbedder())


@pytest.fixture(scope="module")
def snapshot(source: Recombined, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(tmp_path_factory.mktemp("index"), source, PASSAGES) as made:
        yield made


def spoken(snapshot: Snapshot) -> list[list[str]]:
    """The sentences of each passage."""
    found: list[list[str]] = [[] for _ in snapshot.passages]
    for row, passage in enumerate(snapshot.sentence_passage):
        found[passage].append(snapshot.sentence_text(row))
    return found


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_sentences_are_those_of_the_languages_that_have_enough(source: Recombined) -> None:
    assert {name: set(texts) for name, (texts, _) in source.languages.items()} == {
        "en": set(ENGLISH),
        "de": set(GERMAN),
    }
    assert source.sentences == 23


def test_every_passage_is_of_different_sentences_of_one_language(snapshot: Snapshot) -> None:
    assert len(snapshot.passages) == PASSAGES
    known = {"en": set(ENGLISH), "de": set(GERMAN)}
    assert set(snapshot.languages) == {"en", "de"}
    for row, (passage, sentences) in enumerate(zip(snapshot.passages, spoken(snapshot), strict=True)):
        assert set(sentences) <= known[passage.language]
        assert len(set(sentences)) == len(sentences)
        assert 5 <= len(sentences) <= 9
        assert snapshot.passage_text(row) == " ".join(sentences)


def test_articles_are_filled_up_in_turn(snapshot: Snapshot) -> None:
    assert np.bincount(snapshot.passage_article).tolist() == [PASSAGES_AN_ARTICLE, PASSAGES_AN_ARTICLE, 3]


def test_vectors_have_unit_length_and_lie_near_what_their_texts_mean(snapshot: Snapshot) -> None:
    passages, sentences = snapshot.passage_vectors.all(), snapshot.sentence_vectors.all()
    assert np.linalg.norm(passages, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.linalg.norm(sentences, axis=1) == pytest.approx(1.0, abs=1e-5)

    row = 0
    for vector, texts in zip(passages, spoken(snapshot), strict=True):
        own = TokenHashEmbedder().embed_queries(texts)
        assert vector @ unit(own.mean(axis=0)) > 0.99
        before = np.concatenate([own[:1], own[:-1]])
        expected = unit(own + unit(own + before))
        assert (sentences[row : row + len(texts)] * expected).sum(axis=1).min() > 0.99
        row += len(texts)


def test_no_two_rows_are_the_same_although_sentences_come_again(snapshot: Snapshot) -> None:
    texts = [text for own in spoken(snapshot) for text in own]
    assert len(set(texts)) < len(texts)
    assert len(np.unique(snapshot.sentence_vectors.all(), axis=0)) == len(texts)


def test_tokens_of_passages_are_those_of_their_sentences(snapshot: Snapshot) -> None:
    tokens = snapshot.passage_tokens
    assert tokens is not None
    first = 0
    for row, texts in enumerate(spoken(snapshot)):
        words = [text.split() for text in texts]
        kept, _ = tokens.of(np.array([row]))
        expected = tokens.project(TokenHashEmbedder().embed_queries([word for own in words for word in own]))
        assert kept / 127 == pytest.approx(expected, abs=0.005)
        rows = np.arange(first, first + len(texts))
        starts = tokens.sentence_starts(np.array([row]), rows, np.array([len(texts)]))
        assert starts.tolist() == np.cumsum([0, *map(len, words)])[:-1].tolist()
        first += len(texts)


def test_a_model_without_tokens_leaves_none(folder: Path, tmp_path: Path) -> None:
    with opened(tmp_path, read(folder, HashEmbedder()), 3) as made:
        assert made.passage_tokens is None
        assert len(made.passages) == 3


def test_the_same_sentences_give_the_same_collection(snapshot: Snapshot, folder: Path, tmp_path: Path) -> None:
    with opened(tmp_path, read(folder, TokenHashEmbedder()), PASSAGES) as again:
        assert spoken(again) == spoken(snapshot)
        assert again.manifest.files == snapshot.manifest.files


def test_what_is_there_is_taken_and_another_size_made_anew(source: Recombined, tmp_path: Path) -> None:
    with opened(tmp_path, source, 4) as first:
        identity = first.id
    with opened(tmp_path, source, 4) as again:
        assert again.id == identity
    with opened(tmp_path, source, 6) as other:
        assert (other.id != identity, len(other.passages)) == (True, 6)
