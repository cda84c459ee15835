"""The features of a question and its evidence, and the calibration file."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.retrieve import Found
from index.standing import NOWHERE, Standing
from index.types import ArticleInfo, Hit, Passage, Sentence, SentenceHit
from service.errors import SettingsError
from service.search import calibration
from service.search.calibration import (
    DEFAULTS,
    FEATURES,
    NOTHING_FOUND,
    Calibration,
    Features,
    FittedOn,
    Measured,
    OperatingPoint,
    Spread,
    Weight,
    features,
    load,
)
from service.search.evidence import Evidence

FERRY = "The ferry to Holm was sold by the Castellmar shipping company in March."
ONE = Spread(1.0, 1.0)
SIMILARITIES = {"similarity", "match", "lead", "sentence_ahead"}
LEADS = {"ahead", "worst_ahead_crossed", "words_ahead"}
STANDING = Standing(match=0.6, ahead=5.0, worst_ahead=2.0, sentence_ahead=0.1, words_ahead=7.0)

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


def _known(
    question: str,
    *hits: SentenceHit,
    language: str = "en",
    names: tuple[str, ...] = (),
    spread: Spread = ONE,
    standing: Standing = NOWHERE,
) -> Features:
    passages = tuple(
        Hit(hit.row, Passage(hit.sentence.article_id, 0, 9, "", hit.sentence.language), 1.0, hit.cosine, 0.0, 0.4)
        for hit in hits
    )
    found = Found(passages, hits, 0.0, 0.0, standing)
    return features(question, language, names, found, hits[0].text, [_evidence(hit) for hit in hits], spread)


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


def test_features_follow_the_standing_of_the_best_passage() -> None:
    same = _known("Who sold the ferry?", _hit(0, FERRY, 0.2), standing=STANDING)
    crossed = _known("Who sold the ferry?", _hit(0, BRIDGE, 0.2, language="de"), standing=STANDING)

    assert (same.match, same.ahead, same.sentence_ahead, same.words_ahead) == (0.6, 5.0, 0.1, 7.0)
    assert (same.worst_ahead_crossed, same.lexical_crossed, same.crossed) == (0.0, 0.0, 0.0)
    assert (crossed.worst_ahead_crossed, crossed.lexical_crossed, crossed.crossed) == (2.0, 0.4, 1.0)


def test_similarities_are_measured_by_how_far_the_collection_lies_apart() -> None:
    hits = [_hit(0, FERRY, 0.2), _hit(1, BRIDGE, 0.04)]
    known = _known("Who sold the ferry?", *hits, spread=Spread(0.2, 0.4))

    assert (known.similarity, known.lead) == pytest.approx((1.0, 0.8))


def test_lead_is_over_the_third_passage_because_the_second_may_be_a_copy() -> None:
    hits = [_hit(0, FERRY, 0.5), _hit(1, FERRY, 0.49, article="copy"), _hit(2, BRIDGE, 0.2), _hit(3, BRIDGE, 0.1)]

    assert _known("Who sold the ferry?", *hits).lead == pytest.approx(0.3)
    assert _known("Who sold the ferry?", *hits[:2]).lead == pytest.approx(0.01)


def test_names_that_no_evidence_mentions_are_counted() -> None:
    assert (
        _known("Did Castellmar buy Brunvald?", _hit(0, FERRY, 0.2), names=("castellmar", "brunvald")).names_missing
        == 0.5
    )
    assert _known("Who sold it?", _hit(0, FERRY, 0.2)).names_missing == 0.0


def test_figures_that_the_best_passage_does_not_have_are_counted() -> None:
    hit = _hit(0, "In 1912 the ferry carried 40 people.", 0.2)

    assert _known("Did it carry 40 people in 1913, in 1912 and in 1912?", hit).figures_missing == pytest.approx(1 / 3)
    assert _known("How many people did it carry?", hit).figures_missing == 0.0


def test_words_of_the_best_passage_are_counted_not_those_of_other_evidence() -> None:
    here, elsewhere = (
        _known("Castellmar", *hits).spelled
        for hits in ((_hit(0, FERRY, 0.2), _hit(1, BRIDGE, 0.4)), (_hit(1, BRIDGE, 0.4), _hit(0, FERRY, 0.2)))
    )

    assert here == 1.0 > 0.1 > elsewhere


def test_a_question_without_a_name_is_marked_across_languages() -> None:
    hit = _hit(0, BRIDGE, 0.2, language="de")

    assert _known("Who sold it?", hit).nameless_crossed == 1.0
    assert _known("What did Castellmar sell?", hit, names=("castellmar",)).nameless_crossed == 0.0


def test_words_that_are_spelled_alike_count_by_rarity() -> None:
    both, rare, common = (
        calibration.spelled_share(question, "en", FERRY, "en")
        for question in ("Castellmar ferry", "Castellmar harbour", "harbour ferry")
    )

    assert both == 1.0
    assert 1.0 > rare > common > 0.0
    assert calibration.spelled_share("Brunvald", "en", FERRY, "en") < 0.1


def test_names_and_cognates_are_found_across_languages() -> None:
    german = "Die Regierung von Kalifornien hat die Universität gegründet."

    assert calibration.spelled_share("university", "en", german, "de") > 0.3
    assert calibration.spelled_share("government", "en", german, "de") < 0.1


def test_what_is_marked_as_crossed_counts_only_across_languages() -> None:
    same, other = _known("Castellmar", _hit(0, FERRY, 0.2)), _known("Porthaven", _hit(0, BRIDGE, 0.2, language="de"))

    crossed = [name for name in FEATURES if name.endswith("crossed")]
    assert [getattr(same, name) for name in crossed] == [0.0] * len(crossed)
    assert (other.lexical_crossed, other.nameless_crossed, other.crossed) == (0.4, 1.0, 1.0)


def test_nothing_found_has_no_features() -> None:
    assert features("Who?", "en", (), Found((), (), 0.0, 0.0), "", (), ONE) == NOTHING_FOUND
    assert DEFAULTS.probability(NOTHING_FOUND) < DEFAULTS.threshold(0.05)


@given(
    question=st.text(max_size=200),
    texts=st.lists(st.text(max_size=60), min_size=1, max_size=8),
    cosines=st.lists(st.floats(-1.5, 1.5, width=32), min_size=8, max_size=8),
    stands=st.lists(st.floats(-99, 99), min_size=5, max_size=5),
    names=st.lists(st.text("abcäß", min_size=2, max_size=5), max_size=3),
    language=st.sampled_from(["de", "en", "ru"]),
)
def test_features_are_bounded(
    question: str, texts: list[str], cosines: list[float], stands: list[float], names: list[str], language: str
) -> None:
    hits = [_hit(row, text, cosine) for row, (text, cosine) in enumerate(zip(texts, cosines, strict=False))]

    known = _known(question, *hits, language=language, names=tuple(names), standing=Standing(*stands))

    for name in FEATURES:
        largest = 3.0 if name in SIMILARITIES else 30.0 if name in LEADS else 1.0
        assert -largest <= getattr(known, name) <= largest
        assert name in SIMILARITIES | LEADS or getattr(known, name) >= 0.0
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
    likely, unlikely = (msgspec.structs.replace(NOTHING_FOUND, similarity=value) for value in (0.351, 0.349))
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
        (msgspec.json.encode(DEFAULTS).replace(b'"scale":0.2', b'"scale":0'), "scale"),
        (msgspec.json.encode(DEFAULTS).replace(b'"intercept"', b'"risk":1,"intercept"'), "risk"),
    ],
)
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=reason) as told:
        load("words", path)
    assert str(path) in str(told.value)
