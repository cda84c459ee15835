from __future__ import annotations

import numpy as np
import pytest

from index.token_match import SAMPLE, SHRINKAGE, by_language, sample


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


def test_every_language_has_its_sample() -> None:
    rows = sample(np.array([0] * 1000 + [1] * 3, dtype=np.int32))

    assert (rows < 1000).sum() == SAMPLE
    assert rows[-3:].tolist() == [1000, 1001, 1002]
    assert len(set(rows.tolist())) == len(rows)
