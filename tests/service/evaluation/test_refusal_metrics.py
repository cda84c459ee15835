"""What confidence is worth, by hand-computed cases and by brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evaluation.metrics import refusal
from service.evaluation.metrics.cost import quantile

answers = st.lists(st.tuples(st.sampled_from([0.0, 0.05, 0.3, 0.55, 0.8, 1.0]), st.booleans()), max_size=6)


def arrays(pairs: list[tuple[float, bool]]) -> tuple[refusal.Floats, refusal.Flags]:
    confidence = np.array([confidence for confidence, _ in pairs], dtype=np.float64)
    return confidence, np.array([right for _, right in pairs], dtype=np.bool_)


def test_the_curve_has_a_point_for_every_confidence() -> None:
    confidence, right = arrays([(0.5, True), (0.9, True), (0.5, False), (0.1, False)])

    curve = refusal.risk_coverage(confidence, right, total=8)

    assert curve.threshold.tolist() == [0.9, 0.5, 0.1]
    assert curve.coverage.tolist() == [1 / 8, 3 / 8, 4 / 8]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 3, 1 / 2])


def test_the_area_is_the_mean_risk() -> None:
    # Surest first: right, wrong, right; risks 0, 1/2, 1/3.
    assert refusal.area(*arrays([(0.2, True), (0.9, True), (0.4, False)])) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)


@given(answers.filter(bool))
def test_the_area_is_the_mean_over_all_orders_of_equally_sure_answers(pairs: list[tuple[float, bool]]) -> None:
    def of(order: tuple[tuple[float, bool], ...]) -> float:
        wrong = [not right for _, right in order]
        return sum(sum(wrong[:k]) / k for k in range(1, len(wrong) + 1)) / len(wrong)

    orders = [
        order
        for order in itertools.permutations(pairs)
        if all(one[0] >= other[0] for one, other in itertools.pairwise(order))
    ]

    assert refusal.area(*arrays(pairs)) == pytest.approx(sum(map(of, orders)) / len(orders))


@given(answers, st.integers(0, 3), st.sampled_from([0.5, 0.95]))
def test_coverage_at_a_precision_is_the_best_threshold(
    pairs: list[tuple[float, bool]], refused: int, precision: float
) -> None:
    total = len(pairs) + refused or 1
    best = 0.0
    for threshold in {confidence for confidence, _ in pairs}:
        given_then = [right for confidence, right in pairs if confidence >= threshold]
        if sum(given_then) / len(given_then) >= precision:
            best = max(best, len(given_then) / total)

    assert refusal.coverage_at_precision(*arrays(pairs), total, precision) == pytest.approx(best)


def test_nineteen_of_twenty_are_95_percent() -> None:
    confidence, right = arrays([(0.5, True)] * 19 + [(0.5, False)])

    assert refusal.coverage_at_precision(confidence, right, 20, 0.95) == 1.0


def test_the_calibration_error_weighs_each_bin_by_its_answers() -> None:
    # Bin [0.9, 1]: sure 0.95 on average, half right; bin [0.2, 0.3): sure 0.25, all right.
    pairs = [(0.9, True), (1.0, False), (0.25, True), (0.25, True)]

    assert refusal.calibration_error(*arrays(pairs)) == pytest.approx((2 * 0.45 + 2 * 0.75) / 4)


def test_the_bins_are_those_that_were_counted() -> None:
    bins = refusal.calibration_bins(*arrays([(0.9, True), (1.0, False), (0.25, True)]))

    assert [(bin.low, bin.n, bin.confidence, bin.right) for bin in bins if bin.n] == [
        (0.2, 1, 0.25, 1.0),
        (0.9, 2, pytest.approx(0.95), 0.5),
    ]
    assert len(bins) == 10
    assert bins[0].confidence is None


@given(answers.filter(bool))
def test_the_error_is_that_of_the_bins(pairs: list[tuple[float, bool]]) -> None:
    confidence, right = arrays(pairs)
    expected = sum(
        one.n * abs(one.confidence - one.right)
        for one in refusal.calibration_bins(confidence, right)
        if one.confidence is not None and one.right is not None
    )

    assert refusal.calibration_error(confidence, right) == pytest.approx(expected / len(pairs))


def test_without_answers_there_is_nothing_to_say() -> None:
    nothing = arrays([])

    assert math.isnan(refusal.area(*nothing))
    assert math.isnan(refusal.calibration_error(*nothing))
    assert refusal.coverage_at_precision(*nothing, 3, 0.95) == 0.0
    assert len(refusal.risk_coverage(*nothing, 3).risk) == 0


def test_quantiles_interpolate() -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.95) == pytest.approx(3.85)
    assert quantile([7.0], 0.95) == 7.0
