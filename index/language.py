"""Which language a text is in: offline, deterministic, and steady on short text.

The identifier is py3langid (naive Bayes over byte n-grams), restricted to the languages below: with all of its 140
it takes short German for Luxembourgish. docs/articles.md has the measurement against its rival.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Protocol

UNDETERMINED = "und"
LANGUAGES = frozenset(
    {"ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hi", "hr", "hu", "it", "ja", "ko"}
    | {"lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi", "zh"}
)
SAMPLE_CHARACTERS = 3_000
MIN_CONFIDENCE = 0.5
MIN_QUESTION_CONFIDENCE = 0.75

_LETTERS = re.compile(r"[^\W\d_]{2}")


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

    Only the first 3,000 characters are looked at.
    """
    return _detect(text, MIN_CONFIDENCE)


def detect_question(text: str, fallback: str) -> str:
    """The language of a question; `fallback` where two or three names say too little."""
    found = _detect(text, MIN_QUESTION_CONFIDENCE)
    return fallback if found == UNDETERMINED else found


def _detect(text: str, at_least: float) -> str:
    sample = text[:SAMPLE_CHARACTERS]
    if not _LETTERS.search(sample):
        return UNDETERMINED
    language, confidence = _identifier().classify(sample)
    return language if confidence >= at_least else UNDETERMINED
