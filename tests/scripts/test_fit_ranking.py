"""Fitting what counts how much in ranking, over a made-up benchmark."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import bilingual
import numpy as np
import pytest
from bilingual import CONCEPTS, ConceptEmbedder

from index import ranking
from index.checksums import sha256_of
from index.embedding import Vectors
from index.progress import Silence
from index.ranking import PASSAGE, SENTENCE
from service.evaluation import parallel

fitting = bilingual.script("fit_ranking.py")
QUESTIONS = len(CONCEPTS) + 1
CELLS = ["en->en", "de->en", "en->de", "de->de", "mixed en", "mixed de", "patchwork en", "patchwork de"]


class TokenConceptEmbedder(ConceptEmbedder):
    """Also gives each word its vector."""

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+", text)) for text in texts]

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        return self.embed_queries(texts), [self.embed_queries(re.findall(r"\w+", text)) for text in texts]

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        return self.embed_document_tokens(texts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bilingual.write(tmp_path_factory.mktemp("benchmark"))


@pytest.fixture(scope="module")
def asked(folder: Path) -> list:
    spans = fitting.answer_spans(sorted(folder.glob("*.json")))
    return list(fitting.ask(parallel.read(folder, ["en", "de"]), spans, TokenConceptEmbedder(), Silence()))


@pytest.fixture
def without_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fitting, "SentenceTransformerEmbedder", lambda *_, **__: TokenConceptEmbedder())
    monkeypatch.setattr(fitting, "resolve", lambda *_: tmp_path)


def test_a_weight_is_what_the_penalised_likelihood_asks_for() -> None:
    pair = np.array([[2.0], [0.0]]), np.array([True, False])
    (found,) = fitting.weights(fitting.Lists.of([pair] * 3))

    # where the derivative of log(1 + exp(-2 w)) + PENALTY w^2 is 0
    assert 2 / (1 + math.exp(2 * found)) == pytest.approx(2 * fitting.PENALTY * found, abs=1e-6)
    assert found > 1


def test_a_feature_that_alone_tells_right_from_wrong_counts_and_noise_hardly() -> None:
    chance = np.random.default_rng(5)
    lists = []
    for _ in range(300):
        values, right = chance.standard_normal((5, 3)), np.zeros(5, dtype=bool)
        # drawn as the model has it: by the odds of twice the second feature
        odds = np.exp(2 * values[:, 1])
        right[chance.choice(5, p=odds / odds.sum())] = True
        lists.append((values, right))
    found = fitting.weights(fitting.Lists.of(lists))

    assert found[1] == pytest.approx(2, abs=0.4)
    assert np.abs(found[[0, 2]]).max() < 0.25


def test_a_feature_of_what_is_wrong_counts_against_it() -> None:
    pair = np.array([[1.0, 0.5], [-1.0, 0.5]]), np.array([False, True])
    against, indifferent = fitting.weights(fitting.Lists.of([pair]))

    assert against < -1
    assert indifferent == pytest.approx(0, abs=1e-9)


def test_any_of_several_right_candidates_may_come_first() -> None:
    values = np.array([[3.0], [-1.0], [-2.0]])
    (one,) = fitting.weights(fitting.Lists.of([(values, np.array([False, True, False]))]))
    (either,) = fitting.weights(fitting.Lists.of([(values, np.array([True, True, False]))]))

    assert one < 0 < either


def test_what_is_given_stays() -> None:
    values = np.array([[1.0, 1.0], [0.0, 0.0]])
    found = fitting.weights(fitting.Lists.of([(values, np.array([True, False]))]), np.array([0.7, 0.0]))

    assert found[0] == 0.7
    assert found[1] > 0


def test_questions_without_a_right_candidate_are_left_out() -> None:
    one = np.array([[1.0], [2.0]])
    lists = fitting.Lists.of(
        [(one, np.array([True, False])), (one + 9, np.zeros(2, bool)), (one * 3, np.ones(2, bool))]
    )

    assert lists.values[:, 0].tolist() == [1, 2, 3, 6]
    assert lists.right.tolist() == [True, False, True, True]
    assert lists.starts.tolist() == [0, 2]


def test_every_question_is_asked_of_every_collection(asked: list) -> None:
    assert [item.cell for item in asked[::QUESTIONS]] == [
        f"{own}->{texts}" if texts in ("en", "de") else f"{texts} {own}"
        for texts in ("en", "de", "mixed", "patchwork")
        for own in ("de", "en")
    ]
    assert len(asked) == QUESTIONS * len(CELLS)
    assert {item.document for item in asked} == {"Town 0", "Town 1"}


def test_the_own_paragraph_and_the_sentence_of_the_answer_are_right(asked: list) -> None:
    right = {cell: [item.passages.sum() for item in asked if item.cell == cell] for cell in CELLS}

    # one article, two where both languages are indexed; each has one sentence, in which the answer stands
    assert right == {cell: [2 if "mixed" in cell else 1] * QUESTIONS for cell in CELLS}
    for item in asked:
        assert item.sentences.tolist() == item.passages[item.looked.owner].tolist()


def test_only_the_sentence_that_the_answer_begins_in_is_right(tmp_path: Path) -> None:
    context = "The mill is old. It stands by the river. Nobody lives there."
    answer = {"text": "the river", "answer_start": context.index("the river")}
    paragraph = {"context": context, "qas": [{"id": "a", "question": "Where is the mill?", "answers": [answer]}]}
    content = {"data": [{"title": "Mill", "paragraphs": [paragraph]}]}
    (tmp_path / "made.en.json").write_text(json.dumps(content), encoding="utf-8")
    spans = fitting.answer_spans([tmp_path / "made.en.json"])

    first = next(fitting.ask(parallel.read(tmp_path, ["en"]), spans, TokenConceptEmbedder(), Silence()))

    assert spans == {("en", "a"): context.index("the river")}
    assert first.sentences.tolist() == [False, True, False]


def test_what_alone_tells_the_right_passages_gets_all_the_weight(asked: list) -> None:
    told = []
    for item in asked:
        known = np.zeros_like(item.looked.passages)
        known[:, PASSAGE.index("tokens")] = np.where(item.passages, 1, -1)
        told.append(replace(item, looked=replace(item.looked, passages=known)))
    fitted = fitting.fit(told)

    assert fitted.passage["tokens"] > 1
    assert {name for name, weight in fitted.passage.items() if weight} == {"tokens"}
    assert {rank for rank, _ in fitting.recalled(told, [fitted] * len(told))} == {1}


def test_sentences_keep_the_weights_that_are_given(asked: list) -> None:
    fitted = fitting.fit(asked)

    assert (set(fitted.passage), set(fitted.sentence)) == (set(PASSAGE), set(SENTENCE))
    assert {name: fitted.sentence[name] for name in fitting.GIVEN} == fitting.GIVEN


def test_ranks_are_those_of_the_first_right_one(asked: list) -> None:
    item = next(item for item in asked if item.cell == "en->en")
    vector = item.looked.passages[:, PASSAGE.index("vector")]
    own = vector[item.passages].max()
    by_vector = ranking.Ranking(ranking.SCHEMA, {"vector": 1.0}, dict.fromkeys(SENTENCE, 0.0) | {"vector": 1.0})

    ((rank, _),) = fitting.recalled([item], [by_vector])
    ((turned, _),) = fitting.recalled([item], [ranking.Ranking(1, {"vector": -1.0}, by_vector.sentence)])

    assert rank == 1 + sum(value > own for value in vector)
    assert turned == 1 + sum(value < own for value in vector)


def test_weights_of_a_question_are_fitted_to_other_documents(asked: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "fit", lambda items: {item.document for item in items})
    others = {"Town 0": {"Town 1"}, "Town 1": {"Town 0"}}

    assert fitting.cross_validated(asked) == [others[item.document] for item in asked]


@pytest.mark.usefixtures("without_model")
def test_what_is_written_can_be_ranked_with(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fitted.json"
    status = fitting.main(["--xquad", str(folder), "--cache", str(tmp_path / "cache"), "--out", str(out)])

    assert status == 0
    written = ranking.load(out)
    assert (set(written.passage), set(written.sentence)) == (set(PASSAGE), set(SENTENCE))
    assert written.fitted_on is not None
    assert written.fitted_on.model == "concepts"
    assert written.fitted_on.sources == {path.name: sha256_of(path) for path in folder.iterdir()}
    assert (written.fitted_on.questions, written.fitted_on.documents) == (QUESTIONS * len(CELLS), 2)
    assert set(written.fitted_on.in_sample) == set(written.fitted_on.cross_validated) == set(CELLS)
    assert all(share >= (QUESTIONS - 1) / QUESTIONS - 1e-4 for share in written.fitted_on.in_sample.values())
    assert f"passages: vector {written.passage['vector']:+.3f}" in capsys.readouterr().out


@pytest.mark.usefixtures("without_model")
def test_a_check_writes_nothing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fitting.main(["--xquad", str(folder), "--out", str(tmp_path / "fitted.json"), "--check"]) == 0

    assert list(tmp_path.iterdir()) == []
    assert "cross-validated: recall@1 of paragraphs" in capsys.readouterr().out


def test_a_missing_directory_ends_with_one_line_before_a_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "resolve", lambda *_: pytest.fail("a model was looked for"))
    out = tmp_path / "fitted.json"
    status = fitting.main(["--xquad", str(tmp_path / "none"), "--texts", "en", "--out", str(out)])

    shown = capsys.readouterr()
    assert (status, shown.out) == (2, "")
    assert shown.err == f"error: {tmp_path / 'none'}: holds no file for en, as in xquad.en.json\n"
    assert not out.exists()


@pytest.mark.usefixtures("without_model")
def test_one_document_is_too_few_to_fit_and_says_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.iterdir():
        content = json.loads(path.read_bytes())
        (tmp_path / path.name).write_text(json.dumps({"data": content["data"][:1]}), encoding="utf-8")

    assert fitting.main(["--xquad", str(tmp_path), "--out", str(tmp_path / "fitted.json")]) == 2
    assert "error: nothing to fit to: questions about at least two documents" in capsys.readouterr().err
    assert not (tmp_path / "fitted.json").exists()
