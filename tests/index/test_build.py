"""Building: what is read is stored, split and embedded, or said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index import build as building
from index import deriving
from index.build import DEFAULTS, BuildOptions, build
from index.embedding import Vectors
from index.embedding_cache import DOCUMENTS, CachedEmbedder
from index.errors import ArticleError, EmptyCollection, ModelError, SnapshotError, SnapshotMissing
from index.inputs import SPLITTING
from index.lexical import LEXICAL
from index.manifest import Manifest
from index.snapshot import Snapshot
from index.types import Article, Passage, Sentence

HARBOUR = """The harbour of Lindvik

The harbour was closed for three days in June. A crane had fallen into the basin and blocked the only channel.

Ships waited outside until divers had cut the crane into pieces. The port authority puts the damage at 4 million euros.
"""
HAFEN = """Der Hafen von Lindvik

Im Juni war der Hafen drei Tage lang gesperrt. Ein Kran war in das Becken gestürzt und blockierte die Einfahrt.
"""


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    directory = tmp_path / "articles"
    directory.mkdir()
    (directory / "harbour.txt").write_text(HARBOUR)
    (directory / "hafen.txt").write_text(HAFEN)
    return directory


def ignore(_: ArticleError) -> None:
    pass


def texts_of(snapshot: Snapshot) -> list[str]:
    return [snapshot.sentence_text(row) for row in range(len(snapshot.sentences))]


def contexts_of(snapshot: Snapshot) -> list[str]:
    """Each sentence behind the one before it in its passage, as the article has them."""
    texts = []
    for row, sentence in enumerate(snapshot.sentences):
        previous = snapshot.sentences[row - 1] if row else sentence
        start = previous.start if previous.passage == sentence.passage else sentence.start
        article = snapshot.article(sentence.article_id)
        assert article is not None
        texts.append(article.text[start : sentence.end])
    return texts


def test_what_was_built_is_served_and_reported(collection: Path, tmp_path: Path, hash_embedder) -> None:
    report = build([collection], tmp_path / "index", hash_embedder, on_error=ignore)
    with Snapshot.open(tmp_path / "index", expect=hash_embedder.identity()) as snapshot:
        assert snapshot.id == report.snapshot
        assert snapshot.manifest.splitter == SPLITTING
        assert snapshot.manifest.lexical == LEXICAL
        assert snapshot.article_ids == ("hafen.txt", "harbour.txt")
        assert "A crane had fallen into the basin and blocked the only channel." in texts_of(snapshot)
        counts = (len(snapshot.article_ids), len(snapshot.passages), len(snapshot.sentences))
        assert (report.articles, report.passages, report.sentences) == counts
        assert report.languages == {"de": 1, "en": counts[1] - 1}
    assert report.skipped == ()
    assert 0 <= report.embedding_seconds <= report.seconds


def test_every_vector_is_that_of_the_text_in_its_row(collection: Path, tmp_path: Path, hash_embedder) -> None:
    build([collection], tmp_path / "index", hash_embedder, on_error=ignore)
    with Snapshot.open(tmp_path / "index") as snapshot:
        passages = [snapshot.passage_text(row) for row in range(len(snapshot.passages))]
        np.testing.assert_array_equal(snapshot.passage_vectors.all(), hash_embedder.embed_documents(passages))
        alone = hash_embedder.embed_documents(texts_of(snapshot))
        in_context = hash_embedder.embed_documents(contexts_of(snapshot))
        expected = (alone + in_context) / np.linalg.norm(alone + in_context, axis=1, keepdims=True)
        np.testing.assert_allclose(snapshot.sentence_vectors.all(), expected, atol=1e-6)
        found, _ = snapshot.sentence_words.match("crane", "en").stems.top(5)
        assert "A crane had fallen into the basin and blocked the only channel." in [
            texts_of(snapshot)[r] for r in found
        ]


def test_embedding_in_small_batches_gives_the_same_snapshot(
    collection: Path, tmp_path: Path, hash_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([collection], tmp_path / "whole", hash_embedder, on_error=ignore)
    monkeypatch.setattr(building, "CHARACTERS_AT_ONCE", 1)
    build([collection], tmp_path / "pieces", hash_embedder, on_error=ignore)
    with Snapshot.open(tmp_path / "whole") as whole, Snapshot.open(tmp_path / "pieces") as pieces:
        assert whole.manifest.files == pieces.manifest.files
        assert whole.manifest.corpus_sha256 == pieces.manifest.corpus_sha256


def test_what_cant_be_used_is_told_by_name_and_the_rest_is_built(
    collection: Path, tmp_path: Path, hash_embedder
) -> None:
    (collection / "empty.txt").write_text("")
    (collection / "latin.txt").write_bytes(b"caf\xe9 au lait \xff")
    (collection / "nul.txt").write_bytes(b"A sentence with\0a hole.")
    told: list[ArticleError] = []
    report = build([collection], tmp_path / "index", hash_embedder, on_error=told.append)
    assert report.skipped == tuple(told)
    assert {Path(error.source).name for error in told} == {"empty.txt", "latin.txt", "nul.txt"}
    assert report.articles == 2


def test_an_article_without_a_sentence_is_told_and_left_out(
    collection: Path, tmp_path: Path, hash_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = deriving.split
    monkeypatch.setattr(
        deriving, "split", lambda article, count: ([], []) if article.id == "hafen.txt" else split(article, count)
    )
    report = build([collection], tmp_path / "index", hash_embedder, on_error=ignore)
    assert [str(error) for error in report.skipped] == ["hafen.txt: no sentence worth indexing was found in it"]
    with Snapshot.open(tmp_path / "index") as snapshot:
        assert snapshot.article_ids == ("harbour.txt",)


def test_an_empty_collection_is_an_error_and_publishes_nothing(tmp_path: Path, hash_embedder) -> None:
    (tmp_path / "articles").mkdir()
    with pytest.raises(EmptyCollection):
        build([tmp_path / "articles"], tmp_path / "index", hash_embedder, on_error=ignore)
    with pytest.raises(SnapshotMissing):
        Snapshot.open(tmp_path / "index")
    assert list((tmp_path / "index" / "snapshots").iterdir()) == []


def test_a_collection_without_a_sentence_is_empty(collection: Path, tmp_path: Path, hash_embedder, monkeypatch) -> None:
    monkeypatch.setattr(deriving, "split", lambda *_: ([], []))
    with pytest.raises(EmptyCollection, match="nothing was published"):
        build([collection], tmp_path / "index", hash_embedder, on_error=ignore)


def test_a_crash_while_embedding_leaves_the_old_snapshot_and_no_rest(
    collection: Path, tmp_path: Path, hash_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build([collection / "hafen.txt"], tmp_path / "index", hash_embedder, on_error=ignore)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hash_embedder, "embed_documents", crash)
    with pytest.raises(KeyboardInterrupt):
        build([collection], tmp_path / "index", hash_embedder, on_error=ignore)
    assert Snapshot.open(tmp_path / "index").id == first.snapshot
    assert [path.name for path in (tmp_path / "index" / "snapshots").iterdir()] == [first.snapshot]


def test_a_model_whose_vectors_would_rank_wrongly_is_refused(
    collection: Path, tmp_path: Path, hash_embedder, monkeypatch
) -> None:
    embed = hash_embedder.embed_documents
    monkeypatch.setattr(hash_embedder, "embed_documents", lambda texts, told: 2 * embed(texts, told))
    with pytest.raises(ModelError, match="not of unit length"):
        build([collection], tmp_path / "index", hash_embedder, on_error=ignore)


@pytest.mark.parametrize(
    ("passages", "sentences"),
    [
        ([(0, 10_000)], [(0, 5, 0)]),
        ([(5, 5)], []),
        ([(-3, 5)], []),
        ([(0, 20)], [(0, 21, 0)]),
        ([(3, 20)], [(0, 5, 0)]),
        ([(0, 20)], [(0, 5, 1)]),
        ([(0, 20)], [(0, 5, -1)]),
        ([(0, 20)], [(22, 23, 0)]),
    ],
)
def test_a_splitter_with_wrong_offsets_publishes_nothing(
    collection: Path, tmp_path: Path, hash_embedder, monkeypatch: pytest.MonkeyPatch, passages, sentences
) -> None:
    def split(article: Article, _: object) -> tuple[list[Passage], list[Sentence]]:
        return (
            [Passage(article.id, start, end, "", "en") for start, end in passages],
            [Sentence(article.id, start, end, passage, "en") for start, end, passage in sentences or [(0, 1, 0)]],
        )

    monkeypatch.setattr(deriving, "split", split)
    with pytest.raises(SnapshotError, match=r"hafen\.txt: (Passage|Sentence)\(.*\) is no place|belongs to none"):
        build([collection], tmp_path / "index", hash_embedder, on_error=ignore)
    assert list((tmp_path / "index" / "snapshots").iterdir()) == []


def test_a_text_that_is_not_that_of_its_hash_publishes_nothing(
    collection: Path, tmp_path: Path, hash_embedder, monkeypatch
) -> None:
    article = Article("a", "A", "The hash of another text.", None, None, "en", "0" * 64)
    monkeypatch.setattr(building, "read_collection", lambda *_, **__: iter([article]))
    with pytest.raises(SnapshotError, match="a: its text does not have the article's sha256 000"):
        build([collection], tmp_path / "index", hash_embedder, on_error=ignore)


def test_an_article_of_a_million_characters_is_indexed_to_its_end(tmp_path: Path, hash_embedder) -> None:
    record = {"id": "long", "title": "Long", "text": " ".join(f"Ship {n} left the harbour." for n in range(40_000))}
    (tmp_path / "long.jsonl").write_text(json.dumps(record))
    assert len(record["text"]) > 1_000_000
    report = build([tmp_path / "long.jsonl"], tmp_path / "index", hash_embedder, on_error=ignore)
    assert report.skipped == ()
    with Snapshot.open(tmp_path / "index") as snapshot:
        assert len(snapshot.sentences) == 40_000
        assert snapshot.sentence_text(39_999) == "Ship 39999 left the harbour."


class Asked:
    """An embedder that notes what it is asked to embed."""

    def __init__(self, embedder, prompt: str = "passage: ") -> None:
        self._embedder = embedder
        self.dim, self.name = embedder.dim, embedder.name
        self._prompt = prompt
        self.texts: list[str] = []

    def identity(self) -> dict[str, str | int | bool]:
        return {**self._embedder.identity(), "document_prompt": self._prompt}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.count_tokens(texts)

    def embed_documents(self, texts: Sequence[str], progress=None) -> Vectors:
        self.texts += texts
        return self._embedder.embed_documents(texts, progress)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed_queries(texts)


def built_again(
    collection: Path, out: Path, hash_embedder, prompt: str = "passage: ", options: BuildOptions = DEFAULTS
) -> tuple[list[str], Manifest]:
    """Build with what earlier buildings have embedded: what was embedded now, and what was published."""
    asked = Asked(hash_embedder, prompt)
    cached = CachedEmbedder(asked, out / "embeddings")
    build([collection], out, cached, on_error=ignore, options=options)
    cached.retire()
    with Snapshot.open(out) as snapshot:
        return asked.texts, snapshot.manifest


def test_building_an_unchanged_collection_again_embeds_nothing(collection: Path, tmp_path: Path, hash_embedder) -> None:
    first, before = built_again(collection, tmp_path / "index", hash_embedder)
    second, after = built_again(collection, tmp_path / "index", hash_embedder)

    assert len(first) > 5
    assert second == []
    assert after.files == before.files


def test_a_changed_article_is_all_that_is_embedded(collection: Path, tmp_path: Path, hash_embedder) -> None:
    built_again(collection, tmp_path / "index", hash_embedder)
    (collection / "hafen.txt").write_text(HAFEN.replace("Juni", "Juli"))
    texts, manifest = built_again(collection, tmp_path / "index", hash_embedder)

    assert texts
    assert all("Juli" in text for text in texts)
    fresh = build([collection], tmp_path / "fresh", hash_embedder, on_error=ignore)
    assert fresh.sentences == manifest.counts.sentences
    with Snapshot.open(tmp_path / "fresh") as snapshot:
        assert snapshot.manifest.files == manifest.files


def test_another_prompt_embeds_everything_again(collection: Path, tmp_path: Path, hash_embedder) -> None:
    first, _ = built_again(collection, tmp_path / "index", hash_embedder)
    second, _ = built_again(collection, tmp_path / "index", hash_embedder, prompt="text: ")

    assert sorted(second) == sorted(first)


def test_a_damaged_vector_is_never_published(collection: Path, tmp_path: Path, hash_embedder) -> None:
    _, before = built_again(collection, tmp_path / "index", hash_embedder)
    path = next((tmp_path / "index" / "embeddings").rglob(DOCUMENTS))
    content = bytearray(path.read_bytes())
    for offset in range(40, len(content), 200):
        content[offset] ^= 0x40
    path.write_bytes(content[:-9])
    texts, after = built_again(collection, tmp_path / "index", hash_embedder, options=BuildOptions(force=True))

    assert texts
    assert after.files == before.files
