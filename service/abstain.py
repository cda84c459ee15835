"""When to refuse, and in which words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from service.contract import Reason
from service.evidence import Evidence
from service.names import mentions

LEAST_RELEVANCE = 0.045
"""Least similarity of question and best sentence (cosine less the language's mean) for which a model is asked."""
LEAST_SUPPORT = 0.05
"""Least similarity of an answer's sentence and what it cites."""
CONFIDENCE_MIDPOINT, CONFIDENCE_SLOPE = 0.07, 40.0
"""Where similarity turns into confidence; documented defaults until they are fitted."""

REFUSALS: dict[Reason, dict[str, str]] = {
    "no_relevant_source": {
        "de": "Dazu steht nichts in den Artikeln.",
        "en": "The articles say nothing about this.",
    },
    "not_in_sources": {
        "de": "Die Artikel behandeln das Thema, nennen aber keine Antwort auf diese Frage.",
        "en": "The articles touch on this, but they do not state an answer to the question.",
    },
    "unsupported": {
        "de": "Ich konnte keine Antwort geben, die sich in den Artikeln belegen lässt.",
        "en": "I could not give an answer that the articles bear out.",
    },
}


def before_generation(question_names: Sequence[str], evidence: Sequence[Evidence]) -> Reason | None:
    """Why no model needs to be asked; None where one should be."""
    if not evidence or max(item.cosine for item in evidence) < LEAST_RELEVANCE:
        return "no_relevant_source"
    if any(not any(mentions(item.passage, name) for item in evidence) for name in question_names):
        return "not_in_sources"
    return None


def confidence(support: Sequence[float]) -> float:
    """How sure an answer is, in [0, 1], from the similarity of its sentences to what they cite (the weakest counts)."""
    if not support:
        return 0.0
    return 1.0 / (1.0 + math.exp(-CONFIDENCE_SLOPE * (min(support) - CONFIDENCE_MIDPOINT)))


def refusal(reason: Reason, language: str) -> str:
    """What a reader is told; English for any language but German."""
    return REFUSALS[reason]["de" if language == "de" else "en"]
