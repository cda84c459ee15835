"""What an answer is told in while it is made: passages first, then sentences one by one, then the whole."""

from __future__ import annotations

from dataclasses import dataclass

from service.contract import Answer, AnswerSentence, FoundPassage


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages that were found, before the language model starts."""

    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """One verified sentence; it is final."""

    sentence: AnswerSentence


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer; always the last event."""

    answer: Answer


Event = Sources | Released | Done
