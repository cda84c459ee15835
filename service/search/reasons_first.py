"""The order in which sentences become evidence where a question asks why: those that tell a reason come first.

What is asked about is often told many times in a collection and explained once, by a sentence that is not the likest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.analysis import analyse
from index.types import SentenceHit
from service.search.duplicates import Statement
from service.texts.circumstances import circumstance_asked_for
from service.texts.names import mentions
from service.texts.plain_text import plain

MOST_MOVED = 2
"""Sentences that tell a reason and are taken before all others."""
LEAST_LIKENESS = 0.05
"""Similarity of question and sentence (cosine less the language's mean) from which on one may tell its reason."""
FEWEST_BEFORE = 3
"""Words before a reason that say what it is one for."""

_WORD = re.compile(r"[^\W\d_]{4,}")
_WHAT_MADE = re.compile(
    r"\s*(?:what (?:made|makes|led|leads|prompted|drove|moved|caused)|was (?:bewog|veranlasst\w*|brachte|führte dazu)|"
    r"wie (?:kam|kommt) es|wozu)\b",
    re.IGNORECASE,
)
_TELLS = {
    "de": re.compile(
        r",\s+da\b|\b(?:weil|denn|wegen|aufgrund|grund|gründe|deshalb|daher|darum|deswegen|damit|um\s.*\szu|"
        r"begründ\w*|(?:be)?fürcht\w*|sorgen?|angst|bedenken|zweifel\w*)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:because|due to|owing to|reasons?|so that|in order to|to avoid|"
        r"fear\w*|worr(?:y|ie[sd])|concern\w*|doubts?)\b",
        re.IGNORECASE,
    ),
}
"""What says why somebody does something; fears and doubts do."""


def says_why(text: str, language: str) -> bool:
    """Whether `text`, in `language`, has words that give a reason; False for others than German and English."""
    return language in _TELLS and _TELLS[language].search(text) is not None


def before_reason(text: str, language: str) -> str:
    """What `text` says before it gives its reason, which may be a doubt; all of it where that comes first."""
    found = _TELLS[language].search(text)
    head = text[: found.start()] if found else text
    return head if len(head.split()) >= FEWEST_BEFORE else text


def reasons_first(
    found: Sequence[SentenceHit], question: str, language: str, names: Sequence[str]
) -> Sequence[SentenceHit]:
    """`found`, best first, with the best that tell a reason at its head where `question`, in `language`, asks for one.

    They have all `names` of the question themselves, and another word of it where that is just one: a reason beside
    less is one for something else.
    """
    if not names or not (circumstance_asked_for(question) == "reason" or _WHAT_MADE.match(question)):
        return found
    asked = Statement(question, language)
    near = (hit for hit in found if hit.cosine >= LEAST_LIKENESS)
    giving = [hit for hit in near if _gives_it(Statement(plain(hit.text), hit.sentence.language), asked, names)]
    first = giving[:MOST_MOVED]
    return [*first, *(hit for hit in found if hit not in first)]


def _gives_it(told: Statement, asked: Statement, names: Sequence[str]) -> bool:
    if not says_why(told.text, told.language) or not all(mentions(told.text, name) for name in names):
        return False
    if len(names) > 1:
        return True
    return bool(_terms(asked, names) & _terms(told, names))


def _terms(statement: Statement, names: Sequence[str]) -> set[str]:
    """The stems of the nouns, verbs and other longer words of `statement` that are no `names`, by language."""
    words = [word for word in _WORD.findall(statement.text) if not any(mentions(word, name) for name in names)]
    return {f"{statement.language}:{term.text}" for word in words for term in analyse(word, statement.language)}
