from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from index.retrieve import Retriever, language_means
from index.types import Filters
from tests.service.collection import opened, published


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
