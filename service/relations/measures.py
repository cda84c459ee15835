"""Whether a figure is given as that of another measure: a profit of 265 million that the source has as revenue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from index.quantities import Quantity, same_value
from service.relations.clauses import Clause
from service.relations.tables import rows

PAYMENT = "payment"
NEVER_PAID = frozenset({"valuation", "revenue", "profit", "loss"})
"""Measures of what nobody pays."""
_REACH = 45
"""Characters before a figure in which its measure may stand."""
_BEHIND = 22
"""And behind it, where none stands before: "265 million in revenue"."""


def flaw(claim: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """`comparison: ...` where every source clause with a figure of `claim` has it as that of another measure."""
    for said in claim:
        for quantity in said.quantities:
            own = kind(said, quantity)
            stating = [
                (source, stated) for source in sources for stated in source.quantities if same_value(quantity, stated)
            ]
            theirs = [kind(source, stated) or _only_kind(source, stated) for source, stated in stating]
            if own and theirs and all(_exclude(own, other) for other in theirs):
                return f"comparison: {quantity.value:g} is a figure of {theirs[0]} in the source, not of {own}"
    return ""


def _exclude(own: str, other: str) -> bool:
    """Whether a figure of the measure `own` is none of `other`. Rents, fines and wages are paid, a valuation is not."""
    if not own or not other or own == other:
        return False
    return PAYMENT not in (own, other) or not NEVER_PAID.isdisjoint((own, other))


def kind(clause: Clause, quantity: Quantity) -> str:
    """What `quantity` is a figure of, by the last word before it or one just after it; empty where none says."""
    at, end = quantity.start - clause.start, quantity.end - clause.start
    earlier = [other.end - clause.start for other in clause.quantities if other.end <= quantity.start]
    later = [other.start - clause.start for other in clause.quantities if other.start > quantity.start]
    before = clause.text[max([0, at - _REACH, *earlier]) : at]
    behind = clause.text[end : min([end + _BEHIND, *later])]
    if mentioned := _mentioned(before, clause.language):
        return max(mentioned)[1]
    return min(_mentioned(behind, clause.language), default=(0, ""))[1] or _by_last_verb(clause)


def _by_last_verb(clause: Clause) -> str:
    """What the verb at the end of a German clause makes of its only sum: "29 Millionen hat die Werft 2023 verdient"."""
    sums = [quantity for quantity in clause.quantities if quantity.unit.isupper()]
    if clause.language != "de" or len(sums) != 1 or not clause.words or not clause.words[-1].text.islower():
        return ""
    return max(_mentioned(clause.words[-1].text, clause.language), default=(0, ""))[1]


def _only_kind(clause: Clause, quantity: Quantity) -> str:
    """The one measure that `clause` speaks of before `quantity`, if all figures of its unit may be of that one."""
    alike = [other for other in clause.quantities if other.unit == quantity.unit]
    found = {name for _, name in _mentioned(clause.text[: quantity.start - clause.start], clause.language)}
    return found.pop() if len(found) == 1 and len(alike) > 1 else ""


def _mentioned(text: str, language: str) -> list[tuple[int, str]]:
    return [(match.start(), name) for name, pattern in _patterns(language) for match in pattern.finditer(text)]


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    flags = re.IGNORECASE if language == "en" else 0
    found = []
    for row in rows("measures.txt"):
        forms = "|".join(form.replace("*", r"\w*") for form in row.forms(language))
        found.append((row.meaning, re.compile(rf"\b(?:{forms})\b", flags)))
    return tuple(found)
