"""Evaluated answers as the fit of `confidence` sees them: what was known of each, and whether it was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from service.evaluation.errors import ReportError
from service.evaluation.results import Report
from service.verification.confidence import SIGNALS, Signals


@dataclass(frozen=True, slots=True)
class Answered:
    """One question that was answered. `document` groups questions that must not judge one another."""

    signals: Signals
    right: bool
    document: str


def read(paths: Sequence[Path]) -> tuple[str, list[Answered]]:
    """The model that wrote the answers of these `report.json`, and the answers; refusals are left out.

    Raises `ReportError` where a file is no report, where models differ, or where answers don't tell their signals.
    """
    models: set[str] = set()
    found: list[Answered] = []
    for path in paths:
        report = _report(path)
        for question in report.questions:
            answer = question.answer
            if answer is None or answer.status == "refused" or question.right is None:
                continue
            if set(SIGNALS) - answer.signals.keys():
                raise ReportError(f"{path}: the answer to {question.gold.id} does not tell its signals; evaluate again")
            models.add(answer.models.generator)
            signals = Signals(*(answer.signals[name] for name in SIGNALS))
            found.append(Answered(signals, question.right, f"{path.parent.name} {question.gold.id}"))
    if len(models) != 1:
        raise ReportError(f"answers of one model are needed, found those of {', '.join(sorted(models)) or 'none'}")
    return models.pop(), found


def _report(path: Path) -> Report:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as error:
        raise ReportError(f"{path} is no report: {error}") from error
