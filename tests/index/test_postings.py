from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import bm25, postings
from index.errors import SnapshotCorrupt, SnapshotError
from index.postings import FILES, Postings, PostingsWriter, Ranking


def write(directory: Path, rows: list[list[str]]) -> Path:
    writer = PostingsWriter(directory)
    try:
        for number, terms in enumerate(rows):
            writer.add(number, terms)
        writer.write(len(rows))
    finally:
        writer.close()
    return directory


def index_of(directory: Path, rows: list[list[str]]) -> Postings:
    return Postings(write(directory, rows))


def random_rows(count: int, seed: int) -> list[list[str]]:
    """Rows of 1 to 60 words, few of which are frequent, as in a language."""
    random = np.random.default_rng(seed)
    return [[f"w{word}" for word in random.zipf(1.4, random.integers(1, 60)) % 500] for _ in range(count)]


def test_scores_are_those_of_another_implementation(tmp_path: Path) -> None:
    rows = random_rows(300, seed=1)
    ours = index_of(tmp_path / "index", rows)
    theirs = bm25s.BM25(method="lucene", k1=bm25.K1, b=bm25.B)
    theirs.index(rows, show_progress=False)

    for query in random_rows(40, seed=2):
        terms = sorted(set(query))
        expected = theirs.get_scores(terms)
        ranking = ours.match(terms)

        np.testing.assert_allclose(ranking.scores, expected, rtol=1e-5, atol=1e-6)
        best = ranking.top(10)[0]
        np.testing.assert_allclose(expected[best], np.sort(expected)[::-1][: len(best)], rtol=1e-5)


def test_a_score_by_hand(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [["a", "b"], ["a", "a", "c", "d"]])

    scores = index.match(["a", "c"]).scores

    of_a, of_c = np.log(1 + 0.5 / 2.5), np.log(1 + 1.5 / 1.5)
    short, long = 0.9 * (0.6 + 0.4 * 2 / 3), 0.9 * (0.6 + 0.4 * 4 / 3)
    assert scores == pytest.approx([of_a / (1 + short), of_a * 2 / (2 + long) + of_c / (1 + long)])


def test_a_term_of_every_row_counts_for_almost_nothing_but_never_against_a_row(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [["all", "rare"], *[["all"]] * 99])

    ranking = index.match(["all"])

    assert ranking.scores.min() > 0
    assert ranking.scores.max() < 0.01
    assert index.match(["all", "rare"]).top(1)[0].tolist() == [0]


def test_a_term_that_is_asked_twice_counts_once(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [["a", "b"], ["b"]])

    assert index.match(["a", "b", "a"]).scores.tolist() == index.match(["a", "b"]).scores.tolist()


def test_the_best_come_first_and_equals_by_row(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [["x"], ["a", "b"], ["a", "c"], ["a", "b"], ["y"], ["a", "c"]])

    rows, scores = index.match(["a", "b"]).top(4)

    assert rows.tolist() == [1, 3, 2, 5]
    assert rows.dtype == np.int64
    assert scores.dtype == np.float32
    assert scores[0] == scores[1] > scores[2] == scores[3] > 0


def test_rows_that_hold_no_term_are_not_found_whatever_k_is(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [["x"], ["a"], ["y"]])

    for k in (1, 2, 3, 1000):
        assert index.match(["a"]).top(k)[0].tolist() == [1]
    assert index.match(["nothing"]).top(5)[0].tolist() == []
    assert index.match([]).top(5)[0].tolist() == []


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5]), min_size=1, max_size=30), st.integers(1, 40))
def test_the_best_are_those_that_sorting_everything_gives(scores: list[float], k: int) -> None:
    ranking = Ranking(np.array(scores, dtype=np.float32), 2.0)

    expected = sorted((row for row, score in enumerate(scores) if score), key=lambda row: (-scores[row], row))[:k]

    assert ranking.top(k)[0].tolist() == expected


def test_fewer_than_one_row_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="k must be at least 1, not 0"):
        Ranking(np.zeros(3, dtype=np.float32), 0.0).top(0)


def test_the_share_that_is_covered_lies_below_one_and_is_small_where_most_terms_are_unknown(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [["a", "b"], ["c"], ["d"]])
    rows = np.array([1, 0])

    whole, part = index.match(["a", "b"]), index.match(["a", "b", "unknown", "unheard"])

    assert whole.ceiling == pytest.approx(2 * np.log(1 + 2.5 / 1.5))
    assert part.ceiling == pytest.approx(whole.ceiling + 2 * np.log(1 + 3.5 / 0.5))
    assert whole.covered(rows).tolist() == pytest.approx([0, whole.scores[0] / whole.ceiling])
    assert 0 < part.covered(rows)[1] < whole.covered(rows)[1] < 1
    assert index.match([]).covered(rows).tolist() == [0, 0]


def test_a_query_of_too_many_postings_goes_without_its_most_frequent_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = index_of(tmp_path / "index", [["rare", "often", "all"], ["often", "all"], ["all"]])
    expected = index.match(["rare", "often"])
    everywhere = index.match(["all"])
    monkeypatch.setattr(postings, "POSTINGS_A_QUERY", 3)

    ranking = index.match(["all", "often", "rare"])

    assert ranking.scores.tolist() == expected.scores.tolist()
    assert ranking.ceiling == expected.ceiling
    monkeypatch.setattr(postings, "POSTINGS_A_QUERY", 2)
    assert index.match(["all", "unknown"]).scores.tolist() == everywhere.scores.tolist()


def test_an_empty_collection_finds_nothing(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [])

    assert len(index) == 0
    assert index.match(["a"]).top(3)[0].tolist() == []


def test_rows_without_terms_keep_their_place_and_are_no_texts(tmp_path: Path) -> None:
    sparse = index_of(tmp_path / "sparse", [[], ["a"], [], ["b"], []])
    dense = index_of(tmp_path / "dense", [["a"], ["b"]])

    assert len(sparse) == 5
    assert sparse.match(["b"]).top(5)[0].tolist() == [3]
    assert sparse.match(["b"]).scores[3] == dense.match(["b"]).scores[1]


def test_rows_that_were_left_out_hold_nothing(tmp_path: Path) -> None:
    writer = PostingsWriter(tmp_path / "index")
    writer.add(2, ["a"])
    writer.write(4)
    writer.close()

    index = Postings(tmp_path / "index")

    assert len(index) == 4
    assert index.match(["a"]).scores.nonzero()[0].tolist() == [2]


def test_rows_must_ascend(tmp_path: Path) -> None:
    writer = PostingsWriter(tmp_path / "index")
    writer.add(1, ["a"])

    with pytest.raises(ValueError, match="row 1 comes after row 1"):
        writer.add(1, ["b"])
    writer.close()


@given(terms=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), unique=True))
def test_every_term_is_found_and_no_other(terms: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    index = index_of(tmp_path_factory.mktemp("index"), [[term] for term in terms])

    for row, term in enumerate(terms):
        assert index.match([term]).top(len(terms))[0].tolist() == [row]
        assert index.frequency(term) == 1
    assert index.frequency("no such term") == 0


def test_a_count_beyond_the_limit_is_the_limit(tmp_path: Path) -> None:
    rows = [["a"] * 300, ["a"] * 255 + ["b"] * 45]

    scores = index_of(tmp_path / "index", rows).match(["a"]).scores

    assert scores[0] == scores[1] > 0


def test_the_same_rows_give_the_same_bytes_however_many_runs_they_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = random_rows(50, seed=3)
    write(tmp_path / "one", rows)
    monkeypatch.setattr(postings, "POSTINGS_AT_ONCE", 7)
    write(tmp_path / "many", rows)

    for name in FILES:
        assert (tmp_path / "many" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_nothing_else_is_left_in_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "POSTINGS_AT_ONCE", 2)

    write(tmp_path / "index", random_rows(5, seed=4))

    assert {path.name for path in (tmp_path / "index").iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    write(tmp_path, [["a"]])
    (tmp_path / name).unlink()

    with pytest.raises(SnapshotCorrupt, match=f"{name}: the file is missing"):
        Postings(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"garbage", b"\x93NUMPY\x01\x00"])
def test_garbage_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    write(tmp_path, [["a"]])
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SnapshotCorrupt, match=name):
        Postings(tmp_path)


def test_an_array_of_another_kind_is_named(tmp_path: Path) -> None:
    write(tmp_path, [["a"]])
    np.save(tmp_path / "rows.npy", np.zeros(1, dtype=np.float64))

    with pytest.raises(SnapshotCorrupt, match=r"rows\.npy: holds float64, not int32"):
        Postings(tmp_path)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    write(tmp_path, [["a"]])
    np.save(tmp_path / "rows.npy", np.array([{}], dtype=object), allow_pickle=True)

    with pytest.raises(SnapshotCorrupt, match=r"rows\.npy"):
        Postings(tmp_path)


@pytest.mark.parametrize("name", ["terms.npy", "edges.npy", "rows.npy", "shares.npy"])
def test_files_of_two_indexes_are_not_mixed(tmp_path: Path, name: str) -> None:
    write(tmp_path / "one", [["a"]])
    write(tmp_path / "two", [["bb", "c"], ["bb"]])
    shutil.copy(tmp_path / "one" / name, tmp_path / "two" / name)

    with pytest.raises(SnapshotCorrupt, match="don't belong together"):
        Postings(tmp_path / "two")


def test_a_full_disk_is_an_error_and_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)

    with pytest.raises(SnapshotError, match="No space left on device"):
        write(tmp_path / "index", [["a"]])


@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 3.5]), min_size=1, max_size=400),
    st.integers(1, 12),
    st.integers(0, 399),
)
def test_the_best_are_those_of_sorting_all_rows(scores: list[float], k: int, better: int) -> None:
    scores[better % len(scores)] = 9.0
    ranked = sorted((row for row, score in enumerate(scores) if score), key=lambda row: (-scores[row], row))

    rows, found = Ranking(np.array(scores, dtype=np.float32), 10.0).top(k)

    assert rows.tolist() == ranked[:k]
    assert found.tolist() == [scores[row] for row in ranked[:k]]


def test_rows_behind_the_last_whole_block_are_found(tmp_path: Path) -> None:
    scores = np.zeros(10 * postings._BLOCK + 1, dtype=np.float32)
    scores[[0, 40, 80, -1]] = [1, 2, 3, 4]

    assert Ranking(scores, 5.0).top(2)[0].tolist() == [len(scores) - 1, 80]
