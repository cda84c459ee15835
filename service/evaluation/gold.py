"""Gold questions: what is asked, and what a right answer holds and cites."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from service.contracts.answers import QUESTION_CHARACTERS, AskRequest, FilterRequest, SearchRequest, Turn


class Place(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A quote that occurs in the text of an article, character by character, and bears the answer out.

    `start` is the offset of the occurrence that is meant; without it every occurrence is.
    """

    article: str
    quote: str
    start: int | None = None

    def __post_init__(self) -> None:
        if not self.quote.strip():
            raise ValueError("quote must hold more than white space")


class Gold(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question with what a right answer holds. docs/evaluation.md explains every field.

    `nuggets` and `evidence` are groups of alternatives: of each group, one will do. `answers` are short answers that
    exact match and token F1 compare with. `conflict` are the values that the sources disagree about. `candidate` marks
    what a person has not completed yet, which is no gold.
    """

    id: str
    lang: str
    kind: str
    question: str
    answerable: bool
    nuggets: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[tuple[Place, ...], ...] = ()
    history: tuple[Turn, ...] = ()
    conflict: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    as_of: date | None = None
    candidate: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.candidate is not None:
            raise ValueError("is a candidate: complete it, then take the field `candidate` out (docs/feedback.md)")
        if not self.id:
            raise ValueError("id must not be empty")
        if not all(self.nuggets) or not all(all(nugget) for nugget in self.nuggets):
            raise ValueError("nuggets must not hold an empty group or an empty alternative")
        if not all(self.evidence):
            raise ValueError("evidence must not hold an empty group")
        if self.answerable and not (self.nuggets or self.answers):
            raise ValueError("an answerable question needs nuggets or answers")
        if not self.answerable and (self.nuggets or self.evidence or self.answers or self.conflict):
            raise ValueError("a question that is not answerable has no nuggets, evidence, answers or conflict")
        msgspec.convert(msgspec.to_builtins(self.request()), AskRequest)

    def request(self) -> AskRequest:
        """The question as it is asked of a service, everything else as the contract has it by default."""
        return AskRequest(question=self.question, history=self.history, as_of=self.as_of)

    def search(self, query: str, top_k: int) -> SearchRequest:
        """A search for `query` among the articles that the question may be answered from."""
        return SearchRequest(
            question=query[-QUESTION_CHARACTERS:], top_k=top_k, filters=FilterRequest(published_to=self.as_of)
        )
