"""Questions of which it is known whether the collection answers them, as the decision to refuse sees them.

Unanswerable questions are made honestly and in number: a question is asked of all articles but its own paragraph and
that paragraph's translations. It reads like any other, and the rest of its document is still there to mislead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from index.embedding import Embedder
from index.language import detect_question
from index.progress import Progress
from index.retrieve import Retriever
from index.snapshot import Snapshot
from index.types import Filters
from service import calibration
from service.calibration import Features
from service.contract import AskRequest
from service.evaluation import parallel
from service.evaluation.gold import Gold
from service.evaluation.parallel import Benchmark, Question
from service.evidence import choose
from service.follow_up import standalone_query
from service.names import names


@dataclass(frozen=True, slots=True)
class Row:
    """One question as it was asked of one index. Rows of one `document` must never help to judge one another."""

    features: Features
    answerable: bool
    document: str
    cell: str


class Asker:
    """Asks questions of one index as the service does before a language model is asked."""

    def __init__(self, snapshot: Snapshot, embedder: Embedder, evidence_tokens: int) -> None:
        self._retriever = Retriever(snapshot, embedder)
        self._spread = calibration.spread_of(snapshot)
        self._embedder = embedder
        self._evidence_tokens = evidence_tokens

    def ask(self, request: AskRequest, language: str) -> Features:
        """The features of a question."""
        return self._ask(request, language, Filters(published_to=request.as_of))

    def ask_without(self, request: AskRequest, language: str, hidden: Sequence[str]) -> Features:
        """The features of a question, asked of all articles but those that are `hidden`.

        Compare it with the same without anything hidden, not with `ask`: a search with filters may look at more.
        """
        return self._ask(request, language, all_but(self._retriever.snapshot.article_ids, hidden))

    def _ask(self, request: AskRequest, language: str, filters: Filters) -> Features:
        snapshot = self._retriever.snapshot
        query = standalone_query(request.question, language, request.history)
        found = self._retriever.search([query, request.question], request.top_k, filters)
        evidence = choose(
            found.sentences,
            snapshot,
            tokens=self._evidence_tokens,
            count_tokens=self._embedder.count_tokens,
        )
        return calibration.features(
            request.question, language, names(request.question, language), found, evidence, self._spread
        )


def all_but(article_ids: Sequence[str], excluded: Sequence[str]) -> Filters:
    """A search among all articles but these."""
    hidden = set(excluded)
    return Filters(article_ids=tuple(article for article in article_ids if article not in hidden))


def benchmark_rows(benchmark: Benchmark, embedder: Embedder, evidence_tokens: int, progress: Progress) -> Iterator[Row]:
    """Every question of every collection twice: with its paragraph there, and with it gone in all languages."""
    for collection in parallel.collections(benchmark):
        with parallel.indexed(collection, embedder, progress) as snapshot:
            asker = Asker(snapshot, embedder, evidence_tokens)
            for language, questions in benchmark.questions.items():
                cell = f"{language}->{collection.name}"
                with progress.step(f"Asking {cell}", "question") as step:
                    step.expect(len(questions))
                    for question in questions:
                        yield from _twice(question, asker, cell, list(benchmark.texts))
                        step.advance()


def gold_rows(questions: Iterable[Gold], asker: Asker) -> Iterator[Row]:
    """Gold questions as they are; the document of an unanswerable one is itself."""
    for gold in questions:
        document = gold.evidence[0][0].article if gold.evidence else gold.id
        yield Row(asker.ask(gold.request(), gold.lang), gold.answerable, document, gold.kind)


def _twice(question: Question, asker: Asker, cell: str, languages: Sequence[str]) -> Iterator[Row]:
    request = AskRequest(question=question.text)
    told = detect_question(question.text, question.language)
    own = [parallel.article_id(language, question.paragraph) for language in languages]
    yield Row(asker.ask_without(request, told, ()), True, question.document, cell)
    yield Row(asker.ask_without(request, told, own), False, question.document, cell)
