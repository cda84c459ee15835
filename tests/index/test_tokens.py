from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding import Vectors
from index.errors import SnapshotCorrupt
from index.tokens import DIMENSIONS, EDGES, FILES, LEVELS, TOKENS, TokenIndex, TokenWriter, best_matches

DIM = 24


def drawn(*sizes: int, seed: int = 0) -> list[Vectors]:
    chance = np.random.default_rng(seed)
    return [chance.standard_normal((size, DIM), dtype=np.float32) + np.float32(3) for size in sizes]


def written(directory: Path, *portions: list[Vectors]) -> TokenIndex:
    writer = TokenWriter(directory)
    for portion in portions:
        writer.add(portion, [[len(own)] for own in portion])
    writer.write()
    writer.close()
    return TokenIndex(directory)


def test_tokens_come_back_measured_from_the_mean_token_within_a_rounding(tmp_path: Path) -> None:
    passages = drawn(5, 1, 40)
    index = written(tmp_path, passages)

    kept, starts = index.of(np.array([2, 0]))

    assert len(index) == 3
    assert starts.tolist() == [0, 40]
    mean = np.concatenate(passages).mean(axis=0)
    centred = np.concatenate([passages[2], passages[0]]) - mean
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    # all 24 dimensions are kept, so that turning them changes no inner product
    assert kept @ kept.T / LEVELS**2 == pytest.approx(centred @ centred.T, abs=0.03)


def test_later_portions_are_measured_as_the_first_one(tmp_path: Path) -> None:
    first, later = drawn(30, 20), drawn(7, seed=1)
    index = written(tmp_path, first, [], later)

    kept, _ = index.of(np.array([2]))

    assert kept / LEVELS == pytest.approx(index.project(later[0]), abs=0.5 / LEVELS + 1e-6)


def test_each_token_of_a_question_finds_its_nearest_of_every_passage(tmp_path: Path) -> None:
    passages = drawn(5, 3, 40)
    index = written(tmp_path, passages)
    question = np.stack([passages[1][2], passages[2][17]])

    met = best_matches(index.project(question), *index.of(np.array([0, 1, 2])))

    assert met.argmax(axis=1).tolist() == [1, 2]
    assert met.max(axis=1) == pytest.approx([1, 1], abs=0.02)


def test_sentences_begin_where_the_tokens_of_those_before_end_and_cut_ones_share_the_last(tmp_path: Path) -> None:
    writer = TokenWriter(tmp_path)
    writer.add(drawn(6, 5), [[2, 3, 1], [2, 4, 3]])
    writer.write()
    index = TokenIndex(tmp_path)

    rows, counts = np.array([1, 0]), np.array([3, 3])
    starts = index.sentence_starts(rows, np.array([3, 4, 5, 0, 1, 2]), counts)

    assert starts.tolist() == [0, 2, 4, 5, 7, 10]


@settings(deadline=None)  # writes files
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.data())
def test_any_selection_of_passages_holds_their_own_tokens(sizes: list[int], data: st.DataObject) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=6)), dtype=np.int64)
    with tempfile.TemporaryDirectory() as directory:
        index = written(Path(directory) / "tokens", drawn(*sizes))
        kept, starts = index.of(rows)
        edges = [*starts.tolist(), len(kept)]
        for row, start, end in zip(rows, edges, edges[1:], strict=False):
            alone, _ = index.of(np.array([row]))
            assert kept[start:end].tolist() == alone.tolist()
            assert end - start == sizes[row]


def test_no_more_dimensions_are_kept_than_promised(tmp_path: Path) -> None:
    wide = [np.random.default_rng(0).standard_normal((400, 2 * DIMENSIONS), dtype=np.float32)]
    kept, _ = written(tmp_path, wide).of(np.array([0]))
    assert kept.shape == (400, DIMENSIONS)


def test_a_passage_without_tokens_is_refused(tmp_path: Path) -> None:
    writer = TokenWriter(tmp_path)
    with pytest.raises(ValueError, match="at least one token"):
        writer.add([np.empty((0, DIM), dtype=np.float32)], [[0]])
    writer.close()


def test_the_same_passages_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / name, drawn(9, 4))
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    written(tmp_path, drawn(9, 4))
    (tmp_path / name).unlink()
    with pytest.raises(SnapshotCorrupt):
        TokenIndex(tmp_path)


@pytest.mark.parametrize("name", [EDGES, TOKENS])
def test_files_that_dont_belong_together_are_refused(tmp_path: Path, name: str) -> None:
    written(tmp_path / "one", drawn(9, 4))
    written(tmp_path / "two", drawn(9, 5))
    (tmp_path / "two" / name).replace(tmp_path / "one" / name)
    with pytest.raises(SnapshotCorrupt, match="don't belong together"):
        TokenIndex(tmp_path / "one")
