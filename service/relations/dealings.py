"""What becomes of a sum of money: what somebody asked for or offered was not paid for that, and a value is no price.

Of a clause with one sum every word for it counts, of one with several the nearest. Where any of the words of claim and
source go together, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from index.quantities import Quantity, same_value
from service.relations.clauses import Clause
from service.relations.tables import rows

_EXCLUDE = frozenset(
    frozenset(pair.split())
    for pair in (
        "asked offered",
        "asked settled",
        "asked spent",
        "asked earned",
        "asked saved",
        "offered settled",
        "offered spent",
        "offered earned",
        "offered saved",
        "settled valued",
        "settled saved",
        "spent valued",
        "spent earned",
        "spent saved",
        "cost earned",
        "cost saved",
        "valued earned",
        "valued saved",
    )
)
"""What is charged is what a thing costs, and what was received may have been earned: such pairs are not among these."""


def flaw(claim: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """`comparison: ...` where in every source clause with a sum of `claim` another thing becomes of it."""
    for said in claim:
        for quantity in _sums(said):
            own = _dealings(said, quantity)
            theirs = [
                _dealings(source, stated)
                for source in sources
                for stated in _sums(source)
                if same_value(quantity, stated)
            ]
            if own and theirs and all(_excludes(own, other) for other in theirs):
                return f"comparison: {quantity.value:g} is {min(theirs[0])} in the source, not {min(own)}"
    return ""


def _sums(clause: Clause) -> list[Quantity]:
    return [quantity for quantity in clause.quantities if quantity.unit.isupper()]


def _excludes(own: frozenset[str], other: frozenset[str]) -> bool:
    return bool(other) and all(frozenset((one, another)) in _EXCLUDE for one in own for another in other)


def _dealings(clause: Clause, quantity: Quantity) -> frozenset[str]:
    sums = _sums(clause)
    if len(sums) == 1:
        return frozenset(kind for _, kind in _mentioned(clause.text, clause.language))
    before = max((other.end for other in sums if other.end <= quantity.start), default=clause.start) - clause.start
    behind = min((other.start for other in sums if other.start >= quantity.end), default=None)
    ahead = _mentioned(clause.text[before : quantity.start - clause.start], clause.language)
    rest = clause.text[quantity.end - clause.start : None if behind is None else behind - clause.start]
    nearest = max(ahead, default=None) or min(_mentioned(rest, clause.language), default=None)
    return frozenset() if nearest is None else frozenset([nearest[1]])


def _mentioned(text: str, language: str) -> list[tuple[int, str]]:
    return [(match.start(), kind) for kind, pattern in _patterns(language) for match in pattern.finditer(text)]


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (row.meaning, re.compile(rf"\b(?:{'|'.join(row.forms(language))})", re.IGNORECASE))
        for row in rows("dealings.txt")
    )
