"""Where sources give another value for what an answer says: the same thing, of the same time, measured alike.

Nothing is asked of a language model. Two statements are about the same thing only where they have one unit and one
measure, are about the same names, don't speak of different periods and are near in meaning. What is missed this way
leaves an answer as it was; a conflict that is none would make readers doubt what is true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.quantities import Quantity, quantities, same_value
from service.comparing.asked_values import Wanted, wanted
from service.comparing.measures import COUNTED_ANEW, FLOWS, STATES
from service.comparing.stated import UNKNOWN_YEAR, Stated, stated
from service.comparing.subjects import same_subject
from service.search.evidence import Evidence
from service.texts.names import mentions
from service.texts.names import names as names_in

Similar = Callable[[Sequence[Evidence]], NDArray[np.float32]]
"""How near in meaning sentences are to one another, float32 `(n, n)`; unrelated ones are near 0, the same 1."""
Status = Literal["current", "superseded", "disputed"]

ALIKE = 0.25
"""Similarity of two sentences from which on values of one known measure are about one thing."""
CLOSELY_ALIKE = 0.5
"""The same where no word says what is measured, for dates, and where the values are far apart."""
ALIKE_WHEN_LISTED = 0.05
"""The same where the question asks for all values that sources name, and its words name the measure."""
MOST_APART = 3.0
"""Values of which one is more times the other are seldom about one thing."""
ROUNDING = 0.03
"""What "about" and "nearly" leave open, as a share of the value."""
MOST_VALUES = 6
"""A conflict of more values than this is told by its first ones."""
CITED = 2
"""Reports of one value that are cited: more of them add nothing that a reader would check."""
SAME = 1e-9
"""Relative difference of two values that are one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A released sentence in `language`, with what it cites."""

    text: str
    language: str
    cited: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class FoundValue:
    """One value: who states it, the telling one first, and whether it still stands. Copies are one of `stated`."""

    stated: tuple[Stated, ...]
    status: Status

    @property
    def sources(self) -> tuple[Evidence, ...]:
        """The sentences to cite for it, at most `CITED`, of different articles."""
        of_articles: dict[str, Evidence] = {}
        for statement in self.stated:
            of_articles.setdefault(statement.source.article.id, statement.source)
        return tuple(of_articles.values())[:CITED]

    @property
    def published_at(self) -> date | None:
        """Day of the latest report among `sources`, None where no day is known."""
        days = [source.article.published_at for source in self.sources]
        return max((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class FoundConflict:
    """The values that sources name for one thing, what the answer says first; `listed`: all of them were asked for."""

    values: tuple[FoundValue, ...]
    listed: bool

    @property
    def outdated(self) -> bool:
        """Whether the answer says what a later report has replaced."""
        return self.values[0].status == "superseded"

    @property
    def disputed(self) -> bool:
        """Whether no report says which value is right."""
        return any(value.status == "disputed" for value in self.values)


def conflicts(
    question: str,
    language: str,
    names: Sequence[str],
    released: Sequence[Claim],
    candidates: Sequence[Evidence],
    similar: Similar,
) -> tuple[FoundConflict, ...]:
    """What `candidates`, the sentences of the search, say otherwise than `released`, in the order of the claims.

    `names` are those that `question` asks about. `similar` is called at most once for each value of the answer, and
    only with sentences that everything else has found to be about the same thing.
    """
    asked = wanted(question)
    statements = [value for item in candidates for value in stated(item)]
    found: list[FoundConflict] = []
    settled: set[tuple[str, str, str]] = set()
    for anchor in _anchors(question, language, released, asked):
        topic = anchor.kind, anchor.unit, anchor.measure
        if topic in settled:
            continue
        rivals = rivals_of(anchor, statements, names or _names_of(anchor, released), asked, similar)
        conflict = conflict_of(anchor, rivals, asked)
        if conflict is not None:
            settled.add(topic)
            found.append(conflict)
    return tuple(found)


def units_said(question: str, language: str, released: Sequence[Claim]) -> frozenset[tuple[str, str]]:
    """Kind and unit of the values in `released` that other sources could state otherwise; empty where it has none."""
    anchors = _anchors(question, language, released, wanted(question))
    return frozenset((anchor.kind, anchor.unit) for anchor in anchors)


def _anchors(question: str, language: str, released: Sequence[Claim], asked: Wanted) -> list[Stated]:
    """What the cited sentences state of the values that the answer has and the question has not."""
    known = quantities(question, language)
    anchors: list[Stated] = []
    for claim in released:
        said = [q for q in quantities(claim.text, claim.language) if not any(same_value(q, old) for old in known)]
        for source in claim.cited:
            anchors += [value for value in stated(source) if _is_said(value, said) and asked.admits(value)]
    return anchors


def _is_said(value: Stated, said: Sequence[Quantity]) -> bool:
    if value.kind == "date":
        parts = {(quantity.unit or "year", int(quantity.value)) for quantity in said}
        own = {(name, part) for name, part in zip(("year", "month", "day"), value.date, strict=True) if part}
        return own <= parts
    return any(same_value(Quantity(value.value, value.unit, 0, 1), quantity) for quantity in said)


def _names_of(anchor: Stated, released: Sequence[Claim]) -> tuple[str, ...]:
    """The names of the claim that `anchor` bears out: what it is about where the question names nothing."""
    claim = next(claim for claim in released if anchor.source in claim.cited)
    return tuple(names_in(claim.text, claim.language))


def rivals_of(
    anchor: Stated, statements: Sequence[Stated], names: Sequence[str], asked: Wanted, similar: Similar
) -> list[Stated]:
    """The statements about what `anchor` is about, of any value; none where all say the same. `anchor` isn't one."""
    needed = _needed(anchor, names, asked)
    twice = {other.source.row for other in statements if _agree(anchor, other)} if not asked.everything else set()
    likely = [
        other
        for other in statements
        if not _is_same_place(anchor, other)
        and (_agree(anchor, other) or other.source.row not in twice)
        and _comparable(anchor, other, asked)
        and same_subject(anchor, other, needed)
    ]
    if all(_agree(anchor, other) for other in likely):
        return []
    sources = list({item.row: item for item in (anchor.source, *(other.source for other in likely))}.values())
    near = dict(zip((item.row for item in sources), similar(sources)[0], strict=True))
    return [other for other in likely if near[other.source.row] >= _least(anchor, other, asked)]


def _needed(anchor: Stated, names: Sequence[str], asked: Wanted) -> Sequence[str]:
    """The names that other statements must be about. A list asks for the anchor's like: what it names is enough."""
    named = [name for name in names if mentions(anchor.text, name)] if asked.everything else []
    return named or names


def _agree(anchor: Stated, other: Stated) -> bool:
    return (anchor.kind, anchor.unit, anchor.measure) == (other.kind, other.unit, other.measure) and equal(
        anchor, other
    )


def _is_same_place(anchor: Stated, other: Stated) -> bool:
    same = anchor.source.article.id == other.source.article.id and anchor.source.start == other.source.start
    return same and anchor.start == other.start


def _comparable(anchor: Stated, other: Stated, asked: Wanted) -> bool:
    """Whether both measure one thing, at one time."""
    if (anchor.kind, anchor.unit) != (other.kind, other.unit) or anchor.measure != other.measure:
        return False
    if anchor.source.row == other.source.row and not asked.everything:
        return False
    if anchor.kind == "date":
        return anchor.source.article.id != other.source.article.id
    if anchor.measure in STATES and not _of_one_time(anchor, other, asked):
        return False
    return not anchor.period.differs(other.period) and not _other_flow(anchor, other)


def _of_one_time(anchor: Stated, other: Stated, asked: Wanted) -> bool:
    """Whether two states of something that changes are of one time, as far as that can be told.

    Who asks for all values wants those of other times as well, unless the question says before or after what.
    """
    if asked.everything:
        return not asked.phase or other.phase in ("", asked.phase)
    if (anchor.phase == "before") != (other.phase == "before"):
        return False
    return bool(_years(anchor)) == bool(_years(other))


def _years(statement: Stated) -> frozenset[int]:
    published = statement.source.article.published_at
    return statement.period.years or (frozenset({published.year}) if published else frozenset())


def _other_flow(anchor: Stated, other: Stated) -> bool:
    """Whether one is a figure of a year and the other one's year can't be told to be the same."""
    if anchor.measure not in FLOWS:
        return False
    years = _years(anchor), _years(other)
    if UNKNOWN_YEAR in years[0] | years[1] or bool(anchor.period.years) != bool(other.period.years):
        return True
    return years[0] != years[1] or anchor.period.quarters != other.period.quarters


def _least(anchor: Stated, other: Stated, asked: Wanted) -> float:
    """The similarity that `other` needs to be about the same thing."""
    if anchor.kind == "date" or not anchor.measure:
        return CLOSELY_ALIKE
    low, high = sorted((anchor.value, other.value))
    if low <= 0 or high / low > MOST_APART:
        return CLOSELY_ALIKE
    return ALIKE_WHEN_LISTED if asked.everything else ALIKE


def conflict_of(anchor: Stated, rivals: Sequence[Stated], asked: Wanted) -> FoundConflict | None:
    """The values of `rivals` that differ from `anchor`, if any do and it matters for what was `asked`."""
    groups = _by_value([anchor, *rivals], exact=asked.everything)
    if not asked.everything:
        groups = [groups[0], *(group for group in groups[1:] if _matters(groups[0], group, asked))]
    if len(groups) < 2:
        return None
    groups = [_telling_first(group) for group in groups[:MOST_VALUES]]
    return FoundConflict(
        tuple(FoundValue(tuple(group), status) for group, status in zip(groups, _statuses(groups), strict=True)),
        asked.everything,
    )


def _by_value(statements: Sequence[Stated], *, exact: bool) -> list[list[Stated]]:
    """Statements of one value together; but for `exact`, a rounded value is that which it is rounded from."""
    groups: list[list[Stated]] = []
    for statement in statements:
        for group in groups:
            if equal(group[0], statement) or (not exact and rounded(group[0], statement)):
                group.append(statement)
                break
        else:
            groups.append([statement])
    return groups


def _matters(answer: list[Stated], others: list[Stated], asked: Wanted) -> bool:
    """Whether another value is worth telling: a vague one only as an earlier report of what was asked for."""
    if all(_fits(answer[0], other) for other in others):
        return asked.amount and not asked.final and _replaced(others, answer)
    if _replaced(others, answer):
        return asked.amount and not asked.final
    return True


def _telling_first(group: list[Stated]) -> list[Stated]:
    """The first stays, as it is what the answer cites or what was found best; firm statements follow."""
    return [group[0], *sorted(group[1:], key=lambda statement: statement.hedged)]


def _statuses(groups: Sequence[list[Stated]]) -> list[Status]:
    old = [any(_replaced(group, other) for other in groups if other is not group) for group in groups]
    if all(old):
        return ["disputed"] * len(groups)
    left: Status = "current" if old.count(False) == 1 else "disputed"
    return ["superseded" if replaced else left for replaced in old]


def _replaced(group: Sequence[Stated], by: Sequence[Stated]) -> bool:
    """Whether a statement of `by` is later and firm, and all of `group` are plans, rumours, or counts of before."""
    firm = [statement for statement in by if not statement.hedged]
    if not firm:
        return False
    if all(statement.hedged for statement in group):
        return any(not _later(old, new) for new in firm for old in group)
    if group[0].measure not in COUNTED_ANEW:
        return False
    return any(all(_later(new, old) for old in group) for new in firm)


def _later(left: Stated, right: Stated) -> bool:
    """Whether `left` is known to have been published after `right`."""
    days = left.source.article.published_at, right.source.article.published_at
    return days[0] is not None and days[1] is not None and days[0] > days[1]


def equal(left: Stated, right: Stated) -> bool:
    """Whether both state one value; of dates, what both of them say."""
    if left.kind == "date":
        return all(not a or not b or a == b for a, b in zip(left.date, right.date, strict=True))
    return math.isclose(left.value, right.value, rel_tol=SAME)


def rounded(left: Stated, right: Stated) -> bool:
    """Whether one value is what the other one is rounded to."""
    if left.kind == "date":
        return False
    coarse = max(_step(left), _step(right))
    if abs(left.value - right.value) <= coarse / 2:
        return True
    inexact = {left.bound, right.bound} & {"about", "nearly"}
    return bool(inexact) and abs(left.value - right.value) <= ROUNDING * max(left.value, right.value)


def _fits(exact: Stated, vague: Stated) -> bool:
    """Whether the bound of `vague` ("more than 10") leaves room for the value of `exact`."""
    if vague.bound == "over":
        return exact.value > vague.value
    return vague.bound in ("under", "up to") and exact.value <= vague.value


def _step(statement: Stated) -> float:
    """What the last digit said of a value stands for; at least two digits are taken for said. 0 for percentages."""
    value = abs(statement.value)
    if statement.kind == "percent" or value < 100 or value != int(value):
        return 0.0
    digits = str(int(value))
    zeros = len(digits) - len(digits.rstrip("0"))
    return float(10 ** min(zeros, len(digits) - 2))
