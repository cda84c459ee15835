"""Vectors themselves, row by row in one file: written as they come, read where a search wants to compare them.

The file holds nothing but rows of little-endian floats, 32 or 16 bits each. Half precision changes a cosine by about
0.00002, and takes half the disk and half of the memory that the system keeps the file in.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from index import durable
from index.embedding import Vectors
from index.errors import SnapshotCorrupt, SnapshotError
from index.vector_kinds import Precision

PORTION = 16_384
"""Rows that are read or converted at once: 25 MB at 384 dimensions."""

Rows = NDArray[np.int64]

# os.pread gives up the interpreter's lock for every row and, beside a busy thread, waits milliseconds to have it back:
# seconds for a search. This one keeps it, for the two microseconds that a row takes.
_pread = ctypes.PyDLL(None, use_errno=True).pread
_pread.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64]
_pread.restype = ctypes.c_ssize_t


class StoredRows(Protocol):
    """Rows of a finished file. Any number of threads may read at once."""

    def __len__(self) -> int: ...

    def take(self, rows: Rows) -> Vectors:
        """A copy of `rows`, each of which must be there, float32 `(len(rows), dim)`."""
        ...

    def span(self, start: int, stop: int) -> Vectors:
        """The rows from `start` to before `stop`, float32, not to be written to."""
        ...


class RowWriter:
    """Writes rows to disk as they come; only what the system buffers is in memory."""

    def __init__(self, path: Path, dim: int, precision: Precision = "float32") -> None:
        """Write to `path`. Raises SnapshotError where the disk refuses."""
        self.path, self.dim, self.precision = path, dim, precision
        self.count = 0
        self._file = _opened(path)

    def add(self, vectors: Vectors) -> None:
        """Append float32 `(n, dim)`."""
        with durable.storage_errors(self.path):
            durable.disk.write(self._file, _bytes(vectors, self.precision))
        self.count += len(vectors)

    def halve(self) -> None:
        """Go on in half precision, with what was written so far converted."""
        self.close()
        old = self.path.with_name(f"{self.path.name}.single")
        durable.rename(self.path, old)
        self.precision, self._file = "float16", _opened(self.path)
        rows = DiskRows(old, self.dim, "float32")
        with durable.storage_errors(self.path):
            for start in range(0, len(rows), PORTION):
                durable.disk.write(self._file, _bytes(rows.span(start, start + PORTION), self.precision))
            durable.disk.unlink(old)

    def close(self) -> None:
        """Hand everything to the system. May be called twice."""
        with durable.storage_errors(self.path):
            self._file.close()


class MemoryRows:
    """All rows in memory."""

    def __init__(self, path: Path, dim: int, precision: Precision) -> None:
        """Read `path`, which must have been verified. Raises SnapshotCorrupt where it ends within a row."""
        count = _count(path, dim, precision)
        with durable.storage_errors(path):
            stored = np.fromfile(path, dtype=np.dtype(precision).newbyteorder("<"))
        self.vectors: Vectors = stored.astype(np.float32, copy=False).reshape(count, dim)
        self.vectors.flags.writeable = False

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: Rows) -> Vectors:
        """As StoredRows says."""
        return self.vectors[rows]

    def span(self, start: int, stop: int) -> Vectors:
        """As StoredRows says."""
        return self.vectors[start:stop]


class DiskRows:
    """Rows that stay on disk and are read when they are wanted; the process keeps none of them."""

    def __init__(self, path: Path, dim: int, precision: Precision) -> None:
        """Open `path`, which must have been verified. Raises SnapshotCorrupt where it ends within a row."""
        self._path, self._dim = path, dim
        self._dtype = np.dtype(precision).newbyteorder("<")
        self._size = dim * self._dtype.itemsize
        self._count = _count(path, dim, precision)
        with durable.storage_errors(path):
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            # closed when nobody holds these rows any more: a search may still run while a snapshot is exchanged
            weakref.finalize(self, os.close, self._file)
            os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_RANDOM)

    def __len__(self) -> int:
        return self._count

    def take(self, rows: Rows) -> Vectors:
        """As StoredRows says. Raises SnapshotError where the disk does not give them."""
        stored = np.empty((len(rows), self._dim), dtype=self._dtype)
        self._fill(stored, rows.tolist())
        return stored.astype(np.float32, copy=False)

    def span(self, start: int, stop: int) -> Vectors:
        """As StoredRows says. Raises SnapshotError where the disk does not give them."""
        stored = np.empty((max(0, min(stop, self._count) - start), self._dim), dtype=self._dtype)
        with durable.storage_errors(self._path):
            read = os.preadv(self._file, [stored.data], start * self._size) if stored.size else 0
        if read != stored.nbytes:
            raise SnapshotError(f"{self._path}: ends before row {stop}")
        return stored.astype(np.float32, copy=False)

    def _fill(self, stored: NDArray[np.floating], rows: list[int]) -> None:
        descriptor, address, size = self._file, stored.ctypes.data, self._size
        for row in rows:
            if _pread(descriptor, address, size, row * size) != size:
                raise SnapshotError(f"{self._path}: row {row} can't be read: {os.strerror(ctypes.get_errno())}")
            address += size


def portions(rows: StoredRows) -> Iterator[tuple[int, Vectors]]:
    """All rows in order, `PORTION` at once, each portion with the number of its first row."""
    for start in range(0, len(rows), PORTION):
        yield start, rows.span(start, min(start + PORTION, len(rows)))


def _opened(path: Path) -> BinaryIO:
    with durable.storage_errors(path):
        return durable.disk.open(path, "wb")


def _bytes(vectors: Vectors, precision: Precision) -> bytes:
    return vectors.astype(np.dtype(precision).newbyteorder("<")).tobytes()


def _count(path: Path, dim: int, precision: Precision) -> int:
    if not path.is_file():
        raise SnapshotCorrupt(f"{path}: the file is missing")
    with durable.storage_errors(path):
        count, rest = divmod(path.stat().st_size, dim * np.dtype(precision).itemsize)
    if rest:
        raise SnapshotCorrupt(f"{path}: ends within a row of {dim} numbers of {precision}")
    return count
