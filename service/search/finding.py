"""Question -> what one index holds on it: passages, evidence, and how likely an answer is among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index.embedding import Embedder
from index.language import detect_question
from index.retrieve import Found, Retriever
from index.snapshot import Snapshot
from index.types import Filters, Hit
from service.contracts.answers import AskRequest, FilterRequest, SearchRequest
from service.search import calibration
from service.search.calibration import Features
from service.search.evidence import Evidence, choose
from service.search.follow_up import standalone_query
from service.search.reasons_first import reasons_first
from service.texts.names import names

FALLBACK_LANGUAGE = "en"
LEAST_PASSAGES = 8
"""Passages that are searched for even where fewer are asked for: the estimate must not depend on the answer's form."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, understood: its language, what to search with, and the names that it is about."""

    request: AskRequest
    language: str
    query: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for a question. `hits` are as many passages as were asked for, `known` tells how likely it helps.

    Times are seconds.
    """

    asked: Asked
    found: Found
    evidence: tuple[Evidence, ...]
    known: Features

    @property
    def hits(self) -> Sequence[Hit]:
        """The passages to report, best first."""
        return self.found.hits[: self.asked.request.top_k]


class Finder:
    """Finds evidence in one snapshot. Any number of threads may ask at once."""

    def __init__(self, retriever: Retriever, embedder: Embedder, *, evidence_tokens: int) -> None:
        """`evidence_tokens` is how much evidence there may be, as `embedder` counts."""
        self.retriever = retriever
        self.embedder = embedder
        self._evidence_tokens = evidence_tokens
        self._spread = calibration.spread_of(retriever.snapshot)

    @property
    def snapshot(self) -> Snapshot:
        """What is searched."""
        return self.retriever.snapshot

    def find(self, request: AskRequest) -> Finding:
        """Everything that is known of a question before a language model is asked."""
        return self.find_for(understood(request))

    def find_for(self, asked: Asked, parts: int = 1) -> Finding:
        """The same for a question that was understood, one of `parts`: each of several has less evidence than one."""
        request = asked.request
        filters = filters_of(request.filters, request.as_of)
        found = self.retriever.search([asked.query, request.question], max(request.top_k, LEAST_PASSAGES), filters)
        tokens = 2 * self._evidence_tokens // (parts + 1)
        ordered = reasons_first(found.sentences, request.question, asked.language, asked.names)
        evidence = choose(ordered, self.snapshot, tokens=tokens, count_tokens=self.embedder.count_tokens)
        best = self.snapshot.passage_text(found.hits[0].row) if found.hits else ""
        known = calibration.features(request.question, asked.language, asked.names, found, best, evidence, self._spread)
        return Finding(asked, found, evidence, known)

    def search(self, request: SearchRequest) -> Found:
        """The passages for a question as it stands."""
        return self.retriever.search([request.question], request.top_k, filters_of(request.filters))


def understood(request: AskRequest) -> Asked:
    """`request` with its language, by itself where it is told to be found out, and a query that stands alone."""
    language = request.language
    if language == "auto":
        language = detect_question(request.question, _language_of_history(request))
    query = standalone_query(request.question, language, request.history)
    return Asked(request, language, query, tuple(names(request.question, language)))


def read_tables() -> None:
    """Understand a question of either language, so that the first one asked need not wait for tables of words."""
    for question in ("Who was Ada Lovelace?", "Wer war Ada Lovelace?"):
        understood(AskRequest(question))


def filters_of(request: FilterRequest, as_of: date | None = None) -> Filters:
    """The filters of the contract as the retriever has them."""
    return Filters(request.article_ids, request.languages, request.published_from, request.published_to, as_of)


def _language_of_history(request: AskRequest) -> str:
    asked = [turn.content for turn in request.history if turn.role == "user"]
    return detect_question(asked[-1], FALLBACK_LANGUAGE) if asked else FALLBACK_LANGUAGE
