"""The whole answer, from its parts: what was told, and what is reported of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TypeVar

import msgspec

from index.types import Hit
from service.answering.part_by_part import Part, Whole
from service.contracts.answers import Answer, AnswerPart, FoundPassage, Models, Usage
from service.quoting.surroundings import with_surroundings
from service.search.finding import Finding
from service.verification import confidence
from service.verification.abstain import Abstention
from service.verification.confidence import Signals

T = TypeVar("T")


def hits_of(findings: Sequence[Finding]) -> list[Hit]:
    """The passages found for all parts by turns, each once, as many as were asked for."""
    turns = zip_longest(*(finding.hits for finding in findings))
    by_row: dict[int, Hit] = {}
    for hit in (hit for turn in turns for hit in turn if hit is not None):
        by_row.setdefault(hit.row, hit)
    return list(by_row.values())[: findings[0].asked.request.top_k]


def composed(
    whole: Whole, query: str, passages: tuple[FoundPassage, ...], abstention: Abstention, writer: str
) -> Answer:
    """The answer to all that was asked with `query`; `writer` is the language model, whether or not it was needed.

    It is refused where all parts are, for the reason of the first. What it reports of its sureness is that of the part
    which is least sure.
    """
    parts, told = whole.parts, whole.told.sentences
    first = parts[0]
    refusal = first.refusal if all(part.refusal for part in parts) else None
    if refusal and refusal.nearest:
        first.run.draft.cite(refusal.nearest)
    sure, signals = _weakest(parts, abstention, writer)
    finder = first.run.finder
    drafts = [part.run.draft for part in parts]
    return Answer(
        id=whole.id,
        status="refused" if refusal else "answered",
        reason=refusal.reason if refusal else None,
        answer=refusal.text if refusal else " ".join(sentence.text for sentence in told),
        language=first.asked.language,
        query=query,
        confidence=sure,
        sentences=() if refusal else tuple(told),
        citations=with_surroundings(first.run.draft.citations, finder.snapshot),
        passages=passages,
        conflicts=_each_once(conflict for draft in drafts for conflict in draft.conflicts),
        dropped=_each_once(dropped for draft in drafts for dropped in draft.dropped),
        snapshot=finder.snapshot.id,
        models=Models(finder.embedder.name, next((part.run.generator for part in parts if part.run.generator), writer)),
        timings_ms=first.run.clock.milliseconds(),
        usage=_together([part.run.usage for part in parts]),
        signals={name: round(value, 4) for name, value in msgspec.structs.asdict(signals).items()},
        parts=tuple(map(_reported, parts)) if len(parts) > 1 else (),
    )


def _weakest(parts: Sequence[Part], abstention: Abstention, writer: str) -> tuple[float, Signals]:
    """How sure the service is of the answered part of which it is least sure, and what that was computed from."""
    weighed = [_sureness(part, abstention, writer) for part in parts if part.run.draft.sentences]
    return min(weighed, key=lambda weight: weight[0]) if weighed else _sureness(parts[0], abstention, writer)


def _sureness(part: Part, abstention: Abstention, writer: str) -> tuple[float, Signals]:
    run = part.run
    signals = run.signals(abstention.calibrated.probability(run.finding.known))
    sure = abstention.confidence if run.generator == writer else confidence.DEFAULTS
    return round(sure.of(signals), 4) if run.draft.sentences else 0.0, signals


def _together(usages: Sequence[Usage]) -> Usage:
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        finish_reason="length" if any(usage.finish_reason == "length" for usage in usages) else "stop",
    )


def _reported(part: Part) -> AnswerPart:
    question = part.asked.request.question
    return (
        AnswerPart(question, "refused", part.refusal.reason) if part.refusal else AnswerPart(question, "answered", None)
    )


def _each_once(items: Iterable[T]) -> tuple[T, ...]:
    once: list[T] = []
    for item in items:
        if item not in once:
            once.append(item)
    return tuple(once)
