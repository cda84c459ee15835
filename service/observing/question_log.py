"""A line in the log for each question and each search."""

from __future__ import annotations

import logging
from collections.abc import Callable

from service.logs import LOGGER
from service.observing.observed import Kind, Observer, Outcome

logger = logging.getLogger(LOGGER)


def question_log(*, texts: bool) -> Observer:
    """An observer that logs what became of each; what was asked and answered only with `texts`."""

    def begin(kind: Kind) -> Callable[[Outcome], None]:
        del kind
        return end

    def end(outcome: Outcome) -> None:
        logger.info(outcome.kind, extra={"fields": {**_facts(outcome), **(_texts(outcome) if texts else {})}})

    return begin


def _facts(outcome: Outcome) -> dict[str, object]:
    facts: dict[str, object] = {"outcome": outcome.result, "ms": _milliseconds(outcome.seconds)}
    if outcome.reason:
        facts["reason"] = outcome.reason
    if outcome.client:
        facts["client"] = outcome.client
    if outcome.sources is not None:
        facts["sources_ms"] = _milliseconds(outcome.sources)
    if outcome.first_sentence is not None:
        facts["sentence_ms"] = _milliseconds(outcome.first_sentence)
    if answer := outcome.answer:
        facts |= {"answer": answer.id, "snapshot": answer.snapshot, "sentences": len(answer.sentences)}
    return facts


def _texts(outcome: Outcome) -> dict[str, object]:
    told = {"answer_text": outcome.answer.answer} if outcome.answer else {}
    return {"question_text": outcome.question, **told}


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
