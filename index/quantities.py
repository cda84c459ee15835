"""Numbers, money, percentages and dates in German and English text, by value.

"14,3 Milliarden Dollar", "$14.3 billion" and "14.3bn USD" are one value here: that is what makes them comparable.
German "Billion" is 10^12 and English "billion" is 10^9; the language of the text decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from text_to_num import find_numbers

from index.number_words import ENGLISH_ORDINALS, fractions, is_german_rank, may_be_fraction, ranks

SCALES = {
    "de": {
        "tausend": 1e3,
        "tsd": 1e3,
        "million": 1e6,
        "millionen": 1e6,
        "mio": 1e6,
        "milliarde": 1e9,
        "milliarden": 1e9,
        "mrd": 1e9,
        "billion": 1e12,
        "billionen": 1e12,
        "bio": 1e12,
        "dutzend": 12.0,
    },
    "en": {
        "thousand": 1e3,
        "k": 1e3,
        "million": 1e6,
        "m": 1e6,
        "mn": 1e6,
        "mln": 1e6,
        "billion": 1e9,
        "bn": 1e9,
        "b": 1e9,
        "trillion": 1e12,
        "tn": 1e12,
        "mio": 1e6,
        "mrd": 1e9,
        "milliarden": 1e9,
        "dozen": 12.0,
    },
}
CURRENCIES = {
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "us-dollar": "USD",
    "dollar": "USD",
    "dollars": "USD",
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "pfund": "GBP",
    "pounds": "GBP",
    "chf": "CHF",
    "franken": "CHF",
    "francs": "CHF",
    "yen": "JPY",
    "¥": "JPY",
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar january jänner jan",
            "februar february feb",
            "märz march mar",
            "april apr",
            "mai may",
            "juni june jun",
            "juli july jul",
            "august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "dezember december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}
WORDS_THAT_ARE_ALSO_MONTHS = {"may", "march", "mar"}
ARTICLES_THAT_LOOK_LIKE_ONE = {"ein", "eine", "einen", "einem", "einer", "eines", "a", "an", "one", "eins"}
DECIMAL_POINTS = {"komma", "point"}
"""What joins "eins" and "eins" to 1.1."""
INDEFINITE = frozenset(
    [
        "hundreds",
        "thousands",
        "millions",
        "billions",
        "trillions",
        "hunderte",
        "hunderten",
        "tausende",
        "tausenden",
        "hunderttausende",
        "dutzende",
    ]
)
"""Amounts that are no value: "hundreds of millions" states none."""

_DIGITS = r"\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_CODE = (
    r"(?!(?:USD|EUR|GBP|CHF)\d)[^\W\d_]+(?:-[^\W\d_]+)*\d+(?:[.,]\d+)*|"
    r"(?!(?:Mid|Early|Late|Pre|Post|Mitte|Ende|Anfang)-)[A-ZÄÖÜ][^\W\d_]*-\d+(?:\.\d+)*(?![\w.,]*\d|-?[Jj]ähr|\s?[%\u20ac$])"
)
"""A name that ends in a number, such as "H100" or "GPT-4": no amount of anything."""
_REFERENCE = r"\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\]|(?:^|(?<=\n))\s*\d{1,2}\)\s"
"""A mark that refers to a source, or the number of an item in a list: "[1]", "2) "."""
_TOKEN = re.compile(
    rf"(?P<reference>{_REFERENCE})|(?P<code>(?<!\w)(?:{_CODE}))|(?P<digits>(?<![\w.,]){_DIGITS})|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*)|(?P<mark>[$€£¥%‰])"
)
_GAP = r"[\s\u00a0\u202f-]{0,2}"
_SCALE_AHEAD = {
    language: re.compile(
        rf"(?:{_GAP}(?P<word>(?i:{'|'.join(sorted((w for w in words if len(w) > 1), key=len, reverse=True))}))"
        rf"|(?P<letter>[kmb])|{_GAP}(?P<capital>[KMB]))\b\.?"
        if language == "en"
        else rf"{_GAP}(?P<word>(?i:{'|'.join(sorted(words, key=len, reverse=True))}))(?P<letter>)(?P<capital>)\b\.?"
    )
    for language, words in SCALES.items()
}
"""What multiplies a number; a lower-case letter only where it is glued to it ("5 m" is a length)."""
_PERCENT_AHEAD = re.compile(rf"{_GAP}(?:%|prozent\w*|percent\w*|pct\b|per\scent\b)", re.IGNORECASE)
_NAMED_CURRENCIES = "|".join(
    re.escape(name) if name[-1] in "$€£¥" else rf"{re.escape(name)}\b"
    for name in sorted(CURRENCIES, key=len, reverse=True)
)
_CURRENCY_AHEAD = re.compile(rf"{_GAP}(?:US-?)?(?P<name>{_NAMED_CURRENCIES})", re.IGNORECASE)
_CURRENCY_BEFORE = re.compile(r"(?:US)?([$€£¥]|\b(?:USD|EUR|GBP|CHF))\s?\Z")
_BETWEEN = re.compile(r"\b(?:between|zwischen)\s(?:(?:US)?\\?[$€£])?\Z", re.IGNORECASE)
_AND = re.compile(r"\s(?:and|und)\s(?:(?:US)?\\?[$€£])?\Z", re.IGNORECASE)
_RANGE = re.compile(
    r"\s*(?:[-–—]|bis|auf|to|or|oder|(?:an)?statt(?:\s(?:wie\s)?(?:bisher|bislang|zuvor|vorher))?|instead\sof|rather\sthan)"
    r"\s*(?:(?:US)?\\?[$€£])?\s*\Z",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^\W\d_]+|\d")
_WORDS_REMEMBERED = 1 << 17
_MONTH_LEAD = re.compile(
    r"(?:\b(?:in|im|on|since|seit|until|till|by|bis|ab|of|from|last|next|this|mid|early|late)|[\d.,])[\s-]*\Z", re.I
)
_DAY_BEFORE = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th)?\s+(?:of\s+)?\Z")
_DAY_AFTER = re.compile(r"\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?![\d.,]*\d)(?!\s*(?:%|percent|million|billion))")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value that a text states at `text[start:end]`.

    `unit` is an ISO 4217 code, `%`, `month`, `day`, `ordinal`, or empty for a bare number (a year is one).
    """

    value: float
    unit: str
    start: int
    end: int


def quantities(text: str, language: str) -> list[Quantity]:
    """The quantities that `text` states, in order. Languages other than German are read the English way."""
    language = "de" if language == "de" else "en"
    if not any(_may_state(piece, language) for piece in _PIECE.findall(text)):
        return []
    found = [
        *_numbers(text, language),
        *_months(text),
        *(Quantity(float(r.value), "ordinal", r.start, r.end) for r in ranks(text)),
    ]
    days = {(q.start, q.end) for q in found if q.unit == "day"}
    kept = [q for q in found if q.unit == "day" or not any(s <= q.start and q.end <= e for s, e in days)]
    return sorted(kept, key=lambda q: (q.start, q.end))


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _may_state(piece: str, language: str) -> bool:
    """Whether a run of letters, or a digit, can be part of a quantity. Most sentences hold none and are soon done.

    "ein" and its like are none by themselves: they state something only before a word that is one.
    """
    word = piece.lower()
    if word in ARTICLES_THAT_LOOK_LIKE_ONE:
        return False
    if piece.isdecimal() or may_be_fraction(piece):
        return True
    if any(word in known for known in (SCALES[language], MONTHS, ENGLISH_ORDINALS, DECIMAL_POINTS)):
        return True
    if is_german_rank(piece):
        return True
    return bool(find_numbers([_Token("word", 0, len(piece), word)], language, 0.0))


def same_value(left: Quantity, right: Quantity) -> bool:
    """Whether both state one value. A bare number agrees with a sum of money, but not with a share, date or rank."""
    if not math.isclose(left.value, right.value, rel_tol=1e-9):
        return False
    if left.unit == right.unit:
        return True
    units = {left.unit, right.unit}
    return "" in units and not units & {"month", "day", "ordinal", "%"}


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of text as text2num wants it: `spoken` is what it is told, scale words and digits are hidden from it."""

    kind: str
    start: int
    end: int
    spoken: str

    def text(self) -> str:
        return self.spoken

    def text_lowercase(self) -> str:
        return self.spoken.lower()

    def nt_separated(self, previous: _Token) -> bool:
        return self.start - previous.end > 1

    def not_a_number_part(self) -> bool:
        return self.kind != "word"


def _numbers(text: str, language: str) -> Iterator[Quantity]:
    tokens = _tokens(text, language)
    parts = list(fractions(text, language))
    numbers = {*_digit_numbers(text, tokens, language), *_word_numbers(text, tokens, language)}
    apart = {one for one in numbers if not any(part.start < one[1] and one[0] < part.end for part in parts)}
    yield from (Quantity(round(part.value * 100, 9), "%", part.start, part.end) for part in parts if part.share)
    amounts = {(part.start, part.end, part.value, False) for part in parts if not part.share}
    stated = sorted(apart | amounts)
    pending: list[tuple[Quantity, float]] = []
    for start, end, value, spelled in stated:
        quantity, scale = _with_scale_and_unit(text, Quantity(value, "", start, end), language)
        if spelled and scale == 1.0 and text[start:end].lower() in ARTICLES_THAT_LOOK_LIKE_ONE:
            continue
        pending.append((quantity, scale))
    for index, (quantity, scale) in enumerate(pending):
        follower = pending[index + 1] if index + 1 < len(pending) else None
        if follower and scale == 1.0 and _is_range(text, quantity, follower[0]):
            shared = quantity.unit or follower[0].unit
            yield replace(quantity, value=quantity.value * follower[1], unit=shared)
        else:
            yield quantity


def _is_range(text: str, lower: Quantity, upper: Quantity) -> bool:
    between = text[lower.end : upper.start]
    return bool(_RANGE.match(between) or (_AND.match(between) and _BETWEEN.search(text[: lower.start])))


def _tokens(text: str, language: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        word = match.group().lower()
        hidden = kind != "word" or word in SCALES[language] or word in INDEFINITE
        tokens.append(_Token(kind, match.start(), match.end(), "," if hidden else word))
    return tokens


def _digit_numbers(text: str, tokens: Sequence[_Token], language: str) -> Iterator[tuple[int, int, float, bool]]:
    for token in tokens:
        if token.kind == "digits":
            yield token.start, token.end, number_value(text[token.start : token.end], language), False


def number_value(digits: str, language: str) -> float:
    """The value of digits with separators: "1.500" is 1500 in German and 1.5 in English, "14,3" is 14.3 in both."""
    plain = re.sub(r"['’\u00a0\u202f]", "", digits)
    separators = re.findall(r"[.,]", plain)
    if not separators:
        return float(plain)
    grouped = bool(re.fullmatch(r"[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*", plain))
    decimal_mark = "," if language == "de" else "."
    if len(separators) == 1 and (not grouped or separators[0] == decimal_mark):
        return float(plain.replace(",", "."))
    if grouped:
        return float(re.sub(r"[.,]", "", plain))
    whole, _, fraction = plain.rpartition(separators[-1])
    return float(re.sub(r"[.,]", "", whole) + "." + fraction)


def _word_numbers(text: str, tokens: Sequence[_Token], language: str) -> Iterator[tuple[int, int, float, bool]]:
    for found in find_numbers(list(tokens), language, 0.0):
        if not found.is_ordinal:
            yield tokens[found.start].start, tokens[found.end - 1].end, float(found.value), True
    for article, scale in pairwise(tokens):
        words = text[article.start : article.end].lower(), text[scale.start : scale.end].lower()
        if words[0] in ARTICLES_THAT_LOOK_LIKE_ONE and words[1] in SCALES[language]:
            yield article.start, article.end, 1.0, True


def _with_scale_and_unit(text: str, number: Quantity, language: str) -> tuple[Quantity, float]:
    scale, end = 1.0, number.end
    if match := _SCALE_AHEAD[language].match(text, end):
        word = match["word"] or match["letter"] or match["capital"]
        scale, end = SCALES[language][word.lower()], match.end()
    unit, end = _unit_after(text, end)
    start = number.start
    if not unit:
        unit, start = _currency_before(text, start)
    return Quantity(number.value * scale, unit, start, end), scale


def _unit_after(text: str, end: int) -> tuple[str, int]:
    if percent := _PERCENT_AHEAD.match(text, end):
        return "%", percent.end()
    if currency := _CURRENCY_AHEAD.match(text, end):
        return CURRENCIES[currency["name"].lower()], currency.end()
    return "", end


def _currency_before(text: str, start: int) -> tuple[str, int]:
    match = _CURRENCY_BEFORE.search(text[max(0, start - 6) : start])
    if match is None:
        return "", start
    return CURRENCIES[match.group(1).lower()], start - len(match.group())


def _months(text: str) -> Iterator[Quantity]:
    for match in re.finditer(r"[^\W\d_]+", text):
        word = match.group()
        if word.lower() not in MONTHS or not word[0].isupper():
            continue
        before, after = _DAY_BEFORE.search(text[: match.start()]), _DAY_AFTER.match(text, match.end())
        dated = before or after or re.match(r"\s+(?:19|20)\d\d", text[match.end() :])
        if word.lower() in WORDS_THAT_ARE_ALSO_MONTHS and not dated and not _MONTH_LEAD.search(text[: match.start()]):
            continue
        yield Quantity(float(MONTHS[word.lower()]), "month", match.start(), match.end())
        day = before or after
        if day and 1 <= int(day.group(1)) <= 31:
            yield Quantity(float(day.group(1)), "day", day.start(1), day.end(1))
