"""A refusal as a reader gets it: why, in words, and what the sources do say that comes nearest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.contracts.answers import Reason
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.texts.names import mentions

WORDS: dict[Reason, dict[str, str]] = {
    "no_relevant_source": {
        "de": "Dazu steht nichts in den Artikeln.",
        "en": "The articles say nothing about this.",
    },
    "not_in_sources": {
        "de": "Die Artikel behandeln das Thema, nennen aber keine Antwort auf diese Frage.",
        "en": "The articles touch on this, but they do not state an answer to the question.",
    },
    "false_premise": {
        "de": "Was die Frage voraussetzt, steht nicht in den Artikeln.",
        "en": "The articles do not state what the question takes for granted.",
    },
    "unsupported": {
        "de": "Ich konnte keine Antwort geben, die sich in den Artikeln belegen lässt.",
        "en": "I could not give an answer that the articles bear out.",
    },
    "ambiguous": {
        "de": "Die Frage bezieht sich auf etwas, das sie nicht nennt. Wer oder was ist gemeint?",
        "en": "The question refers to something that it does not name. Who or what is meant?",
    },
}
LEAST_LIKENESS = 0.08
"""Similarity of question and sentence (cosine less the language's mean) from which on it is worth quoting."""
FEWEST_WORDS = 5
"""Of a sentence that says something by itself."""
NEAREST = {"de": "Am nächsten kommt: „{quote}“ [1]", "en": "What comes nearest: “{quote}” [1]"}

_PRESUPPOSES = re.compile(
    r"\s*(?:why|when|since when|how come|warum|weshalb|wieso|wann|seit wann|wozu|wie kam es|what made|what led)\b",
    re.IGNORECASE,
)
"""Questions that ask for a circumstance of what they take to have happened."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, what a reader is told of it, and the sentence that is quoted in it, if any."""

    reason: Reason
    text: str
    nearest: Evidence | None


def explain(reason: Reason, asked: Asked, evidence: Sequence[Evidence]) -> Refusal:
    """The refusal of a question for `reason`; `evidence` is all that was found for it.

    Where the answer is missing from sources that are about it, or none held that the model gave, the nearest of them is
    quoted; and where these state nothing of what the question takes for granted either, that is the reason.
    """
    language = "de" if asked.language == "de" else "en"
    nearest = _nearest(asked, evidence) if reason in ("not_in_sources", "unsupported") else None
    if reason == "not_in_sources" and takes_for_granted(asked, evidence):
        reason = "false_premise"
    text = WORDS[reason][language]
    if nearest is not None:
        text += " " + NEAREST[language].format(quote=nearest.shown())
    return Refusal(reason, text, nearest)


def takes_for_granted(asked: Asked, evidence: Sequence[Evidence]) -> bool:
    """Whether the question takes something to have happened between those whom it names, and no source has them all."""
    if not asked.names or not _PRESUPPOSES.match(asked.request.question):
        return False
    return not any(all(mentions(item.context, name) for name in asked.names) for item in evidence)


def _nearest(asked: Asked, evidence: Sequence[Evidence]) -> Evidence | None:
    """The sentence most like the question, of those that mention one of its names, where there are any."""
    telling = [item for item in evidence if item.cosine >= LEAST_LIKENESS and len(item.shown().split()) >= FEWEST_WORDS]
    named = [item for item in telling if any(mentions(item.passage, name) for name in asked.names)]
    return max(named or telling, key=lambda item: item.cosine, default=None)
