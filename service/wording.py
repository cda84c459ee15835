"""Small faults of wording that a small language model makes, mended where there is only one right way."""

from __future__ import annotations

import re

from babel.numbers import format_decimal

from index.quantities import number_value

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
