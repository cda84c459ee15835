"""Embeddings kept on disk, so that a text is embedded once.

A cache directory holds one folder an embedder (named by the hash of its identity) with two files, `documents` and
`queries`: the same text has another vector as a question than as a document. A file is a row of records of equal size,
appended and never changed: SHA-256 of the text in UTF-8, the vector (float32, little endian), CRC-32 of both. A record
that a crash tore, or that was damaged, is not used; its text is embedded again. `<file>.ages` has a byte a record: how
many calls of `retire` ago it was last used. Without it, or with a wrong one, nothing is lost but what could be deleted.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import durable
from index.embedding import Embedder, Vectors

EMBEDDINGS = "embeddings"
"""The cache directory of an index, inside it."""
DOCUMENTS, QUERIES = "documents", "queries"
KEPT = 3
"""Builds that a vector stays for after the last one that used it."""
ADDED_AT_ONCE = 1 << 16
"""Keys that wait to be sorted in, 200 bytes each."""
TEXTS_AT_ONCE = 512
"""Vectors are written when this many have been made: what an interrupted run has done is mostly kept."""

_IDENTITY = re.compile(r"[0-9a-f]{32}", re.ASCII)

Rows = NDArray[np.int64]
Progress = Callable[[int], None]
Embed = Callable[[Sequence[str]], Vectors]


class CachedEmbedder:
    """An `Embedder` that asks another one only for texts that `directory` has no vector of.

    Vectors come back bit by bit as they were first made. Several processes may share a directory. Raises SnapshotError
    where the directory can't be read or written.
    """

    def __init__(self, embedder: Embedder, directory: Path) -> None:
        """`directory` is made where it is missing. Its vectors are looked at when the first text is asked for."""
        self._embedder = embedder
        self.dim = embedder.dim
        self.name = embedder.name
        self._folder = directory / identity_hash(embedder.identity())
        durable.make_directory(self._folder)
        self.misses = 0
        """How many distinct texts were embedded."""

    @property
    def hits(self) -> int:
        """How many distinct texts were asked for that had been embedded before this object was made."""
        return self._documents.used + self._queries.used - self.misses

    def identity(self) -> Mapping[str, str | int | bool]:
        """That of the embedder behind: the vectors are the same."""
        return self._embedder.identity()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the embedder behind counts."""
        return self._embedder.count_tokens(texts)

    def embed_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm; `progress` is told how many more are done."""

        def embed(missing: Sequence[str]) -> Vectors:
            return self._embedder.embed_documents(missing, progress)

        return self._through(self._documents, texts, embed, progress)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm."""
        return self._through(self._queries, texts, self._embedder.embed_queries, None)

    def retire(self) -> None:
        """Delete what was not used since the `KEPT`th call before this one, and the vectors of all other embedders.

        For a directory that one program alone uses, at the end of each of its runs. Raises SnapshotError.
        """
        self._documents.retire(KEPT)
        self._queries.retire(KEPT)
        with durable.storage_errors(self._folder.parent):
            for other in self._folder.parent.iterdir():
                if other != self._folder and _IDENTITY.fullmatch(other.name) and other.is_dir():
                    durable.remove_tree(other)

    @cached_property
    def _documents(self) -> VectorLog:
        return VectorLog(self._folder / DOCUMENTS, self.dim)

    @cached_property
    def _queries(self) -> VectorLog:
        return VectorLog(self._folder / QUERIES, self.dim)

    def _through(self, log: VectorLog, texts: Sequence[str], embed: Embed, progress: Progress | None) -> Vectors:
        missing = log.missing(dict.fromkeys(texts))
        self.misses += len(missing)
        if progress is not None and len(missing) < len(texts):
            progress(len(texts) - len(missing))
        # Longest first: the embedder behind then fills its batches with texts of one length.
        missing.sort(key=len, reverse=True)
        for start in range(0, len(missing), TEXTS_AT_ONCE):
            portion = missing[start : start + TEXTS_AT_ONCE]
            log.append(portion, embed(portion))
        return log.vectors(texts)


class VectorLog:
    """One file of texts' hashes and vectors. Records are read where they lie, and checked when they are first used.

    Of each record, about 18 bytes are in memory.
    """

    def __init__(self, path: Path, dim: int) -> None:
        """Find what `path` holds, which need not exist. Raises SnapshotError where that fails."""
        self._path = path
        self._record = np.dtype([("key", "u1", 32), ("vector", "<f4", dim), ("crc", "<u4")])
        self._records = self._mapped()
        self._index = KeyIndex(self._records["key"])
        self._state = np.zeros(len(self._records), dtype=np.uint8)
        self.used = 0
        """How many distinct texts were asked for."""

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Those of `texts` that are not there, or damaged."""
        asked = list(texts)
        return [asked[number] for number in np.flatnonzero(self._find(asked) < 0)]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`. Raises KeyError for a text that is not there."""
        rows = self._find(texts)
        if len(absent := np.flatnonzero(rows < 0)):
            raise KeyError(texts[absent[0]])
        distinct = np.unique(rows)
        self.used += int(np.count_nonzero(self._state[distinct] != _USED))
        self._state[distinct] = _USED
        found: Vectors = self._records["vector"][rows]
        return found

    def append(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Add the vectors of `texts`, float32 `(len(texts), dim)`. Raises SnapshotError where the disk refuses."""
        records = np.zeros(len(texts), dtype=self._record)
        for record, text, vector in zip(records, texts, vectors, strict=True):
            record["key"] = np.frombuffer(text_key(text), dtype=np.uint8)
            record["vector"] = vector
            record["crc"] = _checksum(record)
        with durable.storage_errors(self._path), durable.disk.open(self._path, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # What a crash tore off would shift every later record.
            first = os.fstat(file.fileno()).st_size // self._record.itemsize
            file.truncate(first * self._record.itemsize)
            durable.disk.write(file, records.tobytes())
        self._records = self._mapped()
        self._state = np.pad(self._state, (0, len(self._records) - len(self._state)))
        self._index.add(records["key"], first)

    def retire(self, kept: int) -> None:
        """Age what was not used since the last call, and delete what is older than `kept` calls, and what is damaged.

        Nobody else may write to the file meanwhile. Raises SnapshotError where the disk refuses.
        """
        records = self._mapped()
        if not len(records):
            return
        used = np.pad(self._state == _USED, (0, len(records) - len(self._state)))
        ages = np.where(used, 0, np.minimum(self._ages(len(records)), 254) + 1).astype(np.uint8)
        stays = ages <= kept
        index = KeyIndex(records["key"])
        for row in np.flatnonzero(stays & ~used):
            stays[row] = _intact(records[row]) and index.find(records["key"], records["key"][row].tobytes()) == row
        if not stays.all():
            self._rewrite(records, np.flatnonzero(stays))
        durable.replace(self._ages_path, ages[stays].tobytes())
        self._records = self._mapped()
        self._index = KeyIndex(self._records["key"])
        self._state = np.zeros(len(self._records), dtype=np.uint8)

    @property
    def _ages_path(self) -> Path:
        return self._path.with_name(f"{self._path.name}.ages")

    def _ages(self, records: int) -> NDArray[np.uint8]:
        """The age of each record; those that were appended since they were written are new."""
        ages = np.zeros(records, dtype=np.uint8)
        if self._ages_path.is_file():
            with durable.storage_errors(self._ages_path):
                written = np.frombuffer(self._ages_path.read_bytes(), dtype=np.uint8)[:records]
            ages[: len(written)] = written
        return ages

    def _rewrite(self, records: NDArray[np.void], rows: NDArray[np.int64]) -> None:
        """Leave only `rows` of `records` in the file. Who reads the old one goes on reading it."""
        starts = range(0, len(rows), TEXTS_AT_ONCE)
        parts = (records[rows[start : start + TEXTS_AT_ONCE]].tobytes() for start in starts)
        durable.replace_parts(self._path, parts)

    def _mapped(self) -> NDArray[np.void]:
        """The whole records of the file as it is now."""
        with durable.storage_errors(self._path):
            count = self._path.stat().st_size // self._record.itemsize if self._path.exists() else 0
            if not count:
                return np.empty(0, dtype=self._record)
            return np.asarray(np.memmap(self._path, dtype=self._record, mode="r", shape=(count,)))

    def _find(self, texts: Sequence[str]) -> Rows:
        """The row of the last record of each text, -1 where there is none that is intact."""
        keys = np.frombuffer(b"".join(map(text_key, texts)), dtype=np.uint8).reshape(-1, 32)
        rows = self._index.find_all(self._records["key"], keys)
        there = np.unique(rows[rows >= 0])
        for row in there[self._state[there] == _UNCHECKED]:
            if _intact(self._records[row]):
                self._state[row] = _INTACT
        damaged = there[self._state[there] == _UNCHECKED]
        rows[np.isin(rows, damaged)] = -1
        return rows


_UNCHECKED, _INTACT, _USED = range(3)


class KeyIndex:
    """Finds rows by keys of 32 random bytes, of which the first 8 are in memory, sorted."""

    def __init__(self, keys: NDArray[np.uint8]) -> None:
        """`keys` is uint8 `(rows, 32)`."""
        prefixes = _prefixes(keys)
        self._order = np.argsort(prefixes, kind="stable")
        self._sorted = prefixes[self._order]
        self._added: dict[bytes, int] = {}

    def add(self, keys: NDArray[np.uint8], first: int) -> None:
        """Note that `keys` are those of the rows from `first` on."""
        self._added.update((key.tobytes(), first + number) for number, key in enumerate(keys))
        if len(self._added) >= ADDED_AT_ONCE:
            self._merge()

    def find_all(self, keys: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> Rows:
        """`find` for each of `wanted`, uint8 `(n, 32)`; -1 where there is none."""
        found = np.full(len(wanted), -1)
        unsure = np.fromiter((key.tobytes() in self._added for key in wanted), dtype=np.bool_, count=len(wanted))
        if len(self._order):
            prefixes = _prefixes(wanted)
            places = np.searchsorted(self._sorted, prefixes, side="right") - 1
            rows = self._order[places]
            same = (keys[rows] == wanted).all(axis=1)
            found[same] = rows[same]
            unsure |= (self._sorted[places] == prefixes) & ~same
        for number in np.flatnonzero(unsure):
            row = self.find(keys, wanted[number].tobytes())
            found[number] = -1 if row is None else row
        return found

    def find(self, keys: NDArray[np.uint8], key: bytes) -> int | None:
        """The last row of `keys` that is `key`, None where there is none. `keys` are those that were given before."""
        if key in self._added:
            return self._added[key]
        prefix = np.uint64(int.from_bytes(key[:8]))
        place = int(np.searchsorted(self._sorted, prefix, side="right")) - 1
        while place >= 0 and self._sorted[place] == prefix:
            row = int(self._order[place])
            if keys[row].tobytes() == key:
                return row
            place -= 1
        return None

    def _merge(self) -> None:
        new = np.frombuffer(b"".join(self._added), dtype=np.uint8).reshape(-1, 32)
        prefixes = np.concatenate([self._sorted, _prefixes(new)])
        rows = np.concatenate([self._order, np.fromiter(self._added.values(), dtype=np.int64)])
        order = np.argsort(prefixes, kind="stable")
        self._sorted, self._order = prefixes[order], rows[order]
        self._added.clear()


def _prefixes(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    first = np.ascontiguousarray(keys[:, :8])
    return first.view(">u8").ravel().astype(np.uint64)


def _checksum(record: np.void) -> int:
    return zlib.crc32(record.tobytes()[:-4])


def _intact(record: np.void) -> bool:
    return bool(_checksum(record) == record["crc"])


def text_key(text: str) -> bytes:
    """SHA-256 of a text in UTF-8, 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def identity_hash(identity: Mapping[str, str | int | bool]) -> str:
    """A folder's name for everything that decides what vectors an embedder gives."""
    return hashlib.sha256(json.dumps(dict(identity), sort_keys=True).encode()).hexdigest()[:32]
