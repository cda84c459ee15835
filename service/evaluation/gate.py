"""Conditions under which a change may not ship, and whether a run meets one.

    conditions = condition *("," condition)
    condition  = name "<" number     fails where the figure is below number
               / name ">" number     fails where the figure is above number
               / name "-" number     fails where the figure got worse by more than number since the run compared with

Names are those of `service.evaluation.figures`. Whether worse is less or more depends on the figure. A figure that no
question has fails every condition on it: what can't be checked does not pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from service.evaluation.errors import GateError
from service.evaluation.figures import FIGURES
from service.evaluation.results import Comparison, Report, Verdict

_CONDITION = re.compile(r"\s*([a-z0-9_.@]+)\s*([<>-])\s*([0-9]*\.?[0-9]+)\s*")
_ROUNDING = 1e-9
"""Sums of decimal fractions differ by less than this from what was meant."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; `sign` is `<`, `>` or `-`."""

    name: str
    sign: str
    number: float

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.number:g}"


def parse(text: str, *, compared: bool) -> tuple[Condition, ...]:
    """The conditions of `text`. Raises `GateError` for what can't be read, and for `-` where nothing is compared."""
    return tuple(_condition(part, compared) for part in text.split(","))


def judge(conditions: Sequence[Condition], report: Report, comparison: Comparison | None) -> tuple[Verdict, ...]:
    """Whether the run fails each condition. `comparison` is needed where a condition has `-`."""
    return tuple(_judge(condition, report, comparison) for condition in conditions)


def _condition(text: str, compared: bool) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise GateError(f"can't read the condition {text.strip()!r}: write name<number, name>number or name-number")
    name, sign, number = match.groups()
    if name not in FIGURES:
        near = get_close_matches(name, FIGURES, n=1, cutoff=0.0)
        raise GateError(f"there is no figure {name}; the nearest is {near[0]}")
    if sign == "-" and not compared:
        raise GateError(f"the condition {text.strip()} needs a run to compare with: --compare OLD.json")
    return Condition(name, sign, float(number))


def _judge(condition: Condition, report: Report, comparison: Comparison | None) -> Verdict:
    if condition.sign == "-":
        return _judge_change(condition, comparison)
    figure = report.figures.get(condition.name)
    if figure is None or figure.mean is None:
        return Verdict(str(condition), True, f"no question has {condition.name}")
    below = condition.sign == "<"
    failed = figure.mean < condition.number - _ROUNDING if below else figure.mean > condition.number + _ROUNDING
    return Verdict(str(condition), failed, f"{condition.name} is {figure.mean:.4g}")


def _judge_change(condition: Condition, comparison: Comparison | None) -> Verdict:
    changes = {change.name: change for change in comparison.changes} if comparison else {}
    change = changes.get(condition.name)
    if change is None or change.difference is None:
        return Verdict(str(condition), True, f"no question has {condition.name} in both runs")
    loss = -change.difference if FIGURES[condition.name].higher_is_better else change.difference
    failed = loss > condition.number + _ROUNDING
    p = "" if change.p is None else f", p = {change.p:.3g}"
    return Verdict(
        str(condition),
        failed,
        f"{condition.name} went from {change.old:.4g} to {change.new:.4g} ({change.n} questions{p})",
    )
