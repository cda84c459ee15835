"""Question -> passages and sentences of a snapshot, best first, whatever language they are in.

Passages are ranked by half their own cosine with the question and half that of their best sentence; the best of them
then by how well every single token of the question is met. The encoder gives texts in the question's own language a
constant bonus; taking each language's mean score off removes it. docs/retrieval.md has the figures.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder, TokenEmbedder, Vectors
from index.language import detect_question
from index.scales import scale
from index.snapshot import Snapshot
from index.token_match import TokenMatch, Weighing
from index.types import ArticleInfo, Filters, Hit, SentenceHit

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]

FALLBACK_LANGUAGE = "en"
"""Whose numbers are read where a question is too short to tell its language."""
CANDIDATES = 256
"""Passages and sentences by vectors, and as many by words, that are looked at more closely for one question."""
SENTENCE_CANDIDATES = 48
"""Sentences that are returned at the most, before the caller chooses among them."""
PASSAGE_SHARE = 0.5
"""What a sentence's passage adds to the sentence's own score."""
PREDECESSOR_SHARE = 0.25
"""What the sentence before adds: an answer often follows the sentence that the question sounds like."""
WORDS_IN_SENTENCES = 0.4
"""What shared words count beside vectors, both in standard deviations."""
TELLING = 0.3
"""Share of a question's words from which on the best passage's match is believed in full."""
MATCHED = 40
"""Passages whose tokens are compared with the question's."""
LEAST_DEVIATION = 0.01
"""Of shares of words, that is taken for one."""
SHRINKAGE = 10.0
"""A language's mean is trusted as if this many texts of the collection's overall mean stood beside its own."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: passages and sentences, each best first, and where the time went, in seconds."""

    hits: tuple[Hit, ...]
    sentences: tuple[SentenceHit, ...]
    embed_seconds: float
    search_seconds: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """What counts how much when passages are ranked; one for all collections. docs/retrieval.md measures each part.

    `sentences` is the share of the best sentence's similarity, the passage's own being the rest. `words` and `tokens`
    are what shared letters and matched tokens count beside both, in standard deviations of each; long texts share
    letters by chance. `centring` is the share of their language's mean that similarities are measured from.
    """

    sentences: float = 0.5
    words: float = 0.1
    tokens: float = 1.3
    centring: float = 1.0


RECIPE = Recipe()


class Retriever:
    """Searches one snapshot. Any number of threads may search at once."""

    def __init__(self, snapshot: Snapshot, embedder: Embedder, recipe: Recipe = RECIPE) -> None:
        self.snapshot = snapshot
        self._recipe = recipe
        self._embedder = embedder
        self._passage_means = language_means(snapshot.passage_vectors.all(), snapshot.passage_language)
        self._sentence_means = language_means(snapshot.sentence_vectors.all(), snapshot.sentence_language)
        self._tokens = Weighing(snapshot) if snapshot.passage_tokens is not None else None
        self._first_sentence = np.searchsorted(snapshot.sentence_passage, np.arange(len(snapshot.passages) + 1))

    def search(self, queries: Sequence[str], k: int, filters: Filters | None = None) -> Found:
        """The `k` best passages (fewer where there are fewer), and the best sentences of any passage.

        `queries` are wordings of one question, such as a follow-up as it stands alone and as it was asked; each counts
        the same for the vectors, the words are those of the first. Raises ValueError where there is none.
        """
        if not queries:
            raise ValueError("a search needs at least one query")
        started = time.perf_counter()
        vector, tokens = self._embed(list(dict.fromkeys(queries)))
        embedded = time.perf_counter()
        words = _Words(self.snapshot, queries[0])
        hits, sentences = self._search(vector, tokens, words, k, filters or Filters())
        done = time.perf_counter()
        return Found(hits, sentences, embedded - started, done - embedded)

    def _embed(self, queries: list[str]) -> tuple[Vectors, TokenMatch | None]:
        """The mean vector of `queries`, and what their tokens meet, where snapshot and model know tokens."""
        if self._tokens is None or not self._recipe.tokens or not isinstance(self._embedder, TokenEmbedder):
            return self._embedder.embed_queries(queries).mean(axis=0), None
        vectors, tokens = self._embedder.embed_query_tokens(queries)
        return vectors.mean(axis=0), self._tokens.of(np.concatenate(tokens))

    def _fused(self, near: Scores, words: Scores, rows: Rows, tokens: TokenMatch | None) -> Scores:
        """Scores of the passages `rows` by vectors, words and, of the best `MATCHED` by these two, by tokens."""
        scores: Scores = standardised(near) + words
        if tokens is None or len(rows) < 2:
            return scores
        best = np.argsort(-scores, kind="stable")[:MATCHED]
        fused = standardised(near[best]) + np.float32(self._recipe.tokens) * standardised(tokens.of(rows[best]))
        fused += words[best]
        others = np.delete(scores, best)
        # what was not compared stays below what was
        scores += fused.min() - others.max(initial=scores.min()) - np.float32(1e-3)
        scores[best] = fused
        return scores

    def embed_alone(self, rows: Sequence[int]) -> Vectors:
        """The vectors of the sentences `rows` without what stands around them, float32 `(len(rows), dim)`."""
        vectors = self._embedder.embed_documents([self.snapshot.sentence_text(row) for row in rows])
        vectors -= self._sentence_means[self.snapshot.sentence_language[list(rows)]]
        return vectors

    def compare(self, text: str, sentences: Vectors) -> Scores:
        """How near in meaning `text` is to each of `sentences` (from `embed_alone`); unrelated ones are near 0."""
        scores: Scores = sentences @ self._embedder.embed_documents([text])[0]
        return scores

    def _search(
        self, vector: Vectors, tokens: TokenMatch | None, words: _Words, k: int, filters: Filters
    ) -> tuple[tuple[Hit, ...], tuple[SentenceHit, ...]]:
        rows = self._candidates(vector, words, filters)
        if not len(rows):
            return (), ()
        dense = self._passage_scores(vector, rows)
        sentence_rows = np.concatenate([np.arange(self._first_sentence[r], self._first_sentence[r + 1]) for r in rows])
        own = self._sentence_scores(vector, sentence_rows)
        owner = np.searchsorted(rows, self.snapshot.sentence_passage[sentence_rows])
        best = np.full(len(rows), -np.inf, dtype=np.float32)
        np.maximum.at(best, owner, own)
        share = np.float32(self._recipe.sentences)
        shared = np.float32(self._recipe.words) * words.of_passages(rows)
        scores = self._fused((1 - share) * dense + share * best, shared, rows, tokens)
        order = np.argsort(-scores, kind="stable")[:k]
        lexical = words.passages.covered(rows)
        hits = tuple(
            Hit(
                int(rows[i]),
                self.snapshot.passages[rows[i]],
                float(scores[i]),
                float(dense[i]),
                float(best[i]),
                float(lexical[i]),
            )
            for i in order
        )
        return hits, self._best_sentences(sentence_rows, own, dense[owner], words)

    def _best_sentences(self, rows: Rows, own: Scores, passage: Scores, words: _Words) -> tuple[SentenceHit, ...]:
        near: Scores = own + PASSAGE_SHARE * passage
        near += PREDECESSOR_SHARE * np.maximum(self._of_predecessors(rows, own), 0)
        scores = standardised(near) + words.of_sentences(rows)
        order = np.argsort(-scores, kind="stable")[:SENTENCE_CANDIDATES]
        return tuple(
            SentenceHit(
                int(rows[i]),
                self.snapshot.sentences[rows[i]],
                self.snapshot.sentence_text(rows[i]),
                float(scores[i]),
                float(own[i]),
            )
            for i in order
        )

    def _of_predecessors(self, rows: Rows, own: Scores) -> Scores:
        """The score of the sentence before each of `rows` in its article; 0 where there is none among `rows`."""
        articles = self.snapshot.passage_article[self.snapshot.sentence_passage[rows]]
        follows = (rows[1:] == rows[:-1] + 1) & (articles[1:] == articles[:-1])
        return np.concatenate([np.zeros(1, dtype=np.float32), np.where(follows, own[:-1], np.float32(0))])

    def _candidates(self, vector: Vectors, words: _Words, filters: Filters) -> Rows:
        """Rows of the passages worth a closer look, ascending: the best by vectors and words, own or of a sentence."""
        snapshot = self.snapshot
        if filters != Filters():
            return np.flatnonzero(self._allowed(filters)).astype(np.int64)
        _, passages = snapshot.passage_vectors.search(vector[None], CANDIDATES)
        _, sentences = snapshot.sentence_vectors.search(vector[None], CANDIDATES)
        named, _ = words.passages.top(CANDIDATES)
        named_sentences, _ = words.sentences.top(CANDIDATES)
        owners = snapshot.sentence_passage[np.concatenate([sentences[0], named_sentences])]
        return np.unique(np.concatenate([passages[0], named, owners])).astype(np.int64)

    def _allowed(self, filters: Filters) -> NDArray[np.bool_]:
        """Which passages the filters admit, bool `(passages,)`."""
        snapshot = self.snapshot
        articles = np.array([_admits(filters, info) for info in snapshot.article_infos()])
        allowed = articles[snapshot.passage_article]
        if filters.languages:
            languages = np.array([language in filters.languages for language in snapshot.languages])
            allowed &= languages[snapshot.passage_language]
        return allowed

    def _passage_scores(self, vector: Vectors, rows: Rows) -> Scores:
        bias = np.float32(self._recipe.centring) * (self._passage_means @ vector)
        vectors = self.snapshot.passage_vectors.reconstruct(rows)
        return vectors @ vector - bias[self.snapshot.passage_language[rows]]

    def _sentence_scores(self, vector: Vectors, rows: Rows) -> Scores:
        bias = np.float32(self._recipe.centring) * (self._sentence_means @ vector)
        vectors = self.snapshot.sentence_vectors.reconstruct(rows)
        return vectors @ vector - bias[self.snapshot.sentence_language[rows]]


class _Words:
    """How well passages and sentences meet the words of one query, by character 4-grams: those need no one language.

    Like vectors, letters meet their own language by chance, so that scores are measured from their language's mean.
    """

    def __init__(self, snapshot: Snapshot, query: str) -> None:
        language = detect_question(query, FALLBACK_LANGUAGE)
        self._snapshot = snapshot
        self.passages = snapshot.passage_words.match(query, language).grams
        self.sentences = snapshot.sentence_words.match(query, language).grams

    def of_passages(self, rows: Rows) -> Scores:
        """What the words add to the standardised scores of the passages `rows`, float32 `(len(rows),)`."""
        covered = self.passages.covered(np.arange(len(self._snapshot.passages)))
        trust = min(1.0, float(covered.max(initial=0.0)) / TELLING)
        return np.float32(trust) * _from_mean(covered, self._snapshot.passage_language, rows)

    def of_sentences(self, rows: Rows) -> Scores:
        """What the words add to the standardised scores of the sentences `rows`, float32 `(len(rows),)`."""
        covered = self.sentences.covered(np.arange(len(self._snapshot.sentences)))
        return np.float32(WORDS_IN_SENTENCES) * _from_mean(covered, self._snapshot.sentence_language, rows)


def _from_mean(covered: Scores, languages: NDArray[np.int32], rows: Rows) -> Scores:
    return scale(covered, languages, LEAST_DEVIATION).standardise(covered[rows], languages[rows])


def standardised(scores: Scores) -> Scores:
    """`scores` less their mean, in standard deviations; all 0 where they are all the same."""
    deviation = float(scores.std())
    if deviation < 1e-9:
        return np.zeros_like(scores)
    result: Scores = (scores - scores.mean()) / np.float32(deviation)
    return result


def language_means(vectors: Vectors, languages: NDArray[np.int32]) -> Vectors:
    """The mean vector of each language code, float32 `(codes, dim)`, drawn towards the mean of all where it has few."""
    overall = vectors.mean(axis=0)
    means = np.tile(overall, (int(languages.max()) + 1, 1))
    for code in np.unique(languages):
        own = vectors[languages == code]
        means[code] = (own.sum(axis=0) + SHRINKAGE * overall) / (len(own) + SHRINKAGE)
    return means


def _admits(filters: Filters, article: ArticleInfo) -> bool:
    if filters.article_ids and article.id not in filters.article_ids:
        return False
    if filters.as_of is not None and article.published_at is not None and article.published_at > filters.as_of:
        return False
    if filters.published_from is None and filters.published_to is None:
        return True
    published = article.published_at
    return (
        published is not None
        and (filters.published_from is None or filters.published_from <= published)
        and (filters.published_to is None or published <= filters.published_to)
    )
