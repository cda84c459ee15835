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
        r"\b(?:because|due to(?! be\b)|owing to|thanks to|as a result of|in order to|so that|after|before|when|while|"
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
    "en": re.compile(r"\b(?:because|due to(?! be\b)|owing to|as a result of)\s"),
}
"""What gives a reason and nothing else."""
_SURELY_BECAUSE = {
    "de": re.compile(r",\s*(?:weil|da|denn)\s|\b(?:wegen|aufgrund|infolge)\s"),
    "en": re.compile(r"\b(?:because|due to(?! be\b)|owing to|as a result of)\s|,\s*(?:since|as) (?:it|he|she|they)\s"),
}
"""The same, with the German "da" where it stands behind a comma."""
_ONLY_WHEN = re.compile(r"\b(?:before|until|bevor|bis)\b", re.IGNORECASE)
"""What may tell an occasion, and no reason for which somebody says "because"."""
DETAIL = re.compile(r",\s|\s[–—-]\s|;\s|\b(?:und|and)\s")
"""After what it may add one as well, or a detail."""
_RELATIVE = re.compile(r"(?:who|which|der|die|das)\s(?:is|was|für|in|im)\b")
"""What somebody is, which other rules judge."""
LEAST_SHARE = 0.34
"""Of the words of a reason in the sources' language that they must have."""
MOST_NEARNESS = 0.3
"""To the nearest source, of a part that is new: meaning may be the same in quite other words."""
LEAST_OF_HAPPENING, FEWEST_OF_HAPPENING = 0.3, 3
"""Part of the words for what a reason is given for that what is cited must have, and from how many of them on."""
LEAST_WORDS, LEAST_WORDS_ACROSS = 2, 4
"""That say something, in one language and across two, where only words with a known translation count."""


def flaw(
    claim: Sentence,
    sources: Sequence[Clause],
    similar: Similar | None,
    before: Sequence[Clause | None] = (),
    question: str = "",
) -> str:
    """`reason: ...` where a part of `claim` that gives a reason or a detail has nothing in common with `sources`.

    `before` has the sentence before each of these: what a reason is given for may be told there. What `question` itself
    says to be "because of" something is no reason that the claim gives.
    """
    if _is_of_another_happening(claim.whole, sources, before or [None] * len(sources)):
        return "reason: hardly a word of what it is given for stands in what is cited"
    is_own = _BECAUSE[claim.whole.language].search(question) is None
    if is_own and _is_given_nowhere(claim.whole, sources, similar):
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


def _is_given_nowhere(claim: Clause, sources: Sequence[Clause], similar: Similar | None) -> bool:
    """Whether `claim` says "because" and none of `sources` has a word for a reason, a fear or a purpose.

    Of several, one that has nothing of the claim but names gives its reason for something else.
    """
    because = _BECAUSE[claim.language].search(claim.text)
    if because is None or any(_may_give_it(one, claim, sources) for one in sources):
        return False
    return similar is None or float(similar(claim.text[because.end() :]).max()) < MOST_NEARNESS


def _may_give_it(source: Clause, claim: Clause, sources: Sequence[Clause]) -> bool:
    if not has_reason(_ONLY_WHEN.sub("", source.text)):
        return False
    return len(sources) == 1 or any(not _is_named(word, claim) for word in covered(claim, source))


def _is_of_another_happening(claim: Clause, sources: Sequence[Clause], before: Sequence[Clause | None]) -> bool:
    """Whether `claim` says "because" behind what none of `sources` tells of, with the sentence `before` it.

    A true reason for another happening of the same firm is none for this one.
    """
    because = _SURELY_BECAUSE[claim.language].search(claim.text)
    if because is None:
        return False
    together = any(source.language == claim.language for source in sources)
    told = [word for word in claim.content if word.start < because.start() and not _is_named(word, claim)]
    judged = [word for word in told if together or any(key[0] == "@" for key in word.keys)]
    if len(judged) < FEWEST_OF_HAPPENING:
        return False
    had = [
        covered(claim, source) | (covered(claim, line) if line else frozenset())
        for source, line in zip(sources, before, strict=True)
    ]
    return max(sum(word in known for word in judged) for known in had) < LEAST_OF_HAPPENING * len(judged)


def _is_named(word: Word, claim: Clause) -> bool:
    """A name or a part of one, which English writes large."""
    written_large = claim.language == "en" and word.text[0].isupper() and word is not claim.words[0]
    return written_large or _only_names(word)


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
