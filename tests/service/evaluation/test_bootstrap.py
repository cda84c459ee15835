"""Intervals and the paired test."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.evaluation.bootstrap import mean_interval, paired_p, statistic_interval

values = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=9)


def test_the_interval_of_a_share_is_near_the_exact_one() -> None:
    low, high = mean_interval([1.0] * 70 + [0.0] * 30)
    exact = stats.binom(100, 0.7)

    assert low == pytest.approx(exact.ppf(0.025) / 100, abs=0.011)
    assert high == pytest.approx(exact.ppf(0.975) / 100, abs=0.011)


def test_the_interval_agrees_with_an_independent_bootstrap() -> None:
    sample = np.random.default_rng(3).gamma(2.0, size=60)
    independent = stats.bootstrap(
        (sample,), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(1)
    ).confidence_interval

    assert mean_interval(sample.tolist()) == pytest.approx((independent.low, independent.high), abs=0.04)


def test_values_that_are_all_alike_leave_no_doubt() -> None:
    assert mean_interval([0.25] * 7) == (0.25, 0.25)


def test_the_interval_is_the_same_every_time_and_in_every_order() -> None:
    assert mean_interval([1.0, 0.0, 0.5, 1.0]) == mean_interval([0.5, 1.0, 1.0, 0.0])


def test_the_interval_of_a_statistic_is_that_of_its_resamples() -> None:
    sample = np.array([0.0] * 30 + [1.0] * 70)

    interval = statistic_interval(lambda drawn: float(sample[drawn].mean()), 100)

    assert interval == pytest.approx(mean_interval(sample.tolist()), abs=0.011)


def test_a_statistic_that_is_never_known_has_no_interval() -> None:
    assert statistic_interval(lambda drawn: float("nan"), 5) is None


@given(values.flatmap(lambda old: st.tuples(st.just(old), st.permutations(old))))
def test_p_of_few_pairs_is_that_of_all_swaps(pair: tuple[list[float], list[float]]) -> None:
    old, new = pair
    differences = [after - before for before, after in zip(old, new, strict=True)]
    sums = [
        abs(sum(sign * difference for sign, difference in zip(signs, differences, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(differences))
    ]

    expected = sum(one >= abs(sum(differences)) - 1e-9 for one in sums) / len(sums)
    assert paired_p(old, new) == pytest.approx(expected)


def test_p_of_many_pairs_is_near_that_of_an_independent_test() -> None:
    generator = np.random.default_rng(5)
    old, new = generator.normal(size=40), generator.normal(0.4, size=40)
    independent = stats.permutation_test(
        (new - old,), np.mean, permutation_type="samples", n_resamples=20_000, rng=generator
    ).pvalue

    assert paired_p(old.tolist(), new.tolist()) == pytest.approx(independent, abs=0.01)


def test_a_run_does_not_differ_from_itself() -> None:
    assert paired_p([0.0, 1.0, 0.5] * 20, [0.0, 1.0, 0.5] * 20) == 1.0


def test_ten_questions_turned_the_same_way_are_no_accident() -> None:
    assert paired_p([0.0] * 10, [1.0] * 10) == 2 / 2**10
