from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.errors import ModelError, ModelNotFound
from index.rerank import PASSAGES, CrossEncoderReranker, RerankingRetriever, Scores, require_cross_encoder, reranked
from index.retrieve import Found, Retriever
from index.types import Filters
from tests.index.tiny_cross_encoder import tiny_cross_encoder
from tests.service.collection import WordEmbedder, opened, published

QUESTION = "What did the 420 metres long bridge cost?"
TEXTS = ["The bridge cost 14 million euros.", "Trams cross it.", "", "The bridge cost 14 million euros.", "rain " * 90]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder(tmp_path_factory.mktemp("cross"))


def test_importing_the_module_does_not_import_torch() -> None:
    code = "import sys, index.rerank; sys.exit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


def test_scores_are_those_of_sentence_transformers_itself(tiny: Path) -> None:
    from sentence_transformers import CrossEncoder

    reranker = CrossEncoderReranker(tiny)
    scores = reranker.score(QUESTION, TEXTS)
    model = CrossEncoder(str(tiny))
    alone = [float(model.predict([(QUESTION, text)], show_progress_bar=False)[0]) for text in TEXTS]
    assert (reranker.name, scores.dtype, scores.shape) == ("tiny", np.float32, (len(TEXTS),))
    assert scores == pytest.approx(alone, abs=1e-5)
    assert np.ptp(scores) > 0.01
    assert scores[0] == pytest.approx(scores[3], abs=1e-6)


def test_the_question_counts(tiny: Path) -> None:
    reranker = CrossEncoderReranker(tiny)
    assert np.abs(reranker.score("trams ?", TEXTS) - reranker.score("what did it cost ?", TEXTS)).max() > 1e-3


def test_no_texts_have_no_scores(tiny: Path) -> None:
    scores = CrossEncoderReranker(tiny).score(QUESTION, [])
    assert (scores.dtype, scores.shape) == (np.float32, (0,))


def test_calls_from_many_threads_give_the_scores_of_single_calls(tiny: Path) -> None:
    reranker = CrossEncoderReranker(tiny)
    expected = reranker.score(QUESTION, TEXTS)
    found: list[Scores] = []
    threads = [threading.Thread(target=lambda: found.append(reranker.score(QUESTION, TEXTS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.abs(np.stack(found) - expected).max() < 1e-6
    assert len(found) == 4


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=f"no folder {tmp_path / 'nowhere'}"):
        CrossEncoderReranker(tmp_path / "nowhere")


def test_an_embedding_model_is_no_cross_encoder(e5_folder: Path) -> None:
    with pytest.raises(ModelError, match=r"no cross-encoder: .* architecture BertModel"):
        require_cross_encoder(e5_folder)


def test_a_model_of_several_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gives 3 scores for a pair"):
        CrossEncoderReranker(tiny_cross_encoder(tmp_path, labels=["one", "two", "three"]))


@pytest.mark.parametrize("config", ["[]", "{", '{"architectures": ["BertForSequenceClassification"]}'])
def test_a_folder_of_garbage_is_refused_by_name(tmp_path: Path, config: str) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"garbage")
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(ModelError, match=str(tmp_path)):
        CrossEncoderReranker(tmp_path)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["BertForSequenceClassification"]}))
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match="only safetensors"):
        CrossEncoderReranker(tmp_path)


class Longest:
    """Prefers long texts, and remembers what it was asked."""

    name = "longest"

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        self.asked.append((question, tuple(texts)))
        return np.array([len(text) / 100 - 5 for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return opened(published(tmp_path_factory.mktemp("collection")))


def second(first: Retriever) -> tuple[RerankingRetriever, Longest]:
    reranker = Longest()
    return RerankingRetriever(first.snapshot, WordEmbedder(), reranker), reranker


def test_the_order_is_the_rerankers_and_what_was_known_stays(first: Retriever) -> None:
    before, after = first.search([QUESTION], 5), second(first)[0].search([QUESTION], 5)
    titles = {"harbour.md": "New harbour bridge", "museum.md": "Museum eröffnet"}
    assert [hit.text for hit in after.sentences] == [
        hit.text for hit in sorted(before.sentences, key=lambda h: -len(titles[h.sentence.article_id] + h.text))
    ]
    assert [hit.text for hit in after.sentences] != [hit.text for hit in before.sentences]
    assert {replace(hit, score=0) for hit in after.hits} == {replace(hit, score=0) for hit in before.hits}
    assert {replace(hit, score=0) for hit in after.sentences} == {replace(hit, score=0) for hit in before.sentences}
    for hits in (after.hits, after.sentences):
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert max(scores) < 0


def test_texts_are_judged_below_their_title_by_the_question_that_stands_alone(first: Retriever) -> None:
    retriever, reranker = second(first)
    retriever.search(["What did the bridge cost?", "And the cost?"], 5)
    ((question, texts),) = reranker.asked
    assert question == "What did the bridge cost?"
    assert "Museum eröffnet\nDer Eintritt kostet neun Euro." in texts
    assert len(texts) == 2 + 7


def test_the_best_of_few_is_found_among_all_candidates(first: Retriever) -> None:
    assert first.search(["Eintritt"], 1).hits[0].passage.article_id == "museum.md"
    (hit,) = second(first)[0].search(["Eintritt"], 1).hits
    assert hit.passage.article_id == "harbour.md"


def test_a_k_beyond_the_collection_returns_all_of_it(first: Retriever) -> None:
    assert len(second(first)[0].search([QUESTION], 1000).hits) == 2


def test_where_nothing_is_admitted_nothing_is_found(first: Retriever) -> None:
    found = second(first)[0].search([QUESTION], 5, Filters(article_ids=("none",)))
    assert (found.hits, found.sentences) == ((), ())


def test_what_lies_behind_the_best_stays_behind_them_in_its_order(first: Retriever) -> None:
    found = first.search([QUESTION], 2)
    hits = tuple(replace(found.hits[i % 2], score=100.0 - i) for i in range(PASSAGES + 3))
    after = reranked(Found(hits, (), 0.0, 0.0), QUESTION, Longest(), first.snapshot)
    assert [replace(hit, score=0) for hit in after.hits[PASSAGES:]] == [
        replace(hit, score=0) for hit in hits[PASSAGES:]
    ]
    scores = [hit.score for hit in after.hits]
    assert scores == sorted(scores, reverse=True)
    assert np.diff(scores[PASSAGES - 1 :]) == pytest.approx([-1.0, -1.0, -1.0])


def test_equal_scores_leave_the_order_of_the_first_stage(first: Retriever) -> None:
    class Undecided(Longest):
        def score(self, question: str, texts: Sequence[str]) -> Scores:
            return np.zeros(len(texts), dtype=np.float32)

    before = first.search([QUESTION], 5)
    after = reranked(before, QUESTION, Undecided(), first.snapshot)
    assert [hit.row for hit in after.hits] == [hit.row for hit in before.hits]
    assert [hit.row for hit in after.sentences] == [hit.row for hit in before.sentences]


def test_a_search_needs_a_query_and_its_time_is_told(first: Retriever) -> None:
    retriever, _ = second(first)
    with pytest.raises(ValueError, match="at least one query"):
        retriever.search([], 5)
    found = retriever.search([QUESTION], 5)
    assert 0 < found.search_seconds < 60
