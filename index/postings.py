"""An inverted index in plain arrays: which rows hold a term, and what it earns there. It is read by memory map.

A directory holds five files: `terms.npy` (uint8: the terms in UTF-8, sorted and joined), `edges.npy` (int64 `(2, terms
+ 1)`: where each term begins in `terms`, and where its postings begin), `rows.npy` (int32) and `shares.npy` (float32,
the share of its idf that the term earns in the row), the postings of one term after the other by row; and `lengths.npy`
(int32: how many terms each row has). The same rows give the same bytes.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index import bm25
from index.durable import library_writes, make_directory, storage_errors
from index.errors import SnapshotCorrupt

NAMES = ("terms", "edges", "rows", "shares", "lengths")
FILES = tuple(f"{name}.npy" for name in NAMES)
POSTINGS_AT_ONCE = 1 << 22
"""Postings that are in memory at once while writing, 9 bytes each; the others wait in an unnamed file."""
POSTINGS_A_QUERY = 1 << 19
"""Postings that one query reads at the most, which takes about 1.5 ms. The most frequent terms are left out for it."""
MAX_COUNT = 255
_BLOCK = 64
"""Rows whose best score is found at once, before single rows are looked at."""

T = TypeVar("T", bound=np.generic)
Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Counted:
    """How often terms occur in consecutive rows.

    `lengths` (int32) is how many terms each row has, `sizes` (int32) how many different ones. `ids` (int32, positions
    in `terms`) and `counts` (uint8, `MAX_COUNT` at the most) are those of all rows, one row after the other.
    """

    terms: Sequence[str]
    lengths: NDArray[np.int32]
    sizes: NDArray[np.int32]
    ids: NDArray[np.int32]
    counts: NDArray[np.uint8]


def counted(rows: Iterable[Iterable[str]]) -> Counted:
    """Count the terms of each row, repeated ones repeatedly."""
    known: dict[str, int] = {}
    lengths, sizes, ids, counts = array("i"), array("i"), array("i"), array("B")
    for terms in rows:
        found = Counter(terms)
        lengths.append(found.total())
        sizes.append(len(found))
        ids.extend([known.setdefault(term, len(known)) for term in found])
        counts.extend([min(count, MAX_COUNT) for count in found.values()])
    whole, distinct, positions = (np.frombuffer(column, dtype=np.int32) for column in (lengths, sizes, ids))
    return Counted(tuple(known), whole, distinct, positions, np.frombuffer(counts, dtype=np.uint8))


class PostingsWriter:
    """Collects the terms of rows and writes them as an inverted index. What is in memory grows with the vocabulary."""

    def __init__(self, directory: Path) -> None:
        """Write into `directory`, which is made. Raises SnapshotError where the disk refuses."""
        self._directory = directory
        make_directory(directory)
        with library_writes(directory), ExitStack() as stack:
            self._spilled = stack.enter_context(tempfile.TemporaryFile(dir=directory))
            self._closing = stack.pop_all()
        self._runs: list[int] = []
        self._ids: defaultdict[str, int] = defaultdict(itertools.count().__next__)
        self._lengths = array("i")
        self._postings = (array("i"), array("i"), array("B"))

    def add(self, row: int, terms: Iterable[str]) -> None:
        """Append a row with its terms, repeated ones repeatedly. Rows ascend; those that are left out hold nothing."""
        self.extend(row, counted([terms]))

    def extend(self, first: int, rows: Counted) -> None:
        """Append `rows`, the first of which is row `first`; those that are left out before it hold nothing."""
        if first < len(self._lengths):
            raise ValueError(f"row {first} comes after row {len(self._lengths) - 1}")
        self._lengths.extend(bytes(first - len(self._lengths)))
        self._lengths.frombytes(rows.lengths.tobytes())
        # a million lookups for a thousand articles, without a step of the interpreter for each
        known = np.fromiter(map(self._ids.__getitem__, rows.terms), dtype=np.int32, count=len(rows.terms))
        numbers = np.arange(first, first + len(rows.lengths), dtype=np.int32)
        ids, in_rows, counts = self._postings
        ids.frombytes(known[rows.ids].tobytes())
        in_rows.frombytes(np.repeat(numbers, rows.sizes).tobytes())
        counts.frombytes(rows.counts.tobytes())
        if len(self._postings[0]) >= POSTINGS_AT_ONCE:
            self._spill()

    def write(self, rows: int) -> None:
        """Write the files of an index over `rows` rows; those beyond the last that was added hold nothing."""
        self._lengths.extend(bytes(rows - len(self._lengths)))
        self._spill()
        order = sorted((term.encode(), number) for term, number in self._ids.items())
        rank = np.empty(len(order), dtype=np.int64)
        rank[[number for _, number in order]] = np.arange(len(order))
        frequencies = np.zeros(len(order), dtype=np.int64)
        for ids, _, _ in self._read_runs():
            frequencies += np.bincount(rank[ids], minlength=len(order))
        sizes = np.array([[len(term) for term, _ in order], frequencies], dtype=np.int64).reshape(2, len(order))
        edges = np.concatenate([np.zeros((2, 1), dtype=np.int64), np.cumsum(sizes, axis=1)], axis=1)
        lengths = np.frombuffer(self._lengths, dtype=np.int32)
        self._save("terms", np.frombuffer(b"".join(term for term, _ in order), dtype=np.uint8))
        self._save("edges", edges)
        self._save("lengths", lengths)
        with storage_errors(self._directory):
            self._merge(rank, edges[1], bm25.damping(lengths))

    def close(self) -> None:
        """Give the disk space of what was not written back. May be called twice.

        Raises SnapshotError where the disk refuses what was not written yet.
        """
        with storage_errors(self._directory):
            self._closing.close()

    def _spill(self) -> None:
        with storage_errors(self._directory):
            for values in self._postings:
                self._spilled.write(values.tobytes())
        self._runs.append(len(self._postings[0]))
        self._postings = (array("i"), array("i"), array("B"))

    def _read_runs(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]]:
        """Term ids, rows and counts of each run, in the order in which they were added."""
        with storage_errors(self._directory):
            self._spilled.seek(0)
            for size in self._runs:
                ids, rows = (np.frombuffer(self._spilled.read(4 * size), dtype=np.int32) for _ in range(2))
                yield ids, rows, np.frombuffer(self._spilled.read(size), dtype=np.uint8)

    def _merge(self, rank: NDArray[np.int64], starts: NDArray[np.int64], damping: NDArray[np.float32]) -> None:
        """Put the postings of every run behind those that earlier runs have of the same term."""
        rows_out = self._allocate("rows", np.int32, int(starts[-1]))
        shares_out = self._allocate("shares", np.float32, int(starts[-1]))
        free = starts[:-1].copy()
        for ids, rows, counts in self._read_runs():
            ranks = rank[ids]
            order = np.argsort(ranks, kind="stable")
            frequencies = np.bincount(ranks, minlength=len(rank))
            first = np.cumsum(frequencies) - frequencies
            places = np.arange(len(ids)) + np.repeat(free - first, frequencies)
            rows_out[places] = rows[order]
            shares_out[places] = bm25.saturation(counts, damping[rows])[order]
            free += frequencies
        rows_out.flush()
        shares_out.flush()

    def _save(self, name: str, values: NDArray[np.generic]) -> None:
        path = self._directory / f"{name}.npy"
        with library_writes(path):
            np.save(path, values, allow_pickle=False)

    def _allocate(self, name: str, dtype: type[np.generic], size: int) -> np.memmap[tuple[int], np.dtype[np.generic]]:
        """A new array on disk. Its space is reserved at once: a mapped file that finds no space kills the process."""
        path = self._directory / f"{name}.npy"
        with library_writes(path):
            values = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(size,))
            if sys.platform == "linux":
                with path.open("r+b") as file:
                    os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        return values


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a query scores: `scores` float32 `(rows,)`, 0 where a row holds no term of it.

    `ceiling` is what no row can reach: the sum of the idf of all terms of the query, those that no row holds included.
    """

    scores: Scores
    ceiling: float

    def top(self, k: int) -> tuple[Rows, Scores]:
        """The `k` best rows that hold a term of the query, and their scores; best first, equal ones by row."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        floor = self._floor(k)
        rows = np.flatnonzero(self.scores >= floor) if floor else np.flatnonzero(self.scores)
        if k < len(rows):
            found = self.scores[rows]
            rows = rows[found >= np.partition(found, -k)[-k]]
        rows = rows[np.argsort(-self.scores[rows], kind="stable")][:k]
        return rows, self.scores[rows]

    def _floor(self, k: int) -> float:
        """What the `k`th best score is at least: the `k`th highest of the best scores of blocks of rows."""
        blocks = len(self.scores) // _BLOCK
        if blocks < k:
            return 0.0
        highest = self.scores[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        return float(np.partition(highest, -k)[-k])

    def covered(self, rows: Rows) -> Scores:
        """The share of the query's information that each of `rows` holds: score / ceiling, float32 in [0, 1)."""
        return self.scores[rows] / np.float32(self.ceiling or 1.0)


class Postings:
    """An inverted index that doesn't change any more. Any number of threads may search at once."""

    def __init__(self, directory: Path) -> None:
        """Map the files of `directory`. Raises SnapshotCorrupt where they are not what PostingsWriter writes."""
        self._terms = _mapped(directory / "terms.npy", np.uint8)
        edges = _mapped(directory / "edges.npy", np.int64)
        self._rows = _mapped(directory / "rows.npy", np.int32)
        self._shares = _mapped(directory / "shares.npy", np.float32)
        lengths = _mapped(directory / "lengths.npy", np.int32)
        sizes = [len(self._terms), len(self._rows)]
        if edges.ndim != 2 or edges[:, -1].tolist() != sizes or len(self._shares) != len(self._rows):
            raise SnapshotCorrupt(f"{directory}: its files don't belong together")
        self._term_edges, self._posting_edges = edges
        self._size = len(lengths)
        self._texts = int(np.count_nonzero(lengths))

    def __len__(self) -> int:
        """Rows, those without a term included."""
        return self._size

    def match(self, terms: Iterable[str]) -> Ranking:
        """Score every row by BM25. A term counts once however often it is in `terms`; empty rows are no texts.

        Where the terms have more than `POSTINGS_A_QUERY` postings together, the most frequent are left out; the rarest
        that any row holds is always taken.
        """
        spans = sorted((self._postings(term) for term in sorted(set(terms))), key=lambda span: span[1] - span[0])
        frequencies = np.array([end - start for start, end in spans], dtype=np.int64)
        affordable = max(POSTINGS_A_QUERY, int(frequencies[frequencies > 0].min(initial=len(self))))
        taken = int(np.searchsorted(np.cumsum(frequencies), affordable, side="right"))
        idf = bm25.idf(self._texts, frequencies[:taken])
        scores = np.zeros(len(self), dtype=np.float32)
        for (start, end), weight in zip(spans, idf, strict=False):
            np.add.at(scores, self._rows[start:end], weight * self._shares[start:end])
        return Ranking(scores, float(idf.sum()))

    def frequency(self, term: str) -> int:
        """How many rows hold `term`."""
        start, end = self._postings(term)
        return end - start

    def _postings(self, term: str) -> tuple[int, int]:
        """Where the postings of `term` begin and end; nowhere, `(0, 0)`, where no row holds it."""
        size, wanted = len(self._term_edges) - 1, term.encode()
        number = bisect_left(range(size), wanted, key=self._term)
        if number == size or self._term(number) != wanted:
            return 0, 0
        return int(self._posting_edges[number]), int(self._posting_edges[number + 1])

    def _term(self, number: int) -> bytes:
        return self._terms[self._term_edges[number] : self._term_edges[number + 1]].tobytes()


def _mapped(path: Path, dtype: type[T]) -> NDArray[T]:
    if not path.is_file():
        raise SnapshotCorrupt(f"{path}: the file is missing")
    try:
        with storage_errors(path):
            values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise SnapshotCorrupt(f"{path}: NumPy can't read it: {error}") from error
    if values.dtype != dtype:
        raise SnapshotCorrupt(f"{path}: holds {values.dtype}, not {np.dtype(dtype)}")
    # a plain array over the same memory: every slice of a memmap costs microseconds
    plain: NDArray[T] = np.asarray(values)
    return plain
