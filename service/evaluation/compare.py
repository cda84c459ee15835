"""Two runs side by side, question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from service.evaluation.bootstrap import mean_interval, paired_p
from service.evaluation.errors import ReportError
from service.evaluation.figures import CURVE_FIGURES, FIGURES
from service.evaluation.results import SCHEMA, Comparison, FigureChange, QuestionResult, Report, Turned

RIGHT_RETRIEVAL = "retrieval.passages.recall@1"
"""A question of a retrieval-only run is right where this figure of it is 1."""


class _Version(msgspec.Struct, frozen=True):
    schema: int


def load(path: Path) -> Report:
    """A report that was written earlier. Raises `ReportError` where it is none, or of another schema."""
    try:
        raw = path.read_bytes()
        version = msgspec.json.decode(raw, type=_Version).schema
        if version != SCHEMA:
            raise ReportError(
                f"{path}: has schema {version}, this program reads {SCHEMA}: evaluate the old system again"
            )
        return msgspec.json.decode(raw, type=Report)
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ReportError(f"{path}: not a report.json: {error}") from error


def compare(old: Report, new: Report) -> Comparison:
    """`new` against `old`, over the questions that are the same in both. Raises `ReportError` where there are none."""
    before = {question.gold.id: question for question in old.questions}
    after = {question.gold.id: question for question in new.questions}
    shared = [name for name in after if name in before and before[name].gold == after[name].gold]
    if old.meta.mode != new.meta.mode or not shared:
        raise ReportError("the two reports have no question in common that was asked in the same mode")
    pairs = [(before[name], after[name]) for name in shared]
    same_questions = len(shared) == len(before) == len(after)
    changes = [change for name in FIGURES if (change := _change(name, pairs)) is not None]
    if same_questions:
        changes += [_curve_change(name, old, new) for name in CURVE_FIGURES if name in old.figures]
    return Comparison(
        old=old.meta,
        same_gold=old.meta.gold_sha256 == new.meta.gold_sha256,
        shared=len(shared),
        only_old=tuple(name for name in before if name not in shared),
        only_new=tuple(name for name in after if name not in shared),
        changes=tuple(changes),
        worse=tuple(_turned(new) for old, new in pairs if _right(old) and not _right(new)),
        better=tuple(_turned(old) for old, new in pairs if _right(new) and not _right(old)),
    )


def _change(name: str, pairs: Sequence[tuple[QuestionResult, QuestionResult]]) -> FigureChange | None:
    """The change of a mean over the questions for which both runs have it; None where neither run knows the figure."""
    if not any(name in question.figures for pair in pairs for question in pair):
        return None
    values = [(old.figures.get(name), new.figures.get(name)) for old, new in pairs]
    both = [(old, new) for old, new in values if old is not None and new is not None]
    if not both:
        return FigureChange(name, None, None, None, None, None, None, 0)
    before, after = [old for old, _ in both], [new for _, new in both]
    low, high = mean_interval([new - old for old, new in both])
    mean_before, mean_after = sum(before) / len(both), sum(after) / len(both)
    return FigureChange(
        name, mean_before, mean_after, mean_after - mean_before, low, high, paired_p(before, after), len(both)
    )


def _curve_change(name: str, old: Report, new: Report) -> FigureChange:
    before, after = old.figures[name], new.figures[name]
    known = before.mean is not None and after.mean is not None
    difference = after.mean - before.mean if after.mean is not None and before.mean is not None else None
    return FigureChange(name, before.mean, after.mean, difference, None, None, None, after.n if known else 0)


def _right(question: QuestionResult) -> bool:
    if question.right is not None:
        return question.right
    figures: Mapping[str, float | None] = question.figures
    return figures.get(RIGHT_RETRIEVAL, 1.0) == 1.0


def _turned(wrong: QuestionResult) -> Turned:
    return Turned(wrong.gold.id, wrong.gold.question, wrong.why_wrong)
