"""Embeddings kept on disk, so that a text is embedded once.

A cache directory holds one folder an embedder (named by the hash of its identity) with two files, `documents` and
`queries`: the same text has another vector as a question than as a document. A file is a row of records of equal size,
appended and never changed: SHA-256 of the text in UTF-8, the vector (float32, little endian), CRC-32 of both. A record
that a crash tore, or that was damaged, is not used; its text is embedded again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from index import durable
from index.embedding import Embedder, Vectors

DOCUMENTS, QUERIES = "documents", "queries"
TEXTS_AT_ONCE = 512
"""Vectors are written when this many have been made: what an interrupted run has done is mostly kept."""

Progress = Callable[[int], None]
Embed = Callable[[Sequence[str]], Vectors]


class CachedEmbedder:
    """An `Embedder` that asks another one only for texts that `directory` has no vector of.

    Vectors come back bit by bit as they were first made. Several processes may share a directory. Raises SnapshotError
    where the directory can't be read or written. `hits` and `misses` count distinct texts.
    """

    def __init__(self, embedder: Embedder, directory: Path) -> None:
        """`directory` is made where it is missing."""
        self._embedder = embedder
        self.dim = embedder.dim
        self.name = embedder.name
        folder = directory / identity_hash(embedder.identity())
        durable.make_directory(folder)
        self._documents = VectorLog(folder / DOCUMENTS, embedder.dim)
        self._queries = VectorLog(folder / QUERIES, embedder.dim)
        self.hits = self.misses = 0

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

    def _through(self, log: VectorLog, texts: Sequence[str], embed: Embed, progress: Progress | None) -> Vectors:
        distinct = dict.fromkeys(texts)
        missing = [text for text in distinct if text not in log]
        self.hits += len(distinct) - len(missing)
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
    """One file of texts' hashes and vectors; only appended to."""

    def __init__(self, path: Path, dim: int) -> None:
        """Read what is whole of `path`, which need not exist. Raises SnapshotError where that fails."""
        self._path = path
        self._record = np.dtype([("key", "u1", 32), ("vector", "<f4", dim), ("crc", "<u4")])
        self._known: dict[bytes, Vectors] = {}
        if path.exists():
            with durable.storage_errors(path):
                self._take(path.read_bytes())

    def __contains__(self, text: str) -> bool:
        return text_key(text) in self._known

    def __len__(self) -> int:
        return len(self._known)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`. Raises KeyError for a text that is not there."""
        rows = np.empty((len(texts), self._record["vector"].shape[0]), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = self._known[text_key(text)]
        return rows

    def append(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Add the vectors of `texts`, float32 `(len(texts), dim)`. Raises SnapshotError where the disk refuses."""
        records = np.zeros(len(texts), dtype=self._record)
        for record, text, vector in zip(records, texts, vectors, strict=True):
            record["key"] = np.frombuffer(text_key(text), dtype=np.uint8)
            record["vector"] = vector
            record["crc"] = zlib.crc32(record.tobytes()[:-4])
        content = records.tobytes()
        with durable.storage_errors(self._path), self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # What a crash tore off would shift every later record.
            whole = os.fstat(file.fileno()).st_size // self._record.itemsize * self._record.itemsize
            file.truncate(whole)
            file.write(content)
        self._take(content)

    def _take(self, content: bytes) -> None:
        size = self._record.itemsize
        records = np.frombuffer(content, dtype=self._record, count=len(content) // size)
        view = memoryview(content)
        for number, record in enumerate(records):
            start = number * size
            if zlib.crc32(view[start : start + size - 4]) == record["crc"]:
                self._known[record["key"].tobytes()] = record["vector"]


def text_key(text: str) -> bytes:
    """SHA-256 of a text in UTF-8, 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def identity_hash(identity: Mapping[str, str | int | bool]) -> str:
    """A folder's name for everything that decides what vectors an embedder gives."""
    return hashlib.sha256(json.dumps(dict(identity), sort_keys=True).encode()).hexdigest()[:32]
