"""What a reader is told of disagreeing sources, in the answer's language, with the values of the sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, get_currency_symbol

from service.comparing import measures
from service.comparing.conflicts import FoundConflict, FoundValue
from service.comparing.stated import Bound, Stated

LISTED = {
    "de": "Die Artikel nennen verschiedene Werte: {values}.",
    "en": "The articles give different values: {values}.",
}
DISPUTED = {
    "de": "Die Quellen widersprechen sich: Genannt werden {values}.",
    "en": "The sources disagree: they give {values}.",
}
OUTDATED = {
    "de": "Ein späterer oder bestätigter Bericht nennt {new} statt {old}.",
    "en": "A later or confirmed report says {new} instead of {old}.",
}
PRELIMINARY = {
    "de": "{standing}, in vorläufigen Berichten {superseded}",
    "en": "{standing}, and in preliminary reports {superseded}",
}
AND = {"de": "und", "en": "and"}
_BOUNDS: dict[Bound, dict[str, str]] = {
    "": {"de": "", "en": ""},
    "about": {"de": "rund ", "en": "about "},
    "nearly": {"de": "fast ", "en": "nearly "},
    "over": {"de": "mehr als ", "en": "more than "},
    "under": {"de": "weniger als ", "en": "less than "},
    "up to": {"de": "bis zu ", "en": "up to "},
}
_SCALES = (
    (1e12, {"de": ("Billion", "Billionen"), "en": ("trillion", "trillion")}),
    (1e9, {"de": ("Milliarde", "Milliarden"), "en": ("billion", "billion")}),
    (1e6, {"de": ("Million", "Millionen"), "en": ("million", "million")}),
)
_CURRENCIES = {"USD": "Dollar", "EUR": "Euro", "GBP": "Pfund", "CHF": "Franken", "JPY": "Yen"}
_LEAP_YEAR = 2000
"""Stands in for a year that isn't said, so that every day of a month exists."""


def note(conflict: FoundConflict, language: str) -> str:
    """The sentence that tells readers of `conflict`; empty where they need none, or in a language without a template.

    An answer that says the value that stands needs none: what preceded it is in the list of conflicts.
    """
    if language not in AND:
        return ""
    if conflict.listed:
        return LISTED[language].format(values=_by_standing(conflict.values, language))
    if conflict.outdated:
        new = [value for value in conflict.values if value.status != "superseded"]
        return OUTDATED[language].format(new=_joined(new, language), old=worded(_first(conflict.values[0]), language))
    if conflict.disputed:
        return DISPUTED[language].format(values=_joined(_standing(conflict.values), language))
    return ""


def told(conflict: FoundConflict) -> list[FoundValue]:
    """The values of `conflict` that `note` tells."""
    return list(conflict.values) if conflict.listed or conflict.outdated else _standing(conflict.values)


def worded(statement: Stated, language: str) -> str:
    """A value in `language`: in the source's own words where it is the same, else written anew."""
    bound = _BOUNDS[statement.bound].get(language, "")
    if statement.source.language == language and not _lacks_its_unit(statement):
        return bound + statement.words.rstrip(" .") + _what_is_counted(statement)
    return bound + _written(statement, language)


def _by_standing(values: Sequence[FoundValue], language: str) -> str:
    superseded = [value for value in values if value.status == "superseded"]
    if not superseded:
        return _joined(values, language)
    standing = _joined(_standing(values), language)
    return PRELIMINARY[language].format(standing=standing, superseded=_joined(superseded, language))


def _standing(values: Sequence[FoundValue]) -> list[FoundValue]:
    return [value for value in values if value.status != "superseded"]


def _joined(values: Sequence[FoundValue], language: str) -> str:
    *most, last = dict.fromkeys(worded(_first(value), language) for value in values)
    return f"{', '.join(most)} {AND[language]} {last}" if most else last


def _first(value: FoundValue) -> Stated:
    return value.stated[0]


def _lacks_its_unit(statement: Stated) -> bool:
    """Whether scale and currency stand with another number: "between 13.8 and 18 billion dollars"."""
    return statement.kind in ("money", "percent") and re.fullmatch(r"[\d.,\s]+", statement.words) is not None


def _what_is_counted(statement: Stated) -> str:
    if statement.kind != "count":
        return ""
    return measures.counted(statement.text[statement.end : statement.end + measures.AHEAD])


def _written(statement: Stated, language: str) -> str:
    if statement.kind == "date":
        return _date(statement.date, language)
    if statement.kind == "percent":
        number = format_decimal(statement.value, locale=language, decimal_quantization=False)
        return f"{number} {'Prozent' if language == 'de' else 'percent'}"
    if statement.kind == "count":
        return _scaled(statement.value, language)
    if language == "de":
        return f"{_scaled(statement.value, language)} {_CURRENCIES[statement.unit]}"
    symbol = get_currency_symbol(statement.unit, locale="en")
    return f"{symbol}{' ' if symbol.isalpha() else ''}{_scaled(statement.value, language)}"


def _scaled(value: float, language: str) -> str:
    for scale, words in _SCALES:
        if value >= scale:
            number = format_decimal(value / scale, locale=language, decimal_quantization=False)
            return f"{number} {words[language][value != scale]}"
    return str(format_decimal(value, locale=language, decimal_quantization=False))


def _date(parts: tuple[int, int, int], language: str) -> str:
    year, month, day = parts
    if not month:
        return str(year)
    whole = date(year or _LEAP_YEAR, month, day or 1)
    if not year and not day:
        return str(format_date(whole, "LLLL", locale=language))
    skeleton = ("y" if year else "") + "MMMM" + ("d" if day else "")
    return str(format_skeleton(skeleton, whole, locale=language))
