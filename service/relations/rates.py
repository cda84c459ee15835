"""Whether a claim makes a rate of a figure: what was paid once is not paid every year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from service.relations.clauses import Sentence
from service.relations.tables import rows

_PERIODS = tuple(row.meaning for row in rows("rates.txt"))


def flaw(claim: Sentence, sources: Sequence[Sentence]) -> str:
    """`comparison: ...` where `claim` gives figures by the day, month or year and no source has any by that period.

    Without a figure of its own ("a little every day") only where a source says by another period how often it is.
    """
    for period, pattern in _patterns(claim.whole.language):
        match = pattern.search(claim.whole.text)
        if match is None or any(_has(source, period) for source in sources):
            continue
        if claim.whole.quantities or any(_has(source, other) for source in sources for other in _PERIODS):
            return f"comparison: {match.group()!r} of what no source says by the {period}"
    return ""


def _has(source: Sentence, period: str) -> bool:
    return any(
        name == period and pattern.search(source.whole.text) for name, pattern in _patterns(source.whole.language)
    )


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (row.meaning, re.compile(rf"\b(?:{'|'.join(form.replace('.', ' ') for form in row.forms(language))})", re.I))
        for row in rows("rates.txt")
    )
