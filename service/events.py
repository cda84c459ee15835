"""What an answer is told in while it is made: passages first, then sentences one by one, then the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.contracts.answers import Answer, AnswerSentence, Citation, FoundPassage


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages that were found, before the language model starts.

    `id` and `query` are those that the answer will have, `snapshot` is what it is made from.
    """

    passages: tuple[FoundPassage, ...]
    id: str
    query: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class Released:
    """One verified sentence; it is final. `citations` are those of it that no sentence before had, final too."""

    sentence: AnswerSentence
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer; always the last event."""

    answer: Answer


Event = Sources | Released | Done


def told_again(answer: Answer) -> Iterator[Event]:
    """What was told when `answer` was given first."""
    yield Sources(answer.passages, answer.id, answer.query, answer.snapshot)
    citations = {citation.label: citation for citation in answer.citations}
    for sentence in answer.sentences:
        yield Released(sentence, tuple(citations.pop(label) for label in sentence.citations if label in citations))
    yield Done(answer)
