"""Evidence in an order that puts firm reports before plans and rumours about the same thing.

A small language model takes the first sentence that fits a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.comparing.asked_values import wanted
from service.comparing.conflicts import equal
from service.comparing.stated import Stated, is_hedged, stated
from service.comparing.subjects import same_subject
from service.search.evidence import Evidence
from service.search.finding import Asked


def without_replaced(evidence: Sequence[Evidence], asked: Asked) -> tuple[Evidence, ...]:
    """`evidence` without the plans and rumours of which a firm report in it tells the outcome, where that is asked for.

    A question about plans, or about all that was ever named, needs these, too.
    """
    question = asked.request.question
    wants = wanted(question)
    if not wants.amount or wants.everything or is_hedged(question, question, asked.language):
        return tuple(evidence)
    values = [[value for value in stated(item) if wants.admits(value)] for item in evidence]
    firm = [value for own in values for value in own if not value.hedged]
    return tuple(
        item
        for item, own in zip(evidence, values, strict=True)
        if not own or not all(any(_settles(new, old, asked.names) for new in firm) for old in own)
    )


def prefer(evidence: Sequence[Evidence], names: Sequence[str] = ()) -> tuple[Evidence, ...]:
    """`evidence` with what a firm or later report replaces behind that report; everything else as it was.

    `names` are those of the question: a report that has them all is about its subject, whoever else it names.
    Neighbours in an article stay together and in reading order. Values are compared as `conflicts` does, but without
    regard to meaning, for which there is no time before a language model starts.
    """
    groups = list(_neighbours(evidence))
    values = [[value for item in group for value in stated(item)] for group in groups]
    order = list(range(len(groups)))
    for early in range(len(groups)):
        old = values[early]
        behind = [late for late in order if any(_replaces(new, value, names) for new in values[late] for value in old)]
        last = max((order.index(late) for late in behind), default=-1)
        if last > order.index(early):
            order.remove(early)
            order.insert(last, early)
    return tuple(item for position in order for item in groups[position])


def _neighbours(evidence: Sequence[Evidence]) -> Iterator[list[Evidence]]:
    group: list[Evidence] = []
    for item in evidence:
        if group and item.row != group[-1].row + 1:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _replaces(new: Stated, old: Stated, names: Sequence[str]) -> bool:
    """Whether `new` is firm where `old` was a plan or a rumour of the same thing, and of another value."""
    return not equal(new, old) and _settles(new, old, names)


def _settles(new: Stated, old: Stated, names: Sequence[str]) -> bool:
    """Whether `new` is firm where `old` was a plan or a rumour of the same thing."""
    if new.hedged or not old.hedged or old.kind not in ("money", "percent") or not old.measure:
        return False
    if (new.kind, new.unit, new.measure) != (old.kind, old.unit, old.measure):
        return False
    if new.period.differs(old.period):
        return False
    return same_subject(new, old, names) and (not names or same_subject(old, new, names))
