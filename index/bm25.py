"""BM25 as Lucene computes it: the formula and nothing else.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), in the variant that Kamphuis et
al., "Which BM25 Do You Mean?" (https://doi.org/10.1007/978-3-030-45442-5_4), call Lucene's: an inverse document
frequency that is never negative, and no constant factor (k1 + 1), so that a term adds less than its inverse document
frequency however often it occurs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

K1 = 0.9
"""How soon further occurrences of a term stop counting."""
B = 0.4
"""How much longer texts are held back: 0 not at all, 1 in proportion to their length. Both are Anserini's defaults."""

Floats = NDArray[np.float32]


def idf(rows: int, having: NDArray[np.int64]) -> Floats:
    """ln(1 + (N - n + 0.5) / (n + 0.5)) of terms that `having` of the `rows` texts hold; float32, never negative."""
    return np.log1p((rows - having + 0.5) / (having + 0.5)).astype(np.float32)


def damping(lengths: NDArray[np.int32]) -> Floats:
    """k1 * (1 - b + b * length / mean length) of each text, float32. Lengths count terms, repeated ones too.

    Rows of length 0 are no texts and don't lower the mean.
    """
    mean = lengths.sum(dtype=np.int64) / max(1, np.count_nonzero(lengths))
    damped: Floats = (K1 * (1 - B + B * lengths / max(1.0, mean))).astype(np.float32)
    return damped


def saturation(counts: NDArray[np.uint8], damped: Floats) -> Floats:
    """tf / (tf + damping), float32 in [0, 1): what a term that occurs `counts` times earns of its idf."""
    occurrences = counts.astype(np.float32)
    return occurrences / (occurrences + damped)
