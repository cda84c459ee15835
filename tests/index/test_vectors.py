from __future__ import annotations

import gc
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import ModelError, SnapshotCorrupt, SnapshotError
from index.vector_kinds import EXACT_UP_TO, VectorOptions, Wanted
from index.vectors import CODES, ROWS, VectorIndex, VectorWriter


def unit(rows: int, dim: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def index_of(vectors: np.ndarray, path: Path, kind: Wanted = "auto") -> VectorIndex:
    writer = VectorWriter(path, vectors.shape[1], VectorOptions(kind))
    writer.add(vectors)
    return VectorIndex.open(path, vectors.shape[1], writer.write())


@pytest.fixture
def thirty(tmp_path: Path) -> VectorIndex:
    return index_of(unit(30, 8), tmp_path / "thirty.faiss")


def test_rows_survive_disk_bit_by_bit_in_the_order_they_were_added(tmp_path: Path) -> None:
    vectors = unit(30, 8)
    writer = VectorWriter(tmp_path / "v", 8)
    for start in range(0, 30, 7):
        writer.add(vectors[start : start + 7])
    index = VectorIndex.open(tmp_path / "v", 8, writer.write())
    assert (len(index), index.dim) == (30, 8)
    np.testing.assert_array_equal(index.all(), vectors)
    np.testing.assert_array_equal(index.reconstruct([29, 3]), vectors[[29, 3]])


@settings(deadline=None)
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
def test_vectors_that_would_rank_wrongly_are_refused(vectors: np.ndarray, tmp_path: Path) -> None:
    with closing(VectorWriter(tmp_path / "v", 8)) as writer, pytest.raises(ModelError):
        writer.add(vectors)


def test_a_file_of_something_else_is_corrupt(tmp_path: Path) -> None:
    writer = VectorWriter(tmp_path / "v", 32)
    writer.add(clustered(EXACT_UP_TO + 1))
    record = writer.write()
    (tmp_path / "v" / CODES).write_bytes(b"not an index")
    with pytest.raises(SnapshotCorrupt, match=r"codes\.faiss: FAISS can't read it"):
        VectorIndex.open(tmp_path / "v", 32, record)


def test_a_file_that_ends_within_a_row_is_corrupt(tmp_path: Path) -> None:
    writer = VectorWriter(tmp_path / "v", 8)
    writer.add(unit(3, 8))
    record = writer.write()
    (tmp_path / "v" / ROWS).write_bytes(bytes(31))
    with pytest.raises(SnapshotCorrupt, match=r"rows\.bin: ends within a row of 8 numbers of float32"):
        VectorIndex.open(tmp_path / "v", 8, record)


def test_a_directory_that_cant_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(SnapshotError, match="file"):
        VectorWriter(tmp_path / "file" / "v", 8)


def clustered(rows: int, seed: int = 0) -> np.ndarray:
    """Vectors that lie around few directions, as those of texts do."""
    random = np.random.default_rng(seed)
    centres, noise = unit(200, 32)[random.integers(0, 200, rows)], random.normal(size=(rows, 32)) * 0.08
    vectors = (centres + noise).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    return index_of(clustered(4 * EXACT_UP_TO), tmp_path_factory.mktemp("many") / "v")


def test_of_many_vectors_the_nearest_are_found_with_their_exact_scores(many: VectorIndex) -> None:
    queries = clustered(50, seed=1)
    products = queries @ many.all().T
    scores, rows = many.search(queries, 100)

    np.testing.assert_allclose(scores, np.take_along_axis(products, rows, axis=1), atol=1e-6)
    assert (np.diff(scores, axis=1) <= 0).all()
    nearest = np.argsort(-products, axis=1, kind="stable")[:, :100]
    np.testing.assert_array_equal(rows[:, :10], nearest[:, :10])
    assert np.mean([np.isin(found, right).mean() for found, right in zip(rows, nearest, strict=True)]) > 0.99


def test_many_vectors_survive_disk_bit_by_bit(many: VectorIndex) -> None:
    np.testing.assert_array_equal(many.all(), clustered(4 * EXACT_UP_TO))
    np.testing.assert_array_equal(many.reconstruct([29, 3]), many.all()[[29, 3]])
    assert (len(many), many.dim) == (4 * EXACT_UP_TO, 32)


def test_most_of_many_vectors_are_found_by_looking_at_all(many: VectorIndex) -> None:
    query = clustered(1, seed=2)
    scores, rows = many.search(query, 10**6)

    assert sorted(rows[0].tolist()) == list(range(len(many)))
    np.testing.assert_allclose(scores[0], np.sort((query @ many.all().T)[0])[::-1], atol=1e-6)


def test_many_vectors_give_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        index_of(clustered(EXACT_UP_TO + 1), tmp_path / name)

    for file in (ROWS, CODES):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_many_vectors_outlive_their_index(tmp_path: Path) -> None:
    view = index_of(clustered(EXACT_UP_TO + 1), tmp_path / "v").all()
    gc.collect()
    np.testing.assert_array_equal(view, clustered(EXACT_UP_TO + 1))


def test_an_odd_number_of_dimensions_is_searched_without_codes(tmp_path: Path) -> None:
    vectors = unit(EXACT_UP_TO + 1, 3)
    index = index_of(vectors, tmp_path / "v")

    assert index.search(vectors[77:78], 1)[1].tolist() == [[77]]
