from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.recent import RecentVectors, Vector


class Embedding:
    """The vector of a row is its number, twice; what was asked for is kept."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, rows: Sequence[int]) -> Vector:
        self.asked += rows
        return np.array([[row, row] for row in rows], dtype=np.float32).reshape(-1, 2)


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12))
def test_every_row_gets_its_own_vector_whatever_was_asked_before(asked: list[list[int]]) -> None:
    recent = RecentVectors(Embedding(), 3)
    for rows in asked:
        assert recent.of(rows).tolist() == [[row, row] for row in rows]


def test_a_row_that_was_asked_for_lately_is_not_embedded_again() -> None:
    embedding = Embedding()
    recent = RecentVectors(embedding, 3)
    recent.of([1, 2, 2])
    recent.of([2, 3])
    assert embedding.asked == [1, 2, 3]


def test_the_row_that_was_not_asked_for_the_longest_is_forgotten() -> None:
    embedding = Embedding()
    recent = RecentVectors(embedding, 2)
    for rows in ([1], [2], [1], [3]):
        recent.of(rows)
    recent.of([1])
    recent.of([2])
    assert embedding.asked == [1, 2, 3, 2]


def test_what_a_caller_does_to_its_vectors_harms_nobody() -> None:
    recent = RecentVectors(Embedding(), 2)
    recent.of([7])[:] = 0
    assert recent.of([7]).tolist() == [[7, 7]]


def test_threads_may_ask_at_once() -> None:
    recent = RecentVectors(Embedding(), 5)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: recent.of([n % 10, n % 7]).tolist(), range(400)))
    assert found == [[[n % 10] * 2, [n % 7] * 2] for n in range(400)]
