"""How many of the nearest vectors a search finds, measured while an index is built.

A built index knows no questions, so they are made of its own vectors: each is one of them, moved half as others lie
from the mean and half anywhere, as far as questions of people lie from the passages that answer them. Exact search is
the measure; it reads the table once, portion by portion.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.vector_rows import StoredRows, portions

QUERIES = 256
"""Made for measuring; fewer where there are fewer vectors."""
K = 10
MOVED, OTHERS = 1.8, 16
"""How far a query is moved, in distances of vectors from their mean, and how many others say where to. So it comes to
lie as far from its own vector as questions of XQuAD lie from their paragraphs (docs/scale.md)."""

Rows = NDArray[np.int64]
Search = Callable[[Vectors, int], tuple[Vectors, Rows]]


def queries(rows: StoredRows) -> Vectors:
    """Queries like questions about what `rows` are about, float32 `(n, dim)` of unit length; always the same ones."""
    count, random = min(QUERIES, len(rows)), np.random.default_rng(0)
    drawn = random.integers(len(rows), size=(OTHERS + 1) * count)
    vectors = rows.take(drawn).reshape(OTHERS + 1, count, -1)
    mean = vectors.mean(axis=(0, 1))
    own, others = vectors[0] - mean, (vectors[1:] - mean).sum(axis=0) / np.float32(np.sqrt(OTHERS))
    anywhere = random.standard_normal(own.shape, dtype=np.float32)
    anywhere *= np.linalg.norm(others) / np.linalg.norm(anywhere)
    moved = own + np.float32(MOVED) * (others + anywhere) / np.float32(np.sqrt(2))
    moved *= np.linalg.norm(own) / max(float(np.linalg.norm(moved)), 1e-9)
    unit: Vectors = (mean + moved) / np.linalg.norm(mean + moved, axis=1, keepdims=True)
    return unit


def nearest(rows: StoredRows, wanted: Vectors, k: int = K) -> Rows:
    """The `k` rows with the highest inner product with each query, int64 `(q, k)`, in any order."""
    best_scores = np.full((len(wanted), k), -np.inf, dtype=np.float32)
    best = np.full((len(wanted), k), -1, dtype=np.int64)
    for start, portion in portions(rows):
        scores = np.concatenate([best_scores, wanted @ portion.T], axis=1)
        numbers = np.broadcast_to(np.arange(start, start + len(portion)), (len(wanted), len(portion)))
        kept = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        best_scores = np.take_along_axis(scores, kept, axis=1)
        best = np.take_along_axis(np.concatenate([best, numbers], axis=1), kept, axis=1)
    return best


def recall(search: Search, wanted: Vectors, right: Rows) -> float:
    """The share of `right`, the nearest rows of each of the queries `wanted`, that `search` finds among as many."""
    _, found = search(wanted, right.shape[1])
    return float(np.mean([np.isin(own, rows).mean() for own, rows in zip(right, found, strict=True)]))
