"""Whether a claim has something before an event that its source has after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.relations.clauses import Clause, Sentence, Word

_BEFORE = {
    "de": re.compile(r"\b(?:vor(?! allem\b)|bevor|ehe)\s", re.IGNORECASE),
    "en": re.compile(r"\b(?:before|prior to|ahead of)\s", re.IGNORECASE),
}
_AFTER = {
    "de": re.compile(r"\b(?:nach|nachdem|seit|seitdem)\s", re.IGNORECASE),
    "en": re.compile(r"\b(?:after|following|since)\s", re.IGNORECASE),
}
_REACH = 3
"""Words that say something after "before" in which the event is named."""


def flaw(claim: Sentence, sources: Sequence[Sentence]) -> str:
    """`direction: ...` where `claim` has it before an event that every source which dates it by has it after."""
    wholes = [source.whole for source in sources]
    for here, there in ((_BEFORE, _AFTER), (_AFTER, _BEFORE)):
        for event in _events(claim.whole, here):
            agrees = any(_is_one(event, other) for source in wholes for other in _events(source, here))
            opposed = any(_is_one(event, other) for source in wholes for other in _events(source, there))
            if opposed and not agrees:
                shown = " ".join(word.text for word in event)
                return f"direction: before and after {shown!r} are exchanged"
    return ""


def _events(sentence: Clause, cues: dict[str, re.Pattern[str]]) -> list[tuple[Word, ...]]:
    """The words that follow each of `cues`, up to the next mark."""
    found = []
    for match in cues[sentence.language].finditer(sentence.text):
        start = sentence.start + match.end()
        mark = re.search(r"[,;:.!?]", sentence.text[match.end() :])
        stop = start + mark.start() if mark else sentence.start + len(sentence.text)
        found.append(tuple(word for word in sentence.content if start <= word.start < stop)[:_REACH])
    return [event for event in found if event]


def _is_one(left: Sequence[Word], right: Sequence[Word]) -> bool:
    """Whether two events share their first noun: what is not written large in German is none."""
    return any(
        one.keys & other.keys
        for one in left
        for other in right
        if not one.is_name and not other.is_name and one.text[:3] and other.text[:3]
    )
