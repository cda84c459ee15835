"""When to refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.contracts.answers import Reason
from service.language_model.second_check import SecondCheck
from service.language_model.sureness import Sureness
from service.search.calibration import Calibration
from service.search.finding import Asked, Finding
from service.settings import Risk
from service.texts.names import mentions
from service.verification.confidence import DEFAULTS, Confidence, Signals

FALSE_REFUSALS: dict[Risk, float] = {"low": 0.1, "medium": 0.02, "high": 0.01}
"""What share of answerable questions may be refused before a language model is asked, by the risk that is taken."""

QUOTING: Risk = "low"
"""Where sentences are quoted without a language model, nothing but the estimate can tell that they are no answer."""

LEAST_CONFIDENCE: dict[Risk, float] = {"low": 0.65, "medium": 0.57, "high": 0.45}
"""How sure to be of an answer's first sentence, by the risk that is taken."""
LEAST_SUPPORT = 0.03
"""Least similarity of an answer's sentence and what it cites."""
MOST_NOT_STATED = 0.22
"""An answer in whose place the model would have said so likely that nothing is stated is a guess, unless it is in the
words of one source."""
MOST_GUESSED = 0.5
"""And from here on it is one whatever a source says: the model would rather have said that nothing is stated."""
MOST_OPPOSITE = 1 / 3
"""How likely a no may be beside a yes, or the other way round: half as likely. Right ones of trials had up to .27."""

_PERSON = re.compile(r"\b(?:he|him|she|they|them|er|ihn|ihm|ihnen)\b")
_ASKED_FOR = re.compile(r"\A\W*(?:how many|how much|wie viele?|which|what|welche[rnms]?)\s+\w+", re.IGNORECASE)
_NOUN_AHEAD = re.compile(
    r"\b(?:the|an?|this|every|each|d(?:er|ie|as|en|em)|eine?[nmrs]?|jede[rnms]?)\s+\w|\s[A-ZÄÖÜ]",
)
"""What the person may be, in a question without a name: "When did the mayor say that he ..."."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """When to refuse, before a language model is asked and while it answers; and how sure to be of what it answered.

    `second` judges sentences that the rules have passed; None where there is no such judge.
    """

    calibrated: Calibration
    risk: Risk = "medium"
    confidence: Confidence = DEFAULTS
    second: SecondCheck | None = None

    def before_generation(self, finding: Finding) -> Reason | None:
        """Why no model needs to be asked; None where one should be."""
        asked = finding.asked
        if _names_nothing(asked):
            return "ambiguous"
        if not finding.evidence:
            return "no_relevant_source"
        risk = QUOTING if asked.request.mode == "extract" else self.risk
        if self.calibrated.probability(finding.known) < self.calibrated.threshold(FALSE_REFUSALS[risk]):
            return "no_relevant_source"
        missing = (name for name in asked.names if not any(mentions(item.passage, name) for item in finding.evidence))
        return "not_in_sources" if any(missing) else None

    def is_sure_enough(self, signals: Signals) -> bool:
        """Whether a sentence with these signals may begin an answer."""
        return self.confidence.of(signals) >= LEAST_CONFIDENCE[self.risk]

    def while_generating(self, sureness: Sureness, finding: Finding) -> Reason | None:
        """Why what a model writes of `finding` is not to be trusted, once its first token is known; None where it is.

        Where the search found an answer unlikely, a smaller doubt of the model's weighs as much.
        """
        unlikely = 1 - self.calibrated.probability(finding.known)
        doubt = max(sureness.not_stated, _both(sureness.not_stated, unlikely))
        return "not_in_sources" if doubt >= MOST_NOT_STATED else None

    def is_guess(self, sureness: Sureness) -> bool:
        """Whether what a model writes is not even to be held against the sources."""
        return sureness.not_stated >= MOST_GUESSED

    def is_toss_up(self, sureness: Sureness) -> bool:
        """Whether a model that wrote yes or no might as well have written the other."""
        return sureness.opposite >= MOST_OPPOSITE


def _both(first: float, second: float) -> float:
    """The chance of something for which two independent signs speak with these chances, by Bayes' rule."""
    for_it, against = first * second, (1 - first) * (1 - second)
    return for_it / (for_it + against) if for_it else 0.0


def _names_nothing(asked: Asked) -> bool:
    """Whether the question is about somebody whom neither it nor a conversation names."""
    request = asked.request
    if request.history or asked.names:
        return False
    person = _PERSON.search(request.question)
    return person is not None and not _NOUN_AHEAD.search(_ASKED_FOR.sub("", request.question[: person.start()]))
