"""Small faults of wording that a small language model makes, mended where there is only one right way."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from babel.numbers import format_decimal

from index.quantities import Quantity, number_value, quantities

_ENGLISH_SCALES = {
    "million": ("Million", "Millionen"),
    "billion": ("Milliarde", "Milliarden"),
    "trillion": ("Billion", "Billionen"),
}
_GERMAN_SCALES = {
    "million": "million",
    "millionen": "million",
    "mio": "million",
    "milliarde": "billion",
    "milliarden": "billion",
    "mrd": "billion",
    "billionen": "trillion",
}
# German writes "Billion" with a capital letter, and means a thousand times more.
_ENGLISH_IN_GERMAN = re.compile(
    r"(?P<sign>[$€£]\s?)?(?P<number>\d+(?:[.,]\d+)*)[ -](?P<scale>million|billion|trillion)s?\b"
)
_GERMAN_IN_ENGLISH = re.compile(r"(?P<number>\d+(?:[.,]\d+)*) (?P<scale>Millionen|Mio|Milliarden?|Mrd|Billionen)\b\.?")
_CURRENCY_NAMES = {"$": "Dollar", "€": "Euro", "£": "Pfund"}


_SCALES = {
    "en": (("million",), ("billion",), ("trillion",)),
    "de": (("Million", "Millionen"), ("Milliarde", "Milliarden"), ("Billion", "Billionen")),
}
"""Scale words by language, each a thousand times the one before it."""
SCALE = 1000
"""Between two scale words: a slip by one makes a figure a thousand times too large or too small."""
LEAST_SCALED = 1e6
"""Smaller figures are not written with a scale word."""

_WITH_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+)(?![\d]|[.,]\d)")
_THOUSANDS = {"en": ",", "de": "."}
_SWAPPED = str.maketrans(",.", ".,")

_TORN = re.compile(r"(?<![\d.,])(\d{1,3}), (?=\d{3}(?!\d))")


def with_whole_numbers(sentence: str) -> str:
    """`sentence` with numbers put together that were torn behind a comma between thousands: "1, 500" -> "1,500"."""
    return _TORN.sub(r"\1,", sentence)


def with_own_scale_words(sentence: str, language: str) -> str:
    """`sentence` with scale words of the other language put into its own: "1 billion Nutzer" -> "1 Milliarde Nutzer".

    Languages other than German and English are left as they are.
    """
    if language == "de":
        return _ENGLISH_IN_GERMAN.sub(_in_german, sentence)
    if language == "en":
        return _GERMAN_IN_ENGLISH.sub(_in_english, sentence)
    return sentence


def with_own_separators(sentence: str, language: str, stated: Mapping[str, Sequence[Quantity]]) -> str:
    """`sentence` with thousands set off as its language does: "1,500 Mitarbeiter" -> "1.500 Mitarbeiter".

    `stated` are the amounts of the sources by language. A number is left alone unless they state it as the other
    language reads it, and not as its own does.
    """
    known = [quantity.value for own in stated.values() for quantity in own]
    other = "en" if language == "de" else "de"

    def mended(match: re.Match[str]) -> str:
        number = match.group()
        own, meant = number_value(number, language), number_value(number, other)
        if _THOUSANDS[language] in number or meant not in known or (own in known and own != meant):
            return number
        return number.translate(_SWAPPED)

    return _WITH_THOUSANDS.sub(mended, sentence) if language in ("de", "en") else sentence


def with_stated_scale(sentence: str, language: str, stated: Mapping[str, Sequence[Quantity]]) -> str:
    """`sentence` with scales put right that were mistranslated: "14 million", where the source has "14 Milliarden".

    `stated` are the amounts of the sources by language. An amount that one of them states is left alone, and so is one
    that no source of another language states a thousand times larger or smaller.
    """
    known = [quantity for own in stated.values() for quantity in own]
    foreign = [quantity for other, own in stated.items() if other != language for quantity in own]
    for said in reversed(quantities(sentence, language)):
        if any(math.isclose(said.value, quantity.value) for quantity in known):
            continue
        right = next((quantity.value / said.value for quantity in foreign if _is_a_scale_off(said, quantity)), None)
        if right is not None:
            written = _rescaled(sentence[said.start : said.end], language, right > 1)
            sentence = sentence[: said.start] + written + sentence[said.end :]
    return sentence


def _is_a_scale_off(said: Quantity, stated: Quantity) -> bool:
    if min(said.value, stated.value) < LEAST_SCALED or (said.unit and stated.unit and said.unit != stated.unit):
        return False
    return any(math.isclose(stated.value, value) for value in (said.value * SCALE, said.value / SCALE))


def _rescaled(amount: str, language: str, up: bool) -> str:
    """`amount` with the scale word that is next above or below its own; as it is where it has none."""
    scales = _SCALES.get(language, ())
    for forms, larger in pairwise(scales):
        old, new = (forms, larger) if up else (larger, forms)
        for word, other in zip(old, new, strict=True):
            if re.search(rf"\b{word}\b", amount):
                return re.sub(rf"\b{word}\b", other, amount)
    return amount


def _in_german(match: re.Match[str]) -> str:
    number = _written(match["number"], "en", "de")
    singular, plural = _ENGLISH_SCALES[match["scale"]]
    amount = f"{number} {singular if number == '1' else plural}"
    return f"{amount} {_CURRENCY_NAMES[match['sign'].strip()]}" if match["sign"] else amount


def _in_english(match: re.Match[str]) -> str:
    number = _written(match["number"], "de", "en")
    return f"{number} {_GERMAN_SCALES[match['scale'].lower()]}"


def _written(digits: str, read_in: str, written_in: str) -> str:
    return format_decimal(number_value(digits, read_in), locale=written_in, decimal_quantization=False)
