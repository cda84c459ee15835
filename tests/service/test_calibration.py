"""The features of a question and its evidence, and the calibration file."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.retrieve import Found
from index.types import ArticleInfo, Hit, Passage, Sentence, SentenceHit
from service import calibration
from service.calibration import (
    DEFAULTS,
    FEATURES,
    NOTHING_FOUND,
    Calibration,
    Features,
    FittedOn,
    Measured,
    OperatingPoint,
    Weight,
    features,
    load,
)
from service.errors import SettingsError
from service.evidence import Evidence

FERRY = "The ferry to Holm was sold by the Castellmar shipping company in March."
BRIDGE = "Die Brücke über den Hafen von Porthaven wurde im Juni eröffnet."


def _hit(row: int, text: str, cosine: float, *, article: str = "a", language: str = "en") -> SentenceHit:
    return SentenceHit(row, Sentence(article, 0, len(text), row, language), text, cosine, cosine)


def _evidence(hit: SentenceHit) -> Evidence:
    info = ArticleInfo(hit.sentence.article_id, "", None, date(2025, 6, 1), hit.sentence.language, "0" * 64)
    return Evidence(
        row=hit.row,
        article=info,
        start=0,
        end=len(hit.text),
        text=hit.text,
        language=hit.sentence.language,
        context=hit.text,
        passage=hit.text,
        cosine=hit.cosine,
    )


def _known(question: str, *hits: SentenceHit, language: str = "en", names: tuple[str, ...] = ()) -> Features:
    passages = tuple(
        Hit(hit.row, Passage(hit.sentence.article_id, 0, 9, "", "en"), hit.score, hit.cosine, hit.cosine, 0.0)
        for hit in hits
    )
    return features(question, language, names, Found(passages, hits, 0.0, 0.0), [_evidence(hit) for hit in hits])


def _calibration() -> Calibration:
    figure = (0.8, 0.7, 0.9)
    return Calibration(
        schema=calibration.SCHEMA,
        intercept=-0.5,
        weights={"similarity": Weight(0.1, 0.02, 1.5), "names_missing": Weight(0.2, 0.4, -1.0)},
        points=(OperatingPoint(0.01, 0.2, 0.4), OperatingPoint(0.1, 0.6, 0.85)),
        fitted_on=FittedOn(
            embedding="words",
            sources={"made.en.json": "0" * 64},
            cells={"en->en": 24},
            documents=4,
            folds=2,
            before=Measured(figure, figure, figure),
            after=Measured(figure, figure, figure),
        ),
    )


def test_features_follow_the_best_sentences_and_passage() -> None:
    known = _known("Who sold the ferry?", _hit(0, FERRY, 0.2), _hit(1, BRIDGE, 0.4), _hit(2, FERRY, 0.0))

    assert known.similarity == 0.4
    assert known.support == pytest.approx(0.2)
    assert known.passage == 0.4
    scores = np.array([0.2, 0.4, 0.0])
    assert known.contrast == pytest.approx(math.tanh((0.4 - scores.mean()) / scores.std() / 4))


def test_lead_is_over_the_third_article_because_the_second_may_be_a_copy() -> None:
    hits = [_hit(0, FERRY, 0.5, article="a"), _hit(1, FERRY, 0.48, article="a")]
    hits += [_hit(2, FERRY, 0.49, article="copy"), _hit(3, BRIDGE, 0.2, article="c")]

    assert _known("Who sold the ferry?", *hits).lead == pytest.approx(0.3)
    assert _known("Who sold the ferry?", *hits[:2]).lead == 0.0


def test_names_that_no_evidence_mentions_are_counted() -> None:
    assert (
        _known("Did Castellmar buy Brunvald?", _hit(0, FERRY, 0.2), names=("castellmar", "brunvald")).names_missing
        == 0.5
    )
    assert _known("Who sold it?", _hit(0, FERRY, 0.2)).names_missing == 0.0


def test_words_count_by_rarity_and_together() -> None:
    hits = (_hit(0, FERRY, 0.2), _hit(1, "The harbour has a crane.", 0.1))

    both = _known("When was the Castellmar harbour ferry sold?", *hits)
    common = _known("Was it the one that they had?", *hits)

    assert both.words > both.words_together > 0.5
    assert common.words < 0.5


def test_a_word_is_found_in_its_other_forms() -> None:
    sold = _known("ferries", _hit(0, "Two ferriers", 0.1)), _known("Hafens", _hit(0, BRIDGE, 0.1, language="de"))

    assert [known.words for known in sold] == [1.0, 1.0]


def test_evidence_in_another_language_than_the_question_is_marked() -> None:
    same, other = _known("Castellmar", _hit(0, FERRY, 0.2)), _known("Porthaven", _hit(0, BRIDGE, 0.2, language="de"))

    assert (same.crossed, same.words_together_crossed) == (0.0, 0.0)
    assert (other.crossed, other.words_together_crossed) == (1.0, 1.0)


def test_nothing_found_has_no_features() -> None:
    assert features("Who?", "en", (), Found((), (), 0.0, 0.0), ()) == NOTHING_FOUND
    assert DEFAULTS.probability(NOTHING_FOUND) < DEFAULTS.threshold(0.05)


@given(
    question=st.text(max_size=200),
    texts=st.lists(st.text(max_size=60), min_size=1, max_size=8),
    cosines=st.lists(st.floats(-1.5, 1.5, width=32), min_size=8, max_size=8),
    names=st.lists(st.text("abcäß", min_size=2, max_size=5), max_size=3),
    language=st.sampled_from(["de", "en", "ru"]),
)
def test_features_are_bounded(
    question: str, texts: list[str], cosines: list[float], names: list[str], language: str
) -> None:
    hits = [_hit(row, text, cosine) for row, (text, cosine) in enumerate(zip(texts, cosines, strict=False))]

    known = _known(question, *hits, language=language, names=tuple(names))

    for name in FEATURES:
        assert -1.0 <= getattr(known, name) <= 1.0
        assert name in ("similarity", "support", "passage", "lead") or getattr(known, name) >= 0.0
    assert 0.0 <= DEFAULTS.probability(known) <= 1.0


def test_the_probability_is_that_of_a_logistic_regression() -> None:
    known = msgspec.structs.replace(NOTHING_FOUND, similarity=0.13, names_missing=0.5)
    odds = -0.5 + 1.5 * (0.13 - 0.1) / 0.02 - (0.5 - 0.2) / 0.4

    assert _calibration().probability(known) == pytest.approx(1 / (1 + math.exp(-odds)))


@pytest.mark.parametrize(("odds", "probability"), [(-1e4, 0.0), (0.0, 0.5), (1e4, 1.0)])
def test_far_odds_do_not_overflow(odds: float, probability: float) -> None:
    assert calibration.logistic(odds) == probability


def test_the_threshold_is_that_of_the_nearest_point_that_refuses_no_more() -> None:
    assert _calibration().threshold(0.1) == 0.6
    assert _calibration().threshold(0.05) == 0.2
    assert _calibration().threshold(0.001) == 0.2


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(msgspec.json.encode(_calibration()))

    assert load("words", path) == _calibration()


def test_without_a_file_the_defaults_decide_by_similarity_alone(tmp_path: Path) -> None:
    assert load("words", tmp_path / "missing.json") == DEFAULTS
    likely, unlikely = (msgspec.structs.replace(NOTHING_FOUND, similarity=value) for value in (0.046, 0.044))
    assert DEFAULTS.probability(likely) > DEFAULTS.threshold(0.05) > DEFAULTS.probability(unlikely)


def test_weights_of_another_model_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(msgspec.json.encode(_calibration()))

    assert load("another model", path) == DEFAULTS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no calibration"),
        (b"\xff\xfe", "no calibration"),
        (b'{"schema": 1}', "missing required field"),
        (msgspec.json.encode(msgspec.structs.replace(DEFAULTS)).replace(b'"schema":1', b'"schema":2'), "schema is 2"),
        (msgspec.json.encode(DEFAULTS).replace(b"similarity", b"luck"), "unknown features: luck"),
        (msgspec.json.encode(DEFAULTS).replace(b'"scale":0.025', b'"scale":0'), "scale"),
        (msgspec.json.encode(DEFAULTS).replace(b'"intercept"', b'"risk":1,"intercept"'), "risk"),
    ],
)
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=reason) as told:
        load("words", path)
    assert str(path) in str(told.value)
