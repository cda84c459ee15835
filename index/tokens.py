"""The vectors of the tokens of each passage, small enough to keep: what late interaction compares word by word.

One vector stands for what a passage is about; which of two passages of one article says what was asked is decided by
single words. So every token of the question looks for its best match among a passage's tokens (Khattab and Zaharia,
"ColBERT", https://arxiv.org/abs/2004.12832). A token's vector is measured from the mean token, turned to the directions
in which tokens differ most, cut to `DIMENSIONS` of them, brought to unit length and kept in a byte a dimension.

A directory holds `mean.npy` (float32 `(dim,)`), `basis.npy` (float32 `(dim, d)`), `edges.npy` (int64: where the tokens
of each passage begin, and where the last ones end), `sentences.npy` (the same of sentences) and `tokens.bin` (int8
`(tokens, d)`, read by memory map).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index import durable
from index.durable import make_directory, storage_errors
from index.embedding import Vectors
from index.errors import SnapshotCorrupt

DIMENSIONS = 256
"""Of each token that are kept. docs/retrieval.md measures fewer."""
SAMPLE = 20_000
"""Tokens that mean and basis are fitted to, evenly spread over those of the first call of `TokenWriter.add`."""
LEVELS = 127
PASSAGES_AT_ONCE = 32
"""Whose tokens are turned and cut together: arrays of a few megabytes, which memory is found for at once."""
MEAN, BASIS, EDGES, SENTENCES, TOKENS = "mean.npy", "basis.npy", "edges.npy", "sentences.npy", "tokens.bin"
FILES = (MEAN, BASIS, EDGES, SENTENCES, TOKENS)

T = TypeVar("T", bound=np.generic)
Rows = NDArray[np.int64]


class TokenWriter:
    """Writes the tokens of passages in the order in which they are added; they don't stay in memory."""

    def __init__(self, directory: Path) -> None:
        """Write into `directory`, which is made. Raises SnapshotError where the disk refuses."""
        self._directory = directory
        make_directory(directory)
        with storage_errors(directory):
            self._file = durable.disk.open(directory / TOKENS, "wb")
        self._edges = [0]
        self._sentences: list[int] = []
        self._projection: tuple[Vectors, Vectors] | None = None

    def add(self, passages: Sequence[Vectors], sentences: Sequence[Sequence[int]]) -> None:
        """Append passages by the vectors of their tokens, float32 `(tokens, dim)` each. The first call fits the basis.

        `sentences` says how many of these belong to each sentence of each passage; where a passage was cut, the last
        ones share its last token. Raises ValueError for a passage without tokens: it could never be compared.
        """
        if not passages:
            return
        if not all(len(tokens) for tokens in passages):
            raise ValueError("a passage needs at least one token")
        if self._projection is None:
            self._projection = _fitted(np.concatenate(passages))
        for first in range(0, len(passages), PASSAGES_AT_ONCE):
            small = _projected(np.concatenate(passages[first : first + PASSAGES_AT_ONCE]), *self._projection)
            small *= LEVELS
            with storage_errors(self._directory / TOKENS):
                durable.disk.write(self._file, np.rint(small, out=small).astype(np.int8).tobytes())
        for own, counts in zip(passages, sentences, strict=True):
            starts = np.minimum(np.cumsum([0, *counts[:-1]]), len(own) - 1)[: len(counts)]
            self._sentences.extend((self._edges[-1] + starts).tolist())
            self._edges.append(self._edges[-1] + len(own))

    def __len__(self) -> int:
        """Passages that were added."""
        return len(self._edges) - 1

    def discard(self) -> None:
        """Delete what was written. Raises SnapshotError where the disk refuses."""
        self.close()
        durable.remove_tree(self._directory)

    def write(self) -> None:
        """Complete the files. Raises SnapshotError where the disk refuses, ValueError where nothing was added."""
        if self._projection is None:
            raise ValueError("no passage was added")
        with storage_errors(self._directory / TOKENS):
            self._file.close()
        for name, values in zip((MEAN, BASIS), self._projection, strict=True):
            self._save(name, values)
        for name, edges in ((EDGES, self._edges), (SENTENCES, [*self._sentences, self._edges[-1]])):
            self._save(name, np.array(edges, dtype=np.int64))

    def close(self) -> None:
        """Close the file. May be called twice. Raises SnapshotError where the disk refuses what was not written yet."""
        with storage_errors(self._directory / TOKENS):
            self._file.close()

    def _save(self, name: str, values: NDArray[np.generic]) -> None:
        with durable.library_writes(self._directory / name):
            np.save(self._directory / name, values, allow_pickle=False)


class TokenIndex:
    """Tokens of passages that don't change any more. Any number of threads may read at once."""

    def __init__(self, directory: Path) -> None:
        """Map the files of `directory`. Raises SnapshotCorrupt where they are not what TokenWriter writes."""
        self._mean, self._basis = (_loaded(directory / name, np.float32) for name in (MEAN, BASIS))
        self._edges = _loaded(directory / EDGES, np.int64)
        self._sentences = _loaded(directory / SENTENCES, np.int64)
        path, width = directory / TOKENS, self._basis.shape[-1]
        if not path.is_file() or path.stat().st_size != int(self._edges[-1]) * width:
            raise SnapshotCorrupt(f"{directory}: its files don't belong together")
        with storage_errors(path):
            self._tokens = np.asarray(np.memmap(path, dtype=np.int8, mode="r", shape=(int(self._edges[-1]), width)))

    def __len__(self) -> int:
        """Passages."""
        return len(self._edges) - 1

    def project(self, tokens: Vectors) -> Vectors:
        """A question's tokens as those of passages are kept, float32 `(tokens, d)` of unit length."""
        return _projected(tokens, self._mean, self._basis)

    def sentence_starts(self, rows: Rows, sentences: Rows, counts: Rows) -> Rows:
        """Where the tokens of sentences begin among those that `of` gives for the passages `rows`, int64.

        `sentences` are the rows of all sentences of these passages, passage by passage, `counts` how many each has.
        """
        sizes = self._edges[rows + 1] - self._edges[rows]
        starts: Rows = self._sentences[sentences] + np.repeat(np.cumsum(sizes) - sizes - self._edges[rows], counts)
        return starts

    def of(self, rows: Rows) -> tuple[Vectors, Rows]:
        """The tokens of the passages `rows`, float32 `(tokens, d)`, and where those of each begin, int64."""
        sizes = self._edges[rows + 1] - self._edges[rows]
        starts = np.cumsum(sizes) - sizes
        positions = np.arange(int(sizes.sum())) + np.repeat(self._edges[rows] - starts, sizes)
        return self._tokens[positions].astype(np.float32), starts


def best_matches(question: Vectors, tokens: Vectors, starts: Rows) -> Vectors:
    """How near the nearest token of each passage is to each token of the question.

    `question` is from `TokenIndex.project`, `tokens` and `starts` from `TokenIndex.of`; float32
    `(question's tokens, passages)` in about [-1, 1].
    """
    if not len(starts):
        return np.empty((len(question), 0), dtype=np.float32)
    best: Vectors = np.maximum.reduceat(question @ tokens.T, starts, axis=1)
    best /= np.float32(LEVELS)
    return best


def _fitted(tokens: Vectors) -> tuple[Vectors, Vectors]:
    """Mean and principal directions of `tokens`."""
    sample = tokens[:: -(-len(tokens) // SAMPLE)]
    mean = sample.mean(axis=0)
    centred = _unit(sample - mean)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return mean, np.ascontiguousarray(directions[:, ::-1][:, :DIMENSIONS])


def _projected(tokens: Vectors, mean: Vectors, basis: Vectors) -> Vectors:
    return _unit(np.matmul(tokens - mean, basis, dtype=np.float32))


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-9))
    return unit


def _loaded(path: Path, dtype: type[T]) -> NDArray[T]:
    if not path.is_file():
        raise SnapshotCorrupt(f"{path}: the file is missing")
    try:
        with storage_errors(path):
            values = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise SnapshotCorrupt(f"{path}: NumPy can't read it: {error}") from error
    if values.dtype != dtype:
        raise SnapshotCorrupt(f"{path}: holds {values.dtype}, not {np.dtype(dtype)}")
    loaded: NDArray[T] = values
    return loaded
