"""One answer under way: what was asked and found, what holds of what was written so far, and why the rest does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

from service.answering.clock import Clock
from service.answering.draft import Draft
from service.contracts.answers import Reason, Usage
from service.generators import Delta
from service.language_model import prompt
from service.language_model.sureness import Sureness
from service.search.evidence import Evidence
from service.search.finding import Asked, Finder, Finding
from service.verification.checking import Checked, part_told
from service.verification.confidence import Signals

MISTIMED = "modality"
"""The verifier's reason where a plan is told as done."""
MISWORDED = (MISTIMED, "reason", "name", "premise", "role", "type: no source has a word")
"""Reasons to drop a sentence under which its source may still answer the question, in its own words."""
_OF_ANOTHER = ("role: told of", "role: no source mentions", "role: no source calls")
"""Reasons where it does not: it tells the same of somebody else, or has nobody who holds the office."""
BORNE_OUT = ("form", "type")
"""Reasons where a source bears a sentence out that is in no state to be shown, or no answer."""


@dataclass(slots=True)
class Run:
    """One answer under way. The finder stays the same however often the index is replaced meanwhile.

    `evidence` is what the attempt under way is held against; with `quotes` its sentences are quoted, none is written.
    `not_stated` and `in_another_language` tell what the model did. Of the sentences that were dropped, `mistimed` are
    the sources of plans told as done, `miswritten` those that may answer in their own words, `doubted` those that bore
    a sentence out which was too poor or too unsure to be shown, `foreign` those of one that was only in their language.
    `prompted_at` is None once the first token has come.
    """

    finder: Finder
    finding: Finding
    evidence: tuple[Evidence, ...]
    draft: Draft
    clock: Clock
    generator: str = ""
    quotes: bool = False
    not_stated: bool = False
    in_another_language: bool = False
    mistimed: list[Evidence] = field(default_factory=list)
    miswritten: list[Evidence] = field(default_factory=list)
    doubted: list[Evidence] = field(default_factory=list)
    foreign: list[Evidence] = field(default_factory=list)
    attempts: int = 0
    usage: Usage = field(default_factory=Usage)
    prompted_at: float | None = None
    sureness: Sureness = field(default_factory=Sureness)

    @property
    def asked(self) -> Asked:
        """The question."""
        return self.finding.asked

    def notice(self, delta: Delta) -> None:
        """Keep when the first token came, how sure the model is and what was used."""
        self.clock.mark("first_token")
        if self.prompted_at is not None:
            self.clock.add("read", perf_counter() - self.prompted_at)
            self.prompted_at = None
        self.sureness.hear(delta.tokens)
        self.usage = delta.usage or self.usage

    def guessed(self, text: str) -> None:
        """Keep that the model nearly said that nothing is stated, instead of `text`."""
        self.not_stated = True
        if not prompt.says_not_stated(text):
            chance = f"{self.sureness.not_stated:.2f}"
            self.draft.drop(prompt.without_marks(text), f"guess: the model took it for not stated with chance {chance}")

    def reject(self, checked: Checked) -> None:
        """Keep what did not hold, and its source where another wording or another source may."""
        self.draft.drop(checked.text, checked.reason)
        if checked.nearest and checked.reason.startswith(MISTIMED):
            self.mistimed.append(checked.nearest)
        if checked.nearest and checked.reason.startswith(MISWORDED) and not _is_of_another(checked.reason):
            self.miswritten.append(checked.nearest)
        if checked.nearest and checked.reason.startswith(BORNE_OUT):
            self.doubted.append(checked.nearest)

    def doubt(self, checked: Checked, confidence: float) -> None:
        """Keep what is too likely to be wrong."""
        self.draft.drop(checked.text, f"doubt: right with a chance of {confidence:.2f}")
        self.miswritten += checked.cited
        self.doubted += checked.cited

    def cut_off(self, text: str) -> None:
        """Keep that `text` was not written to its end."""
        self.draft.drop(prompt.without_marks(text), "cut off: the limit of tokens came before its end")

    def signals(self, evidence: float) -> Signals:
        """What is known of the answer. `evidence` is how likely it is among the evidence."""
        about = min((part_told(self.asked, cited) for _, cited in self.draft.claims), default=0.0)
        return self._signals(evidence, min(self.draft.support, default=0.0), about)

    def signals_of(self, checked: Checked, evidence: float) -> Signals:
        """The same, of an answer that is nothing but the sentence `checked`."""
        return self._signals(evidence, checked.similarity, part_told(self.asked, checked.cited))

    def _signals(self, evidence: float, support: float, about: float) -> Signals:
        sure = self.sureness
        return Signals(evidence, 1.0 - sure.not_stated, sure.likelihood, max(0.0, support), about)

    def refusal(self) -> Reason | None:
        """Why there is no answer after all; None where a sentence was released."""
        if self.draft.sentences:
            return None
        return "not_in_sources" if self.not_stated else "unsupported"


def _is_of_another(reason: str) -> bool:
    return reason.startswith(_OF_ANOTHER) or reason.endswith("does so in the source")
