"""Questions that lean on the conversation before them, made into queries that stand alone without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.analysis import STEMMED
from service.contracts.answers import Turn
from service.texts.names import bare, names
from service.texts.references import refers_back

MOST_TURNS = 6
"""Turns that a query takes along: as far back as the last question that stands alone, but no further than this."""
TURN_CHARACTERS = 400
"""Of each of these turns, what is searched with."""
SHORT = 2
"""Letters of words that say nothing of what a question is about ("in", "an")."""
FEWEST_WORDS = 2
"""A question without names and of fewer telling words says too little to be searched alone."""

_CONJUNCTION = re.compile(r"\s*(?:und|aber|oder|also|and|but|or|so|ok(?:ay)?)\b[\s,]*", re.IGNORECASE)
_ABOUT = re.compile(
    r"\s*(?:what about|how about|what of|was ist mit|was ist bei|wie ist es (?:mit|bei)|wie sieht es|wie steht es)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:[\w-]+\s+){0,2}?(?:who\w*|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|will|would|can|"
    r"could|should|may|might|wer|wen|wem|wessen|was|welche\w*|wann|wo\w*|warum|weshalb|wieso|wie|ist|sind|war|waren|hat|"
    r"haben|hatte|hatten|wird|werden|wurde|wurden|kann|können|könnte\w*|soll\w*|darf|dürfen|muss|müssen|gibt|gab|stimmt)\b",
    re.IGNORECASE,
)
"""How a whole question begins: with a question word or a verb, perhaps behind a preposition ("At which university")."""
_MORE = re.compile(
    r"\b(?:else|others?|another|next|later|exactly|more|too|as well|instead|noch|sonst|andere\w*|weitere\w*|genau|"
    r"beide\w*|ebenfalls|stattdessen|später|übrige\w*)\b",
    re.IGNORECASE,
)
"""Words that go on with what was said, where nothing new is named."""
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_MEASURE = re.compile(
    r"many|much|long|often|far|old|big|high|tell|viele?|lange?|oft|weit|alt|hoch|groß|sag|nenne", re.IGNORECASE
)
"""Words by which a question asks for a measure, or asks at all."""


def standalone_query(question: str, language: str, history: Sequence[Turn]) -> str:
    """What to search with: the question itself where it stands alone, else behind the turns that it leans on.

    Those begin with the last question of the user that stands alone itself.
    """
    if not leans_on_history(question, language, history):
        return question
    return " ".join([*(turn.content[:TURN_CHARACTERS] for turn in _leaned_on(language, history)), question])


def leans_on_history(question: str, language: str, history: Sequence[Turn]) -> bool:
    """Whether the question can't be understood without what was said before.

    A question stands alone where it asks of something that it names, and has no word for what was said before. One
    without a name does where it has telling words enough and most of them are new to the conversation.
    """
    if not history:
        return False
    conjunction = _CONJUNCTION.match(question)
    asked = question[conjunction.end() :] if conjunction else question
    mentioned = names(asked, language)
    if _ABOUT.match(asked) or refers_back(asked, language, mentioned):
        return True
    whole = _ASKS.match(asked) is not None
    telling = _telling(asked, language, mentioned)
    if conjunction and not whole:
        return True
    if mentioned:
        return not (whole or telling)
    return bool(_MORE.search(asked)) or len(telling) < FEWEST_WORDS or _said(telling, language, history)


def _leaned_on(language: str, history: Sequence[Turn]) -> Sequence[Turn]:
    first = len(history) - 1
    for place in range(len(history) - 1, max(-1, len(history) - 1 - MOST_TURNS), -1):
        first = place
        if history[place].role == "user" and not leans_on_history(history[place].content, language, history[:place]):
            break
    return history[first:]


def _telling(text: str, language: str, mentioned: Sequence[str]) -> set[str]:
    """The stems of the words of `text` that say what it is about, beside its names."""
    words = [word for word in _WORD.findall(text) if len(word) > SHORT and bare(word) not in mentioned]
    return {term for word in words if not _MEASURE.fullmatch(word) for term in _stems(word, language)[:1]}


def _stems(word: str, language: str) -> tuple[str, ...]:
    return STEMMED[language](word, language) if language in STEMMED else (word.casefold(),)


def _said(telling: set[str], language: str, history: Sequence[Turn]) -> bool:
    """Whether half of the words or more were used in the conversation, be it as part of a compound."""
    words = {word for turn in history for word in _WORD.findall(turn.content)}
    said = {stem for word in words for stem in _stems(word, language)}
    return 2 * len(telling & said) >= len(telling)
