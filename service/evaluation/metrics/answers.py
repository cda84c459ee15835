"""Whether an answer says what it should, in the right language."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

from index.language import detect_sentence

_ARTICLES = {
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|einer|eines|der|die|das|den|dem|des)\b"),
}


def nugget_recall(text: str, nuggets: Sequence[Sequence[str]]) -> float:
    """Share of the nuggets of which `text` holds an alternative. `nuggets` must not be empty.

    The vital-nugget recall of Voorhees 2003 (TREC QA track), with case-folded substrings in the place of an assessor.
    """
    return sum(holds(text, alternatives) for alternatives in nuggets) / len(nuggets)


def holds(text: str, alternatives: Sequence[str]) -> bool:
    """Whether one of `alternatives` is a substring of `text`, both case-folded."""
    folded = text.casefold()
    return any(alternative.casefold() in folded for alternative in alternatives)


def share_named(text: str, values: Sequence[str]) -> float:
    """Share of `values` that are case-folded substrings of `text`. `values` must not be empty."""
    return nugget_recall(text, [[value] for value in values])


def exact_match(text: str, references: Sequence[str], language: str) -> float:
    """1 where `text` is one of `references` after `normalise`, else 0. Rajpurkar et al. 2016 (SQuAD)."""
    normalised = normalise(text, language)
    return float(any(normalised == normalise(reference, language) for reference in references))


def token_f1(text: str, references: Sequence[str], language: str) -> float:
    """F1 of the words of `text` and of its nearest reference, each as a bag. Rajpurkar et al. 2016 (SQuAD).

    `references` must not be empty. Two texts without words agree.
    """
    words = normalise(text, language).split()
    return max(_bag_f1(words, normalise(reference, language).split()) for reference in references)


def normalise(text: str, language: str) -> str:
    """`text` in lower case without punctuation, articles of `language` and surplus white space.

    The SQuAD script for English, its multilingual version (Lewis et al. 2020, MLQA) for German: punctuation is every
    character of a Unicode category P. Other languages keep their articles.
    """
    lowered = "".join(c for c in text.lower() if c not in string.punctuation and unicodedata.category(c)[0] != "P")
    articles = _ARTICLES.get(language)
    return " ".join((articles.sub(" ", lowered) if articles else lowered).split())


def in_language(text: str, expected: str) -> float | None:
    """1 where `text` is in the language `expected`, 0 where it is in another, None where it is too short to tell."""
    found, sure = detect_sentence(text, expected)
    return float(found == expected) if sure else None


def _bag_f1(words: Sequence[str], reference: Sequence[str]) -> float:
    if not words or not reference:
        return float(list(words) == list(reference))
    shared = sum((Counter(words) & Counter(reference)).values())
    return 2 * shared / (len(words) + len(reference))
