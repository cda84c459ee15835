"""Names in German and English sentences: the capitalised words that a translation keeps.

German capitalises every noun, so that a capital letter alone says little there. A German noun is common in German text
and rare in English text; a name is about as common in both, or unknown to both. Frequencies are those of `wordfreq`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel import Locale
from wordfreq import zipf_frequency


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOAN_WORDS = _words("""
    app apps artikel boom boss budget chance chat chef cloud code coup deal deals design dollar dollars euro euros
    experte experten export fan film firma firmen fond fonds form forum game hardware horror idee info internet
    investment investments investor investoren job jobs lab label labels labor labore labs manager marketing material
    memo modell modelle million millionen mode monitor name online partner partners person personal plan plattform
    plattformen platform politik position power problem probleme produkt produkte projekt projekte prozent risk service
    services serie smartphone software start start-up start-ups startup startups station status story storys system
    systeme team teams test tests text texte thema tool tools training trend trends video videos web website
""")
"""Nouns that German shares with English, so that their frequencies can't tell them from names."""

TITLES = _words("""
    ag ai ceo cfo chf coo corp cto eu eur faq gmbh hr inc it ki ltd pr uk us usa usd vp
""")
"""Abbreviations with other forms in the other language: no evidence for or against anything."""

_WORD = re.compile(r"[^\W\d_](?:[\w’']*\w)?")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:…]\s+|[\n•])[\s\"“„«»(\[‚‘’']*\Z")
_COMPANY_AHEAD = re.compile(r"[ -](?:AI|Inc|Corp|Ltd|AG|GmbH|Labs?|Group|Platforms|Technologies)\b")
# Frequencies are Zipf's: the logarithm to ten of how often a word is met in a billion.
_COMMON_IN_GERMAN, _CLEARLY_GERMAN = 2.0, 1.5
"""A German noun is at least so frequent in German, and by so much more than in English."""
_KNOWN_ENGLISH_WORD = 3.0
"""A capital at the beginning of a sentence says nothing of a word that is at least so frequent in English."""
_RARE, _EVERYDAY = 2.0, 5.0
"""A name that both languages know is not as common as "in" and "also"."""
_COMMON_IN_ENGLISH, _CLEARLY_ENGLISH = 3.5, 1.2
"""The Army is an Armee in German: a capitalised word that only one of the languages knows well is translated."""


def names(text: str, language: str) -> list[str]:
    """The names in `text`, casefolded and without a genitive ending, in order, each once."""
    is_name = _german_name if language == "de" else _english_name
    found = []
    for match in _WORD.finditer(text):
        word = bare(match.group())
        if not match.group()[0].isupper() or word in TITLES or word in calendar_words() or len(word) < 2:
            continue
        starts = bool(_SENTENCE_START.search(text[max(0, match.start() - 4) : match.start()]))
        marked = bool(_COMPANY_AHEAD.match(text, match.end())) or word in _territories()
        if marked or is_name(match.group(), starts):
            found.append(word)
    return list(dict.fromkeys(found))


def leading_names(text: str) -> list[str]:
    """The words with which sentences of `text` begin, as `names` gives them, that both languages know alike: "Google".

    A capital letter says nothing there, so that a word of both languages may be taken for a name.
    """
    found = []
    for match in _WORD.finditer(text):
        if match.group()[0].isupper() and _SENTENCE_START.search(text[max(0, match.start() - 4) : match.start()]):
            word = bare(match.group())
            english, german = zipf_frequency(word, "en"), zipf_frequency(word, "de")
            known_alike = abs(english - german) < _CLEARLY_ENGLISH and _RARE < min(english, german) < _EVERYDAY
            if known_alike and word not in TITLES | LOAN_WORDS | calendar_words():
                found.append(word)
    return found


def bare(word: str) -> str:
    """`word` casefolded and without an English or apostrophised genitive ending."""
    return re.sub(r"[’']s?\Z", "", word.casefold())


def mentions(text: str, name: str) -> bool:
    """Whether `text` holds `name` (as `names` gives it), with or without a genitive s; a country in either language."""
    return any(re.search(_mention_pattern(form), text.casefold()) for form in territory_forms(name))


@lru_cache(maxsize=4096)
def _mention_pattern(name: str) -> re.Pattern[str]:
    stem = name[:-1] if name.endswith("s") and len(name) > 4 else name
    return re.compile(rf"(?<![^\W\d_]){re.escape(stem)}(?:s|['’]s?)?(?![^\W\d_])")


def speaks_of_a_name(sentence: str, language: str, around: str) -> bool:
    """Whether `sentence` has a name of its own. Stricter than `names`: in English any capital letter within it counts.

    A capital letter at its beginning counts where `around`, what it stands among, has the word so within a sentence.
    """
    if names(sentence, language):
        return True
    if language == "de":
        return False
    words = [word for word in _WORD.findall(sentence) if bare(word) not in TITLES | calendar_words()]
    if any(word[0].isupper() for word in words[1:]):
        return True
    return bool(words) and bool(re.search(rf"[a-zß,;] {re.escape(words[0])}\b", around))


def _english_name(word: str, starts_sentence: bool) -> bool:
    if any(letter.isupper() for letter in word[1:]):
        return True
    english, german = zipf_frequency(bare(word), "en"), zipf_frequency(bare(word), "de")
    if starts_sentence and english >= _KNOWN_ENGLISH_WORD:
        return False
    return english < _COMMON_IN_ENGLISH or english - german < _CLEARLY_ENGLISH


def _german_name(word: str, starts_sentence: bool) -> bool:
    lowered = word.casefold()
    if any(letter.isupper() for letter in word[1:]):
        return True
    if lowered in LOAN_WORDS or is_german_noun(lowered):
        return False
    return not (starts_sentence and zipf_frequency(lowered, "de") > 4.5)


@lru_cache(maxsize=65536)
def is_german_noun(lowered: str) -> bool:
    """Whether `lowered` (or the parts of the compound that it is) belongs to German rather than to any language."""
    german, english = zipf_frequency(lowered, "de"), zipf_frequency(lowered, "en")
    if german >= _COMMON_IN_GERMAN and german - english >= _CLEARLY_GERMAN:
        return True
    if english >= max(german, _KNOWN_ENGLISH_WORD):
        return False
    return any(_is_german_word(lowered[:cut]) and _is_german_word(lowered[cut:]) for cut in range(4, len(lowered) - 3))


def _is_german_word(part: str) -> bool:
    forms = {part, part.removesuffix("s"), part.removesuffix("es"), part.removesuffix("n"), part.removesuffix("en")}
    return any(len(form) > 3 and zipf_frequency(form, "de") >= 3.0 for form in forms)


@cache
def calendar_words() -> frozenset[str]:
    """Months and weekdays of both languages, casefolded: dates are compared by value elsewhere."""
    words: set[str] = set()
    for locale in (Locale("de"), Locale("en")):
        for calendar in (locale.months, locale.days):
            for context in calendar.values():
                for width in context.values():
                    words |= {name.casefold().rstrip(".") for name in width.values() if len(name) > 1}
    return frozenset(words)


@cache
def _territories() -> dict[str, frozenset[str]]:
    forms: dict[str, frozenset[str]] = {}
    german, english = Locale("de").territories, Locale("en").territories
    for code, name in german.items():
        if code.isalpha() and code in english:
            both = frozenset({name.casefold(), english[code].casefold()})
            forms |= dict.fromkeys(both, both)
    return forms


def territory_forms(name: str) -> frozenset[str]:
    """`name` and, where it is a country's, its German and English forms."""
    return _territories().get(name, frozenset({name}))
