"""Scores that can be compared across languages: how far each lies above what its language scores for the question.

A question meets texts in its own language by chance alone, with letters as with vectors. Measured from the mean of its
language, in units of that language's standard deviation, a text of either language is as good as it can be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHRINKAGE = 10.0
"""A language's mean is trusted as if this many rows with the mean of all stood beside its own, and its variance as if
they had the mean variance within a language."""

SAMPLE = 1024
"""Rows of each language that tell its scale: a search must not read more of a larger collection."""

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]
Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of the scores of each language code, float32 `(codes,)` each."""

    mean: Scores
    deviation: Scores

    def standardise(self, scores: Scores, languages: Codes) -> Scores:
        """(score - mean) / deviation, each of its own language; float32 of the shape that both have."""
        standardised: Scores = (scores - self.mean[languages]) / self.deviation[languages]
        return standardised


def spread(languages: Codes, count: int) -> Rows:
    """Up to `count` rows of each language code, evenly spread over its rows, ascending."""
    chosen = [np.empty(0, dtype=np.int64)]
    for code in np.unique(languages):
        own = np.flatnonzero(languages == code)
        chosen.append(own[np.linspace(0, len(own) - 1, min(count, len(own))).astype(np.int64)])
    return np.sort(np.concatenate(chosen))


def scale(scores: Scores, languages: Codes, least: float) -> Scale:
    """The scale of rows' scores for one question, each with its language code.

    `least` is the smallest deviation that is taken for one: without it, a single row that is met would lie infinitely
    far above all others.
    """
    codes = int(languages.max(initial=-1)) + 1
    rows = np.bincount(languages, minlength=codes)
    sums = np.bincount(languages, scores, codes)
    squares = np.bincount(languages, scores * scores, codes)
    total = max(1, len(scores))
    mean = (sums + SHRINKAGE * sums.sum() / total) / (rows + SHRINKAGE)
    scatter = squares - sums**2 / np.maximum(rows, 1)
    variance = (scatter + SHRINKAGE * scatter.sum() / total) / (rows + SHRINKAGE)
    deviation = np.sqrt(np.maximum(variance, least**2))
    return Scale(mean.astype(np.float32), deviation.astype(np.float32))
