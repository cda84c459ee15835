"""Whether a claim has the opposite of what its source has: rose and fell, highest and lowest, admitted and denied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from service.relations.alignment import likeness, nearest
from service.relations.clauses import Clause, Sentence, named
from service.relations.tables import rows

_NEGATION = {
    "de": re.compile(
        r"\b(?:nicht(?!\s(?:nur|zuletzt|allein|mehr als|vor|weniger))|kein\w*|nie|niemals|niemand\w*|ohne|weder)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:not(?!\s(?:only|just|least|before|until|yet|more|less))|no(?!\s(?:longer|more|less|fewer|later|earlier))|"
        r"never|nobody|none|no one|neither|cannot|without|\w+n[’']t)\b",
        re.IGNORECASE,
    ),
}
_BOUND = re.compile(
    r"\b(?:(?:nicht |no )?(?:mehr|weniger|more|less|fewer|larger|smaller) (?:als|than)(?= (?:\S+ )?[\d$€£])|nicht mehr|"
    r"mehr (?=denn je)|no longer|umso mehr|unter anderem|mehr oder weniger|more or less|"
    r"(?:kein\w*|niemand) [^,.;]{0,40}mehr)\b",
    re.IGNORECASE,
)
"""A bound of a figure is no comparison, and "no more" no increase."""
LEAST_LETTERS = 5
"""With which two forms of one word begin."""
_DENYING = re.compile(r"un(?!d|ter|i)|non-?|dis|in(?=[adfst])|nicht-?")
_PASSIVE = re.compile(r"\b(?:wurden?|wird|werden|worden)\b.*\bvo[nm]\b|\b(?:was|were|been|is|are)\b.*\bby\b")
Poles = frozenset[tuple[str, int]]
"""Axes with the sign of the pole."""


def flaw(claim: Sentence, sources: Sequence[Sentence]) -> str:
    """`direction: ...` where the clauses that speak of what a clause of `claim` says have only its opposite."""
    every = {clause: source for source in sources for clause in (*source.clauses, source.whole)}
    clauses = [clause for source in sources for clause in source.clauses]
    wholes = [source.whole for source in sources]
    for said in claim.clauses:
        own = poles(said)
        about = nearest(said, clauses) or nearest(claim.whole, wholes) or _nearest_at_all(claim.whole, wholes)
        if problem := _without_prefix(said, [every[clause].whole for clause in about]):
            return problem
        for axis, sign in sorted(own):
            if (axis, -sign) in own:
                continue
            there = _there(axis, about, every)
            if there == {-sign} and not (axis.startswith("~") and _turned_round(said, claim.whole, about, every)):
                return f"direction: the source has the opposite of {said.text.strip(' ,.')!r} ({axis.strip('!~=')})"
    return ""


def _without_prefix(said: Clause, sources: Sequence[Clause]) -> str:
    """ "Content" is the opposite of "discontent"; a negation on either side turns it once more."""
    if _NEGATION[said.language].search(said.text):
        return ""
    for word in said.content:
        same = [other for source in sources if source.language == said.language for other in source.content]
        if any(word.keys & other.keys for other in same) or word.is_name or len(word.text) < LEAST_LETTERS:
            continue
        for other in same:
            if _is_opposite(word.lowered, other.lowered) or _is_opposite(other.lowered, word.lowered):
                return f"direction: the source has {other.text!r}, not {word.text!r}"
    return ""


def _is_opposite(word: str, longer: str) -> bool:
    """Whether `longer` is `word`, in any form, with a prefix that denies it."""
    match = _DENYING.match(longer)
    return match is not None and longer[match.end() :][:LEAST_LETTERS] == word[:LEAST_LETTERS]


def _nearest_at_all(claim: Clause, sources: Sequence[Clause]) -> list[Clause]:
    """Those that share most with `claim`, if only a word: they were cited as what bears it out."""
    most = max((likeness(claim, source) for source in sources), default=0)
    return [source for source in sources if most and likeness(claim, source) == most]


def _there(axis: str, about: Sequence[Clause], every: dict[Clause, Sentence]) -> set[int]:
    """The poles of `axis` that the clauses have; where they have none, their sentences."""
    parts = [
        part for clause in about for part in (every[clause].clauses if clause is every[clause].whole else [clause])
    ]
    near = {sign for clause in parts for name, sign in poles(clause) if name == axis}
    if near:
        return near
    whole = {part for clause in about for part in every[clause].clauses}
    return {sign for clause in whole for name, sign in poles(clause) if name == axis}


def _turned_round(said: Clause, claim: Clause, about: Sequence[Clause], every: dict[Clause, Sentence]) -> bool:
    """Whether two names stand the other way round in the source; the passive turns them once more."""
    for clause in about:
        source = every[clause].whole
        own = [named(word.text) for word in claim.words if word.is_name]
        theirs = [named(word.text) for word in source.words if word.is_name]
        shared = list(dict.fromkeys(name for name in own if name in theirs))
        passive = bool(_PASSIVE.search(said.text)) != bool(_PASSIVE.search(clause.text))
        if len(shared) > 1 and (theirs.index(shared[0]) > theirs.index(shared[1])) != passive:
            return True
    return False


@lru_cache(maxsize=4096)
def _poles(text: str, language: str) -> Poles:
    plain = _BOUND.sub(lambda match: " " * len(match.group()), text)
    negated = len(_NEGATION[language].findall(plain)) % 2 == 1
    found = list(_matches(plain, language))
    kept = [
        (axis, sign)
        for axis, sign, start, end in found
        if not any(
            axis == other and sign != turned and begin <= start and end <= stop and stop - begin > end - start
            for other, turned, begin, stop in found
        )
    ]
    if not negated:
        return frozenset(kept)
    return frozenset((axis, -sign if axis[0] == "!" else sign) for axis, sign in kept if axis[0] in "!=")


def poles(clause: Clause) -> Poles:
    """The poles that the words of `clause` stand for. A negation turns those of axes without a third."""
    return _poles(clause.text, clause.language)


def _matches(text: str, language: str) -> Iterator[tuple[str, int, int, int]]:
    for axis, sign, pattern in _patterns(language):
        for match in pattern.finditer(text):
            yield axis, sign, match.start(), match.end()


@cache
def _patterns(language: str) -> tuple[tuple[str, int, re.Pattern[str]], ...]:
    flags = re.IGNORECASE if language == "en" else 0
    return tuple(
        (row.meaning[:-1], 1 if row.meaning.endswith("+") else -1, re.compile(_pattern(row.forms(language)), flags))
        for row in rows("opposites.txt")
    )


def _pattern(forms: Sequence[str]) -> str:
    written = (
        re.sub(r"(?<!\\w)\*", r"\\w*", form).replace("_", r"\s(?:[^\s,;.]+\s){0,6}?") for form in map(_spaced, forms)
    )
    return rf"(?<![\w-])(?:{'|'.join(written)})(?![\w-])"


def _spaced(form: str) -> str:
    return re.sub(r"\.(?!\*)", r"[\\s-]", form)
