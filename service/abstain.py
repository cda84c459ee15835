"""When to refuse, and in which words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.calibration import Calibration
from service.contract import Reason
from service.finding import Finding
from service.names import mentions
from service.settings import Risk

FALSE_REFUSALS: dict[Risk, float] = {"low": 0.1, "medium": 0.02, "high": 0.01}
"""What share of answerable questions may be refused before a language model is asked, by the risk that is taken."""

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


@dataclass(frozen=True, slots=True)
class Abstention:
    """When to refuse before a language model is asked."""

    calibrated: Calibration
    risk: Risk = "medium"

    def before_generation(self, finding: Finding) -> Reason | None:
        """Why no model needs to be asked; None where one should be."""
        if not finding.evidence:
            return "no_relevant_source"
        if self.calibrated.probability(finding.known) < self.calibrated.threshold(FALSE_REFUSALS[self.risk]):
            return "no_relevant_source"
        missing = (name for name in finding.asked.names if not any(mentions(e.passage, name) for e in finding.evidence))
        return "not_in_sources" if any(missing) else None


def confidence(support: Sequence[float]) -> float:
    """How sure an answer is, in [0, 1], from the similarity of its sentences to what they cite (the weakest counts)."""
    if not support:
        return 0.0
    return 1.0 / (1.0 + math.exp(-CONFIDENCE_SLOPE * (min(support) - CONFIDENCE_MIDPOINT)))


def refusal(reason: Reason, language: str) -> str:
    """What a reader is told; English for any language but German."""
    return REFUSALS[reason]["de" if language == "de" else "en"]
