"""Questions of which it is known whether the collection answers them, as the decision to refuse sees them.

Unanswerable questions are made honestly and in number: a question is asked of all articles but its own paragraph and
that paragraph's translations. It reads like any other, and the rest of its document is still there to mislead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from index.embedding import Embedder
from index.language import detect_question
from index.progress import Progress
from index.retrieve import Retriever
from service.contracts.answers import AskRequest, FilterRequest
from service.evaluation import parallel
from service.evaluation.gold import Gold
from service.evaluation.parallel import Benchmark, Question
from service.search.calibration import Features
from service.search.finding import Finder


@dataclass(frozen=True, slots=True)
class Row:
    """One question as it was asked of one index. Rows of one `document` must never help to judge one another."""

    features: Features
    answerable: bool
    document: str
    cell: str


def all_but(article_ids: Sequence[str], excluded: Sequence[str]) -> FilterRequest:
    """A search among all articles but these."""
    hidden = set(excluded)
    return FilterRequest(article_ids=tuple(article for article in article_ids if article not in hidden))


def benchmark_rows(benchmark: Benchmark, embedder: Embedder, evidence_tokens: int, progress: Progress) -> Iterator[Row]:
    """Every question of every collection twice: with its paragraph there, and with it gone in all languages."""
    for collection in parallel.collections(benchmark):
        with parallel.indexed(collection, embedder, progress) as snapshot:
            finder = Finder(Retriever(snapshot, embedder), embedder, evidence_tokens=evidence_tokens)
            for language, questions in benchmark.questions.items():
                cell = f"{language}->{collection.name}"
                with progress.step(f"Asking {cell}", "question") as step:
                    step.expect(len(questions))
                    for question in questions:
                        yield from _twice(question, finder, cell, list(benchmark.texts))
                        step.advance()


def gold_rows(questions: Iterable[Gold], finder: Finder) -> Iterator[Row]:
    """Gold questions as they are; the document of an unanswerable one is itself."""
    for gold in questions:
        document = gold.evidence[0][0].article if gold.evidence else gold.id
        request = msgspec.structs.replace(gold.request(), language=gold.lang)
        yield Row(finder.find(request).known, gold.answerable, document, gold.kind)


def _twice(question: Question, finder: Finder, cell: str, languages: Sequence[str]) -> Iterator[Row]:
    """With and without its paragraph. Both times with filters: a search without may look at less."""
    own = [parallel.article_id(language, question.paragraph) for language in languages]
    for hidden in ((), own):
        request = AskRequest(
            question=question.text,
            language=detect_question(question.text, question.language),
            filters=all_but(finder.snapshot.article_ids, hidden),
        )
        yield Row(finder.find(request).known, not hidden, question.document, cell)
