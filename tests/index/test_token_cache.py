from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.embedding import TokenEmbedder, Vectors
from index.token_cache import CachedTokenEmbedder, cached
from tests.index.conftest import HashEmbedder

TEXTS = ["the ferry left", "the bridge opened at noon", "the ferry left"]


class TokenHashEmbedder(HashEmbedder):
    """Gives each word its vector, and counts the texts that it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        self.asked.extend(texts)
        return self.embed_queries(texts), [self.embed_queries(text.split()) for text in texts]

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        return self.embed_document_tokens(texts)


def test_only_a_model_with_tokens_is_remembered_with_tokens(tmp_path: Path) -> None:
    assert isinstance(cached(TokenHashEmbedder(), tmp_path), TokenEmbedder)
    assert not isinstance(cached(HashEmbedder(), tmp_path), TokenEmbedder)


def test_tokens_are_made_once_and_come_back_the_same(tmp_path: Path) -> None:
    embedder = TokenHashEmbedder()
    vectors, tokens = CachedTokenEmbedder(embedder, tmp_path).embed_document_tokens(TEXTS)
    again = CachedTokenEmbedder(embedder, tmp_path)
    same_vectors, same_tokens = again.embed_document_tokens(TEXTS)

    assert sorted(embedder.asked) == sorted(set(TEXTS))
    assert (again.hits, again.misses) == (2, 0)
    assert same_vectors.tobytes() == vectors.tobytes() == embedder.embed_documents(TEXTS).tobytes()
    for own, same, text in zip(tokens, same_tokens, TEXTS, strict=True):
        assert own.tobytes() == same.tobytes()
        assert own == pytest.approx(embedder.embed_queries(text.split()), abs=float(np.abs(own).max()) / 127)


def test_damaged_tokens_are_made_again(tmp_path: Path) -> None:
    embedder = TokenHashEmbedder()
    CachedTokenEmbedder(embedder, tmp_path).embed_document_tokens(TEXTS)
    for path in tmp_path.rglob("*.npz"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    embedder.asked.clear()

    CachedTokenEmbedder(embedder, tmp_path).embed_document_tokens(TEXTS)

    assert sorted(embedder.asked) == sorted(set(TEXTS))


def test_what_a_build_did_not_use_is_deleted(tmp_path: Path) -> None:
    CachedTokenEmbedder(TokenHashEmbedder(), tmp_path).embed_document_tokens(TEXTS)
    next_build = CachedTokenEmbedder(TokenHashEmbedder(), tmp_path)
    next_build.embed_document_tokens(TEXTS[:1])
    next_build.retire()

    assert len(list(tmp_path.rglob("*.npz"))) == 1
