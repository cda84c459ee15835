"""Question -> passages and sentences of a snapshot, best first, whatever language they are in.

Passages are ranked by half their own cosine with the question and half that of their best sentence; the best of them
then, and their sentences, by all that is known of them, token by token too, as `index/ranking.py` weighs it. The
encoder gives texts in the question's own language a constant bonus; taking each language's mean score off removes it.
docs/retrieval.md has the figures.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.centring import Similarities
from index.embedding import Embedder, TokenEmbedder, Vectors
from index.filtering import admitted
from index.ranking import PASSAGE, SENTENCE, WITHOUT_TOKENS, Ranking, features, load, scores, standardised
from index.recent import RecentVectors
from index.snapshot import Snapshot
from index.standing import NOWHERE, Standing, standing
from index.token_match import TokenMatch, Weighing
from index.types import Filters, Hit, SentenceHit
from index.word_scores import Sampled, WordScores

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]

CANDIDATES = 256
"""Passages and sentences by vectors, and as many by words, that are looked at more closely for one question."""
ALL_COMPARED = 16_384
"""Passages that filters may admit for all of them to be looked at; of more, the best are found first."""
CLOSER = 128
"""Passages of these whose sentences are all compared with the question."""
MATCHED = 24
"""Passages of these whose tokens are compared with the question's, and whose sentences may be returned."""
SENTENCE_CANDIDATES = 48
"""Sentences that are returned at the most, before the caller chooses among them."""
SENTENCE_SHARE = 0.5
"""Of the best sentence's similarity in the first ranking, the passage's own being the rest."""
WORDS_BESIDE = 0.1
"""What shared words count beside both in the first ranking, in standard deviations."""
KEPT_ALONE = 4096
"""Sentences whose vectors without their surroundings are kept in memory, about 6 MB."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: passages and sentences, each best first, and where the time went, in seconds.

    `standing` is that of the first passage, before a second stage puts another one there.
    """

    hits: tuple[Hit, ...]
    sentences: tuple[SentenceHit, ...]
    embed_seconds: float
    search_seconds: float
    standing: Standing = NOWHERE


@dataclass(frozen=True, slots=True)
class Looked:
    """The passages that were looked at most closely for a question, with all that is known of them.

    `rows` ascend. `passages` is `(rows, PASSAGE)`, `sentences` `(sentences, SENTENCE)` with the rows `sentence_rows`,
    passage by passage, each of `owner` (a position in `rows`); the column of the passage's score is still 0 there.
    `others` are the passages behind those, best first, int64. `columns` is what `standing` goes by, `tokens` what each
    sentence meets of the question's tokens, None where there are none.
    """

    rows: Rows
    passages: Scores
    similar: tuple[Scores, Scores]
    """Similarity of the question with each passage, and with its best sentence."""
    sentence_rows: Rows
    sentences: Scores
    own: Scores
    """Similarity of the question with each sentence."""
    owner: Rows
    others: Rows
    others_similar: tuple[Scores, Scores]
    columns: Mapping[str, Scores]
    tokens: Scores | None


class _Compared(NamedTuple):
    """Passages with the question's similarity to each, and to the best sentence of each."""

    rows: Rows
    dense: Scores
    best: Scores


class _OwnSentences(NamedTuple):
    """The sentences of passages, one after the other, with the question's similarity; how many each passage has."""

    rows: Rows
    own: Scores
    counts: Rows


class Retriever:
    """Searches one snapshot. Any number of threads may search at once."""

    def __init__(
        self, snapshot: Snapshot, embedder: Embedder, ranking: Ranking | None = None, *, centring: float = 1.0
    ) -> None:
        """Search `snapshot` with the embedder it was built with.

        `ranking` is by default what was fitted, `centring` the share of their language's mean that similarities are
        measured from. A large snapshot may hold no tokens: what the embedder gives is ranked without them then.
        """
        self.snapshot = snapshot
        self.ranking = ranking or (load() if isinstance(embedder, TokenEmbedder) else WITHOUT_TOKENS)
        self._similarities = Similarities(snapshot, centring)
        self._embedder = embedder
        self._alone = RecentVectors(partial(_embedded_alone, snapshot, embedder), KEPT_ALONE)
        tokens = isinstance(embedder, TokenEmbedder) and snapshot.passage_tokens is not None
        self._tokens = Weighing(snapshot) if tokens else None
        self._sampled = Sampled.of(snapshot)
        self._first_sentence = np.searchsorted(snapshot.sentence_passage, np.arange(len(snapshot.passages) + 1))

    def search(self, queries: Sequence[str], k: int, filters: Filters | None = None) -> Found:
        """The `k` best passages (fewer where there are fewer), and the best sentences of any passage.

        `queries` are wordings of one question, such as a follow-up as it stands alone and as it was asked; each counts
        the same for the vectors, the words are those of the first. Raises ValueError where there is none.
        """
        if not queries:
            raise ValueError("a search needs at least one query")
        if not len(self.snapshot.passages):
            return Found((), (), 0.0, 0.0)
        started = time.perf_counter()
        vector, tokens = self._embed(list(dict.fromkeys(queries)))
        embedded = time.perf_counter()
        words = self._words(queries[0])
        looked = self._look(vector, tokens, words, filters or Filters())
        hits, sentences, best = ((), (), NOWHERE) if looked is None else self._ranked(looked, words, k)
        done = time.perf_counter()
        return Found(hits, sentences, embedded - started, done - embedded, best)

    def look(self, question: str) -> Looked | None:
        """What ranking goes by for one question; None where nothing was found."""
        if not len(self.snapshot.passages):
            return None
        return self._look(*self._embed([question]), self._words(question), Filters())

    def _words(self, query: str) -> WordScores:
        return WordScores(self.snapshot, query, self._sampled)

    def _embed(self, queries: list[str]) -> tuple[Vectors, TokenMatch | None]:
        """The mean vector of `queries`, and what their tokens meet, where snapshot and model know tokens."""
        if self._tokens is None or not isinstance(self._embedder, TokenEmbedder):
            return self._embedder.embed_queries(queries).mean(axis=0), None
        vectors, tokens = self._embedder.embed_query_tokens(queries)
        return vectors.mean(axis=0), self._tokens.of(np.concatenate(tokens))

    def embed_alone(self, rows: Sequence[int]) -> Vectors:
        """The vectors of the sentences `rows` without what stands around them, float32 `(len(rows), dim)`."""
        return self._similarities.centred(self._alone.of(rows), np.asarray(rows, dtype=np.int64))

    def compare(self, text: str, sentences: Vectors) -> Scores:
        """How near in meaning `text` is to each of `sentences` (from `embed_alone`); unrelated ones are near 0."""
        scores: Scores = sentences @ self._embedder.embed_documents([text])[0]
        return scores

    def _look(self, vector: Vectors, tokens: TokenMatch | None, words: WordScores, filters: Filters) -> Looked | None:
        rows, nearest = self._candidates(vector, words, filters)
        if not len(rows):
            return None
        dense, shared = self._similarities.of_passages(vector, rows), words.of_passages(rows)
        # what is known of sentences before all of them are looked at
        first = np.argsort(-_first(dense, nearest, shared), kind="stable")
        closer = np.sort(first[:CLOSER])
        counts, sentence_rows = self._sentences_of(rows[closer])
        own = self._similarities.of_sentences(vector, sentence_rows)
        best = np.maximum.reduceat(own, np.cumsum(counts) - counts)
        order = np.argsort(-_first(dense[closer], best, shared[closer]), kind="stable")
        chosen = np.sort(order[:MATCHED])
        taken = np.isin(np.repeat(np.arange(len(closer)), counts), chosen)
        behind = order[MATCHED:]
        matched = closer[chosen]
        others = np.concatenate([closer[behind], first[CLOSER:]])
        return self._known(
            _Compared(rows[matched], dense[matched], best[chosen]),
            shared[matched],
            _OwnSentences(sentence_rows[taken], own[taken], counts[chosen]),
            _Compared(rows[others], dense[others], np.concatenate([best[behind], nearest[first[CLOSER:]]])),
            tokens,
            words,
        )

    def _known(
        self,
        matched: _Compared,
        shared: Scores,
        of_sentences: _OwnSentences,
        others: _Compared,
        tokens: TokenMatch | None,
        words: WordScores,
    ) -> Looked:
        """All that is known of `matched` and their sentences; `shared` are the words of each."""
        rows, sentence_rows, own, counts = matched.rows, *of_sentences
        owner = np.repeat(np.arange(len(rows)), counts)
        same = words.same_language(rows)
        passages = {"vector": matched.dense, "sentence": matched.best, "words": shared, "same_language": same}
        before = np.maximum(self._of_predecessors(sentence_rows, own), np.float32(0))
        sentences = {
            "vector": own,
            "predecessor": before,
            "words": words.of_sentences(sentence_rows),
            "same_language": same[owner],
        }
        if tokens is not None:
            met = tokens.of(rows, sentence_rows, counts)
            passages |= {"tokens": met.tokens, "worst_met": met.worst_met, "sentence_tokens": met.sentence_tokens}
            passages |= {"match": met.match}
            sentences |= {"tokens": met.sentences}
        return Looked(
            rows=rows,
            passages=features(passages, PASSAGE),
            similar=(matched.dense, matched.best),
            sentence_rows=sentence_rows,
            sentences=features(sentences, SENTENCE),
            own=own,
            owner=owner,
            others=others.rows,
            others_similar=(others.dense, others.best),
            columns=passages,
            tokens=sentences.get("tokens"),
        )

    def _ranked(
        self, looked: Looked, words: WordScores, k: int
    ) -> tuple[tuple[Hit, ...], tuple[SentenceHit, ...], Standing]:
        passage_scores = scores(looked.passages, self.ranking.passage, PASSAGE)
        order = np.argsort(-passage_scores, kind="stable")
        rows = np.concatenate([looked.rows[order], looked.others])[:k]
        # what was not compared stays below what was
        below = passage_scores.min() - np.arange(1, len(looked.others) + 1, dtype=np.float32)
        values = np.concatenate([passage_scores[order], below])
        dense, best = (
            np.concatenate([own[order], other])
            for own, other in zip(looked.similar, looked.others_similar, strict=True)
        )
        lexical = words.passages.covered(rows)
        hits = tuple(
            Hit(
                int(row),
                self.snapshot.passages[row],
                float(values[i]),
                float(dense[i]),
                float(best[i]),
                float(lexical[i]),
            )
            for i, row in enumerate(rows)
        )
        best_placed = standing(passage_scores, looked.columns, looked.tokens)
        return hits, self._best_sentences(looked, passage_scores), best_placed

    def _best_sentences(self, looked: Looked, passage_scores: Scores) -> tuple[SentenceHit, ...]:
        found = scores(sentence_matrix(looked, passage_scores), self.ranking.sentence, SENTENCE)
        order = np.argsort(-found, kind="stable")[:SENTENCE_CANDIDATES]
        return tuple(
            SentenceHit(
                int(looked.sentence_rows[i]),
                self.snapshot.sentences[looked.sentence_rows[i]],
                self.snapshot.sentence_text(looked.sentence_rows[i]),
                float(found[i]),
                float(looked.own[i]),
            )
            for i in order
        )

    def _candidates(self, vector: Vectors, words: WordScores, filters: Filters) -> tuple[Rows, Scores]:
        """Rows of the passages worth a closer look, ascending: the best by vectors and words, own or of a sentence.

        With each comes the similarity of the best of its sentences that were found; the least of all where none was.
        """
        snapshot = self.snapshot
        sentences, near = self._similarities.nearest_sentences(vector, CANDIDATES)
        owners = snapshot.sentence_passage[sentences]
        allowed = admitted(snapshot, filters) if filters != Filters() else None
        if allowed is not None and np.count_nonzero(allowed) <= ALL_COMPARED:
            rows = np.flatnonzero(allowed).astype(np.int64)
        else:
            _, passages = snapshot.passage_vectors.search(vector[None], CANDIDATES, allowed)
            named, _ = words.passages.top(CANDIDATES)
            named_sentences, _ = words.sentences.top(CANDIDATES)
            rows = np.unique(np.concatenate([passages[0], named, owners, snapshot.sentence_passage[named_sentences]]))
            rows = rows if allowed is None else rows[allowed[rows]]
        nearest = np.full(len(rows), near.min(initial=0.0), dtype=np.float32)
        places = np.searchsorted(rows, owners)
        there = (places < len(rows)) & (rows[np.minimum(places, len(rows) - 1)] == owners) if len(rows) else []
        np.maximum.at(nearest, places[there], near[there])
        return rows.astype(np.int64), nearest

    def _sentences_of(self, rows: Rows) -> tuple[Rows, Rows]:
        """How many sentences each passage of `rows` has, and the rows of all of them, passage by passage."""
        counts = self._first_sentence[rows + 1] - self._first_sentence[rows]
        starts = np.cumsum(counts) - counts
        return counts, np.arange(int(counts.sum())) + np.repeat(self._first_sentence[rows] - starts, counts)

    def _of_predecessors(self, rows: Rows, own: Scores) -> Scores:
        """The score of the sentence before each of `rows` in its article; 0 where there is none among `rows`."""
        articles = self.snapshot.passage_article[self.snapshot.sentence_passage[rows]]
        follows = (rows[1:] == rows[:-1] + 1) & (articles[1:] == articles[:-1])
        return np.concatenate([np.zeros(1, dtype=np.float32), np.where(follows, own[:-1], np.float32(0))])


def _embedded_alone(snapshot: Snapshot, embedder: Embedder, rows: Sequence[int]) -> Vectors:
    return embedder.embed_documents([snapshot.sentence_text(row) for row in rows])


def _first(dense: Scores, best: Scores, shared: Scores) -> Scores:
    near: Scores = (1 - np.float32(SENTENCE_SHARE)) * dense + np.float32(SENTENCE_SHARE) * best
    return standardised(near) + np.float32(WORDS_BESIDE) * shared


def sentence_matrix(looked: Looked, passage_scores: Scores) -> Scores:
    """All that is known of the sentences of `looked`, float32 `(sentences, SENTENCE)`, with the scores of passages."""
    matrix = looked.sentences.copy()
    matrix[:, SENTENCE.index("passage")] = standardised(passage_scores[looked.owner])
    return matrix
