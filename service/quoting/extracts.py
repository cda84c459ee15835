"""Which source sentences may stand as the answer to a question, where no language model is there to judge that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from index.quantities import Quantity, quantities, same_value
from service.relations import shared_part
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.texts.plain_text import plain
from service.verification.answer_type import asks_for_amount, asks_yes_or_no

LEAST_PROBABLE = 0.5
"""How likely an answer must be among the evidence: something always stands nearest, be it an answer or not."""
LEAST_SHARED = 0.4
"""Part of the question's words, names and figures that a sentence needs to have, in either language.

Of .3, .4 and .5 on two question sets, the lowest that has most questions without an answer refused.
"""
MOST_TRIED = 3
"""Sentences that are offered, the nearest first."""

_WHEN = re.compile(
    r"\b(?:when|wann|(?:what|which) (?:day|date|month|year)|(?:welche[mnrs]|an welchem) (?:tag|datum|monat|jahr))\b",
    re.IGNORECASE,
)
_ABOUT_WHEN = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend|"
    r"today|yesterday|heute|gestern|spring|summer|autumn|fall|winter|frühjahr|frühling|sommer|herbst|ago|"
    r"(?:last|this|next) (?:week|month|year)|(?:vor|in|seit) \w+ (?:tagen|wochen|monaten|jahren)|"
    r"(?:vergangene|letzte|diese|nächste)[nrms]? (?:woche|monat|jahr))\b",
    re.IGNORECASE,
)
_ABOUT_HOW_MUCH = re.compile(r"\b(?:half|hälfte|doubled|verdoppelt\w*|dozens?|dutzend\w*)\b", re.IGNORECASE)
_YEARS = range(1000, 2200)


def extracts(asked: Asked, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Those of `evidence` that may answer the question, the nearest to it first; few, and perhaps none."""
    nearest = sorted(evidence, key=lambda item: -item.cosine)
    return tuple(islice(_apt(asked, nearest), MOST_TRIED))


def in_language_of(quote: str, asked: Asked, evidence: Sequence[Evidence]) -> Asked:
    """`asked` as if its answer were wanted in the language of `quote`, a sentence of `evidence`: in that it is read."""
    languages = (item.language for item in evidence if quote.endswith(item.shown()))
    return replace(asked, language=next(languages, asked.language))


def _apt(asked: Asked, nearest: Sequence[Evidence]) -> Iterator[Evidence]:
    for item in nearest:
        if states_what_is_asked(asked, item) and shared_part(asked.query, asked.language, [item]) >= LEAST_SHARED:
            yield item


def states_what_is_asked(asked: Asked, item: Evidence) -> bool:
    """Whether it has an amount for "how much", a day or year for "when"; what the question says itself is neither."""
    question, quote = asked.request.question, plain(item.text)
    if asks_yes_or_no(question, asked.language):
        return True
    known = quantities(question, asked.language)
    new = [one for one in quantities(quote, item.language) if not any(same_value(one, other) for other in known)]
    if _WHEN.search(question):
        return any(map(_is_date, new)) or bool(_ABOUT_WHEN.search(quote))
    if asks_for_amount(question, asked.language):
        return any(one.unit not in ("month", "day", "ordinal") for one in new) or bool(_ABOUT_HOW_MUCH.search(quote))
    return True


def _is_date(quantity: Quantity) -> bool:
    return quantity.unit in ("month", "day") or (not quantity.unit and quantity.value in _YEARS)
