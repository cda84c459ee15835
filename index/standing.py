"""How far the best passage of a search stands out: what tells an answer from the best of what there is anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THIRD, FOURTH, TENTH = 3, 4, 10

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Standing:
    """The best passage beside the others that were looked at most closely, of which there are at most `MATCHED`.

    `match` is how near the question's tokens are met by it, in about [-1, 1]. The others are differences, in the units
    of what they compare: of its score and the third one's (`ahead`), of what the tenth passage has and the best of all:
    the worst met tokens (`worst_ahead`) and words in standard deviations (`words_ahead`); and of its best sentence's
    tokens and those of the fourth of all sentences (`sentence_ahead`). 0 where the embedding model gives no tokens.
    """

    match: float = 0.0
    ahead: float = 0.0
    worst_ahead: float = 0.0
    sentence_ahead: float = 0.0
    words_ahead: float = 0.0


NOWHERE = Standing()


def standing(scores: Scores, passages: Mapping[str, Scores], sentences: Scores | None) -> Standing:
    """The standing of the passage with the largest of `scores`; there must be one.

    `passages` are the columns `words` and, where tokens are known, `match`, `worst_met` and `sentence_tokens`, float32
    `(passages,)` each; `sentences` are the tokens met by each sentence of them, float32 `(sentences,)`, or None.
    """
    ahead, words = _lead(scores, THIRD), _lead(passages["words"], TENTH)
    if sentences is None:
        return Standing(ahead=ahead, words_ahead=words)
    best = int(scores.argmax())
    return Standing(
        match=float(passages["match"][best]),
        ahead=ahead,
        worst_ahead=_lead(passages["worst_met"], TENTH),
        sentence_ahead=float(passages["sentence_tokens"][best]) - _ranked(sentences, FOURTH),
        words_ahead=words,
    )


def _lead(values: Scores, rank: int) -> float:
    return float(values.max()) - _ranked(values, rank)


def _ranked(values: Scores, rank: int) -> float:
    """The value at this rank, from 1; the least where there are fewer."""
    return float(np.sort(values)[-min(rank, len(values))])
