"""Whether what is cited for a yes or a no tells of what was asked at all.

A yes or no repeats its question, so that it shares words with anything that was found for that, and a model that knows
nothing says yes. The sources of one have to tell what is affirmed or denied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from service.relations.alignment import covered
from service.relations.clauses import Clause, Sentence, Word
from service.relations.polarity import NEGATIONS

FEWEST_UNTOLD = 2
"""Words that have to be lacking: one may be another word for what the source says. The only one of a yes has to stand
there; who denies something often tells what is so instead."""
LEAST_UNTOLD = 0.4
"""Part of the words of a yes or no, names apart, that no source has where it is about something else."""
FEWEST_COMPARED = 2
"""Figures that tell a comparison."""

_BEGINNING = re.compile(r"\s*(?:yes|no|ja|nein)\b\s*[,.;:!–—-]", re.IGNORECASE)
_COMPARES = {
    "de": re.compile(r"\b(?:mehr|weniger|(?!(?:ander|aber|wieder)\b)[a-zäöüß]{3,}er\w{0,2})\b[^.,]*?\bals\b"),
    "en": re.compile(r"\b(?:more|less|fewer|(?!(?:rather|other|never)\b)[a-z]{3,}er)\b[^.,]*?\bthan\b"),
}
_ANY_COMPARISON = {
    "de": re.compile(
        r"\b(?:als|mehr|weniger|meiste\w*|höher\w*|teurer|niedriger|größer|kleiner|besser|schlechter|\w+ste[nmrs]?|"
        r"zweit\w*|dritt\w*|rekord\w*|über(?:trifft|troffen|traf|stieg\w*|steigt)|unterbiet\w*|so \w+ wie|ebenso|"
        r"doppelt\w*|verdoppel\w*|halb\w*|nie zuvor)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:than|more|less|most|least|fewer|\w+est|higher|larger|bigger|smaller|lower|second|third|record|exceed\w*|"
        r"surpass\w*|outstrip\w*|beat|as \w+ as|twice|doubl\w*|half|halv\w*|ever|only \w+ (?:was|cost))\b",
        re.IGNORECASE,
    ),
}
_DOUBLED = re.compile(r"doubl\w*|tripl\w*|halv\w*|verdoppel\w*|verdreifach\w*|halbier\w*", re.IGNORECASE)
"""What two figures tell without a word for it."""


def flaw(said: Sentence, sources: Sequence[Sentence], around: Sequence[Sentence]) -> str:
    """`meaning: ...` where `said`, a yes or no, is told by no source, `comparison: ...` where no source compares.

    `around` is what stands before the sources: who or what they tell of may stand there, not what is done. Sources in
    another language are judged for comparisons alone: too many words are unknown there.
    """
    whole, told = said.whole, [source.whole for source in sources]
    beginning = _BEGINNING.match(whole.text)
    if beginning is None:
        return ""
    if _COMPARES[whole.language].search(whole.text) and not _compare(told):
        return "comparison: no source compares what the yes or no does"
    if any(source.language != whole.language for source in told):
        return ""
    words = [word for word in _without_names(whole) if word.start >= beginning.end()]
    untold = [word for word in words if not _is_told(word, whole, told, [line.whole for line in around])]
    affirms = not NEGATIONS[whole.language].search(whole.text)
    if (
        len(untold) < (FEWEST_UNTOLD if len(words) > 1 or not affirms else 1)
        or len(untold) < LEAST_UNTOLD * len(words)
        or not _has_verb(untold, whole.language)
    ):
        return ""
    return f"meaning: no source tells what is affirmed or denied ({', '.join(word.text for word in untold)})"


def _without_names(clause: Clause) -> list[Word]:
    """The words of `clause` that say something, without names and what is written large right behind one."""
    named = {after for word, after in pairwise(clause.words) if word.is_name and after.text[0].isupper()}
    return [word for word in clause.content if not word.is_name and word not in named]


def _compare(sources: Sequence[Clause]) -> bool:
    if sum(len(source.quantities) for source in sources) >= FEWEST_COMPARED:
        return True
    return any(_ANY_COMPARISON[source.language].search(source.text) for source in sources)


def _is_told(word: Word, claim: Clause, sources: Sequence[Clause], around: Sequence[Clause]) -> bool:
    if _DOUBLED.fullmatch(word.text) or any(word in covered(claim, source) for source in sources):
        return True
    is_done = claim.language == "de" and word.text.islower()
    return not is_done and any(word in covered(claim, line) for line in around)


def _has_verb(words: Sequence[Word], language: str) -> bool:
    """Whether one of `words` may be a verb, which German nouns are not."""
    return any(word.text.islower() for word in words) if language == "de" else bool(words)
