"""Stretches of articles, and which of them meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Region(NamedTuple):
    """The characters `start` up to but not including `end` of an article's text."""

    article: str
    start: int
    end: int


Groups = Sequence[Sequence[Region]]
"""Gold evidence: of each group, any one region will do."""


def overlap(one: Region, other: Region) -> bool:
    """Whether the two share at least one character."""
    return one.article == other.article and one.start < other.end and other.start < one.end


def groups_met(region: Region, groups: Groups) -> tuple[int, ...]:
    """The groups (counted from 0) of which `region` overlaps some region."""
    return tuple(number for number, group in enumerate(groups) if any(overlap(region, gold) for gold in group))


def characters(regions: Iterable[Region]) -> set[tuple[str, int]]:
    """Every character of `regions`, once, as article and offset."""
    return {(region.article, offset) for region in regions for offset in range(region.start, region.end)}
