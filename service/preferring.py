"""Evidence in an order that puts firm reports before plans and rumours about the same thing.

A small language model takes the first sentence that fits a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.conflicts import equal
from service.evidence import Evidence
from service.stated import Stated, stated
from service.subjects import same_subject


def prefer(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """`evidence` with what a firm or later report replaces behind that report; everything else as it was.

    Neighbours in an article stay together and in reading order. Values are compared as `service.conflicts` does, but
    without regard to meaning, for which there is no time before a language model starts.
    """
    groups = list(_neighbours(evidence))
    values = [[value for item in group for value in stated(item)] for group in groups]
    order = list(range(len(groups)))
    for early in range(len(groups)):
        behind = [late for late in order if any(_replaces(new, old) for new in values[late] for old in values[early])]
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


def _replaces(new: Stated, old: Stated) -> bool:
    """Whether `new` is firm where `old` was a plan or a rumour of the same thing."""
    if new.hedged or not old.hedged or old.kind not in ("money", "percent") or not old.measure:
        return False
    if (new.kind, new.unit, new.measure) != (old.kind, old.unit, old.measure) or equal(new, old):
        return False
    return not new.period.differs(old.period) and same_subject(new, old, ())
