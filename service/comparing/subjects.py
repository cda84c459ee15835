"""Whether two source sentences speak of the same persons, firms and places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.comparing.stated import Stated
from service.search.evidence import Evidence
from service.texts.names import mentions, names, speaks_of_a_name

_PROPER = r"(?:(?:the|der|die|das|dem|den|von)\s+)?(?:[A-ZÄÖÜ][\w.&’'-]*\s?){1,4}"
_REPORTED = re.compile(
    rf"(?:\b(?:[Aa]ccording to|[Ll]aut|[Nn]ach Angaben (?:von|der|des)|[Ww]ie|told|citing)\s+[„“\"]?{_PROPER}[“”\"]?)|"
    rf"(?:[„“\"]?{_PROPER}[“”\"]?\s*(?:(?:has |hat )?(?:report(?:s|ed)|said|says|writes|wrote|berichte\w*|melde\w*|"
    r"schreib\w*|schrieb|zufolge)))|\b[A-Z]\w+(?: [A-Z]\w+)?-(?:based|ansässig\w*)\b"
)
"""Who reports something, or where somebody sits; it is not about them."""


def same_subject(left: Stated, right: Stated, wanted: Sequence[str]) -> bool:
    """Whether `right` is about the names `wanted`, and about no other ones than `left` instead.

    A name that only one of the two has beside all that is wanted (who reported it, who else was there) is no hindrance.
    """
    if not all(mentions(_around(right.source), name) for name in wanted):
        return False
    known = [*wanted, *_own_names(left.text, left.source.language)]
    return all(
        _is_about(words, right.source.language, wanted, known, left.source.context)
        for words in (right.clause, right.text)
    )


def _is_about(words: str, language: str, wanted: Sequence[str], known: Sequence[str], around: str) -> bool:
    own = _own_names(words, language)
    others = [name for name in own if not any(mentions(old, name) for old in known) and not mentions(around, name)]
    return not others or (bool(wanted) and all(mentions(words, name) for name in wanted))


def _around(source: Evidence) -> str:
    """Where the names may stand that the sentence is about: near it, or anywhere in its passage if it has none."""
    named = speaks_of_a_name(source.shown(), source.language, source.passage)
    return source.context if named else source.passage


def _own_names(text: str, language: str) -> list[str]:
    return names(_REPORTED.sub(" ", text), language)
