"""Vectors of tokens kept on disk beside those of texts, so that a passage is read by the model once.

In the embedder's folder of the cache, `tokens/documents/<SHA-256 of the text>` (`queries` for questions) holds the step
of the bytes that follow (float32), the tokens of one text in a byte a dimension, row by row, and CRC-32 of both: a
passage of 200 tokens takes 77 kB at 384 dimensions. A file that is damaged is not used; its text is embedded again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import durable
from index.embedding import Embedder, TokenEmbedder, Vectors
from index.embedding_cache import (
    DOCUMENTS,
    QUERIES,
    TEXTS_AT_ONCE,
    CachedEmbedder,
    Progress,
    VectorLog,
    identity_hash,
    text_key,
)

TOKENS = "tokens"
LEVELS = 127

EmbedTokens = Callable[[Sequence[str]], tuple[Vectors, list[Vectors]]]


def cached(embedder: Embedder, directory: Path) -> CachedEmbedder:
    """`embedder`, remembering in `directory`; with vectors of tokens where it gives any. Raises SnapshotError."""
    if isinstance(embedder, TokenEmbedder):
        return CachedTokenEmbedder(embedder, directory)
    return CachedEmbedder(embedder, directory)


class CachedTokenEmbedder(CachedEmbedder):
    """A `TokenEmbedder` that asks another one only for texts that `directory` has no tokens of.

    Tokens are rounded to a byte a dimension, the first time too.
    """

    def __init__(self, embedder: TokenEmbedder, directory: Path) -> None:
        """`directory` is made where it is missing."""
        super().__init__(embedder, directory)
        self._teller = embedder
        folder = directory / identity_hash(embedder.identity()) / TOKENS
        self._of_documents, self._of_queries = folder / DOCUMENTS, folder / QUERIES
        durable.make_directory(self._of_documents)
        durable.make_directory(self._of_queries)
        self._used: set[Path] = set()

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        """As the embedder behind this one counts them."""
        return self._teller.count_vectors(texts)

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """As `embed_documents`; and for each text float32 `(tokens, dim)`."""

        def embed(missing: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
            return self._teller.embed_document_tokens(missing, progress)

        return self._tokens_through(self._documents, self._of_documents, texts, embed, progress)

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As `embed_queries`; and for each text float32 `(tokens, dim)`."""
        return self._tokens_through(self._queries, self._of_queries, texts, self._teller.embed_query_tokens, None)

    def retire(self) -> None:
        """Delete what was not used lately: tokens, which take more space, after a single build without them."""
        super().retire()
        for folder in (self._of_documents, self._of_queries):
            with durable.storage_errors(folder):
                for path in folder.iterdir():
                    if path not in self._used:
                        with suppress(FileNotFoundError):
                            durable.disk.unlink(path)
        self._used.clear()

    def _tokens_through(
        self, log: VectorLog, folder: Path, texts: Sequence[str], embed: EmbedTokens, progress: Progress | None
    ) -> tuple[Vectors, list[Vectors]]:
        paths = {text: folder / text_key(text).hex() for text in texts}
        unknown = set(log.missing(paths))
        found = {text: None if text in unknown else _read(path, self.dim) for text, path in paths.items()}
        missing = sorted((text for text, tokens in found.items() if tokens is None), key=len, reverse=True)
        self.misses += len(missing)
        if progress is not None and len(missing) < len(texts):
            progress(len(texts) - len(missing))
        for start in range(0, len(missing), TEXTS_AT_ONCE):
            portion = missing[start : start + TEXTS_AT_ONCE]
            vectors, tokens = embed(portion)
            new = [number for number, text in enumerate(portion) if text in unknown]
            log.append([portion[number] for number in new], vectors[new])
            found.update({text: _written(paths[text], own) for text, own in zip(portion, tokens, strict=True)})
        self._used.update(paths.values())
        return log.vectors(texts), [own for text in texts if (own := found[text]) is not None]


def _written(path: Path, tokens: Vectors) -> Vectors:
    step = np.float32(max(float(np.abs(tokens).max()), 1e-9) / LEVELS)
    small: NDArray[np.int8] = np.rint(tokens / step).astype(np.int8)
    content = step.astype("<f4").tobytes() + small.tobytes()
    durable.replace_unsynced(path, content + _checksum(content))
    again: Vectors = small.astype(np.float32) * step
    return again


def _read(path: Path, dim: int) -> Vectors | None:
    """The tokens in `path`, float32 `(tokens, dim)`; None where it is missing or damaged."""
    with durable.storage_errors(path):
        try:
            held = path.read_bytes()
        except FileNotFoundError:
            return None
    content, checksum = held[:-4], held[-4:]
    if checksum != _checksum(content) or (len(content) - 4) % dim:
        return None
    step, small = np.frombuffer(content, "<f4", count=1), np.frombuffer(content, np.int8, offset=4)
    tokens: Vectors = small.reshape(-1, dim).astype(np.float32) * step
    return tokens


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "little")
