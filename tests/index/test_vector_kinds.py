"""Every kind of search finds the nearest rows with their exact scores, and says how many of them it finds."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import vector_kinds, vector_recall, vectors
from index.errors import SnapshotCorrupt, SnapshotError
from index.vector_kinds import FEWEST_CODED, Kind, VectorOptions, VectorsRecord, chosen, clusters
from index.vector_rows import DiskRows, MemoryRows, RowWriter, portions
from index.vectors import CODES, ROWS, VectorIndex, VectorWriter

DIM = 32
KINDS: tuple[Kind, ...] = ("exact", "codes", "inverted")
TOLERANCE = {"exact": 1e-6, "codes": 1e-6, "inverted": 1e-3}
"""Of scores: vectors on disk have half precision."""


def unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / lengths).astype(np.float32)


def texts(count: int, seed: int = 0) -> np.ndarray:
    """Vectors that lie in a narrow cone around 300 directions, as those of texts do."""
    random = np.random.default_rng(seed)
    around = np.random.default_rng(1).normal(size=(300, DIM))
    around[:, 0] += 12
    return unit(around[random.integers(0, 300, count)] + 0.5 * random.normal(size=(count, DIM)))


def written(directory: Path, rows: np.ndarray, options: VectorOptions, at_once: int = 1_000) -> VectorsRecord:
    writer = VectorWriter(directory, rows.shape[1], options)
    for start in range(0, len(rows), at_once):
        writer.add(rows[start : start + at_once])
    return writer.write()


QUERIES = 64


@pytest.fixture(scope="module", autouse=True)
def fewer_queries() -> Iterator[None]:
    """Recall is measured with fewer queries than in earnest, which takes a quarter of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_recall, "QUERIES", QUERIES)
        yield


@pytest.fixture(scope="module", params=KINDS)
def searched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[VectorIndex, Kind]:
    directory = tmp_path_factory.mktemp("vectors")
    record = written(directory, texts(12_000), VectorOptions(request.param))
    assert record.kind == request.param
    return VectorIndex.open(directory, DIM, record), request.param


def test_the_ten_nearest_are_found_with_their_exact_scores(searched: tuple[VectorIndex, Kind]) -> None:
    index, kind = searched
    questions = texts(100, seed=2)
    products = questions @ texts(12_000).T
    scores, rows = index.search(questions, 10)
    right = np.argsort(-products, axis=1)[:, :10]
    assert np.mean([np.isin(one, own).mean() for one, own in zip(right, rows, strict=True)]) >= 0.97
    np.testing.assert_allclose(scores, np.take_along_axis(products, rows, axis=1), atol=TOLERANCE[kind])
    assert (np.diff(scores, axis=1) <= 0).all()


def test_each_vector_is_found_in_its_own_row(searched: tuple[VectorIndex, Kind]) -> None:
    index, kind = searched
    rows = np.arange(7, 12_000, 389)
    np.testing.assert_array_equal(index.search(texts(12_000)[rows], 1)[1][:, 0], rows)
    np.testing.assert_allclose(index.reconstruct(rows), texts(12_000)[rows], atol=TOLERANCE[kind])
    np.testing.assert_allclose(index.all(), texts(12_000), atol=TOLERANCE[kind])


def test_a_search_takes_one_core_in_whichever_thread(searched: tuple[VectorIndex, Kind]) -> None:
    def threads_after_searching() -> int:
        searched[0].search(texts(1, seed=9), 1)
        return int(faiss.omp_get_max_threads())

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads_after_searching).result() == 1


@pytest.mark.parametrize("share", [0.5, 0.02, 0.0])
def test_only_the_rows_that_are_asked_for_are_searched(searched: tuple[VectorIndex, Kind], share: float) -> None:
    index, kind = searched
    among = np.random.default_rng(3).random(12_000) < share
    question = texts(1, seed=4)
    scores, rows = index.search(question, 20, among)
    products = np.where(among, (question @ texts(12_000).T)[0], -2)
    assert rows.shape == (1, min(20, among.sum()))
    assert among[rows[0]].all()
    np.testing.assert_allclose(scores[0], np.sort(products)[::-1][: rows.shape[1]], atol=TOLERANCE[kind])


def test_most_rows_are_found_by_comparing_all(searched: tuple[VectorIndex, Kind]) -> None:
    assert sorted(searched[0].search(texts(1, seed=5), 10**6)[1][0].tolist()) == list(range(12_000))


@pytest.mark.parametrize("kind", ["codes", "inverted"])
def test_the_same_vectors_give_the_same_bytes_and_figures(tmp_path: Path, kind: Kind) -> None:
    one, two = (
        written(tmp_path / name, texts(3_000), VectorOptions(kind), size) for name, size in (("a", 7), ("b", 3000))
    )
    assert one == two
    for file in (ROWS, CODES):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 40), kind=st.sampled_from(KINDS), k=st.integers(1, 50))
def test_few_vectors_are_all_compared_whatever_is_wanted(tmp_path: Path, count: int, kind: Kind, k: int) -> None:
    rows, question = texts(count), texts(1, seed=6)
    record = written(tmp_path, rows, VectorOptions(kind))
    assert (record.kind, record.recall_at_10, record.parameters) == ("exact", 1.0, {})
    found = VectorIndex.open(tmp_path, DIM, record).search(question, k)[1][0]
    np.testing.assert_array_equal(np.sort(found), np.sort(np.argsort(-(question @ rows.T)[0])[:k]))


def test_as_few_vectors_as_may_be_have_codes_by_clusters(tmp_path: Path) -> None:
    record = written(tmp_path, texts(FEWEST_CODED), VectorOptions("inverted"))
    index = VectorIndex.open(tmp_path, DIM, record)
    assert (record.kind, record.parameters["clusters"]) == ("inverted", 32)
    assert index.search(texts(FEWEST_CODED)[99:100], 1)[1].tolist() == [[99]]


@pytest.mark.parametrize(
    ("count", "dim", "wanted", "kind"),
    [
        (8_192, 384, "auto", "exact"),
        (8_193, 384, "auto", "codes"),
        (200_000, 384, "auto", "codes"),
        (200_001, 384, "auto", "inverted"),
        (10**7, 383, "auto", "exact"),
        (10**7, 384, "codes", "codes"),
        (1_024, 384, "inverted", "inverted"),
        (1_023, 384, "inverted", "exact"),
    ],
)
def test_the_kind_goes_by_how_many_there_are_unless_one_is_wanted(
    count: int, dim: int, wanted: vector_kinds.Wanted, kind: Kind
) -> None:
    assert chosen(count, dim, wanted) == kind


def test_there_are_about_as_many_clusters_as_vectors_in_each() -> None:
    assert [clusters(count) for count in (1, 1_024, 10**6, 5 * 10**6, 10**9)] == [16, 32, 1_024, 2_048, 8_192]


@pytest.mark.parametrize("kind", ["codes", "inverted"])
def test_the_record_tells_the_recall_that_questions_meet(tmp_path: Path, kind: Kind) -> None:
    record = written(tmp_path, texts(9_000), VectorOptions(kind, recall=0.9))
    index = VectorIndex.open(tmp_path, DIM, record)
    questions = vector_recall.queries(MemoryRowsOf(texts(9_000)))
    right = np.argsort(-(questions @ texts(9_000).T), axis=1)[:, :10]
    measured = np.mean([np.isin(a, b).mean() for a, b in zip(right, index.search(questions, 10)[1], strict=True)])
    assert record.recall_at_10 == pytest.approx(measured, abs=0.005)
    assert (record.sampled, record.required, record.sufficient) == (QUERIES, 0.9, True)


def test_too_few_found_are_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "COMPARED", 10)
    monkeypatch.setattr(vectors, "COMPARED_PER_HIT", 1)
    record = written(tmp_path, texts(9_000), VectorOptions("codes", recall=0.999))
    assert record.recall_at_10 < 0.9
    assert not record.sufficient
    assert "99.9% are required (kind codes, 64 queries); FUNDSTELLE_VECTORS chooses another" in record.shortfall()


def test_more_is_looked_through_where_more_recall_is_required(tmp_path: Path) -> None:
    little, much = (
        written(tmp_path / str(recall), texts(9_000), VectorOptions("inverted", recall)) for recall in (0.5, 0.995)
    )
    assert little.parameters["probed"] < much.parameters["probed"]
    assert 0.5 <= little.recall_at_10 < much.recall_at_10


def test_vectors_go_on_in_half_precision_where_they_become_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (vectors, vector_kinds):
        monkeypatch.setattr(module, "IN_MEMORY_UP_TO", 9_000)
    record = written(tmp_path, texts(10_000), VectorOptions())
    assert (record.kind, record.precision) == ("inverted", "float16")
    assert sorted(path.name for path in tmp_path.iterdir()) == [CODES, ROWS]
    stored = np.fromfile(tmp_path / ROWS, dtype=np.float16).reshape(-1, DIM)
    np.testing.assert_array_equal(stored, texts(10_000).astype(np.float16))


def test_vectors_that_are_added_dont_stay_in_memory(tmp_path: Path) -> None:
    portion = texts(4_096)
    writer = VectorWriter(tmp_path, DIM)
    tracemalloc.start()
    try:
        for _ in range(40):
            writer.add(portion)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        writer.close()
    assert len(writer) == 40 * 4_096
    assert peak < 5 * portion.nbytes


def test_vectors_on_disk_are_read_as_they_are_wanted(tmp_path: Path) -> None:
    rows = np.tile(texts(4_096), (40, 1))
    written_rows(tmp_path / ROWS, rows)
    stored = DiskRows(tmp_path / ROWS, DIM, "float32")
    tracemalloc.start()
    try:
        taken = stored.take(np.array([163_839, 5, 5]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(taken, rows[[163_839, 5, 5]])
    assert peak < 100_000
    starts, parts = zip(*portions(stored), strict=True)
    assert starts == tuple(range(0, len(rows), 16_384))
    np.testing.assert_array_equal(np.concatenate(parts), rows)


def test_a_row_that_the_disk_no_longer_has_is_an_error_and_no_crash(tmp_path: Path) -> None:
    written_rows(tmp_path / ROWS, texts(100))
    stored = DiskRows(tmp_path / ROWS, DIM, "float32")
    os.truncate(tmp_path / ROWS, 50 * DIM * 4)
    np.testing.assert_array_equal(stored.take(np.array([49])), texts(100)[49:50])
    with pytest.raises(SnapshotError, match=r"rows\.bin: row 50 can't be read"):
        stored.take(np.array([3, 50]))
    with pytest.raises(SnapshotError, match=r"rows\.bin: ends before row 60"):
        stored.span(40, 60)


@pytest.mark.parametrize("kind", ["codes", "inverted"])
def test_files_of_different_tables_are_corrupt(tmp_path: Path, kind: Kind) -> None:
    record = written(tmp_path / "a", texts(2_000), VectorOptions(kind))
    written(tmp_path / "b", texts(2_001), VectorOptions(kind))
    (tmp_path / "a" / CODES).write_bytes((tmp_path / "b" / CODES).read_bytes())
    with pytest.raises(SnapshotCorrupt, match="its files don't belong together"):
        VectorIndex.open(tmp_path / "a", DIM, record)


def test_codes_of_another_kind_are_corrupt(tmp_path: Path) -> None:
    record = written(tmp_path / "a", texts(2_000), VectorOptions("codes"))
    written(tmp_path / "b", texts(2_000), VectorOptions("inverted"))
    (tmp_path / "a" / CODES).write_bytes((tmp_path / "b" / CODES).read_bytes())
    with pytest.raises(SnapshotCorrupt, match=r"codes\.faiss: holds a IndexIVFPQFastScan, not an IndexPQFastScan"):
        VectorIndex.open(tmp_path / "a", DIM, record)


class MemoryRowsOf(MemoryRows):
    """Rows that no file holds."""

    def __init__(self, rows: np.ndarray) -> None:
        self.vectors = rows


@given(count=st.integers(10, 300), seed=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_exact_search_finds_the_nearest(count: int, seed: int) -> None:
    rows, questions = texts(count, seed), texts(5, seed + 1)
    right = vector_recall.nearest(MemoryRowsOf(rows), questions)
    np.testing.assert_array_equal(np.sort(right), np.sort(np.argsort(-(questions @ rows.T), axis=1)[:, :10]))


def test_recall_is_the_share_that_is_found() -> None:
    right = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    found = np.array([[4, 3, 9, 9], [8, 7, 6, 5]])
    assert vector_recall.recall(lambda *_: (np.zeros((2, 4), np.float32), found), texts(2), right) == 0.75


def test_queries_lie_as_far_from_their_own_vector_as_questions_from_their_passage() -> None:
    rows = texts(5_000)
    queries = vector_recall.queries(MemoryRowsOf(rows))
    own = rows[np.random.default_rng(0).integers(5_000, size=17 * QUERIES)[:QUERIES]]
    mean = rows.mean(axis=0)
    cosines = (unit(queries - mean) * unit(own - mean)).sum(axis=1)
    assert queries.shape == (QUERIES, DIM)
    assert np.median(cosines) == pytest.approx(0.48, abs=0.05)


def written_rows(path: Path, rows: np.ndarray) -> None:
    writer = RowWriter(path, rows.shape[1])
    writer.add(rows)
    writer.close()


@pytest.mark.parametrize(
    ("enough", "probed", "compared"),
    [
        (lambda p: p["probed"] >= 16 and p["compared"] >= 512, 16, 512),
        (lambda p: p["probed"] >= 16 and p["compared"] >= 2_048, 16, 2_048),
        (lambda _: False, 64, 4_096),
    ],
    ids=["fewer compared are enough", "more have to be compared", "nothing is enough"],
)
def test_no_more_is_looked_through_than_finds_enough(
    enough: Callable[[dict[str, int]], bool], probed: int, compared: int
) -> None:
    codes = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(8), 8, 64, 4, 4, faiss.METRIC_INNER_PRODUCT)

    parameters, recall = vectors._sufficient(lambda tried: 0.99 if enough(tried) else 0.9, codes, 0.975)

    assert (parameters["probed"], parameters["compared"]) == (probed, compared)
    assert recall == (0.9 if probed == 64 else 0.99)
