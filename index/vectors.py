"""Vectors on disk and in memory: the only file that imports FAISS.

Searches are by inner products, which are cosines because every vector has unit length. Few vectors are all looked at.
Many are first looked through as product-quantised codes of 2 bits a dimension (André, Kermarrec and Le Scouarnec,
https://arxiv.org/abs/1812.09162, as FAISS has them); the most promising are then compared exactly, so that every score
is exact and only a row far down the ranking may be missed. docs/performance.md says how many are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.durable import library_writes
from index.embedding import Vectors
from index.errors import ModelError, SnapshotCorrupt, SnapshotError

Rows = NDArray[np.int64]
UNIT_TOLERANCE = 1e-3
EXACT_UP_TO = 8_192
"""Vectors that are all looked at: a millisecond at 384 dimensions."""
LOOKED_AT, LOOKED_AT_PER_HIT = 1_024, 8
"""How many vectors are compared exactly after the codes were looked through: so many, and so many for each hit."""
SAMPLE = 16_384
"""Vectors that the codes are fitted to, evenly spread over all rows; always the same ones."""

# A lone question is searched on one thread anyway. More of them would only take the cores from the embedding and the
# language model, whose own threads then wait for these.
faiss.omp_set_num_threads(1)


class VectorWriter:
    """Collects vectors in the order of their rows and writes them to a file at the end."""

    def __init__(self, dim: int) -> None:
        self._index = faiss.IndexFlatIP(dim)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: Vectors) -> None:
        """Append float32 `(n, dim)` rows of unit length.

        Raises ModelError for any others: they would rank wrongly, without a sign of it.
        """
        _check_unit(vectors, self._index.d)
        self._index.add(np.ascontiguousarray(vectors))

    def write(self, path: Path) -> None:
        """Write all rows to `path`, with codes where they are many. Raises SnapshotError where that fails."""
        index = self._index if len(self) <= EXACT_UP_TO or self._index.d % 2 else _with_codes(self._index)
        try:
            with library_writes(path):
                faiss.write_index(index, str(path))
        except RuntimeError as error:
            raise SnapshotError(f"{path}: the vectors can't be written: {_reason(error)}") from error


class VectorIndex:
    """Vectors that don't change any more. Any number of threads may search at once."""

    def __init__(self, exact: faiss.IndexFlatIP, coded: faiss.IndexRefine | None = None) -> None:
        """Use `VectorIndex.read`. `exact` may be a part of `coded`, whose codes are those of its vectors."""
        self._index = exact
        self._coded = coded
        self._vectors = _view(exact, coded or exact)

    @classmethod
    def read(cls, path: Path) -> VectorIndex:
        """The vectors of `path`, which must have been verified: FAISS does not notice a damaged file.

        Raises SnapshotCorrupt where the file is no index of the kind that VectorWriter writes.
        """
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise SnapshotCorrupt(f"{path}: FAISS can't read it: {_reason(error)}") from error
        coded = index if isinstance(index, faiss.IndexRefine) else None
        exact = faiss.downcast_index(coded.refine_index) if coded else index
        if not isinstance(exact, faiss.IndexFlatIP):
            raise SnapshotCorrupt(f"{path}: holds a {type(exact).__name__}, not an IndexFlatIP")
        return cls(exact, coded)

    @property
    def dim(self) -> int:
        """Dimensions of each vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, Rows]:
        """The `k` rows with the highest inner product with each query, best first.

        `queries` is float32 `(q, dim)`. Returns scores float32 `(q, m)` and rows int64 `(q, m)` with
        `m = min(k, len(self))`: a `k` above the number of rows returns all of them and no padding. Of more than
        `EXACT_UP_TO` rows, a few of the last of many hits may be others, a little less near.
        """
        self._check_queries(queries)
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        queries, looked_at = np.ascontiguousarray(queries), max(LOOKED_AT, LOOKED_AT_PER_HIT * k)
        if self._coded is None or 2 * looked_at > len(self):
            return self._index.search(queries, min(k, len(self)))
        parameters = faiss.IndexRefineSearchParameters()
        parameters.k_factor = looked_at / k
        return self._coded.search(queries, k, params=parameters)

    def reconstruct(self, rows: Sequence[int] | Rows) -> Vectors:
        """A copy of the vectors of `rows`, float32 `(len(rows), dim)`. Raises IndexError where one is not there."""
        wanted = np.asarray(rows, dtype=np.int64)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < len(self)):
            raise IndexError(f"rows are 0..{len(self) - 1}, asked for {wanted.min()}..{wanted.max()}")
        return self._vectors[wanted]

    def all(self) -> Vectors:
        """A read-only view of every vector, float32 `(len(self), dim)`; nothing is copied."""
        return self._vectors

    def _check_queries(self, queries: Vectors) -> None:
        if queries.ndim != 2 or queries.shape[1] != self.dim or queries.dtype != np.float32:
            raise ValueError(f"queries must be float32 (q, {self.dim}), not {queries.dtype} {queries.shape}")


def _with_codes(exact: faiss.IndexFlatIP) -> faiss.IndexRefine:
    """An index that looks through codes before it compares the vectors of `exact`, which it holds as they are."""
    vectors = _view(exact, exact)
    codes = faiss.IndexPQFastScan(exact.d, exact.d // 2, 4, faiss.METRIC_INNER_PRODUCT)
    codes.train(vectors[:: -(-len(vectors) // SAMPLE)].copy())
    codes.add(vectors)
    return faiss.IndexRefine(codes, exact)


@dataclass(frozen=True, slots=True)
class _Buffer:
    """FAISS's own memory as numpy's array protocol has it; holds its owner so that it outlives every view."""

    owner: faiss.Index
    __array_interface__: dict[str, Any]


def _view(index: faiss.IndexFlatIP, owner: faiss.Index) -> Vectors:
    shape = (int(index.ntotal), int(index.d))
    if not index.ntotal:
        return np.empty(shape, dtype=np.float32)
    memory = faiss.rev_swig_ptr(index.get_xb(), shape[0] * shape[1])
    address = memory.__array_interface__["data"][0]
    interface = {"version": 3, "typestr": "<f4", "shape": shape, "data": (address, True)}
    return np.asarray(_Buffer(owner, interface))


def _check_unit(vectors: Vectors, dim: int) -> None:
    if vectors.ndim != 2 or vectors.shape[1] != dim or vectors.dtype != np.float32:
        raise ModelError(f"the model promised float32 (n, {dim}) and gave {vectors.dtype} {vectors.shape}")
    norms = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(norms - 1.0) < UNIT_TOLERANCE):
        raise ModelError("the model gave vectors that are not of unit length")


def _reason(error: RuntimeError) -> str:
    """FAISS puts function, source file and line before what happened."""
    return str(error).rsplit("Error: ", 1)[-1]
