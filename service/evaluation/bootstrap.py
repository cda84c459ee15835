"""How sure a figure is: bootstrap intervals, and a paired test of two runs.

Seeded: the same values have the same interval, whatever was computed before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

RESAMPLES = 2_000
SEED = 20_250_613
PERMUTATIONS = 10_000
EXACT_BELOW = 13
"""Up to so many differing pairs, every permutation is looked at: 2 ** 13 are fewer than `PERMUTATIONS`."""

_LEVELS = (2.5, 97.5)
_BLOCK = 500
_TOLERANCE = 1e-9


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean (Efron and Tibshirani 1993, chapter 13). `values` is not empty."""
    distinct, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    n = len(values)
    # Drawing how often each distinct value comes is the same as drawing values, and faster.
    drawn = np.random.default_rng(SEED).multinomial(n, counts / n, size=RESAMPLES)
    low, high = np.percentile(drawn @ distinct / n, _LEVELS)
    return float(low), float(high)


def statistic_interval(statistic: Callable[[Indices], float], n: int) -> tuple[float, float] | None:
    """95 % percentile bootstrap interval of a statistic of `n` questions, which is given the numbers of those drawn.

    Resamples for which the statistic is NaN are left out; None where it is NaN for all of them.
    """
    generator = np.random.default_rng(SEED)
    drawn = np.array([statistic(generator.integers(0, n, n)) for _ in range(RESAMPLES)])
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return None
    low, high = np.percentile(drawn, _LEVELS)
    return float(low), float(high)


def paired_p(old: Sequence[float], new: Sequence[float]) -> float:
    """Two-sided p of a paired permutation test of the mean difference (Fisher 1935; for IR Smucker et al. 2007).

    Which run a question's value came from is swapped, in every way where few differ, else at random with the observed
    one added (Phipson and Smyth 2010). 1.0 where no value differs.
    """
    differences = np.asarray(new, dtype=np.float64) - np.asarray(old, dtype=np.float64)
    differences = differences[differences != 0]
    observed = abs(differences.sum()) - _TOLERANCE
    if len(differences) <= EXACT_BELOW:
        signs = np.array(list(product((-1, 1), repeat=len(differences))), dtype=np.float64)
        return float(np.mean(np.abs(signs @ differences) >= observed))
    return (1 + _as_extreme(differences, observed)) / (1 + PERMUTATIONS)


def _as_extreme(differences: Floats, observed: float) -> int:
    """How many of `PERMUTATIONS` random swaps have a difference at least as large as the one observed."""
    generator = np.random.default_rng(SEED)
    found = 0
    for _ in range(PERMUTATIONS // _BLOCK):
        signs = generator.integers(0, 2, (_BLOCK, len(differences)), dtype=np.int8) * 2 - 1
        found += int(np.sum(np.abs(signs @ differences) >= observed))
    return found
