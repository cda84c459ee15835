from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import embedding_cache
from index.embedding import Vectors
from index.embedding_cache import DOCUMENTS, QUERIES, CachedEmbedder, VectorLog, identity_hash
from index.errors import SnapshotError


class CountingEmbedder:
    """Gives every text another vector at every call, so that a vector that was made again is told from a kept one."""

    dim = 8
    name = "counting"

    def __init__(self, revision: str = "1") -> None:
        self.revision = revision
        self.asked: list[str] = []
        self._random = np.random.default_rng(7)

    def identity(self) -> Mapping[str, str | int | bool]:
        return {"model": self.name, "revision": self.revision}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        if progress is not None:
            progress(len(texts))
        return self.embed_queries(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = self._random.normal(size=(len(texts), self.dim)).astype(np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


TEXTS = ["a ferry", "eine Fähre", "a bridge", "a ferry"]


def test_a_second_run_gives_the_same_bits_and_asks_nothing(tmp_path: Path) -> None:
    first = CachedEmbedder(CountingEmbedder(), tmp_path).embed_documents(TEXTS)
    again = CountingEmbedder()
    cached = CachedEmbedder(again, tmp_path)

    assert cached.embed_documents(list(reversed(TEXTS))).tobytes() == first[::-1].tobytes()
    assert again.asked == []
    assert (cached.hits, cached.misses) == (3, 0)


def test_a_repeated_text_is_embedded_once(tmp_path: Path) -> None:
    inner = CountingEmbedder()

    vectors = CachedEmbedder(inner, tmp_path).embed_documents(TEXTS)

    assert sorted(inner.asked) == sorted(set(TEXTS))
    assert vectors[0].tobytes() == vectors[3].tobytes()


def test_questions_and_documents_are_kept_apart(tmp_path: Path) -> None:
    cached = CachedEmbedder(CountingEmbedder(), tmp_path)

    document, query = cached.embed_documents(["a ferry"]), cached.embed_queries(["a ferry"])

    assert not np.allclose(document, query)
    again = CachedEmbedder(CountingEmbedder(), tmp_path)
    assert again.embed_queries(["a ferry"]).tobytes() == query.tobytes()
    assert again.embed_documents(["a ferry"]).tobytes() == document.tobytes()


def test_another_model_shares_nothing(tmp_path: Path) -> None:
    CachedEmbedder(CountingEmbedder("1"), tmp_path).embed_documents(["a ferry"])
    other = CountingEmbedder("2")

    CachedEmbedder(other, tmp_path).embed_documents(["a ferry"])

    assert other.asked == ["a ferry"]


def test_identity_does_not_depend_on_the_order_of_its_keys() -> None:
    assert identity_hash({"a": 1, "b": "x"}) == identity_hash({"b": "x", "a": 1}) != identity_hash({"a": 1, "b": "y"})


def test_only_what_is_new_is_embedded_and_progress_counts_every_text(tmp_path: Path) -> None:
    CachedEmbedder(CountingEmbedder(), tmp_path).embed_documents(["a ferry", "a bridge"])
    inner, told = CountingEmbedder(), list[int]()

    CachedEmbedder(inner, tmp_path).embed_documents(["a ferry", "a harbour", "a bridge"], told.append)

    assert inner.asked == ["a harbour"]
    assert sum(told) == 3


@pytest.mark.parametrize("cut", [1, 4, 35, 67])
def test_a_torn_write_costs_that_record_alone(tmp_path: Path, cut: int) -> None:
    cached = CachedEmbedder(CountingEmbedder(), tmp_path)
    kept = cached.embed_documents(["a ferry"])
    cached.embed_documents(["a bridge"])
    file = next(tmp_path.rglob(DOCUMENTS))
    file.write_bytes(file.read_bytes()[:-cut])

    inner = CountingEmbedder()
    torn = CachedEmbedder(inner, tmp_path)
    after = torn.embed_documents(["a ferry", "a bridge", "a harbour"])

    assert after[0].tobytes() == kept[0].tobytes()
    assert sorted(inner.asked) == ["a bridge", "a harbour"]
    unasked = CountingEmbedder()
    reread = CachedEmbedder(unasked, tmp_path).embed_documents(["a ferry", "a bridge", "a harbour"])
    assert reread.tobytes() == after.tobytes()
    assert unasked.asked == []


@pytest.mark.parametrize("offset", [0, 31, 32, 60, 64, 67])
def test_a_damaged_record_is_embedded_again(tmp_path: Path, offset: int) -> None:
    cached = CachedEmbedder(CountingEmbedder(), tmp_path)
    cached.embed_queries(["a ferry"])
    bridge = cached.embed_queries(["a bridge"])
    file = next(tmp_path.rglob(QUERIES))
    content = bytearray(file.read_bytes())
    content[offset] ^= 0x10
    file.write_bytes(content)

    inner = CountingEmbedder()
    again = CachedEmbedder(inner, tmp_path)

    assert again.embed_queries(["a bridge"]).tobytes() == bridge.tobytes()
    again.embed_queries(["a ferry"])
    assert inner.asked == ["a ferry"]


def test_what_an_interrupted_run_has_done_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_cache, "TEXTS_AT_ONCE", 1)

    class Interrupted(CountingEmbedder):
        def embed_queries(self, texts: Sequence[str]) -> Vectors:
            if self.asked:
                raise KeyboardInterrupt
            return super().embed_queries(texts)

    with pytest.raises(KeyboardInterrupt):
        CachedEmbedder(Interrupted(), tmp_path).embed_documents(["a long ferry", "a bridge"])

    inner = CountingEmbedder()
    CachedEmbedder(inner, tmp_path).embed_documents(["a long ferry", "a bridge"])
    assert inner.asked == ["a bridge"]


def test_two_writers_of_one_file_keep_both_their_vectors(tmp_path: Path) -> None:
    one, two = (CachedEmbedder(CountingEmbedder(), tmp_path) for _ in range(2))
    ferry, bridge = one.embed_queries(["a ferry"]), two.embed_queries(["a bridge"])
    harbour = one.embed_queries(["a harbour"])

    inner = CountingEmbedder()
    found = CachedEmbedder(inner, tmp_path).embed_queries(["a ferry", "a bridge", "a harbour"])

    assert found.tobytes() == np.concatenate([ferry, bridge, harbour]).tobytes()
    assert inner.asked == []


def test_a_directory_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a directory is wanted")

    with pytest.raises(SnapshotError, match="taken"):
        CachedEmbedder(CountingEmbedder(), tmp_path / "taken")


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**32 - 1), min_size=1))
def test_every_text_finds_its_own_vector(tmp_path_factory: pytest.TempPathFactory, seeds: dict[str, int]) -> None:
    path = tmp_path_factory.mktemp("log") / "vectors"
    texts = list(seeds)
    vectors = np.array([np.random.default_rng(seed).normal(size=5) for seed in seeds.values()], dtype=np.float32)

    VectorLog(path, 5).append(texts, vectors)

    assert VectorLog(path, 5).vectors(texts[::-1]).tobytes() == vectors[::-1].tobytes()


def reopened(directory: Path, revision: str = "1") -> tuple[CachedEmbedder, CountingEmbedder]:
    inner = CountingEmbedder(revision)
    return CachedEmbedder(inner, directory), inner


def test_what_no_run_uses_any_more_is_deleted_after_some(tmp_path: Path) -> None:
    cached, _ = reopened(tmp_path)
    first = cached.embed_documents(["a ferry", "a bridge"])
    cached.retire()
    file = next(tmp_path.rglob(DOCUMENTS))
    whole = file.stat().st_size
    sizes = []
    for _ in range(embedding_cache.KEPT + 1):
        cached, inner = reopened(tmp_path)
        assert cached.embed_documents(["a ferry"]).tobytes() == first[:1].tobytes()
        cached.retire()
        assert inner.asked == []
        sizes.append(file.stat().st_size)

    assert sizes == [whole] * embedding_cache.KEPT + [whole // 2]
    cached, inner = reopened(tmp_path)
    cached.embed_documents(["a bridge"])
    assert inner.asked == ["a bridge"]


def test_what_is_used_again_in_time_stays(tmp_path: Path) -> None:
    reopened(tmp_path)[0].embed_documents(["a ferry", "a bridge"])
    for run in range(3 * embedding_cache.KEPT):
        cached, inner = reopened(tmp_path)
        cached.embed_documents(["a ferry"] if run % embedding_cache.KEPT else ["a bridge"])
        cached.retire()
        assert inner.asked == []


def test_vectors_of_other_models_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    reopened(tmp_path, "1")[0].embed_documents(["a ferry"])
    (tmp_path / "notes").mkdir()
    cached, _ = reopened(tmp_path, "2")
    cached.embed_documents(["a ferry"])
    cached.retire()

    assert {path.name for path in tmp_path.iterdir()} == {"notes", identity_hash(cached.identity())}


@pytest.mark.parametrize("ages", [b"", b"\xff", b"\xff" * 999, None])
def test_wrong_ages_cost_no_more_than_vectors_that_are_not_used(tmp_path: Path, ages: bytes | None) -> None:
    cached, _ = reopened(tmp_path)
    first = cached.embed_documents(["a ferry", "a bridge"])
    cached.retire()
    path = next(tmp_path.rglob(f"{DOCUMENTS}.ages"))
    path.unlink() if ages is None else path.write_bytes(ages)

    cached, inner = reopened(tmp_path)
    assert cached.embed_documents(["a ferry", "a bridge"]).tobytes() == first.tobytes()
    cached.retire()
    again, inner = reopened(tmp_path)
    assert again.embed_documents(["a ferry", "a bridge"]).tobytes() == first.tobytes()
    assert inner.asked == []


def test_a_damaged_record_is_gone_after_the_run_that_made_it_again(tmp_path: Path) -> None:
    reopened(tmp_path)[0].embed_documents(["a ferry", "a bridge"])
    file = next(tmp_path.rglob(DOCUMENTS))
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    cached, inner = reopened(tmp_path)
    cached.embed_documents(["a ferry", "a bridge"])
    cached.retire()

    assert len(inner.asked) == 1
    assert file.stat().st_size == len(content)
    cached, inner = reopened(tmp_path)
    cached.embed_documents(["a ferry", "a bridge"])
    assert inner.asked == []


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400), st.integers(0, 7))
def test_whatever_lies_in_the_file_no_text_gets_a_vector_that_was_not_its(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, offset: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "vectors"
    texts, vectors = ["a ferry", "a bridge", "a harbour"], np.eye(3, 5, dtype=np.float32)
    VectorLog(path, 5).append(texts, vectors)
    content = bytearray(path.read_bytes() + junk)
    content[offset % len(content)] ^= 1 << bit
    path.write_bytes(content)

    log = VectorLog(path, 5)

    for text, vector in zip(texts, vectors, strict=True):
        assert log.missing([text]) or log.vectors([text]).tobytes() == vector.tobytes()
    assert len(log.missing(texts)) <= len(texts) - 2
