"""What of a question a text leaves open: the words and figures that it has to have, whichever language it is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from index.quantities import quantities, same_value
from service.relations.alignment import alike
from service.relations.clauses import Word, parsed
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.texts.names import TITLES

_SAYS_NO_MORE = re.compile(
    r"finally|eventually|actually|many|much|high|large|total|roughly|approximately|percent\w*|per|cent|year|month|date|"
    r"schließlich|letztlich|endgültig|insgesamt|viele?n?|hoch|ungefähr|prozent\w*|jahr|monat|tag|datum",
    re.IGNORECASE,
)
"""Words of a question that only ask."""


def telling(question: str, asked: Asked) -> list[Word]:
    """The words of `question`, a wording of what was `asked`, that say something; "Tessera AG" is a name."""
    whole = parsed(question, asked.language, frozenset(asked.names)).whole
    of_names = {after for word, after in pairwise(whole.words) if word.is_name and after.lowered in TITLES}
    words = (word for word in whole.content if not word.is_name and word not in of_names)
    return [word for word in words if not _SAYS_NO_MORE.fullmatch(word.text)]


def has_all(text: str, language: str, words: Sequence[Word]) -> bool:
    """Whether `text`, in `language`, has a word that means alike for each of `words`."""
    own = parsed(text, language, frozenset()).whole.content
    return all(any(alike(word, other) for other in own) for word in words)


def states_figures(question: str, language: str, source: Evidence) -> bool:
    """Whether `source` states all figures of `question`, which is in `language`."""
    stated_there = quantities(source.shown(), source.language)
    return all(any(same_value(one, other) for other in stated_there) for one in quantities(question, language))
