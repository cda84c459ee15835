"""Made-up vectors that lie like those of real passages and questions, for collections too large to embed.

What was measured of multilingual-e5-small on XQuAD's paragraphs and questions (docs/scale.md) is a constant here: the
length of the mean, the variance and how it is shared among directions, how much of it lies between documents and how
much between passages of one, and how questions are displaced from the passage that answers them. Documents are drawn
independently: those of real collections gather around subjects, which makes searching easier.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors

DIM = 384
PASSAGES_A_DOCUMENT = 8
PORTION = 2_048 * PASSAGES_A_DOCUMENT
"""Passages that are drawn at once."""

MEAN_LENGTH = 0.865
VARIANCE = 0.251
"""Mean squared distance of passages from their mean."""
BETWEEN = 0.275
"""Share of the variance that lies between documents."""
SHARES = {1: 0.0677, 2: 0.0383, 4: 0.0242, 8: 0.0159, 16: 0.0097, 32: 0.0059, 64: 0.0036, 128: 0.0020, 192: 0.0013}
SHARES |= {256: 0.00087, 320: 0.00056, 384: 0.0001}
"""Of all variance that the n-th direction has, for some n; between them, the logarithm is interpolated."""
FLATTER_WITHIN, FLATTER_ASKED = 0.75, 0.5
"""Exponents of these shares within documents and of what questions add: both use more directions."""
UNEVEN = 0.1
"""Standard deviation of the logarithm of how far the passages of a document lie apart."""
KEPT, KEPT_DEVIATION = 0.482, 0.092
"""Of a passage's distance from the mean, that its questions share: mean and standard deviation."""
ADDED = 0.193
"""Variance of what questions add."""
ASKED_MEAN = 0.993
"""Cosine between the mean of questions and that of passages, which are of one length."""

Rows = NDArray[np.int64]


class Synthetic:
    """A collection of `count` passages. The same count gives the same vectors."""

    def __init__(self, count: int) -> None:
        """Nothing is drawn yet."""
        self.count = count
        random = np.random.default_rng(0)
        directions = np.linalg.qr(random.standard_normal((DIM, DIM)))[0].astype(np.float32)
        self._mean, other = MEAN_LENGTH * directions[0], MEAN_LENGTH * directions[1]
        self._asked_mean = ASKED_MEAN * self._mean + np.float32(np.sqrt(1 - ASKED_MEAN**2)) * other
        self._turned = np.linalg.qr(random.standard_normal((DIM, DIM)))[0].astype(np.float32)
        self._between = _deviations(VARIANCE * BETWEEN, 1.0)
        self._within = _deviations(VARIANCE * (1 - BETWEEN), FLATTER_WITHIN)
        self._added = _deviations(ADDED, FLATTER_ASKED)

    def portions(self) -> Iterator[Vectors]:
        """All passages in order, float32 `(n, DIM)` of unit length, at most `PORTION` at once."""
        for number in range(-(-self.count // PORTION)):
            yield self.portion(number)

    def portion(self, number: int) -> Vectors:
        """The passages of one portion, by its number."""
        random = np.random.default_rng([1, number])
        count = PORTION // PASSAGES_A_DOCUMENT
        documents = random.standard_normal((count, 1, DIM), dtype=np.float32) * self._between
        apart = np.exp(np.float32(UNEVEN) * random.standard_normal((count, 1, 1), dtype=np.float32))
        within = random.standard_normal((count, PASSAGES_A_DOCUMENT, DIM), dtype=np.float32) * self._within
        passages = (documents + apart * within).reshape(PORTION, DIM)
        return _unit(passages @ self._turned + self._mean)[: self.count - number * PORTION]

    def questions(self, count: int) -> tuple[Vectors, Rows]:
        """Questions, float32 `(count, DIM)`, about passages spread over the collection, whose rows come with them."""
        portions = np.unique(np.linspace(0, -(-self.count // PORTION) - 1, 16).astype(np.int64))
        random = np.random.default_rng(2)
        vectors, rows = [], []
        for number, wanted in zip(portions, np.array_split(np.arange(count), len(portions)), strict=True):
            passages = self.portion(int(number))
            chosen = random.choice(len(passages), len(wanted), replace=len(wanted) > len(passages))
            vectors.append(self._asked(passages[chosen], random))
            rows.append(number * PORTION + chosen)
        return np.concatenate(vectors), np.concatenate(rows)

    def _asked(self, passages: Vectors, random: np.random.Generator) -> Vectors:
        added = random.standard_normal(passages.shape, dtype=np.float32) * self._added
        kept = KEPT + KEPT_DEVIATION * random.standard_normal((len(passages), 1), dtype=np.float32)
        return _unit(self._asked_mean + kept * (passages - self._mean) + added @ self._turned)


def _deviations(variance: float, exponent: float) -> Vectors:
    """Standard deviations of the directions, which share `variance`."""
    known = np.array(list(SHARES.items()))
    shares = np.exp(np.interp(np.log(np.arange(1, DIM + 1)), np.log(known[:, 0]), np.log(known[:, 1]))) ** exponent
    deviations: Vectors = np.sqrt(variance * shares / shares.sum()).astype(np.float32)
    return deviations


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
