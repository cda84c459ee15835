from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.scales import SHRINKAGE, scale, spread

ROWS = st.lists(st.tuples(st.floats(0, 1, width=32), st.integers(0, 2)), min_size=1, max_size=60)


def columns(rows: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in rows], np.float32), np.array([code for _, code in rows], np.int32)


def test_a_languages_bonus_disappears() -> None:
    own = np.random.default_rng(0).random(1000, dtype=np.float32)
    scores = np.concatenate([own, own / 4 + 0.5])
    languages = np.repeat(np.array([0, 1], np.int32), 1000)

    standardised = scale(scores, languages, 1e-6).standardise(scores, languages)

    assert standardised[:1000] == pytest.approx(standardised[1000:], abs=0.1)
    assert standardised[:1000].mean() == pytest.approx(0, abs=0.06)
    assert standardised[:1000].std() == pytest.approx(1, abs=0.06)


@given(ROWS)
def test_mean_and_deviation_are_those_of_the_language_drawn_towards_all(rows: list[tuple[float, int]]) -> None:
    scores, languages = columns(rows)

    found = scale(scores, languages, 1e-3)

    groups = {code: scores[languages == code].astype(np.float64) for code in set(languages.tolist())}
    within = sum(own.var() * len(own) for own in groups.values()) / len(scores)
    for code, own in groups.items():
        weight = len(own) + SHRINKAGE
        mean = (own.sum() + SHRINKAGE * scores.mean()) / weight
        variance = (own.var() * len(own) + SHRINKAGE * within) / weight
        assert found.mean[code] == pytest.approx(mean, abs=1e-5)
        assert found.deviation[code] == pytest.approx(max(1e-3, np.sqrt(variance)), abs=1e-4)


@given(ROWS)
def test_within_a_language_the_order_stays(rows: list[tuple[float, int]]) -> None:
    scores, languages = columns(rows)

    standardised = scale(scores, languages, 0.01).standardise(scores, languages)

    for code in set(languages.tolist()):
        own = np.argsort(scores[languages == code], kind="stable")
        assert (np.diff(standardised[languages == code][own]) >= 0).all()


def test_where_all_score_the_same_nothing_stands_out() -> None:
    scores, languages = np.full(4, 0.25, np.float32), np.array([0, 0, 1, 3], np.int32)

    assert scale(scores, languages, 0.01).standardise(scores, languages).tolist() == pytest.approx([0.0] * 4)


def test_a_single_row_that_is_met_lies_no_further_above_than_the_least_deviation_allows() -> None:
    scores, languages = np.zeros(1_000_000, np.float32), np.zeros(1_000_000, np.int32)
    scores[7] = 0.5

    assert scale(scores, languages, 0.01).standardise(scores[[7]], languages[[7]]).tolist() == pytest.approx(
        [50], rel=1e-3
    )


def test_an_empty_collection_has_an_empty_scale() -> None:
    found = scale(np.zeros(0, np.float32), np.zeros(0, np.int32), 0.01)

    assert len(found.mean) == len(found.deviation) == 0


def test_rows_are_spread_over_every_language_and_all_are_taken_where_there_are_few() -> None:
    rows = spread(np.array([0] * 1000 + [1] * 3, dtype=np.int32), 24)

    assert (rows < 1000).sum() == 24
    assert (rows[0], rows[23]) == (0, 999)
    assert rows[-3:].tolist() == [1000, 1001, 1002]
