"""Text -> terms: what the lexical index counts, with the places that they come from.

German and English words are stemmed, German compounds are taken apart as well, and every other language falls back on
what all languages share: character 4-grams without accents, which find names and cognates across languages too.
A number is one term by its value in all of them: "14,3 Mrd." and "$14.3bn" both give `#14300000000`.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from Stemmer import Stemmer

from index.decompound import parts
from index.quantities import CURRENCIES, SCALES, Quantity, quantities
from index.words import ENGLISH_QUESTION_WORDS, GERMAN_QUESTION_WORDS

GRAM = 4
ANALYSER = {"name": "stems-and-grams", "version": 3, "gram": GRAM, "stemmer": "snowball"}
"""What terms depend on, for a snapshot's manifest. `version` grows whenever the same text gives other terms."""
LONGEST_WORD = 256
"""Characters of a word that are looked at: longer ones are encoded data, no words."""

_CACHED_WORDS = 1 << 17


class Term(NamedTuple):
    """A term of the index and the place that it stands for: `text[start:end]` of what was analysed.

    A term that is part of a word, or made of it, has the place of the whole word.
    """

    text: str
    start: int
    end: int


def analyse(text: str, language: str) -> list[Term]:
    """The terms of `text`: stems in the languages of `STEMMED`, 4-grams in any other. Not in the order of the text."""
    if language not in STEMMED:
        return grams(text, language)
    joined = (Term(_plain(match.group()), *match.span()) for match in _HYPHENATED.finditer(text))
    return [*_expanded(text, language, STEMMED[language]), *joined]


def grams(text: str, language: str) -> list[Term]:
    """The character 4-grams within the words of `text`, and its numbers; a shorter word is a term as a whole.

    `language` decides how numbers are read. Scripts without spaces between words give 2-grams.
    """
    return list(_expanded(text, language, _word_grams))


def _expanded(text: str, language: str, terms_of: Callable[[str, str], tuple[str, ...]]) -> Iterator[Term]:
    numbers, words = _tokens(text, language)
    yield from numbers
    for word, start, end in words:
        for term in terms_of(word, language):
            yield Term(term, start, end)


# the same text is taken apart once for its stems and once for its grams
@lru_cache(maxsize=64)
def _tokens(text: str, language: str) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """The terms of the numbers in `text`, and its words as they stand there."""
    numbers = [quantity for quantity in quantities(text, language) if _is_counted(quantity, text)]
    terms = (Term(value_term(quantity), quantity.start, quantity.end) for quantity in numbers)
    return tuple(terms), tuple(_words(text, numbers))


def _is_counted(quantity: Quantity, text: str) -> bool:
    """Whether it has a term: ranks are words, and the "o" of "4o" is no zero."""
    return quantity.unit != "ordinal" and (quantity.value != 0.0 or text[quantity.start].isdigit())


def value_term(quantity: Quantity) -> str:
    """The term of a number, whatever its unit: a question often leaves the unit out. A month has terms of its own."""
    # nine digits: below that, 14.3 * 1e9 differs from 14300 * 1e6
    value = float(f"{quantity.value:.9g}")
    digits = str(int(value)) if value.is_integer() else repr(value)
    return f"#month{digits}" if quantity.unit == "month" else f"#{digits}"


def _words(text: str, numbers: list[Quantity]) -> Iterator[Term]:
    """The words of `text`; of "14.3bn", whose number is among `numbers`, only "bn"."""
    counted = {position for number in numbers for position in range(number.start, number.end)}
    for match in _WORD.finditer(text):
        word = match.group()
        start, end = match.span()
        if word[0].isdigit() and end - 1 in counted:
            word = word.lstrip("0123456789")
            start = end - len(word)
        if word:
            yield Term(word[:LONGEST_WORD], start, end)


def _marks() -> str:
    """The combining marks of the alphabets, as ranges of a character class: they belong to the letter before."""
    codes = [code for code in range(0x300, 0x1AFF) if unicodedata.category(chr(code)).startswith("M")]
    return "".join(f"\\u{code:04x}" for code in codes)


_WORD = re.compile(rf"(?:[^\W\d_]\.){{2,}}[^\W\d_]?(?!\w)|per\scent\b|[$€£¥%]|[^\W_](?:[^\W_]|[{_marks()}\u00ad])*")
"""A word, an abbreviation such as "U.S." that its dots hold together, or a sign that names a unit."""
_HYPHENATED = re.compile(r"(?<![\w-])[^\W\d_]+(?:-[^\W\d_]+)+(?![\w-])")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
_DOTS_AND_HYPHENS = re.compile(r"[.\-\u00ad]")
_PERCENT = re.compile(r"%|prozent\w*|per\s?cent|pct")


def _plain(word: str) -> str:
    """Small letters in one way of writing them, without dots and hyphens; "ß" becomes "ss"."""
    return unicodedata.normalize("NFKC", _DOTS_AND_HYPHENS.sub("", unicodedata.normalize("NFKC", word).casefold()))


def _unit_term(word: str, language: str) -> str | None:
    """The term of a word that stands beside numbers: one for all names of a currency, one for all of 10^9, ..."""
    if word in CURRENCIES:
        return f"#{CURRENCIES[word]}"
    scale = SCALES.get(language, {}).get(word) if len(word) > 1 else None
    if scale:
        return f"#x{scale:.0e}"
    return "#%" if _PERCENT.fullmatch(word) else None


_stemmers = {"de": Stemmer("german", 0), "en": Stemmer("english", 0)}
_stemming = threading.Lock()
"""One stemmer must not be used by two threads at once."""


@lru_cache(maxsize=_CACHED_WORDS)
def _stem(word: str, language: str) -> str:
    with _stemming:
        return str(_stemmers[language].stemWord(word))


@lru_cache(maxsize=_CACHED_WORDS)
def _german_terms(word: str, language: str) -> tuple[str, ...]:
    plain = _plain(word)
    if plain in _GERMAN_STOP_WORDS:
        return ()
    return tuple(dict.fromkeys(_stemmed(form, language) for form in (plain, *parts(plain))))


@lru_cache(maxsize=_CACHED_WORDS)
def _english_terms(word: str, language: str) -> tuple[str, ...]:
    plain = _plain(word)
    return () if plain in _ENGLISH_STOP_WORDS else (_stemmed(plain, language),)


def _stemmed(plain: str, language: str) -> str:
    return _unit_term(plain, language) or _stem(plain, language)


@lru_cache(maxsize=_CACHED_WORDS)
def _word_grams(word: str, language: str) -> tuple[str, ...]:
    plain = _plain(word)
    unit = _unit_term(plain, language)
    if unit and not word.isalpha():
        return (unit,)
    folded = _without_accents(plain)
    size = 2 if _UNSPACED.search(folded) else GRAM
    pieces = [folded[start : start + size] for start in range(max(1, len(folded) - size + 1))]
    return (*pieces, unit) if unit else tuple(pieces)


def _without_accents(plain: str) -> str:
    letters = unicodedata.normalize("NFKD", plain.translate(_STROKES))
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if not unicodedata.combining(letter)))


STEMMED: dict[str, Callable[[str, str], tuple[str, ...]]] = {"de": _german_terms, "en": _english_terms}
"""The languages whose words are stemmed."""
_GERMAN_STOP_WORDS = GERMAN_QUESTION_WORDS | {"s"}
_ENGLISH_STOP_WORDS = ENGLISH_QUESTION_WORDS | {"s", "t"}
