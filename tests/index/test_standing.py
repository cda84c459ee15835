"""How far the best passage of a search stands out."""

from __future__ import annotations

import numpy as np

from index.standing import NOWHERE, Scores, Standing, standing


def _column(*values: float) -> Scores:
    return np.array(values, dtype=np.float32)


def test_the_best_passage_is_compared_with_the_third_and_the_tenth() -> None:
    scores = _column(1, 5, 4, 2, *[0] * 8)
    passages = {
        "words": _column(9, *range(8, -3, -1)),
        "match": _column(0.875, 0.75, *[0.125] * 10),
        "worst_met": _column(3, 1, *[0.5] * 7, 0.25, 0.125, 0.125),
        "sentence_tokens": _column(0.75, 0.5, *[0.0] * 10),
    }
    sentences = _column(0.75, 0.5, 0.375, 0.125, 0.0)

    found = standing(scores, passages, sentences)

    assert found == Standing(
        match=0.75,
        ahead=3.0,
        worst_ahead=2.75,
        sentence_ahead=0.375,
        words_ahead=9.0,
    )


def test_where_there_are_fewer_the_last_one_is_compared() -> None:
    passages = {name: _column(0.5, 0.25) for name in ("words", "match", "worst_met", "sentence_tokens")}

    found = standing(_column(3, 1), passages, _column(0.5, 0.25))

    assert found == Standing(match=0.5, ahead=2.0, worst_ahead=0.25, sentence_ahead=0.25, words_ahead=0.25)


def test_without_tokens_only_scores_and_words_tell() -> None:
    found = standing(_column(3, 1), {"words": _column(1, 2)}, None)

    assert found == Standing(ahead=2.0, words_ahead=1.0)


def test_a_single_passage_is_ahead_of_nothing() -> None:
    assert standing(_column(3), {"words": _column(2)}, None) == NOWHERE
