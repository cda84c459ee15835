"""Vectors on disk and how they are searched: the only file that imports FAISS.

Searches are by inner products, which are cosines because every vector has unit length. Few vectors are all compared.
Many are first looked through as product-quantised codes of 2 bits a dimension (André, Kermarrec and Le Scouarnec,
https://arxiv.org/abs/1812.09162, as FAISS has them), very many only those of the nearest clusters; the most promising
vectors are then compared themselves, so that every score is exact and only a row far down the ranking may be missed.
How many are missed is measured while an index is built; docs/scale.md has figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index import vector_recall
from index.cores import available_cores
from index.durable import library_writes, make_directory
from index.embedding import Vectors
from index.errors import ModelError, SnapshotCorrupt, SnapshotError
from index.vector_kinds import IN_MEMORY_UP_TO, Kind, VectorOptions, VectorsRecord, chosen, clusters
from index.vector_rows import PORTION, DiskRows, MemoryRows, RowWriter, StoredRows, portions

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
UNIT_TOLERANCE = 1e-3
ROWS, CODES = "rows.bin", "codes.faiss"
COMPARED, COMPARED_PER_HIT = 1_024, 8
"""How many vectors in memory are compared after the codes were looked through: so many, and so many for each hit."""
READ, READ_PER_HIT = (256, 512, 1_024), 4
"""The same of vectors on disk, where each takes as long as many codes. The fewest that find enough are taken."""
READ_MORE = (2_048, 4_096)
"""How many are compared where not even all clusters find enough with the most of these: millions of vectors lie so
close to one another that their codes tell them apart less well."""
SAMPLE = 16_384
"""Vectors that codes are fitted to, evenly spread over all rows; always the same ones."""
SAMPLE_PER_CLUSTER = 32
"""Vectors that clusters are fitted to, for each."""
PROBED = (8, 16, 32, 64, 128, 192, 256, 384, 512, 768, 1_024)
"""Clusters that may be looked through for a search. The first that finds enough is taken."""
MARGIN = 0.005
"""By how much the recall that is measured has to exceed what is required, before fewer clusters do."""


def files(record: VectorsRecord) -> tuple[str, ...]:
    """The files of a table of vectors, relative to its directory."""
    return (ROWS,) if record.kind == "exact" else (ROWS, CODES)


class VectorWriter:
    """Writes vectors in the order of their rows. They don't stay in memory, only codes of them do."""

    def __init__(self, directory: Path, dim: int, options: VectorOptions | None = None) -> None:
        """Write into `directory`, which is made. Raises SnapshotError where the disk refuses."""
        self._directory = directory
        self._options = options or VectorOptions()
        make_directory(directory)
        self._rows = RowWriter(directory / ROWS, dim)

    def __len__(self) -> int:
        return self._rows.count

    def add(self, vectors: Vectors) -> None:
        """Append float32 `(n, dim)` rows of unit length.

        Raises ModelError for any others: they would rank wrongly, without a sign of it. Raises SnapshotError where the
        disk refuses.
        """
        _check_unit(vectors, self._rows.dim)
        if self._halves(len(self) + len(vectors)):
            self._rows.halve()
        self._rows.add(vectors)

    def write(self) -> VectorsRecord:
        """Complete the files; what was chosen and how well it finds. Raises SnapshotError where the disk refuses."""
        kind, dim = chosen(len(self), self._rows.dim, self._options.kind), self._rows.dim
        if kind == "inverted" and self._rows.precision == "float32":
            self._rows.halve()
        self.close()
        if kind == "exact":
            return VectorsRecord(kind, self._rows.precision, {}, 1.0, 0, self._options.recall)
        rows = DiskRows(self._directory / ROWS, dim, self._rows.precision)
        # Fitting a few codes is over in a second on one core; many threads wait for one another far longer than that.
        with _all_cores() if len(rows) > IN_MEMORY_UP_TO else nullcontext():
            codes = _codes(rows, dim) if kind == "codes" else _inverted(rows, dim)
            _save(codes, self._directory / CODES)
            return self._measured(kind, rows, codes)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._rows.close()

    def _halves(self, count: int) -> bool:
        """Whether `count` vectors will be read from disk, so that half precision does from here on."""
        return (
            self._rows.precision == "float32"
            and count > IN_MEMORY_UP_TO
            and chosen(count, self._rows.dim, self._options.kind) == "inverted"
        )

    def _measured(self, kind: Kind, rows: StoredRows, codes: faiss.Index) -> VectorsRecord:
        wanted = vector_recall.queries(rows)
        right = vector_recall.nearest(rows, wanted)
        required = self._options.recall

        def found(parameters: dict[str, int]) -> float:
            return vector_recall.recall(VectorIndex(rows, codes, parameters).search, wanted, right)

        parameters, recall = _sufficient(found, codes, min(1.0, required + MARGIN))
        return VectorsRecord(kind, self._rows.precision, parameters, round(recall, 4), len(wanted), required)


class VectorIndex:
    """Vectors that don't change any more. Any number of threads may search at once."""

    def __init__(self, rows: StoredRows, codes: faiss.Index | None = None, parameters: dict[str, int] | None = None):
        """Use `VectorIndex.open`. `codes` are those of `rows`, `parameters` those of a VectorsRecord."""
        self._rows = rows
        self._codes = codes
        self._compared = (parameters or {}).get("compared", 0)
        self._per_hit = (parameters or {}).get("compared_per_hit", 1)
        self._probed = (parameters or {}).get("probed", 0)

    @classmethod
    def open(cls, directory: Path, dim: int, record: VectorsRecord) -> VectorIndex:
        """The vectors in `directory`, whose files must have been verified: FAISS does not notice a damaged one.

        Raises SnapshotCorrupt where they are not what VectorWriter writes for `record`.
        """
        path = directory / ROWS
        if record.kind == "exact":
            return cls(MemoryRows(path, dim, record.precision))
        codes = _read(directory / CODES, record.kind)
        rows = (MemoryRows if record.kind == "codes" else DiskRows)(path, dim, record.precision)
        if (codes.d, codes.ntotal) != (dim, len(rows)):
            raise SnapshotCorrupt(f"{directory}: its files don't belong together")
        return cls(rows, codes, record.parameters)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def dim(self) -> int:
        """Dimensions of each vector."""
        return int(self._rows.span(0, 0).shape[1])

    def search(self, queries: Vectors, k: int, among: Mask | None = None) -> tuple[Vectors, Rows]:
        """The `k` rows with the highest inner product with each query, best first.

        `queries` is float32 `(q, dim)`, `among` bool `(len(self),)` the rows to search, by default all `m` of them.
        Returns scores float32 `(q, min(k, m))` and rows int64 of that shape: a `k` above `m` returns all and no
        padding. Where there are codes, a few of the last of many hits may be others, a little less near.
        """
        self._check_queries(queries)
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        # More threads would only take the cores from the embedding and the language model, whose own threads then wait
        # for these. FAISS keeps the number apart for each thread that asks.
        faiss.omp_set_num_threads(1)
        searched = len(self) if among is None else int(np.count_nonzero(among))
        k, compared = min(k, searched), max(self._compared, self._per_hit * k)
        few = 2 * compared > searched or (among is not None and not self._probed)
        if self._codes is None or few:
            return self._exhaustive(queries, k, among)
        found = [self._refined(self._codes, query, k, compared, among) for query in np.ascontiguousarray(queries)]
        return np.array([scores for scores, _ in found]), np.array([rows for _, rows in found])

    def reconstruct(self, rows: Sequence[int] | Rows) -> Vectors:
        """A copy of the vectors of `rows`, float32 `(len(rows), dim)`. Raises IndexError where one is not there."""
        wanted = np.asarray(rows, dtype=np.int64)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < len(self)):
            raise IndexError(f"rows are 0..{len(self) - 1}, asked for {wanted.min()}..{wanted.max()}")
        return self._rows.take(wanted)

    def portions(self) -> Iterator[tuple[int, Vectors]]:
        """All vectors in order, each portion float32 `(n, dim)` with the number of its first row; never all at once."""
        return portions(self._rows)

    def all(self) -> Vectors:
        """Every vector, float32 `(len(self), dim)`, not to be written to; a copy where they are kept on disk."""
        if isinstance(self._rows, MemoryRows):
            return self._rows.vectors
        return np.concatenate([vectors for _, vectors in self.portions()])

    def _exhaustive(self, queries: Vectors, k: int, among: Mask | None) -> tuple[Vectors, Rows]:
        best = np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        for numbers, vectors in self._blocks(among):
            scores, rows = faiss.knn(queries, vectors, min(k, len(vectors)), metric=faiss.METRIC_INNER_PRODUCT)
            best = _merged(best, (scores, numbers[rows]), k)
        return best

    def _blocks(self, among: Mask | None) -> Iterator[tuple[Rows, Vectors]]:
        """The rows to compare and their vectors; those in memory at once, those on disk in portions."""
        if among is None and isinstance(self._rows, MemoryRows):
            yield np.arange(len(self)), self._rows.vectors
        elif among is None:
            for start, vectors in portions(self._rows):
                yield np.arange(start, start + len(vectors)), vectors
        else:
            rows = np.flatnonzero(among)
            for start in range(0, len(rows), PORTION):
                yield rows[start : start + PORTION], self._rows.take(rows[start : start + PORTION])

    def _refined(
        self, codes: faiss.Index, query: Vectors, k: int, compared: int, among: Mask | None
    ) -> tuple[Vectors, Rows]:
        rows = self._promising(codes, query, compared, among)
        if len(rows) < k:
            scores, exact = self._exhaustive(query[None], k, among)
            return scores[0], exact[0]
        scores = self._rows.take(rows) @ query
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best], rows[best]

    def _promising(self, codes: faiss.Index, query: Vectors, count: int, among: Mask | None) -> Rows:
        """The rows whose codes come nearest to `query`, ascending; at most `count` of them."""
        if not isinstance(codes, faiss.IndexIVFPQFastScan):
            return np.sort(codes.search(query[None], count)[1][0])
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = self._probed
        # FAISS only has a pointer to it
        bits = np.packbits(np.ones(0, dtype=np.bool_) if among is None else among, bitorder="little")
        if among is not None:
            share = max(1, int(np.count_nonzero(among))) / len(among)
            parameters.nprobe = min(codes.nlist, round(self._probed / share))
            parameters.sel = faiss.IDSelectorBitmap(bits.size, faiss.swig_ptr(bits))
        found = codes.search(query[None], count, params=parameters)[1][0]
        return np.sort(found[found >= 0])

    def _check_queries(self, queries: Vectors) -> None:
        if queries.ndim != 2 or queries.shape[1] != self.dim or queries.dtype != np.float32:
            raise ValueError(f"queries must be float32 (q, {self.dim}), not {queries.dtype} {queries.shape}")


def _codes(rows: StoredRows, dim: int) -> faiss.Index:
    """Codes of all vectors, in their order."""
    codes = faiss.IndexPQFastScan(dim, dim // 2, 4, faiss.METRIC_INNER_PRODUCT)
    codes.train(_sample(rows, SAMPLE))
    for _, vectors in portions(rows):
        codes.add(vectors)
    return codes


def _inverted(rows: StoredRows, dim: int) -> faiss.Index:
    """Codes by clusters, of what is left of each vector beside its cluster's centre."""
    count = clusters(len(rows))
    codes = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(dim), dim, count, dim // 2, 4, faiss.METRIC_INNER_PRODUCT)
    codes.cp.min_points_per_centroid = 1
    codes.cp.max_points_per_centroid = SAMPLE_PER_CLUSTER
    codes.train(_sample(rows, max(SAMPLE, SAMPLE_PER_CLUSTER * count)))
    for _, vectors in portions(rows):
        codes.add(vectors)
    return codes


def _sufficient(
    found: Callable[[dict[str, int]], float], codes: faiss.Index, recall: float
) -> tuple[dict[str, int], float]:
    """The parameters that take least time among those that find `recall`, else those that find most; what they find."""
    if not isinstance(codes, faiss.IndexIVFPQFastScan):
        parameters = {"compared": COMPARED, "compared_per_hit": COMPARED_PER_HIT}
        return parameters, found(parameters)
    shares = [*(few for few in PROBED if few < codes.nlist), codes.nlist]
    for compared in (READ[-1], *READ_MORE):
        parameters = {"compared": compared, "compared_per_hit": READ_PER_HIT, "clusters": codes.nlist}
        parameters, most = _first(found, parameters, "probed", shares, recall)
        if most >= recall:
            break
    if parameters["compared"] > READ[-1]:
        return parameters, most
    return _first(found, parameters, "compared", READ, min(recall, most))


def _first(
    found: Callable[[dict[str, int]], float],
    parameters: dict[str, int],
    name: str,
    values: Sequence[int],
    recall: float,
) -> tuple[dict[str, int], float]:
    """`parameters` with the first of `values` that finds `recall`, else the last; what they find."""
    tried, most = parameters, 0.0
    for value in values:
        tried = {**parameters, name: value}
        most = found(tried)
        if most >= recall:
            break
    return tried, most


def _sample(rows: StoredRows, most: int) -> Vectors:
    return rows.take(np.arange(0, len(rows), -(-len(rows) // most)))


def _save(codes: faiss.Index, path: Path) -> None:
    try:
        with library_writes(path):
            faiss.write_index(codes, str(path))
    except RuntimeError as error:
        raise SnapshotError(f"{path}: the vectors can't be written: {_reason(error)}") from error


def _read(path: Path, kind: Kind) -> faiss.Index:
    if not path.is_file():
        raise SnapshotCorrupt(f"{path}: the file is missing")
    try:
        codes = faiss.read_index(str(path))
    except RuntimeError as error:
        raise SnapshotCorrupt(f"{path}: FAISS can't read it: {_reason(error)}") from error
    expected = faiss.IndexPQFastScan if kind == "codes" else faiss.IndexIVFPQFastScan
    if not isinstance(codes, expected):
        raise SnapshotCorrupt(f"{path}: holds a {type(codes).__name__}, not an {expected.__name__}")
    return codes


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let FAISS use every core on this thread meanwhile: building is what the machine does then."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(available_cores())
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _merged(one: tuple[Vectors, Rows], other: tuple[Vectors, Rows], k: int) -> tuple[Vectors, Rows]:
    scores = np.concatenate([one[0], other[0]], axis=1)
    rows = np.concatenate([one[1], other[1]], axis=1)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, best, axis=1), np.take_along_axis(rows, best, axis=1)


def _check_unit(vectors: Vectors, dim: int) -> None:
    if vectors.ndim != 2 or vectors.shape[1] != dim or vectors.dtype != np.float32:
        raise ModelError(f"the model promised float32 (n, {dim}) and gave {vectors.dtype} {vectors.shape}")
    norms = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(norms - 1.0) < UNIT_TOLERANCE):
        raise ModelError("the model gave vectors that are not of unit length")


def _reason(error: RuntimeError) -> str:
    """FAISS puts function, source file and line before what happened."""
    return str(error).rsplit("Error: ", 1)[-1]
