"""A report on a terminal: figures with their intervals, what is wrong, what turned, and the gate."""

from __future__ import annotations

from collections.abc import Iterator

from service.evaluation.figures import FIGURES
from service.evaluation.results import Comparison, Figure, FigureChange, QuestionResult, Report, Turned


def render(report: Report) -> str:
    """The report in lines of text."""
    lines = [*_wrong(report), *_figures(report), *_latency(report)]
    if report.comparison:
        lines += _comparison(report.comparison)
    lines += [f"{'FAILED' if v.failed else 'passed'}  {v.condition}: {v.said}" for v in report.verdicts]
    return "\n".join(lines)


def _wrong(report: Report) -> Iterator[str]:
    for question in report.questions:
        if question.right is False or question.failure or question.search_failure:
            yield from _question(question)


def _question(question: QuestionResult) -> Iterator[str]:
    yield f"- {question.gold.id} {question.gold.question}"
    if question.answer:
        yield f"      {question.answer.answer}"
    yield from (f"    * {reason}" for reason in question.why_wrong)


def _figures(report: Report) -> Iterator[str]:
    yield f"{'figure':34} {'mean':>8}   95 % interval       n"
    for name, figure in report.figures.items():
        yield f"{name:34} {_shown(name, figure)} {figure.n:7}"


def _shown(name: str, figure: Figure) -> str:
    if figure.mean is None:
        return f"{'-':>8} {'':17}"
    digits = 3 if FIGURES[name].unit == "share" else 1
    return f"{figure.mean:8.{digits}f}   {f'{figure.low:.{digits}f} .. {figure.high:.{digits}f}':15}"


def _latency(report: Report) -> Iterator[str]:
    for stage, latency in report.latency.items():
        yield f"{f'latency of {stage}':34} p50 {latency.p50:.0f} ms, p95 {latency.p95:.0f} ms ({latency.n})"


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield f"compared with the run of {comparison.old.created_at}, {comparison.shared} questions in common"
    if not comparison.same_gold:
        yield "the gold files differ: only questions that are the same in both are compared"
    changed = [change for change in comparison.changes if change.difference]
    yield from map(_change, changed)
    if not changed:
        yield "no figure has changed"
    yield from _turned("turned wrong", comparison.worse)
    yield from _turned("turned right", comparison.better)


def _change(change: FigureChange) -> str:
    p = "" if change.p is None else f"  p = {change.p:.3g}"
    return f"{change.name:34} {change.old:8.3f} -> {change.new:.3f} ({change.difference:+.3f}){p}"


def _turned(what: str, questions: tuple[Turned, ...]) -> Iterator[str]:
    for question in questions:
        yield f"{what}: {question.id} {question.question}"
