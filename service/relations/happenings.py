"""What happened: that something was founded or bought, or that people lost their jobs, has to be said by a source.

A figure or a year of the right subject is easily told of another happening: a company of 1,500 people has not laid off
1,500. And what somebody argues or demands, nobody has ruled or confirmed. The words for the happenings of
`happenings.txt` leave so little doubt that a claim of one is wrong where no cited sentence has any of them, and a claim
of how many it befell where only others state that figure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.relations.alignment import states
from service.relations.clauses import Clause, Sentence
from service.relations.tables import rows


def _pattern(*forms: str) -> re.Pattern[str]:
    spaced = (form.replace(".", r"[\s-]") for form in forms)
    return re.compile(rf"\b(?:{'|'.join(spaced)})", re.IGNORECASE)


_PATTERNS = {row.meaning: _pattern(*row.de, *row.en) for row in rows("happenings.txt")}
_HAPPENINGS = tuple(meaning.removesuffix(", claimed") for meaning in _PATTERNS if meaning.endswith(", claimed"))
_SAID = frozenset(["ruling", "confirmation", "admission", "denial", "warning", "apology", "liking"])
"""What somebody says or thinks: figures of it may stand in another sentence."""
_DATED = "founding"
"""Of which the year is what is told of it; else a year may be stated beside it."""
_YEARS = range(1900, 2101)


def flaw(claim: Sentence, sources: Sequence[Sentence]) -> str:
    """`happening: ...` where `claim` says that something happened of which no source has a word; German and English.

    Or to as many as only sources say that have no word of it.
    """
    every = [source.whole for source in sources]
    for happening in _HAPPENINGS:
        if not _claims(claim.whole.text, happening):
            continue
        told = [source for source in every if _PATTERNS[f"{happening}, told"].search(source.text)]
        if not told:
            return f"happening: no source tells of a {happening}"
        if happening not in _SAID and (count := _told_elsewhere(claim, happening, told, every)):
            return f"happening: {count} is not stated of the {happening}"
    return ""


def _told_elsewhere(claim: Sentence, happening: str, told: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """What `claim` says of how many it befell, or when, and only those of `sources` state that are not `told`."""
    said = [q for clause in claim.clauses if _claims(clause.text, happening) for q in clause.quantities]
    for quantity in said:
        if quantity.unit or (happening != _DATED and quantity.value in _YEARS):
            continue
        stating = [source for source in sources if states(source, quantity)]
        if stating and not any(source in told for source in stating):
            return f"{quantity.value:g}"
    return ""


def _claims(claim: str, happening: str) -> bool:
    """Whether `claim` tells of it: prices are cut, too, so that some happenings need somebody whom they befall."""
    about = _PATTERNS.get(f"{happening}, about")
    return bool(_PATTERNS[f"{happening}, claimed"].search(claim)) and (about is None or bool(about.search(claim)))
