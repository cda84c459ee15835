"""The errors of the evaluation.

EvaluationError
├── GoldError           the gold file is broken, or does not belong to the articles: said before the first question
├── GateError           a condition of the gate can't be read, or there is nothing to compare with
├── ReportError         an earlier report can't be read
├── JournalError        the kept answers can't be read
└── SystemUnreachable   the system that is evaluated can't be reached
"""

from __future__ import annotations

from collections.abc import Sequence

MOST_SHOWN = 20


class EvaluationError(Exception):
    """Base of every error that the evaluation raises on purpose."""


class GoldError(EvaluationError):
    """Everything that is wrong with a gold file, each with the line or the question that it is about."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = [f"... and {len(problems) - MOST_SHOWN} more"] if len(problems) > MOST_SHOWN else []
        super().__init__("\n".join([*problems[:MOST_SHOWN], *more]))
        self.problems = tuple(problems)


class GateError(EvaluationError):
    """A condition of the gate can't be read, or asks for an earlier run where none was named."""


class ReportError(EvaluationError):
    """An earlier report can't be read, or has nothing in common with this one."""


class JournalError(EvaluationError):
    """The answers that were kept can't be read."""


class SystemUnreachable(EvaluationError):
    """The system that is evaluated can't be reached."""
