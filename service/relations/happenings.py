"""What happened: that something was founded, or that people lost their jobs, has to be said by a source.

A figure or a year of the right subject is easily told of another happening: a company of 1,500 people has not laid off
1,500. The words for the happenings of `happenings.txt` leave so little doubt that a claim of one is wrong where no
cited sentence has any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from service.relations.tables import rows


def _pattern(*forms: str) -> re.Pattern[str]:
    spaced = (form.replace(".", r"[\s-]") for form in forms)
    return re.compile(rf"\b(?:{'|'.join(spaced)})", re.IGNORECASE)


_PATTERNS = {row.meaning: _pattern(*row.de, *row.en) for row in rows("happenings.txt")}
_HAPPENINGS = tuple(meaning.removesuffix(", claimed") for meaning in _PATTERNS if meaning.endswith(", claimed"))


def flaw(claim: str, sources: Iterable[str]) -> str:
    """`happening: ...` where `claim` says that something happened of which no source has a word; German and English."""
    told = "\n".join(sources)
    for happening in _HAPPENINGS:
        if _claims(claim, happening) and not _PATTERNS[f"{happening}, told"].search(told):
            return f"happening: no source tells of a {happening}"
    return ""


def _claims(claim: str, happening: str) -> bool:
    """Whether `claim` tells of it: prices are cut, too, so that some happenings need somebody whom they befall."""
    about = _PATTERNS.get(f"{happening}, about")
    return bool(_PATTERNS[f"{happening}, claimed"].search(claim)) and (about is None or bool(about.search(claim)))
