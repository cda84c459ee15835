from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.embedding import TokenEmbedder
from index.token_cache import CachedTokenEmbedder, cached
from tests.index.conftest import HashEmbedder, TokenHashEmbedder

TEXTS = ["the ferry left", "the bridge opened at noon", "the ferry left"]


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


def kept_tokens(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("tokens/documents/*") if path.is_file()]


def test_a_flipped_bit_or_a_cut_anywhere_in_tokens_is_noticed(tmp_path: Path) -> None:
    embedder = TokenHashEmbedder()
    _, [tokens] = CachedTokenEmbedder(embedder, tmp_path).embed_document_tokens(TEXTS[:1])
    [path] = kept_tokens(tmp_path)
    intact = path.read_bytes()
    flipped = [
        intact[:place] + bytes([intact[place] ^ 1 << bit]) + intact[place + 1 :]
        for place in range(len(intact))
        for bit in range(8)
    ]
    for damaged in [*flipped, *(intact[:size] for size in range(len(intact))), intact + b"\0", bytes(len(intact))]:
        path.write_bytes(damaged)
        embedder.asked.clear()
        _, [again] = CachedTokenEmbedder(embedder, tmp_path).embed_document_tokens(TEXTS[:1])
        assert (embedder.asked, again.tobytes()) == (TEXTS[:1], tokens.tobytes())
        assert path.read_bytes() == intact


def test_what_a_build_did_not_use_is_deleted(tmp_path: Path) -> None:
    CachedTokenEmbedder(TokenHashEmbedder(), tmp_path).embed_document_tokens(TEXTS)
    next_build = CachedTokenEmbedder(TokenHashEmbedder(), tmp_path)
    next_build.embed_document_tokens(TEXTS[:1])
    next_build.retire()

    assert len(kept_tokens(tmp_path)) == 1
