"""Similarities measured from the mean of each text's language.

The encoder gives texts in the question's own language a constant bonus; taking each language's mean off removes it.
docs/retrieval.md has the figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.scales import spread
from index.snapshot import Snapshot
from index.vectors import VectorIndex

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]

AVERAGED = 32_768
"""Rows of each language that its mean vector is taken of: more would not move it, and reading all takes long."""
SHRINKAGE = 10.0
"""A language's mean is trusted as if this many texts of the collection's overall mean stood beside its own."""


class Similarities:
    """How near passages and sentences of one snapshot are to a vector, float32. Any number of threads may ask."""

    def __init__(self, snapshot: Snapshot, share: float = 1.0) -> None:
        """Take `share` of each language's mean similarity off."""
        self._snapshot = snapshot
        self._share = np.float32(share)
        self._passage_means = _means(snapshot.passage_vectors, snapshot.passage_language)
        self._sentence_means = _means(snapshot.sentence_vectors, snapshot.sentence_language)

    def of_passages(self, vector: Vectors, rows: Rows) -> Scores:
        """Those of the passages `rows`, `(len(rows),)`."""
        similar = self._snapshot.passage_vectors.reconstruct(rows) @ vector
        return similar - self._bias(self._passage_means, vector)[self._snapshot.passage_language[rows]]

    def of_sentences(self, vector: Vectors, rows: Rows) -> Scores:
        """Those of the sentences `rows`, `(len(rows),)`."""
        similar = self._snapshot.sentence_vectors.reconstruct(rows) @ vector
        return similar - self._bias(self._sentence_means, vector)[self._snapshot.sentence_language[rows]]

    def nearest_sentences(self, vector: Vectors, k: int) -> tuple[Rows, Scores]:
        """The `k` sentences whose vectors are nearest before anything is taken off, and their similarities."""
        similar, rows = (found[0] for found in self._snapshot.sentence_vectors.search(vector[None], k))
        return rows, similar - self._bias(self._sentence_means, vector)[self._snapshot.sentence_language[rows]]

    def centred(self, vectors: Vectors, sentences: Rows) -> Vectors:
        """`vectors` of `sentences`, float32 `(len(sentences), dim)`, measured from the means of their languages."""
        return vectors - self._sentence_means[self._snapshot.sentence_language[sentences]]

    def _bias(self, means: Vectors, vector: Vectors) -> Scores:
        bias: Scores = self._share * (means @ vector)
        return bias


def _means(vectors: VectorIndex, languages: NDArray[np.int32]) -> Vectors:
    """The mean vector of each language code, of at most `AVERAGED` rows of each."""
    rows = spread(languages, AVERAGED)
    return language_means(vectors.reconstruct(rows), languages[rows])


def language_means(vectors: Vectors, languages: NDArray[np.int32]) -> Vectors:
    """The mean vector of each language code, float32 `(codes, dim)`, drawn towards the mean of all where it has few."""
    if not len(languages):
        return np.zeros((0, vectors.shape[1]), dtype=np.float32)
    overall = vectors.mean(axis=0)
    means = np.tile(overall, (int(languages.max()) + 1, 1))
    for code in np.unique(languages):
        own = vectors[languages == code]
        means[code] = (own.sum(axis=0) + SHRINKAGE * overall) / (len(own) + SHRINKAGE)
    return means
