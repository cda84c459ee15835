"""Which language a text is in: offline, deterministic, and steady on short text.

The identifier is py3langid (naive Bayes over byte n-grams), restricted to the languages below: with all of its 140
it takes short German for Luxembourgish. docs/articles.md has the measurement against its rival.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Protocol

from index.words import ENGLISH_QUESTION_WORDS, ENGLISH_WORDS, GERMAN_QUESTION_WORDS, GERMAN_WORDS

UNDETERMINED = "und"
LANGUAGES = frozenset(
    {"ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hi", "hr", "hu", "it", "ja", "ko"}
    | {"lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi", "zh"}
)
SAMPLE_CHARACTERS = 1_500
"""Of a text, what its language is told by."""
SAMPLE_WINDOWS = 5
"""Of a longer text, from so many places in it."""

MIN_CONFIDENCE = 0.4
"""Below this, the language of an article is undetermined."""
MIN_QUESTION_CONFIDENCE = 0.5
"""Below this, a question is taken to be in the language that was expected."""
SURE = 0.7
"""From here on, none of 2,598 sentences and 1 of 1,224 questions of XQuAD was taken for another language."""


MIN_SENTENCE_CHARACTERS = 16
"""A shorter sentence does not tell its language."""
MIN_PART_CHARACTERS = 40
"""Of a sentence in which the language changes, each part is at least so long."""
MIN_FUNCTION_WORDS = 3
"""Of one language and none of the other: then the language is sure without a classifier."""

_GERMAN = GERMAN_WORDS | {word.capitalize() for word in GERMAN_WORDS}
_ENGLISH = ENGLISH_WORDS | {word.capitalize() for word in ENGLISH_WORDS}
_WORD = re.compile(r"[^\W\d_]+")
_CAPITALISED = re.compile(r"(?<![\w-])[A-ZÄÖÜ][\w-]*")
_LETTERS = re.compile(r"[^\W\d_]")


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    loaded: _Identifier = identifier
    return loaded


def detect(text: str) -> str:
    """The ISO 639-1 code of `text`'s language, `und` where it holds no words or can't be told.

    Of a long text, five windows spread over it are looked at, 1,500 characters together.
    """
    language, confidence = _classify(_sample(text))
    return language if confidence >= MIN_CONFIDENCE else UNDETERMINED


def detect_question(text: str, fallback: str) -> str:
    """The language of a question; `fallback` where two or three names say too little."""
    language, confidence = _classify(_sample(text))
    if confidence >= SURE:
        return language
    words = {word.lower() for word in _WORD.findall(text[:SAMPLE_CHARACTERS])}
    german, english = len(words & GERMAN_QUESTION_WORDS), len(words & ENGLISH_QUESTION_WORDS)
    if german != english:
        return "de" if german > english else "en"
    return language if confidence >= MIN_QUESTION_CONFIDENCE else fallback


def detect_sentence(sentence: str, expected: str) -> tuple[str, bool]:
    """A sentence's language and whether one can rely on it. `expected` is the language of what it stands in.

    German and English sentences with enough function words are told without the identifier, which takes 20 times as
    long. A very short sentence is not told at all.
    """
    if len(sentence) < MIN_SENTENCE_CHARACTERS:
        return UNDETERMINED, False
    if expected in {"de", "en"}:
        german, english = _function_words(sentence)
        if max(german, english) >= MIN_FUNCTION_WORDS and min(german, english) == 0:
            return ("de" if german else "en"), True
    language, confidence = _classify(sentence[:SAMPLE_CHARACTERS])
    return language, confidence >= SURE


def _sample(text: str) -> str:
    if len(text) <= SAMPLE_CHARACTERS:
        return text
    size = SAMPLE_CHARACTERS // SAMPLE_WINDOWS
    step = (len(text) - size) // (SAMPLE_WINDOWS - 1)
    return "\n".join(text[start : start + size] for start in range(0, step * SAMPLE_WINDOWS, step))


def _classify(text: str) -> tuple[str, float]:
    if not _LETTERS.search(text):
        return UNDETERMINED, 0.0
    return _identifier().classify(text)


def language_change(sentence: str) -> int | None:
    """Where one language ends and another begins inside a sentence, as run-together scrapes have it; None where not.

    Only German and English are told apart, by their function words: all of one must come before all of the other.
    """
    if len(sentence) < 2 * MIN_PART_CHARACTERS:
        return None
    if min(_function_words(sentence)) == 0:
        return None
    german, english = _positions(sentence, _GERMAN), _positions(sentence, _ENGLISH)
    if len(german) + len(english) < MIN_FUNCTION_WORDS:
        return None
    first, second = (german, english) if german[0] < english[0] else (english, german)
    if first[-1] >= second[0]:
        return None
    cut = _capital_before(sentence, first[-1], second[0])
    if cut is None or min(cut, len(sentence) - cut) < MIN_PART_CHARACTERS:
        return None
    return cut if {_classify(sentence[:cut])[0], _classify(sentence[cut:])[0]} == {"de", "en"} else None


def _function_words(sentence: str) -> tuple[int, int]:
    """How many German and how many English function words stand free in the sentence."""
    words = sentence.split()
    return sum(word in _GERMAN for word in words), sum(word in _ENGLISH for word in words)


def _positions(sentence: str, words: frozenset[str]) -> list[int]:
    return [match.start() for match in _WORD.finditer(sentence) if match.group() in words]


def _capital_before(sentence: str, after: int, before: int) -> int | None:
    """The last capitalised word, outside quotation marks, that begins behind `after` and not behind `before`."""
    found = None
    for match in _CAPITALISED.finditer(sentence, after + 1, min(len(sentence), before + 40)):
        if match.start() > before:
            break
        head = sentence[: match.start()]
        if head.count('"') % 2 == 0 and head.count("„") <= head.count("“"):
            found = match.start()
    return found
