from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import ModelError, SnapshotCorrupt, SnapshotError
from index.vectors import VectorIndex, VectorWriter


def unit(rows: int, dim: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def index_of(vectors: np.ndarray, path: Path) -> VectorIndex:
    writer = VectorWriter(vectors.shape[1])
    writer.add(vectors)
    writer.write(path)
    return VectorIndex.read(path)


@pytest.fixture
def thirty(tmp_path: Path) -> VectorIndex:
    return index_of(unit(30, 8), tmp_path / "thirty.faiss")


def test_rows_survive_disk_bit_by_bit_in_the_order_they_were_added(tmp_path: Path) -> None:
    vectors = unit(30, 8)
    writer = VectorWriter(8)
    for start in range(0, 30, 7):
        writer.add(vectors[start : start + 7])
    writer.write(tmp_path / "v")
    index = VectorIndex.read(tmp_path / "v")
    assert (len(index), index.dim) == (30, 8)
    np.testing.assert_array_equal(index.all(), vectors)
    np.testing.assert_array_equal(index.reconstruct([29, 3]), vectors[[29, 3]])


@given(seed=st.integers(0, 1000), k=st.integers(1, 30))
def test_search_is_exact(seed: int, k: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    vectors, queries = unit(30, 8), unit(3, 8, seed)
    index = index_of(vectors, tmp_path_factory.getbasetemp() / "exact.faiss")
    scores, rows = index.search(queries, k)
    products = queries @ vectors.T
    np.testing.assert_array_equal(rows, np.argsort(-products, axis=1)[:, :k])
    np.testing.assert_allclose(scores, -np.sort(-products, axis=1)[:, :k], atol=1e-6)


def test_more_than_there_are_gives_all_and_no_padding(thirty: VectorIndex) -> None:
    scores, rows = thirty.search(unit(2, 8, 1), 1000)
    assert scores.shape == (2, 30)
    assert [sorted(found) for found in rows.tolist()] == [list(range(30))] * 2


def test_the_view_outlives_the_index_and_cant_be_written_to(tmp_path: Path) -> None:
    view = index_of(unit(5000, 64), tmp_path / "v").all()
    gc.collect()
    np.testing.assert_array_equal(view, unit(5000, 64))
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 1


@pytest.mark.parametrize("queries", [unit(1, 9), unit(1, 8).astype(np.float64), unit(1, 8)[0]])
def test_queries_of_another_shape_or_type_are_refused(thirty: VectorIndex, queries: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"queries must be float32 \(q, 8\)"):
        thirty.search(queries, 1)


def test_no_hits_can_be_asked_for(thirty: VectorIndex) -> None:
    with pytest.raises(ValueError, match="k must be at least 1, not 0"):
        thirty.search(unit(1, 8), 0)


@pytest.mark.parametrize("row", [-1, 30])
def test_a_row_that_is_not_there_is_an_index_error(thirty: VectorIndex, row: int) -> None:
    with pytest.raises(IndexError, match=r"rows are 0\.\.29"):
        thirty.reconstruct([0, row])


@pytest.mark.parametrize(
    "vectors", [2 * unit(2, 8), unit(2, 8) * np.float32(np.nan), unit(2, 9), unit(2, 8).astype(float)]
)
def test_vectors_that_would_rank_wrongly_are_refused(vectors: np.ndarray) -> None:
    with pytest.raises(ModelError):
        VectorWriter(8).add(vectors)


def test_a_file_of_something_else_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "v.faiss"
    path.write_bytes(b"not an index")
    with pytest.raises(SnapshotCorrupt, match=r"v\.faiss: FAISS can't read it"):
        VectorIndex.read(path)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"nowhere/v: the vectors can't be written"):
        VectorWriter(8).write(tmp_path / "nowhere" / "v")
