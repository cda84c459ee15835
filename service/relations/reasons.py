"""Whether a reason, occasion or detail that a claim adds is in its sources at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.relations.alignment import covered, states
from service.relations.clauses import Clause, Sentence, Word
from service.texts.circumstances import has_reason

Similar = Callable[[str], NDArray[np.float32]]
"""How near in meaning a clause is to each cited source, float32 `(len(cited),)`."""

CAUSE = {
    "de": re.compile(
        r"\b(?:weil|denn|wegen|aufgrund|infolge|nachdem|bevor|beim|dank|aus (?=Sorge|Angst|Furcht)|um(?=\s.*\bzu\b))\s"
    ),
    "en": re.compile(
        r"\b(?:because|due to|owing to|thanks to|as a result of|in order to|so that|after|before|when|while|"
        r"out of (?=fear|concern)|during)\s"
    ),
}
"""After what a claim adds a reason or an occasion."""
_GIVES_REASON = {
    "de": re.compile(
        r"\b(?:weil|denn|wegen|aufgrund|infolge|grund|gründe|ursache\w*|deshalb|daher|darum|deswegen|dadurch|begründe\w*|"
        r"nachdem|bevor|damit|dank|führte)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:because|due to|owing|thanks|reasons?|caused?|hence|since|so|as|"
        r"after|before|when|while|led to|blame\w*)\b",
        re.IGNORECASE,
    ),
}
_BECAUSE = {
    "de": re.compile(r"\b(?:weil|wegen|aufgrund|infolge)\s"),
    "en": re.compile(r"\b(?:because|due to|owing to|as a result of)\s"),
}
"""What gives a reason and nothing else."""
DETAIL = re.compile(r",\s|\s[–—-]\s|;\s|\b(?:und|and)\s")
"""After what it may add one as well, or a detail."""
_RELATIVE = re.compile(r"(?:who|which|der|die|das)\s(?:is|was|für|in|im)\b")
"""What somebody is, which other rules judge."""
LEAST_SHARE = 0.34
"""Of the words of a reason in the sources' language that they must have."""
MOST_NEARNESS = 0.3
"""To the nearest source, of a part that is new: meaning may be the same in quite other words."""
LEAST_WORDS, LEAST_WORDS_ACROSS = 2, 4
"""That say something, in one language and across two, where only words with a known translation count."""


def flaw(claim: Sentence, sources: Sequence[Clause], similar: Similar | None) -> str:
    """`reason: ...` where a part of `claim` that gives a reason or a detail has nothing in common with `sources`."""
    if len(sources) == 1 and _is_given_nowhere(claim.whole, sources[0], similar):
        return "reason: the source gives none for anything"
    for part, is_cause in _parts(claim.whole):
        told = [source for source in sources if _is_linked(claim.whole, part, source)] if is_cause else sources
        if is_cause and not told and _is_of_nothing(claim.whole, part, sources):
            return "reason: what it is given for stands in no source"
        near = _among(similar, [source in told for source in sources])
        each = (_is_unknown(part, [source], near, is_cause=is_cause) for source in told)
        if _is_unknown(part, told, near, is_cause=is_cause) and all(each):
            return f"reason: no source says {part.text.strip(' ,.')!r}"
    return ""


def _is_given_nowhere(claim: Clause, source: Clause, similar: Similar | None) -> bool:
    """Whether `claim` says "because" and `source`, all that it cites, has no word for a reason, a fear or a purpose."""
    because = _BECAUSE[claim.language].search(claim.text)
    if because is None or has_reason(source.text):
        return False
    return similar is None or float(similar(claim.text[because.end() :]).max()) < MOST_NEARNESS


def _is_linked(claim: Clause, part: Clause, source: Clause) -> bool:
    """Whether a source that may have a reason also speaks of what it is one for, or says that it is one."""
    rest = _rest(claim, part)
    if claim.language == source.language:
        rest = {word for word in rest if not _only_names(word)} or rest
    return bool(rest & covered(claim, source)) or bool(_GIVES_REASON[source.language].search(source.text))


def _is_of_nothing(claim: Clause, part: Clause, sources: Sequence[Clause]) -> bool:
    """Whether what `part` of `claim` is given for says something, and all sources are in its language."""
    says_something = any(not _only_names(word) for word in _rest(claim, part))
    return says_something and all(source.language == claim.language for source in sources)


def _only_names(word: Word) -> bool:
    """A name, or letters that are a part of one: "AI"."""
    return word.is_name or word.text.isupper()


def _among(similar: Similar | None, told: Sequence[bool]) -> Similar | None:
    """`similar` to the sources that are `told` alone."""
    return (lambda text: similar(text)[np.array(told)]) if similar is not None and any(told) else similar


def _rest(claim: Clause, part: Clause) -> set[Word]:
    return {word for word in claim.content if not part.start <= word.start < part.start + len(part.text)}


def _parts(said: Clause) -> Iterator[tuple[Clause, bool]]:
    """What can be new, up to the next mark or conjunction, and whether a word for a cause leads it in."""
    causes = {match.end() for match in CAUSE[said.language].finditer(said.text)}
    starts = sorted(causes | {match.end() for match in DETAIL.finditer(said.text)})
    for start, end in pairwise([*starts, len(said.text)]):
        words = tuple(word for word in said.words if start <= word.start < end)
        figures = tuple(quantity for quantity in said.quantities if start <= quantity.start < end)
        yield Clause(words, figures, start, said.text[start:end], said.language), start in causes


def _is_unknown(part: Clause, sources: Sequence[Clause], similar: Similar | None, *, is_cause: bool) -> bool:
    if any(states(source, quantity) for source in sources for quantity in part.quantities):
        return False
    if any(word.is_name for word in part.words) or _RELATIVE.match(part.text):
        return False
    together = any(source.language == part.language for source in sources)
    judged = [word for word in part.content if together or any(key[0] == "@" for key in word.keys)]
    known = frozenset().union(*(covered(part, source) for source in sources))
    share = sum(word in known for word in judged) / max(1, len(judged))
    if len(judged) < (1 if is_cause and together else LEAST_WORDS) or share >= LEAST_SHARE:
        return False
    if not together and (share > 0 or len(judged) < (LEAST_WORDS if is_cause else LEAST_WORDS_ACROSS)):
        return False
    return similar is None or float(similar(part.text).max()) < MOST_NEARNESS
