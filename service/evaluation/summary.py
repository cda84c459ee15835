"""From the results of the questions to the figures of the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from service.evaluation import bootstrap
from service.evaluation.figures import CURVE_FIGURES, FIGURES
from service.evaluation.metrics import refusal
from service.evaluation.metrics.cost import quantile
from service.evaluation.results import (
    SCHEMA,
    CalibrationBin,
    Curves,
    Figure,
    Latency,
    Meta,
    Parity,
    QuestionResult,
    Report,
    RiskPoint,
    SourceArticle,
)
from service.evaluation.score import MIXED

PRECISION = 0.95
"""The precision of `confidence.coverage@95`."""

NOT_BY_LANGUAGE = frozenset({"requests.failed", *CURVE_FIGURES})


def summarise(meta: Meta, questions: Sequence[QuestionResult], articles: Mapping[str, SourceArticle]) -> Report:
    """The report of a run. `questions` are in the order of the gold file and not empty."""
    curves = Curves((), ())
    figures = means(questions)
    if meta.mode == "answers":
        confidence = _Confidence(questions)
        curves = confidence.curves()
        figures |= confidence.figures()
    return Report(
        schema=SCHEMA,
        meta=meta,
        figures={name: figures[name] for name in FIGURES if name in figures},
        kinds={kind: means(same) for kind, same in _by(questions, lambda question: question.gold.kind).items()},
        parity=_parity(questions),
        curves=curves,
        latency=_latency(questions),
        questions=tuple(questions),
        articles=dict(articles),
    )


def means(questions: Iterable[QuestionResult]) -> dict[str, Figure]:
    """Every figure that any of the questions has, as the mean over those that have a value."""
    values: dict[str, list[float]] = {}
    for question in questions:
        for name, value in question.figures.items():
            known = values.setdefault(name, [])
            if value is not None:
                known.append(value)
    return {name: mean(values[name]) for name in FIGURES if name in values}


def mean(values: Sequence[float]) -> Figure:
    """The mean with its interval; all None where there are no values."""
    if not values:
        return Figure(None, None, None, 0)
    low, high = bootstrap.mean_interval(values)
    return Figure(float(np.mean(values)), low, high, len(values))


class _Confidence:
    """What confidence is worth: refused and failed questions have no answer, and count in the total alone."""

    def __init__(self, questions: Sequence[QuestionResult]) -> None:
        answered = [
            question.answer.confidence if question.answer and question.answer.status == "answered" else np.nan
            for question in questions
        ]
        self._confidence = np.array(answered, dtype=np.float64)
        self._right = np.array([bool(question.right) for question in questions])

    def figures(self) -> dict[str, Figure]:
        """The figures of the curves."""
        return {name: self._figure(name) for name in CURVE_FIGURES}

    def curves(self) -> Curves:
        """What the plots show."""
        confidence, right = self._answers(np.arange(len(self._right)))
        curve = refusal.risk_coverage(confidence, right, len(self._right))
        points = zip(curve.coverage, curve.risk, curve.threshold, strict=True)
        return Curves(
            tuple(RiskPoint(float(coverage), float(risk), float(threshold)) for coverage, risk, threshold in points),
            tuple(CalibrationBin(*values) for values in refusal.calibration_bins(confidence, right)),
        )

    def _figure(self, name: str) -> Figure:
        everyone = np.arange(len(self._right))
        value = self._statistic(name, everyone)
        interval = bootstrap.statistic_interval(lambda drawn: self._statistic(name, drawn), len(everyone))
        if np.isnan(value) or interval is None:
            return Figure(None, None, None, 0)
        counted = len(everyone) if name == "confidence.coverage@95" else len(self._answers(everyone)[0])
        return Figure(value, *interval, counted)

    def _statistic(self, name: str, drawn: bootstrap.Indices) -> float:
        confidence, right = self._answers(drawn)
        if name == "confidence.aurc":
            return refusal.area(confidence, right)
        if name == "confidence.ece":
            return refusal.calibration_error(confidence, right)
        return refusal.coverage_at_precision(confidence, right, len(drawn), PRECISION)

    def _answers(self, drawn: bootstrap.Indices) -> tuple[refusal.Floats, refusal.Flags]:
        answered = drawn[~np.isnan(self._confidence[drawn])]
        return self._confidence[answered], self._right[answered]


def _parity(questions: Sequence[QuestionResult]) -> dict[str, Parity]:
    cells = {cell: means(same) for cell, same in _by(questions, lambda question: question.cell).items() if cell}
    names = [name for name in FIGURES if name not in NOT_BY_LANGUAGE and any(name in cell for cell in cells.values())]
    return {name: _gap({cell: cells[cell][name] for cell in cells if name in cells[cell]}) for name in names}


def _gap(cells: dict[str, Figure]) -> Parity:
    compared = [
        figure.mean for cell, figure in cells.items() if figure.mean is not None and not cell.endswith(f"->{MIXED}")
    ]
    return Parity(cells, max(compared) - min(compared) if len(compared) > 1 else None)


def _latency(questions: Iterable[QuestionResult]) -> dict[str, Latency]:
    stages: dict[str, list[float]] = {"request": []}
    for question in questions:
        stages["request"].append(question.seconds * 1000)
        for stage, milliseconds in (question.answer.timings_ms if question.answer else {}).items():
            stages.setdefault(stage, []).append(milliseconds)
    return {
        stage: Latency(round(quantile(values, 0.5), 2), round(quantile(values, 0.95), 2), len(values))
        for stage, values in stages.items()
    }


def _by(questions: Iterable[QuestionResult], key: Callable[[QuestionResult], str]) -> dict[str, list[QuestionResult]]:
    found: defaultdict[str, list[QuestionResult]] = defaultdict(list)
    for question in questions:
        found[key(question)].append(question)
    return {name: found[name] for name in sorted(found)}
