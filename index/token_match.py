"""How well the tokens of a question are met in passages, measured from what any passage of that language meets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.snapshot import Snapshot
from index.tokens import Rows, TokenIndex, best_matches

SAMPLE = 24
"""Passages of each language, evenly spread, that tell what a token meets by chance."""
SHRINKAGE = 4.0
"""A language's chance is trusted as if this many passages with the mean of all stood beside its own."""

Scores = NDArray[np.float32]


class Weighing:
    """What is known of a snapshot's tokens before any question. Any number of threads may use it at once."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Read the tokens of a sample. `snapshot.passage_tokens` must not be None."""
        if snapshot.passage_tokens is None:
            raise ValueError(f"the snapshot {snapshot.id} holds no tokens")
        self._index = snapshot.passage_tokens
        self._languages = snapshot.passage_language
        rows = sample(snapshot.passage_language)
        self._sampled = snapshot.passage_language[rows]
        self._tokens, self._starts = self._index.of(rows)

    def of(self, tokens: Vectors) -> TokenMatch:
        """The match of a question's tokens, float32 `(tokens, dim)` as the embedder gives them."""
        question = self._index.project(tokens)
        chance = best_matches(question, self._tokens, self._starts)
        mean, spread = by_language(chance, self._sampled, int(self._languages.max()) + 1)
        return TokenMatch(self._index, self._languages, question, mean, spread / max(1e-9, float(spread.sum())))


@dataclass(frozen=True, slots=True)
class TokenMatch:
    """A question's tokens, ready to be compared. `mean` is `(tokens, language codes)`, `weights` `(tokens,)`."""

    index: TokenIndex
    languages: NDArray[np.int32]
    question: Vectors
    mean: Scores
    weights: Scores

    def of(self, rows: Rows) -> Scores:
        """The weighted mean of what the tokens meet in each passage of `rows` beyond chance, float32 `(len(rows),)`."""
        tokens, starts = self.index.of(rows)
        met = best_matches(self.question, tokens, starts) - self.mean[:, self.languages[rows]]
        scores: Scores = self.weights @ met
        return scores


def sample(languages: NDArray[np.int32]) -> Rows:
    """Up to `SAMPLE` rows of each language code, evenly spread over its rows, ascending."""
    chosen = []
    for code in np.unique(languages):
        own = np.flatnonzero(languages == code)
        chosen.append(own[np.linspace(0, len(own) - 1, min(SAMPLE, len(own))).astype(np.int64)])
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.int64)


def by_language(chance: Scores, languages: NDArray[np.int32], codes: int) -> tuple[Scores, Scores]:
    """What each token meets by chance in each language, `(tokens, codes)`, and how far passages differ, `(tokens,)`.

    `chance` is `(tokens, passages)`. A token that every passage meets alike tells nothing and has no spread.
    """
    overall = chance.mean(axis=1)
    mean = np.tile(overall[:, None], (1, codes))
    scatter = np.zeros(len(chance), dtype=np.float32)
    for code in np.unique(languages):
        own = chance[:, languages == code]
        mean[:, code] = (own.sum(axis=1) + SHRINKAGE * overall) / (own.shape[1] + SHRINKAGE)
        scatter += ((own - own.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return mean, np.sqrt(scatter / max(1, chance.shape[1]))
