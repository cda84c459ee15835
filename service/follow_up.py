"""Questions that lean on the conversation before them, made into queries that stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.contract import Turn
from service.names import names

LAST_TURNS = 2
TURN_CHARACTERS = 400

_CONTINUES = re.compile(
    r"\s*(?:und|aber|oder|also|and|but|or|so|what about|how about|was ist mit|wie sieht es)\b", re.IGNORECASE
)
_REFERS = re.compile(
    r"\b(?:er|ihn|ihm|es|ihr|ihre[nrms]?|sein(?:e[nrms]?)?|sie|diese[nrms]?|jene[nrms]?|dort|dazu|dafür|davon|damals|"
    r"he|him|his|she|her|it|its|they|them|their|this|that|these|those|there|then|one|ones)\b",
    re.IGNORECASE,
)


def standalone_query(question: str, language: str, history: Sequence[Turn]) -> str:
    """What to search with: the question itself where it stands alone, else with the last turns before it.

    A question stands alone where it names something and neither continues the one before nor refers back.
    """
    if not history or not leans_on_history(question, language):
        return question
    turns = [turn.content[:TURN_CHARACTERS] for turn in history[-LAST_TURNS:]]
    return " ".join([*turns, question])


def leans_on_history(question: str, language: str) -> bool:
    """Whether the question can't be understood without what was said before."""
    return bool(_CONTINUES.match(question) or _REFERS.search(question) or not names(question, language))
