from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.token_match import LEAST_DIFFERENCE, SHRINKAGE, TokenMatch, by_language
from index.tokens import TokenIndex, TokenWriter


def test_what_a_language_meets_by_chance_is_drawn_towards_all_where_it_has_few_passages() -> None:
    chance = np.array([[0.5] * 20 + [0.1]], dtype=np.float32)
    languages = np.array([0] * 20 + [2], dtype=np.int32)

    mean, _ = by_language(chance, languages, 4)

    overall = (20 * 0.5 + 0.1) / 21
    assert mean[0, 0] == pytest.approx((20 * 0.5 + SHRINKAGE * overall) / (20 + SHRINKAGE))
    assert mean[0, 2] == pytest.approx((0.1 + SHRINKAGE * overall) / (1 + SHRINKAGE))
    assert mean[0, [1, 3]] == pytest.approx(overall)


def test_a_token_that_every_passage_of_its_language_meets_alike_tells_nothing() -> None:
    chance = np.array([[0.5, 0.5, 0.1, 0.1], [0.2, 0.4, 0.2, 0.4]], dtype=np.float32)

    _, spread = by_language(chance, np.array([0, 0, 1, 1], dtype=np.int32), 2)

    assert spread == pytest.approx([0.0, 0.1])


def test_a_passage_meets_by_its_best_token_and_a_sentence_by_its_own(tmp_path: Path) -> None:
    east, north, up = np.eye(3, dtype=np.float32)
    passages = [np.stack([east, north]), np.stack([up, east, -north])]
    writer = TokenWriter(tmp_path)
    writer.add(passages, [[1, 1], [3]])
    writer.write()
    index = TokenIndex(tmp_path)
    question = index.project(np.stack([east, north]))
    by_chance, differing = np.zeros((2, 1), dtype=np.float32), np.array([0.3, 0.1], dtype=np.float32)
    match = TokenMatch(index, np.zeros(2, dtype=np.int32), question, by_chance, differing)

    met = match.of(np.array([0, 1]), np.array([0, 1, 2]), np.array([2, 1]))

    near = question @ index.project(np.concatenate(passages)).T
    first, second = near[:, :2], near[:, 2:].max(axis=1)
    assert met.sentences == pytest.approx([0.75, 0.25] @ np.column_stack([first, second]), abs=0.02)
    assert met.tokens == pytest.approx([1.0, 0.75 + 0.25 * second[1]], abs=0.02)
    assert met.sentence_tokens == pytest.approx([met.sentences[:2].max(), met.sentences[2]])
    assert met.worst_met == pytest.approx([1 / 0.3, second[1] / max(0.1, LEAST_DIFFERENCE)], abs=0.1)


def test_what_is_met_by_chance_counts_in_the_match_alone(tmp_path: Path) -> None:
    axes = np.eye(3, dtype=np.float32)
    writer = TokenWriter(tmp_path)
    writer.add([axes[:2], axes[1:]], [[2], [2]])
    writer.write()
    index = TokenIndex(tmp_path)
    chance, differing = np.full((1, 1), 0.3, dtype=np.float32), np.array([0.2], dtype=np.float32)
    match = TokenMatch(index, np.zeros(2, dtype=np.int32), index.project(axes[:1]), chance, differing)

    met = match.of(np.array([0, 1]), np.array([0, 1]), np.array([1, 1]))

    assert met.match[0] == pytest.approx(1.0, abs=0.02)
    assert met.match - met.tokens == pytest.approx([0.3, 0.3], abs=1e-6)
