"""Whether a claim has a name do something to itself: "Nordholz paid Nordholz" is a slip of a model's pen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.relations.clauses import Clause, Sentence
from service.relations.direction import slots

_CALLED = re.compile(r"[A-ZÄÖÜ][\w&’'-]*(?:\s[A-ZÄÖÜ][\w&’'-]*)*")
"""A name with what else is written large behind it: "Vexil Labs" is not "Vexil"."""


def flaw(claim: Sentence, sources: Sequence[Sentence]) -> str:
    """`role: ...` where a clause of `claim` has one name twice, as subject and as object, and no source clause has."""
    told = {name for source in sources for clause in source.clauses for name in _twice(clause)}
    for said in claim.clauses:
        for name in _twice(said):
            if name not in told:
                return f"role: {name} twice in one clause"
    return ""


def _twice(clause: Clause) -> list[str]:
    called = [_called(clause, slot.start) for slot in slots(clause) if slot.slot == "bare"]
    return [name for at, name in enumerate(called) if name and name in called[:at]]


def _called(clause: Clause, start: int) -> str:
    """The name at `start` in full; empty where a hyphen makes it a part of another word or a genitive an owner."""
    match = _CALLED.match(clause.text, start - clause.start)
    return "" if match is None or re.search(r"-|[’']s?\Z", match.group()) else match.group()
