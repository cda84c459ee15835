"""What a figure counts: units of measure, bounds ("more than"), and whether it is an old or a new value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from index.quantities import Quantity, same_value
from service.relations.clauses import Clause
from service.relations.tables import rows

_ONE = {"de": r"\b(?:ein|eine|einen|einem|einer|eines)\s", "en": r"\b(?:a|an|one)\s"}
_AFTER_ONE = {
    "de": r"\s+(?:später|früher|lang|zuvor|danach|eher|vorher|alt|dauer|länger|kürzer|nach|vor)",
    "en": r"\s+(?:later|earlier|long|before|after|longer|shorter|old|behind|ahead|late|early)",
}
LEAST = re.compile(
    r"\b(?:mehr als|über|mindestens|wenigstens|more than|over|above|at least|exceed\w*|upwards of)"
    r"\W+(?:[\w$€£]+\s){0,1}\W*\Z",
    re.I,
)
MOST = re.compile(
    r"\b(?:weniger als|unter|bis zu|höchstens|maximal|knapp|fast|beinahe|less than|fewer than|under|below|up to|"
    r"at most|no more than|nicht mehr als|nearly|almost|just under)\W+(?:[\w$€£]+\s){0,1}\W*\Z",
    re.I,
)
_STEP = {
    "de": re.compile(
        r"\b(?:(?P<by>um)|(?P<to>auf))\s(?:(?:rund|etwa|fast|gut|knapp|über|mehr als)\s)?\Z", re.IGNORECASE
    ),
    "en": re.compile(
        r"\b(?:(?P<by>by)|(?P<to>to))\s(?:(?:about|almost|nearly|around|over|more than)\s)?\Z", re.IGNORECASE
    ),
}
_FROM_TO = re.compile(
    r"\b(?:von|from)\s+(?:\D{0,12}?)(?P<old>\d[\d.,]*)\D{0,25}?\s(?:auf|to)\s+\D{0,3}(?P<new>\d[\d.,]*\d|\d)",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\b(?:bisher\w*|zuvor|früher\w*|vorher\w*|previous\w*|former\w*|earlier|before|was|were|war|waren|had|hatte\w*|"
    r"bislang|until now|so far|vorjahr\w*|last year|letzten jahr)\b",
    re.IGNORECASE,
)


def flaw(claim: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """`comparison: ...` where a figure of `claim` has another unit or bound in `sources`, or is an old value there."""
    for said in claim:
        for quantity in said.quantities:
            stating = [
                (source, stated) for source in sources for stated in source.quantities if same_value(quantity, stated)
            ]
            if not stating:
                continue
            for compare in (_other_unit, _other_bound, _other_step, _old_value):
                problems = [compare(said, quantity, source, stated) for source, stated in stating]
                if all(problems):
                    return f"comparison: {problems[0]}"
    return _one_unit(claim, sources)


def _other_unit(said: Clause, quantity: Quantity, source: Clause, stated: Quantity) -> str:
    here, there = quantity.unit or unit_after(said, quantity), stated.unit or unit_after(source, stated)
    return f"{here} where the source has {there}" if here and there and here != there else ""


def _other_bound(said: Clause, quantity: Quantity, source: Clause, stated: Quantity) -> str:
    here, there = bound(said, quantity), bound(source, stated)
    return f"{here} where the source has {there}" if here and there and here != there else ""


def _other_step(said: Clause, quantity: Quantity, source: Clause, stated: Quantity) -> str:
    """ "By 5 percent" is how far something moved, "to 5 percent" where it got."""
    here, there = _step(said, quantity), _step(source, stated)
    return f"{here} where the source has {there}" if here and there and here != there else ""


def _step(clause: Clause, quantity: Quantity) -> str:
    match = _STEP[clause.language].search(clause.text[: max(0, quantity.start - clause.start)])
    return ("by" if match["by"] else "to") if match else ""


def _old_value(said: Clause, quantity: Quantity, source: Clause, stated: Quantity) -> str:
    """Where the source says "from 3 to 5 percent", 3 is the old value and needs to be told as such."""
    for match in _FROM_TO.finditer(source.text):
        start = source.start + match.start("old")
        before = said.text[: max(0, quantity.start - said.start)]
        told = _FORMER.search(said.text) or re.search(r"\b(?:von|from)\s+\S*\s*\Z", before, re.IGNORECASE)
        if abs(start - stated.start) <= 1 and not told:
            return f"{quantity.value:g} is the value that was left"
    return ""


def bound(clause: Clause, quantity: Quantity) -> str:
    """`at least` or `at most`, where the text before `quantity` says so."""
    before = clause.text[: max(0, quantity.start - clause.start)]
    if MOST.search(before):
        return "at most"
    return "at least" if LEAST.search(before) else ""


def unit_after(clause: Clause, quantity: Quantity) -> str:
    """The unit of measure that follows `quantity`; empty where none of `units.txt` does."""
    return unit_in(clause.text[quantity.end - clause.start :], clause.language)


def unit_in(text: str, language: str) -> str:
    """The unit of measure with which `text`, German or English, begins; empty where it begins with none."""
    return next((unit for unit, pattern in _patterns(language) if pattern.match(text)), "")


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Units with what they look like after a number, the longest form first."""
    forms = [(form.replace(".", r"[\s-]"), row.meaning) for row in rows("units.txt") for form in row.forms(language)]
    ordered = sorted(forms, key=lambda form: -len(form[0]))
    return tuple((unit, re.compile(rf"[\s\u00a0\u202f-]?{form}(?![\w²³/])", re.IGNORECASE)) for form, unit in ordered)


def _one_unit(claim: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """ "A month later" is a figure, too, which `quantities` does not count."""
    here = {unit for said in claim for unit in _ones(said)}
    there = {unit for source in sources for unit in _ones(source)}
    if here and there and not here & there:
        return f"comparison: one {min(here)} where the source has one {min(there)}"
    return ""


def _ones(clause: Clause) -> Iterator[str]:
    for unit, pattern in _patterns(clause.language):
        form = pattern.pattern.removeprefix(r"[\s\u00a0\u202f-]?")
        if re.search(_ONE[clause.language] + form + _AFTER_ONE[clause.language], clause.text, re.IGNORECASE):
            yield unit
