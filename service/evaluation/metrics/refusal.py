"""Whether confidence tells right answers from wrong ones.

Answers are given by their confidence, float `(n,)` in [0, 1], and by whether they are right, bool `(n,)`. Questions
that were refused or failed have no answer; they count in `total` alone. Answers of equal confidence can't be told
apart, so every function treats them as one block: the order of questions never matters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 10


class RiskCoverage(NamedTuple):
    """One entry a distinct confidence, highest first: answering only from `threshold` on has this coverage and risk."""

    coverage: Floats
    risk: Floats
    threshold: Floats


class Bin(NamedTuple):
    """The answers whose confidence is in [`low`, `high`), the last bin with 1; means are None where there are none."""

    low: float
    high: float
    n: int
    confidence: float | None
    right: float | None


def risk_coverage(confidence: Floats, right: Flags, total: int) -> RiskCoverage:
    """Share of `total` that is answered and share of wrong ones among them, for every threshold.

    El-Yaniv and Wiener 2010; for questions answering Kamath et al. 2020. Empty where there are no answers.
    """
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    last = np.flatnonzero(np.append(np.diff(ordered) != 0, True)) if len(ordered) else np.empty(0, dtype=np.int64)
    wrong = np.cumsum(~right[order])
    return RiskCoverage((last + 1) / total, wrong[last] / (last + 1), ordered[last])


def area(confidence: Floats, right: Flags) -> float:
    """Area under the risk-coverage curve: the mean risk over 1, 2, ..., n answers, surest first. Geifman et al. 2019.

    Within a block of equal confidence the risk is what a random order has on average. NaN where there are no answers.
    """
    if not len(confidence):
        return float("nan")
    distinct, block = np.unique(-confidence, return_inverse=True)
    sizes = np.bincount(block, minlength=len(distinct))
    wrong = np.bincount(block, weights=~right, minlength=len(distinct)) / sizes
    expected = np.repeat(wrong, sizes)
    return float(np.mean(np.cumsum(expected) / np.arange(1, len(expected) + 1)))


def coverage_at_precision(confidence: Floats, right: Flags, total: int, precision: float) -> float:
    """The largest share of `total` that some threshold answers with at least `precision`; 0 where none does."""
    curve = risk_coverage(confidence, right, total)
    # A share such as 19/20 is exact only up to rounding.
    reached = curve.coverage[1 - curve.risk >= precision - 1e-12]
    return float(reached.max()) if len(reached) else 0.0


def calibration_bins(confidence: Floats, right: Flags) -> tuple[Bin, ...]:
    """Answers by confidence in `BINS` bins of equal width, as a reliability diagram shows them."""
    number = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return tuple(_bin(index, confidence[number == index], right[number == index]) for index in range(BINS))


def calibration_error(confidence: Floats, right: Flags) -> float:
    """Expected calibration error: |mean confidence - share right| of each bin, weighted by its answers.

    Naeini et al. 2015, Guo et al. 2017. NaN where there are no answers.
    """
    if not len(confidence):
        return float("nan")
    number = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(number, weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _bin(index: int, confidence: Floats, right: Flags) -> Bin:
    n = len(confidence)
    means = (float(confidence.mean()), float(right.mean())) if n else (None, None)
    return Bin(index / BINS, (index + 1) / BINS, n, *means)
