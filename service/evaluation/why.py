"""Why a question counts as wrong, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from service.contracts.answers import Answer
from service.evaluation.figures import DEPTH
from service.evaluation.gold import Gold
from service.evaluation.journal import Outcome
from service.evaluation.metrics.answers import holds
from service.evaluation.results import CitationCheck


def why_wrong(
    gold: Gold, outcome: Outcome, checks: Sequence[CitationCheck], figures: Mapping[str, float | None]
) -> tuple[str, ...]:
    """Everything that is wrong with an outcome, one line each; empty where all is right."""
    lines = list(_failures(outcome))
    if outcome.answer is not None:
        lines += _answer(gold, outcome.answer, figures)
        lines += _citations(outcome.answer, checks, figures)
    return (*lines, *_retrieval(outcome, figures))


def _failures(outcome: Outcome) -> Iterator[str]:
    if outcome.failure:
        yield f"the request failed: {outcome.failure}"
    if outcome.search_failure:
        yield f"the search failed: {outcome.search_failure}"


def _answer(gold: Gold, answer: Answer, figures: Mapping[str, float | None]) -> Iterator[str]:
    if answer.status == "refused":
        if gold.answerable:
            yield f"refused ({answer.reason}), though the articles hold the answer"
        return
    if not gold.answerable:
        yield "answered, though the articles hold no answer"
        return
    for nugget in gold.nuggets or (gold.answers,):
        if not holds(answer.answer, nugget):
            yield f"does not say {' or '.join(repr(alternative) for alternative in nugget)}"
    if figures.get("answers.language") == 0:
        yield f"is not in the language of the question ({gold.lang})"


def _citations(answer: Answer, checks: Sequence[CitationCheck], figures: Mapping[str, float | None]) -> Iterator[str]:
    for check in checks:
        if check.right is False:
            yield f"citation {check.label} is not where the gold evidence is"
        if not check.exact:
            yield f"the quote of citation {check.label} is not what stands in the article there"
    if figures.get("citations.uncited_sentences"):
        yield "has a sentence without a citation"
    if answer.status == "answered" and (figures.get("citations.recall") or 0.0) < 1 and "citations.recall" in figures:
        yield "does not cite all of the gold evidence"


def _retrieval(outcome: Outcome, figures: Mapping[str, float | None]) -> Iterator[str]:
    found = figures.get(f"retrieval.passages.recall@{DEPTH}")
    if not outcome.search_failure and found is not None and found < 1:
        yield f"the first {DEPTH} passages hold {found:.0%} of the gold evidence"
