"""How far the words of a question are met in passages and sentences, whatever language these are in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.language import detect_question
from index.scales import SAMPLE, scale, spread
from index.snapshot import Snapshot

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]

FALLBACK_LANGUAGE = "en"
"""Whose numbers are read where a question is too short to tell its language."""
TELLING = 0.3
"""Share of a question's words from which on the best passage's match is believed in full."""
LEAST_DEVIATION = 0.01
"""Of shares of words, that is taken for one."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rows of passages and of sentences that tell the scale of each language of a snapshot."""

    passages: Rows
    sentences: Rows

    @classmethod
    def of(cls, snapshot: Snapshot) -> Sampled:
        """Those of `snapshot`, the same for every question."""
        return cls(spread(snapshot.passage_language, SAMPLE), spread(snapshot.sentence_language, SAMPLE))


class WordScores:
    """How well passages and sentences meet the words of one query, by character 4-grams: those need no one language.

    Like vectors, letters meet their own language by chance, so that scores are measured from their language's mean.
    """

    def __init__(self, snapshot: Snapshot, query: str, sampled: Sampled) -> None:
        """`sampled` are those of `snapshot`."""
        language = detect_question(query, "")
        self._snapshot = snapshot
        self._language = snapshot.languages.index(language) if language in snapshot.languages else -1
        self._sampled = sampled
        self.passages = snapshot.passage_words.match_grams(query, language or FALLBACK_LANGUAGE)
        self.sentences = snapshot.sentence_words.match_grams(query, language or FALLBACK_LANGUAGE)

    def same_language(self, rows: Rows) -> Scores:
        """1 for those of the passages `rows` that are in the language of the query, else 0, float32 `(len(rows),)`."""
        same: Scores = (self._snapshot.passage_language[rows] == self._language).astype(np.float32)
        return same

    def of_passages(self, rows: Rows) -> Scores:
        """How far the passages `rows` lie above the mean of their language, in standard deviations of it."""
        languages = self._snapshot.passage_language
        covered = self.passages.covered(rows)
        trust = min(1.0, float(covered.max(initial=0.0)) / TELLING)
        sampled = self._sampled.passages
        known = scale(self.passages.covered(sampled), languages[sampled], LEAST_DEVIATION)
        standard: Scores = np.float32(trust) * known.standardise(covered, languages[rows])
        return standard

    def of_sentences(self, rows: Rows) -> Scores:
        """The same of the sentences `rows`."""
        languages, sampled = self._snapshot.sentence_language, self._sampled.sentences
        known = scale(self.sentences.covered(sampled), languages[sampled], LEAST_DEVIATION)
        standard: Scores = known.standardise(self.sentences.covered(rows), languages[rows])
        return standard
