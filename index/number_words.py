"""Fractions and ranks in words, in German and English: "a fifth", "half a billion", "anderthalb", "zweitgrößte"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_GERMAN_UNITS = {
    "ein": 1, "eine": 1, "einem": 1, "einen": 1, "eines": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
    "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12,
}  # fmt: skip
_ENGLISH_UNITS = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_GERMAN_PARTS = {
    "drittel": 3, "viertel": 4, "fünftel": 5, "sechstel": 6, "siebtel": 7, "achtel": 8, "neuntel": 9, "zehntel": 10,
    "hundertstel": 100,
}  # fmt: skip
_ENGLISH_PARTS = {
    "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "hundredth": 100,
}  # fmt: skip
_GERMAN_SCALE = r"(?:tausend|million(?:en)?|milliarden?|billion(?:en)?|dutzend)"
_ENGLISH_SCALE = r"(?:thousand|million|billion|trillion|dozen)"


GERMAN_ORDINALS = ["erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt", "zehnt"]
# The first stands for no quantity ("erst gestern", "at first"), so that it is left out.
ENGLISH_ORDINALS = ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_ORDINAL_COMPOUND = re.compile(
    rf"(?P<de>{'|'.join(GERMAN_ORDINALS[1:])})(?:größt|best|wichtigst|höchst|stärkst|reichst|teuerst)\w*", re.IGNORECASE
)
_ENGLISH_ORDINAL = re.compile(
    rf"\b({'|'.join(ENGLISH_ORDINALS)})[- ](?:largest|biggest|most|highest|best|richest)\b", re.IGNORECASE
)


def _any(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_SHARES = {
    "de": re.compile(
        rf"\b(?:(?P<count>{_any(_GERMAN_UNITS)})[\s-]+)(?P<part>{_any(_GERMAN_PARTS)})n?\b"
        r"(?!\s*(?:stunde|jahr|liter|nach|vor)\w*)|"
        r"(?<!erste )(?<!ersten )(?<!zweite )(?<!zweiten )\b(?:(?:die|der|eine|einer)\s)?(?P<half>hälfte)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?P<by>by\s(?:about\s|almost\s|nearly\s|around\s|roughly\s|over\s|more\sthan\s)?)?"
        rf"(?:(?P<count>{_any(_ENGLISH_UNITS)})[\s-]+)(?P<part>{_any(_ENGLISH_PARTS)})s?"
        rf"(?(by)\b(?!\s+(?!and\b|or\b|to\b|in\b|this\b|last\b|since\b)\w)|(?=\s+of\s(?!\d|an?\s+{_ENGLISH_SCALE})))|"
        r"(?<!first )(?<!second )(?<!first-)(?<!second-)(?<!other )\b(?P<half>half)"
        r"(?=\s+(?:of|the|its|their|his|her|all)\b(?!\s+\d))",
        re.IGNORECASE,
    ),
}
"""What is told as a part of a whole: "a third of the staff", "die Hälfte". A half of a year or match is none."""
_MIXED = {
    "de": re.compile(
        rf"\b(?:(?P<whole>{_any(_GERMAN_UNITS)})einhalb|(?P<one>anderthalb|eineinhalb)|"
        rf"(?:ein\w{{0,2}}\s)?(?P<half>halbe[nrms]?)\s(?={_GERMAN_SCALE}\b)|"
        rf"(?P<quarter>(?:ein\w{{0,2}}\s)?(?:drei)?viertel)(?={_GERMAN_SCALE}\b))",
        re.IGNORECASE,
    ),
    "en": re.compile(
        rf"\b(?:(?P<whole>{_any(_ENGLISH_UNITS)})\sand\sa\shalf\b|(?P<one>(?!))|"
        rf"(?P<half>half)[\s-](?:a\s)?(?={_ENGLISH_SCALE}\b)|"
        rf"(?P<quarter>(?:a|three)[\s-]quarters?)\sof\sa\s(?={_ENGLISH_SCALE}\b))",
        re.IGNORECASE,
    ),
}
"""What multiplies or is counted: "zweieinhalb Jahre", "half a billion"."""
_HINT = re.compile(
    r"halbe[nrms]?|h[aä]lf(?:te)?|anderthalb|\w+einhalb|\w*(?:drittel|viertel|fünftel|sechstel|siebtel|achtel|neuntel|"
    r"zehntel|hundertstel)\w*|(?:third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth|hundredth)s?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fraction:
    """A fraction that stands at `text[start:end]`; a `share` of a whole, or an amount that a scale word may follow."""

    start: int
    end: int
    value: float
    share: bool


@dataclass(frozen=True, slots=True)
class Rank:
    """A place in an order at `text[start:end]`: 2 for "second-largest"."""

    start: int
    end: int
    value: int


def is_german_rank(word: str) -> bool:
    """Whether a word holds a rank and what it ranks by: "drittgrößte"."""
    return _ORDINAL_COMPOUND.search(word) is not None


def ranks(text: str) -> Iterator[Rank]:
    """The ranks that `text` states, in either language."""
    for match in _ORDINAL_COMPOUND.finditer(text):
        yield Rank(match.start(), match.end(), GERMAN_ORDINALS.index(match["de"].lower()) + 1)
    for match in _ENGLISH_ORDINAL.finditer(text):
        yield Rank(match.start(), match.end(), ENGLISH_ORDINALS.index(match.group(1).lower()) + 2)


def may_be_fraction(word: str) -> bool:
    """Whether a word can be part of a fraction; cheap, for texts that hold none."""
    return _HINT.fullmatch(word) is not None


def fractions(text: str, language: str) -> Iterator[Fraction]:
    """The fractions that `text` tells in words of `language` (`de` or `en`)."""
    for match in _MIXED[language].finditer(text):
        yield Fraction(match.start(), match.start() + len(match.group().rstrip()), _mixed(match), share=False)
    units, parts = (_GERMAN_UNITS, _GERMAN_PARTS) if language == "de" else (_ENGLISH_UNITS, _ENGLISH_PARTS)
    for match in _SHARES[language].finditer(text):
        count, part = (1, 2) if match["half"] else (units[match["count"].lower()], parts[match["part"].lower()])
        if count < part:
            start = match.start() if match["half"] else match.start("count")
            yield Fraction(start, match.end(), count / part, share=True)


def _mixed(match: re.Match[str]) -> float:
    if match["whole"]:
        return (_GERMAN_UNITS | _ENGLISH_UNITS)[match["whole"].lower()] + 0.5
    if match["quarter"]:
        return 0.75 if "dr" in match["quarter"].lower() or "thr" in match["quarter"].lower() else 0.25
    return 1.5 if match["one"] else 0.5
