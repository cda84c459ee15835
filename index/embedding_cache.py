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
TEXTS_AT_ONCE = 512
"""Vectors are written when this many have been made: what an interrupted run has done is mostly kept."""

_IDENTITY = re.compile(r"[0-9a-f]{32}", re.ASCII)

Progress = Callable[[int], None]
Embed = Callable[[Sequence[str]], Vectors]


class CachedEmbedder:
    """An `Embedder` that asks another one only for texts that `directory` has no vector of.

    Vectors come back bit by bit as they were first made. Several processes may share a directory. Raises SnapshotError
    where the directory can't be read or written.
    """

    def __init__(self, embedder: Embedder, directory: Path) -> None:
        """`directory` is made where it is missing."""
        self._embedder = embedder
        self.dim = embedder.dim
        self.name = embedder.name
        self._folder = directory / identity_hash(embedder.identity())
        durable.make_directory(self._folder)
        self._documents = VectorLog(self._folder / DOCUMENTS, embedder.dim)
        self._queries = VectorLog(self._folder / QUERIES, embedder.dim)
        self._asked: set[bytes] = set()
        self._embedded: set[bytes] = set()

    @property
    def hits(self) -> int:
        """How many distinct texts were asked for that had been embedded before this object was made."""
        return len(self._asked - self._embedded)

    @property
    def misses(self) -> int:
        """How many distinct texts were embedded."""
        return len(self._embedded)

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

    def _count(self, texts: Iterable[str], missing: Iterable[str]) -> None:
        self._asked.update(map(text_key, texts))
        self._embedded.update(map(text_key, missing))

    def _through(self, log: VectorLog, texts: Sequence[str], embed: Embed, progress: Progress | None) -> Vectors:
        distinct = dict.fromkeys(texts)
        missing = [text for text in distinct if text not in log]
        self._count(distinct, missing)
        if progress is not None and len(missing) < len(texts):
            progress(len(texts) - len(missing))
        # Longest first: the embedder behind then fills its batches with texts of one length.
        missing.sort(key=len, reverse=True)
        for start in range(0, len(missing), TEXTS_AT_ONCE):
            portion = missing[start : start + TEXTS_AT_ONCE]
            log.append(portion, embed(portion))
        return log.vectors(texts)


class VectorLog:
    """One file of texts' hashes and vectors. Records are read where they lie, and checked whenever they are."""

    def __init__(self, path: Path, dim: int) -> None:
        """Find what `path` holds, which need not exist. Raises SnapshotError where that fails."""
        self._path = path
        self._record = np.dtype([("key", "u1", 32), ("vector", "<f4", dim), ("crc", "<u4")])
        self._records = self._mapped()
        self._rows = {key.tobytes(): row for row, key in enumerate(self._records["key"])}
        self._added: dict[bytes, Vectors] = {}
        self._used: set[bytes] = set()

    def __contains__(self, text: str) -> bool:
        return self._find(text_key(text)) is not None

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`. Raises KeyError for a text that is not there."""
        rows = np.empty((len(texts), self._record["vector"].shape[0]), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            key = text_key(text)
            vector = self._find(key)
            if vector is None:
                raise KeyError(text)
            row[:] = vector
            self._used.add(key)
        return rows

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
            whole = os.fstat(file.fileno()).st_size // self._record.itemsize * self._record.itemsize
            file.truncate(whole)
            durable.disk.write(file, records.tobytes())
        self._added.update((record["key"].tobytes(), record["vector"]) for record in records)

    def retire(self, kept: int) -> None:
        """Age what was not used since the last call, and delete what is older than `kept` calls, and what is damaged.

        Nobody else may write to the file meanwhile. Raises SnapshotError where the disk refuses.
        """
        records = self._mapped()
        if not len(records):
            return
        keys = [key.tobytes() for key in records["key"]]
        last = {key: row for row, key in enumerate(keys)}
        used = np.array([key in self._used for key in keys])
        ages = np.where(used, 0, np.minimum(self._ages(len(records)), 254) + 1).astype(np.uint8)
        stays = ages <= kept
        stays &= [last[key] == row and _intact(records[row]) for row, key in enumerate(keys)]
        self._used.clear()
        if not stays.all():
            self._rewrite(records, np.flatnonzero(stays))
        durable.replace(self._ages_path, ages[stays].tobytes())

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

    def _find(self, key: bytes) -> Vectors | None:
        if key in self._added:
            return self._added[key]
        row = self._rows.get(key)
        if row is None or not _intact(self._records[row]):
            return None
        vector: Vectors = self._records[row]["vector"]
        return vector


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
