"""How well the tokens of a question are met in passages, measured from what any passage of that language meets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.scales import spread
from index.snapshot import Snapshot
from index.tokens import Rows, TokenIndex, best_matches

SAMPLE = 24
"""Passages of each language, evenly spread, that tell what a token meets by chance."""
SHRINKAGE = 4.0
"""A language's chance is trusted as if this many passages with the mean of all stood beside its own."""

LEAST_DIFFERENCE = 0.02
"""Of what a token meets in passages, that is taken for one."""

Scores = NDArray[np.float32]


class Weighing:
    """What is known of a snapshot's tokens before any question. Any number of threads may use it at once."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Read the tokens of a sample. `snapshot.passage_tokens` must not be None."""
        if snapshot.passage_tokens is None:
            raise ValueError(f"the snapshot {snapshot.id} holds no tokens")
        self._index = snapshot.passage_tokens
        self._languages = snapshot.passage_language
        rows = spread(snapshot.passage_language, SAMPLE)
        self._sampled = snapshot.passage_language[rows]
        self._tokens, self._starts = self._index.of(rows)

    def of(self, tokens: Vectors) -> TokenMatch:
        """The match of a question's tokens, float32 `(tokens, dim)` as the embedder gives them."""
        question = self._index.project(tokens)
        chance = best_matches(question, self._tokens, self._starts)
        mean, differing = by_language(chance, self._sampled, int(self._languages.max()) + 1)
        return TokenMatch(self._index, self._languages, question, mean, differing)


@dataclass(frozen=True, slots=True)
class TokensMet:
    """How well passages meet a question's tokens beyond chance, float32 `(passages,)` each.

    A token counts as much as passages differ by it. `tokens` is the weighted mean over tokens, `match` the same with
    what is met by chance, `sentence_tokens` that of the sentence that meets them best; `worst_met` the mean of the
    third that is met worst, in units of how far passages differ. `sentences`, float32 `(sentences,)`, is the weighted
    mean of each sentence.
    """

    tokens: Scores
    match: Scores
    worst_met: Scores
    sentence_tokens: Scores
    sentences: Scores


@dataclass(frozen=True, slots=True)
class TokenMatch:
    """A question's tokens, ready to be compared.

    `mean` is what each meets by chance, `(tokens, language codes)`, `differing` how far passages differ, `(tokens,)`.
    """

    index: TokenIndex
    languages: NDArray[np.int32]
    question: Vectors
    mean: Scores
    differing: Scores

    def of(self, rows: Rows, sentences: Rows, counts: Rows) -> TokensMet:
        """What the passages `rows` meet; `sentences` are those of all of them in order, `counts` how many each has."""
        tokens, _ = self.index.of(rows)
        by_chance = self.mean[:, self.languages[rows]]
        by_sentence = best_matches(self.question, tokens, self.index.sentence_starts(rows, sentences, counts))
        first = np.cumsum(counts) - counts
        near = np.maximum.reduceat(by_sentence, first, axis=1)
        met = near - by_chance
        # where all passages are alike, as where there is only one, all tokens count the same
        weights = self.differing + np.float32(1e-6)
        weights /= weights.sum()
        of_sentences = (weights @ (by_sentence - np.repeat(by_chance, counts, axis=1))).astype(np.float32, copy=False)
        relative = np.sort(met / np.maximum(self.differing, np.float32(LEAST_DIFFERENCE))[:, None], axis=0)
        worst: Scores = relative[: max(1, len(relative) // 3)].mean(axis=0)
        tokens_met = (weights @ met).astype(np.float32, copy=False)
        match = (weights @ near).astype(np.float32, copy=False)
        return TokensMet(tokens_met, match, worst, np.maximum.reduceat(of_sentences, first), of_sentences)


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
