"""When in the year: "in the summer of 2024" has to be said by a source, or by a month that lies in the summer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.quantities import quantities
from service.search.evidence import Evidence
from service.texts.plain_text import plain

_SEASONS = {
    "spring": (r"spring|\w*früh(?:jahr|ling)\w*", (3, 4, 5, 6)),
    "summer": (r"summer\w*|\w*sommer\w*", (6, 7, 8, 9)),
    "autumn": (r"autumn\w*|fall|\w*herbst\w*", (9, 10, 11, 12)),
    "winter": (r"winter\w*|\w*winter\w*", (12, 1, 2, 3)),
}
"""How texts in German or English name them, and the months in which they lie wholly or partly."""
_LEADING = (
    r"\b(?:in|since|until|till|by|last|this|next|of|during|before|after|that|im|seit|bis|zum|vom|ab|vor|nach|letzten|vergangenen|"
    r"kommenden|nächsten|diesen|diesem|des|anfang|mitte|ende|früher?|später?)\s(?:the\s|dem\s|den\s)?(?:early\s|late\s)?"
)
_CLAIMED = {
    season: re.compile(rf"{_LEADING}(?:{form})\b", re.IGNORECASE)
    for season, form in {
        "spring": r"spring|frühjahrs?|frühlings?",
        "summer": r"summer|sommers?",
        "autumn": r"autumn|fall(?=\s(?:of\s)?\d|\W*\Z)|herbste?s?",
        "winter": r"winters?",
    }.items()
}
_QUARTER = re.compile(r"\b(?:quarters?|\w*quartal\w*|vierteljahr\w*|halbjahr\w*|half)\b", re.IGNORECASE)


def flaw(claim: str, question: str, cited: Sequence[Evidence]) -> str:
    """`quantity: ...` where `claim`, beyond `question`, names a season that nothing `cited` speaks of.

    A month of the season says it, too; and so do months and years that may be any, and the date of an article.
    """
    for season, pattern in _CLAIMED.items():
        if pattern.search(claim) and not _names(season, question) and not any(_tells(season, item) for item in cited):
            return f"quantity: no source says that it was in {season}"
    return ""


def _names(season: str, text: str) -> bool:
    return re.search(rf"\b(?:{_SEASONS[season][0]})\b", text, re.IGNORECASE) is not None


def _tells(season: str, item: Evidence) -> bool:
    text = plain(item.text)
    if _names(season, item.context) or _names(season, item.passage) or _QUARTER.search(text):
        return True
    months = {int(quantity.value) for quantity in quantities(text, item.language) if quantity.unit == "month"}
    published = item.article.published_at
    if not months and published is not None:
        months = {published.month, published.month % 12 + 1, (published.month - 2) % 12 + 1}
    return not months.isdisjoint(_SEASONS[season][1])
