from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from index.build import BuildOptions, build
from index.centring import language_means
from index.embedding import Vectors
from index.errors import SnapshotCorrupt
from index.ranking import SCHEMA, Ranking
from index.retrieve import MATCHED, Retriever
from index.snapshot import TOKEN_FILES, Snapshot
from index.types import Filters
from index.vector_kinds import VectorOptions
from tests.service.collection import WordEmbedder, opened, published


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return opened(published(tmp_path_factory.mktemp("collection")))


def test_passages_and_sentences_come_best_first(retriever: Retriever) -> None:
    found = retriever.search(["What did the 420 metres long bridge cost?"], 5)
    assert [hit.passage.article_id for hit in found.hits] == ["harbour.md", "museum.md"]
    assert found.hits[0].score > found.hits[1].score
    assert found.sentences[0].text == "The bridge cost 14.3 million euros and is 420 metres long."
    scores = [sentence.score for sentence in found.sentences]
    assert scores == sorted(scores, reverse=True)


def test_a_k_beyond_the_collection_returns_all_of_it(retriever: Retriever) -> None:
    assert len(retriever.search(["Porthaven"], 50).hits) == 2
    assert len(retriever.search(["Porthaven"], 1).hits) == 1


@pytest.mark.parametrize(
    ("filters", "articles"),
    [
        (Filters(article_ids=("museum.md",)), {"museum.md"}),
        (Filters(languages=("en",)), {"harbour.md"}),
        (Filters(published_from=date(2025, 7, 1)), {"museum.md"}),
        (Filters(published_to=date(2025, 6, 3)), {"harbour.md"}),
        (Filters(published_from=date(2025, 6, 4), published_to=date(2025, 7, 9)), set()),
        (Filters(article_ids=("museum.md",), languages=("en",)), set()),
        (Filters(as_of=date(2025, 7, 9)), {"harbour.md"}),
        (Filters(as_of=date(2025, 7, 10)), {"harbour.md", "museum.md"}),
    ],
)
def test_filters_hold_for_passages_and_sentences(retriever: Retriever, filters: Filters, articles: set[str]) -> None:
    found = retriever.search(["bridge in Porthaven"], 10, filters)
    assert {hit.passage.article_id for hit in found.hits} == articles
    assert {sentence.sentence.article_id for sentence in found.sentences} == articles


def test_similarity_is_highest_with_the_sentence_that_says_the_same(retriever: Retriever) -> None:
    rows = range(len(retriever.snapshot.sentences))
    alike = retriever.compare("It was designed by the engineering office Brunvald.", retriever.embed_alone(rows))
    assert (
        retriever.snapshot.sentence_text(int(alike.argmax())) == "It was designed by the engineering office Brunvald."
    )


def test_the_mean_of_a_language_with_few_texts_is_drawn_to_that_of_all() -> None:
    vectors = np.array([[1.0, 0.0]] * 90 + [[0.0, 1.0]], dtype=np.float32)
    languages = np.array([0] * 90 + [2], dtype=np.int32)
    means = language_means(vectors, languages)
    overall = vectors.mean(axis=0)
    assert means[0] == pytest.approx((90 * vectors[0] + 10 * overall) / 100)
    assert means[1] == pytest.approx(overall)
    assert means[2] == pytest.approx((vectors[90] + 10 * overall) / 11)


class TokenWordEmbedder(WordEmbedder):
    """Every text has the same vector; only its tokens tell it from others."""

    dim = 512

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return super().embed_queries(["same"] * len(texts))

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+", text)) for text in texts]

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        words = [re.findall(r"\w+", text.casefold()) or [text] for text in texts]
        return self.embed_documents(texts, progress), [
            super(TokenWordEmbedder, self).embed_queries(own) for own in words
        ]

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        return self.embed_document_tokens(texts)


def test_of_passages_alike_the_one_that_meets_the_questions_tokens_comes_first(tmp_path: Path) -> None:
    embedder = TokenWordEmbedder()
    lines = ["The lighthouse was painted red in spring.", "The windmill was painted white in spring."]
    for number, line in enumerate(lines):
        (tmp_path / f"{number}.md").write_text(line, encoding="utf-8")
    build(sorted(tmp_path.glob("*.md")), tmp_path / "index", embedder, on_error=lambda error: pytest.fail(str(error)))
    with Snapshot.open(tmp_path / "index") as snapshot:
        found = Retriever(snapshot, embedder, Ranking(SCHEMA, {"vector": 1.0, "tokens": 1.0}, {}))
        assert [hit.passage.article_id for hit in found.search(["windmill"], 2).hits] == ["1.md", "0.md"]
        assert [hit.passage.article_id for hit in found.search(["lighthouse"], 2).hits] == ["0.md", "1.md"]


def test_the_sentence_that_meets_the_questions_tokens_comes_first(tmp_path: Path) -> None:
    text = "The lighthouse was painted red in spring. The windmill was painted white in spring."
    (tmp_path / "village.md").write_text(text, encoding="utf-8")
    embedder = TokenWordEmbedder()
    build(sorted(tmp_path.glob("*.md")), tmp_path / "index", embedder, on_error=lambda error: pytest.fail(str(error)))
    with Snapshot.open(tmp_path / "index") as snapshot:
        searched = Retriever(snapshot, embedder, Ranking(SCHEMA, {}, {"tokens": 1.0}))
        assert "white" in searched.search(["windmill"], 1).sentences[0].text
        assert "red" in searched.search(["lighthouse"], 1).sentences[0].text


def test_how_far_the_best_passage_stands_out_does_not_depend_on_how_many_are_wanted(tmp_path: Path) -> None:
    lines = [f"The {thing} was painted in spring." for thing in ("lighthouse", "windmill", "harbour", "museum")]
    for number, line in enumerate(lines):
        (tmp_path / f"{number}.md").write_text(line, encoding="utf-8")
    embedder = TokenWordEmbedder()
    build(sorted(tmp_path.glob("*.md")), tmp_path / "index", embedder, on_error=lambda error: pytest.fail(str(error)))
    with Snapshot.open(tmp_path / "index") as snapshot:
        searched = Retriever(snapshot, embedder)
        one, all_of_them = (searched.search(["windmill"], k).standing for k in (1, 4))
        absent = searched.search(["glacier"], 4).standing
    assert one == all_of_them
    assert one.match == pytest.approx(1.0, abs=0.02)
    assert min(one.ahead, one.worst_ahead, one.sentence_ahead) > 0.1
    assert absent.match < 0.5


@pytest.mark.parametrize(("kept", "there"), [(0, False), (2, False), (3, True)])
def test_tokens_are_left_out_of_collections_with_more_passages(tmp_path: Path, kept: int, there: bool) -> None:
    for number, line in enumerate(["The lighthouse was red.", "The windmill turned.", "A glacier came down."]):
        (tmp_path / f"{number}.md").write_text(line, encoding="utf-8")
    embedder, options = TokenWordEmbedder(), BuildOptions(vectors=VectorOptions(tokens_up_to=kept))
    build(
        sorted(tmp_path.glob("*.md")),
        tmp_path / "index",
        embedder,
        on_error=lambda error: pytest.fail(str(error)),
        options=options,
    )
    with Snapshot.open(tmp_path / "index") as snapshot:
        found = Retriever(snapshot, embedder).search(["windmill"], 1)
        assert (snapshot.passage_tokens is not None) == there
        assert len(found.hits) == 1
        assert (found.standing.match > 0.9) == there


@pytest.mark.parametrize("name", TOKEN_FILES)
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_a_flipped_byte_of_the_tokens_is_refused_by_name(tmp_path: Path, name: str, place: float) -> None:
    (tmp_path / "village.md").write_text("The lighthouse was painted red in spring.", encoding="utf-8")
    build(
        sorted(tmp_path.glob("*.md")),
        tmp_path / "index",
        TokenWordEmbedder(),
        on_error=lambda error: pytest.fail(str(error)),
    )
    (path,) = (tmp_path / "index").glob(f"*/*/{name}")
    content = bytearray(path.read_bytes())
    content[-1 if place < 0 else int(place * len(content))] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(SnapshotCorrupt, match=f"{re.escape(name)}: has sha256"):
        Snapshot.open(tmp_path / "index")


def test_a_snapshot_that_lists_only_some_files_of_the_tokens_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "village.md").write_text("The lighthouse was painted red in spring.", encoding="utf-8")
    build(
        sorted(tmp_path.glob("*.md")),
        tmp_path / "index",
        TokenWordEmbedder(),
        on_error=lambda error: pytest.fail(str(error)),
    )
    # as if a later version kept one more file
    monkeypatch.setattr("index.snapshot.TOKEN_FILES", (*TOKEN_FILES, "tokens/passages/more.bin"))
    with pytest.raises(SnapshotCorrupt, match=r"does not list tokens/passages/more\.bin"):
        Snapshot.open(tmp_path / "index")


def test_passages_that_were_not_compared_come_behind_those_that_were(tmp_path: Path) -> None:
    lines = [f"Parcel {number} holds {'a lantern and ' * (number % 3)}{number} ropes." for number in range(MATCHED + 9)]
    for number, line in enumerate(lines):
        (tmp_path / f"{number:02}.md").write_text(line, encoding="utf-8")
    build(
        sorted(tmp_path.glob("*.md")),
        tmp_path / "index",
        WordEmbedder(),
        on_error=lambda error: pytest.fail(str(error)),
    )
    with Snapshot.open(tmp_path / "index") as snapshot:
        retriever = Retriever(snapshot, WordEmbedder())
        hits = retriever.search(["Where is the lantern?"], 100).hits
        looked = retriever.look("Where is the lantern?")
    assert looked is not None
    assert {hit.row for hit in hits[:MATCHED]} == set(looked.rows.tolist())
    assert [hit.row for hit in hits[MATCHED:]] == looked.others.tolist()
    assert len({hit.row for hit in hits}) == len(lines)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
