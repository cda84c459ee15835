"""Figures, languages and outcomes as reports write them, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator

from service.evaluation.figures import DEPTH, FIGURES
from service.evaluation.results import Figure, QuestionResult

NOTHING = "–"
"""Stands where a figure does not apply."""

_FOUND = f"retrieval.passages.recall@{DEPTH}"


def value(name: str, number: float | None) -> str:
    """The value of the figure `name`: shares with three digits, tokens with one."""
    if number is None:
        return NOTHING
    return f"{number:.{3 if FIGURES[name].unit == 'share' else 1}f}"


def interval(name: str, figure: Figure) -> str:
    """The 95 % interval of the figure `name`."""
    if figure.low is None:
        return NOTHING
    return f"{value(name, figure.low)} to {value(name, figure.high)}"


def milliseconds(number: float) -> str:
    """A duration in the unit that reads best."""
    if number >= 1000:
        return f"{number / 1000:.1f} s"
    return f"{number:.0f} ms" if number >= 10 else f"{number:.1f} ms"


def cell(name: str) -> str:
    """The languages of a question and its sources, as in `en → de`."""
    return " → ".join(name.split("->"))


def outcome(question: QuestionResult) -> str:
    """What became of a question, in words."""
    if question.failure:
        return "failed"
    if question.right is None or question.answer is None:
        return _found(question)
    if question.answer.status == "refused":
        return "rightly refused" if question.right else "wrongly refused"
    if not question.gold.answerable:
        return "wrongly answered"
    return "right" if question.right else "wrong"


def wrong(question: QuestionResult) -> bool:
    """Whether reports list the question: its answer is wrong, or a request failed, or its evidence was not found."""
    if question.right is None:
        share = question.figures.get(_FOUND)
        return bool(question.search_failure) or (share is not None and share < 1)
    return not question.right or bool(question.search_failure)


def summary(questions: tuple[QuestionResult, ...]) -> Iterator[tuple[str, int]]:
    """How often there was each outcome, most frequent first."""
    outcomes = [outcome(question) for question in questions]
    yield from sorted(((name, outcomes.count(name)) for name in set(outcomes)), key=lambda item: (-item[1], item[0]))


def _found(question: QuestionResult) -> str:
    """Of a question that was only searched for."""
    if question.search_failure:
        return "failed"
    share = question.figures.get(_FOUND)
    if share is None:
        return "no evidence"
    return "found" if share == 1 else "partly found" if share else "not found"
