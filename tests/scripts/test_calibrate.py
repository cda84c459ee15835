"""The command that fits the decision to refuse, over a made-up benchmark."""

from __future__ import annotations

from pathlib import Path

import bilingual
import msgspec
import numpy as np
import pytest
from bilingual import CONCEPTS, ConceptEmbedder

from index.centring import language_means
from index.progress import Silence
from index.retrieve import Retriever
from service.evaluation import parallel
from service.evaluation.answerability import Row, all_but, benchmark_rows
from service.evaluation.metrics.refusal import calibration_error
from service.search.calibration import FEATURES, NOTHING_FOUND, Features, FittedOn, Measured, load, spread_of
from service.search.finding import filters_of

calibrate = bilingual.script("calibrate.py")
QUESTIONS = len(CONCEPTS) + 1


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    benchmark = parallel.read(bilingual.write(tmp_path_factory.mktemp("benchmark")), ["en", "de"])
    return list(benchmark_rows(benchmark, ConceptEmbedder(), 250, Silence()))


def _made_up(count: int, documents: int) -> list[Row]:
    """Answerable questions have a match about .1 larger; nothing else tells them apart."""
    random = np.random.default_rng(3)
    found = []
    for number in range(count):
        answerable = number // documents % 2 == 0
        match = random.normal(0.2 if answerable else 0.1, 0.05)
        known = msgspec.structs.replace(NOTHING_FOUND, match=float(match), spelled=float(random.random()))
        found.append(Row(known, answerable, f"document {number % documents}", "cell"))
    return found


def test_every_question_is_asked_with_and_without_its_paragraph_in_every_cell(rows: list[Row]) -> None:
    cells = [f"{question}->{texts}" for texts in ("en", "de", "mixed", "patchwork") for question in ("en", "de")]

    assert {(row.cell, row.answerable) for row in rows} == {(c, a) for c in cells for a in (True, False)}
    assert len(rows) == 2 * QUESTIONS * len(cells)
    assert {row.document for row in rows} == {"Town 0", "Town 1"}


def test_a_question_without_its_paragraph_finds_less(rows: list[Row]) -> None:
    less = [one.features.similarity > two.features.similarity for one, two in zip(rows[::2], rows[1::2], strict=True)]

    # One question of seven is nearer to another paragraph anyway.
    assert less == ([True, False] + [True] * (QUESTIONS - 2)) * 8


def test_the_paragraph_is_gone_in_all_languages(tmp_path: Path) -> None:
    benchmark = parallel.read(bilingual.write(tmp_path), ["en", "de"])
    mixed = parallel.collections(benchmark)[2]
    question = benchmark.questions["en"][2]
    own = [parallel.article_id(language, question.paragraph) for language in benchmark.texts]

    with parallel.indexed(mixed, ConceptEmbedder()) as snapshot:
        filters = filters_of(all_but(snapshot.article_ids, own))
        found = Retriever(snapshot, ConceptEmbedder()).search([question.text], 50, filters)

    articles = {hit.passage.article_id for hit in found.hits}
    assert articles == set(mixed.texts) - set(own)
    assert {hit.sentence.article_id for hit in found.sentences} <= articles


def test_no_document_is_fitted_on_and_judged_by_the_same_weights() -> None:
    table = calibrate.tabulated(_made_up(300, documents=11))

    judged: list[int] = []
    for fit_on, judge in calibrate.folds(table.documents):
        assert not set(table.documents[fit_on]) & set(table.documents[judge])
        judged += list(judge)

    assert sorted(judged) == list(range(300))


def test_the_operating_point_refuses_no_more_than_it_may() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.45, 0.15, 0.02])
    answerable = np.array([True] * 10 + [False] * 3)

    point = calibrate.operating_point(confidence, answerable, 0.2)

    assert point.threshold == pytest.approx(0.2)
    assert np.mean(confidence[answerable] < point.threshold) == 0.2
    assert point.refused == pytest.approx(2 / 3, abs=1e-4)
    assert calibrate.operating_point(confidence, answerable, 0.0).threshold == pytest.approx(0.05)


def test_fitted_weights_tell_answerable_questions_apart_and_are_calibrated() -> None:
    table = calibrate.tabulated(_made_up(4_000, documents=20))
    validated = calibrate.cross_validated(table)

    # Two normal distributions two deviations apart: the likelihood ratio is known.
    match = table.values[:, FEATURES.index("match")]
    exact = 1 / (1 + np.exp(-(match - 0.15) * 0.1 / 0.05**2))
    assert np.abs(validated - exact).max() < 0.05
    assert calibration_error(validated, table.answerable) < 0.03


def test_a_written_calibration_gives_the_probabilities_of_the_fit(tmp_path: Path) -> None:
    table = calibrate.tabulated(_made_up(400, documents=10))
    figure = (0.5, 0.4, 0.6)
    where = FittedOn("concepts", {}, {}, 10, 6, Measured(figure, figure, figure), Measured(figure, figure, figure))
    fitted = calibrate.calibrated(table, calibrate.cross_validated(table), where)
    path = tmp_path / "calibration.json"
    path.write_bytes(msgspec.json.encode(fitted))

    read = load("concepts", path)

    fitted_on = table.values[:, calibrate.COLUMNS]
    expected = calibrate._Model(fitted_on, table.answerable).probabilities(fitted_on)
    assert np.allclose([read.probability(Features(*row)) for row in table.values], expected, atol=1e-4)


def test_intervals_draw_whole_documents() -> None:
    table = calibrate.tabulated(_made_up(200, documents=8))
    one_document = calibrate.tabulated(_made_up(200, documents=1))
    confidence = calibrate.cross_validated(table)

    refused = calibrate.measured(confidence, table).refused
    assert refused[1] < refused[0] < refused[2]
    alone = calibrate.measured(confidence, one_document).refused
    assert alone[0] == alone[1] == alone[2]


def test_the_command_writes_the_file_with_its_figures_and_checks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibrate, "SentenceTransformerEmbedder", lambda *_, **__: ConceptEmbedder())
    monkeypatch.setattr(calibrate, "resolve", lambda *_: tmp_path)
    out = tmp_path / "calibration.json"
    command = ["--xquad", str(bilingual.write(tmp_path / "benchmark")), "--out", str(out)]

    assert calibrate.main(command) == 0
    written = load("concepts", out)
    printed = capsys.readouterr().out

    assert written.fitted_on is not None
    assert written.fitted_on.cells["en->patchwork"] == 2 * QUESTIONS
    assert sorted(written.fitted_on.sources) == ["made.de.json", "made.en.json"]
    assert f"{written.fitted_on.after.refused[0]:.3f}" in printed
    assert "names_missing" in printed
    assert "similarity" not in written.weights

    before = out.read_bytes()
    assert calibrate.main([*command, "--check"]) == 0
    assert out.read_bytes() == before


def test_without_questions_of_both_kinds_it_ends_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibrate, "SentenceTransformerEmbedder", lambda *_, **__: ConceptEmbedder())
    monkeypatch.setattr(calibrate, "resolve", lambda *_: tmp_path)

    assert calibrate.main(["--out", str(tmp_path / "calibration.json")]) == 2
    assert "needs answerable and unanswerable questions" in capsys.readouterr().err
    assert not (tmp_path / "calibration.json").exists()


def test_the_spread_is_the_mean_squared_distance_from_the_language_means(tmp_path: Path) -> None:
    benchmark = parallel.read(bilingual.write(tmp_path), ["en", "de"])

    with parallel.indexed(parallel.collections(benchmark)[2], ConceptEmbedder()) as snapshot:
        spread = spread_of(snapshot)
        vectors, languages = snapshot.sentence_vectors.all(), snapshot.sentence_language
        means = language_means(vectors, languages)

    expected = np.mean(np.linalg.norm(vectors - means[languages], axis=1) ** 2)
    assert spread.sentences == pytest.approx(expected, rel=1e-5)


def test_the_file_that_is_shipped_has_a_weight_for_every_fitted_feature() -> None:
    shipped = load("multilingual-e5-small")

    assert shipped.fitted_on is not None
    assert tuple(shipped.weights) == calibrate.FITTED
    assert [point.false_refusals for point in shipped.points] == list(calibrate.FALSE_REFUSALS)
    assert shipped.fitted_on.after.refused[0] > shipped.fitted_on.before.refused[0]
