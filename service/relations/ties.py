"""What belongs to whom: "the chief executive of Quillon" must not become "the chief executive of Tessera".

A noun or verb and the name that a preposition, a genitive or a hyphen ties to it: "a stake in Tessera", "Tessera's
founder", "Tessera-Gründer", "invested in Tessera".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from service.relations.clauses import Clause, Sentence, Word, between, named, names_from, names_start
from service.relations.lexicon import keys
from service.relations.roles import kind_of
from service.relations.subjects import Told
from service.relations.tables import rows
from service.texts.names import TITLES, names

_OWN = "whose"
"""The kind of tie that a genitive or a hyphen makes."""
_DETERMINERS = re.compile(r"the|a|an|its|their|der|die|das|de[mns]|eine?[mnrs]?")
_EXCLUSIVE = frozenset({"about"})
"""Ties that are not made by a preposition of another kind."""
_FOR = frozenset({"für", "for"})
_MOTION = re.compile(
    r"\b(?:land(?:e[nt]?|ete[nt]?)|gelang(?:en|t|te[nt]?)|abfließ\w*|abgeflossen|fließ\w*|geflossen|komm(?:en|t)|kam(?:en)?|"
    r"lauf\w*|läuft|lief(?:en)?|gehen|geht|ging(?:en)?|reis\w*|fähr\w*|fahren|fuhr\w*|flieg\w*|flog\w*|liefer\w*|"
    r"gelieferte?|bezieh\w*|bezog\w*|verkauf\w*|vertreib\w*|transport\w*|weitergegeben|weitergeb\w*|erreich\w*)\b"
)
"""Verbs with which German "über" is the way that something takes: "die Daten gelangen über den Händler ins Netz"."""
_REACH = 6
"""Words back from a preposition in which what it hangs on is looked for."""
_COMMA = re.compile(r"[,;:()–—\"„“”]|\s-\s")


@dataclass(frozen=True, slots=True)
class _Tie:
    """What stands to `names`, of the kinds of ties that its preposition may stand for.

    `start` is where the noun or verb stands that they are tied to; `is_for` tells that "for" does it.
    """

    head: frozenset[str]
    names: frozenset[str]
    kinds: frozenset[str]
    shown: str
    end: int
    start: int
    is_for: bool = False


def flaw(claim: Sentence, told: Sequence[Told]) -> str:
    """`role: ...` where the sources tie a noun or verb of `claim` to other names only than `claim` does."""
    sources = [source.sentence for source in told]
    known = claim.whole.names.union(*(source.whole.names for source in sources))
    there = [(source, tie) for source in sources for tie in _ties(source.whole, known)]
    own = list(_ties(claim.whole, known))
    for tie in own:
        if _has_its_owner(tie, own):
            continue
        if _by_another_preposition(tie, [other for _, other in there]):
            return f"role: {tie.shown} by another preposition than in the source"
        if any(_is_elsewhere(tie, source) for source in told):
            return f"role: {tie.shown} where the source does not speak of {'/'.join(sorted(tie.names))}"
        alike = [(source, other) for source, other in there if other.kinds & tie.kinds and other.head & tie.head]
        if alike and not any(_may_be_meant(tie, other, source) for source, other in alike):
            return f"role: {tie.shown} where the source has {alike[0][1].shown}"
    return ""


def _has_its_owner(tie: _Tie, own: Sequence[_Tie]) -> bool:
    """Whether "for" leads no owner, as the noun before it has one: what "spent a tenth of Tessera's income for" says
    hangs on its verb.
    """
    return tie.is_for and any(other.start == tie.start and other.kinds == {_OWN} for other in own)


def _by_another_preposition(tie: _Tie, there: Sequence[_Tie]) -> bool:
    """Whether the sources tie the same things, and never so: "plans about Tessera" that came by way of Tessera."""
    same = [other for other in there if other.head & tie.head and other.names & tie.names]
    return bool(same) and tie.kinds <= _EXCLUSIVE and not any(other.kinds & tie.kinds for other in same)


def _is_elsewhere(tie: _Tie, source: Told) -> bool:
    """Whether a source that names an office neither has the claimed place of it nor goes on about that."""
    sentence = source.sentence.whole
    offices = {key for key in tie.head if key[0] == "#"}
    if not any(offices & _office(word.text, sentence.language) for word in sentence.words):
        return False
    last = source.before[-1].whole.names if source.before else frozenset[str]()
    owners = sentence.names | last
    return bool(last - tie.names) and tie.names.isdisjoint(owners)


def _may_be_meant(tie: _Tie, other: _Tie, source: Sentence) -> bool:
    """Whether `other` has a name of `tie`, or `source` a further one behind it that may hang on the same word."""
    if tie.names & other.names:
        return True
    behind = [word for word in source.whole.words if word.start >= other.end and word.is_name]
    return any(named(word.text) in tie.names and _is_listed(source.whole, word) for word in behind)


def _is_listed(sentence: Clause, word: Word) -> bool:
    before = sentence.text[: word.start - sentence.start]
    return bool(re.search(r"(?:,|\b(?:und|and|or|oder|sowie|auch))\s+(?:[A-ZÄÖÜ][\w-]+\s)?\Z", before))


def _ties(sentence: Clause, known: frozenset[str]) -> Iterator[_Tie]:
    words = sentence.words
    for at, word in enumerate(words):
        if word.is_name and not (at and words[at - 1].is_name):
            yield from _led(sentence, at)
        if word.is_name and at + 1 < len(words):
            yield from _genitive(sentence, at, known)
        if "-" in word.text:
            yield from _compound(sentence, at, known)


def _led(sentence: Clause, at: int) -> Iterator[_Tie]:
    """What a preposition before the name at `at` ties it to."""
    words = sentence.words
    by = at - 1
    if by > 0 and _DETERMINERS.fullmatch(words[by].lowered) and words[by - 1].lowered in _kinds(sentence.language):
        by -= 1
    if by < 1 or words[by].lowered not in _kinds(sentence.language):
        return
    for word in words[max(0, by - _REACH) : by][::-1]:
        if word.is_name or _COMMA.search(between(sentence, word, words[by])):
            return
        if word.keys:
            kinds = _kinds(sentence.language)[words[by].lowered]
            if words[by].lowered == "über":
                kinds = frozenset({"through" if _MOTION.search(sentence.text) else "about"})
            is_for = words[by].lowered in _FOR
            yield replace(_tie(sentence, word, _meaning(sentence, word), names_from(words, at), kinds), is_for=is_for)
            return


def _genitive(sentence: Clause, at: int, known: frozenset[str]) -> Iterator[_Tie]:
    """ "Tessera's customers", "Tesseras Kunden", "Tessera AI CEO Coyle"."""
    words, behind = sentence.words, at + 1
    if (
        words[behind].lowered in TITLES
        and behind + 1 < len(words)
        and not _office(words[behind].text, sentence.language)
    ):
        behind += 1
    word, follower = words[at], words[behind]
    apart = between(sentence, word, follower).strip()
    if apart.removeprefix(words[at + 1].text) or follower.is_name or not follower.keys:
        return
    titled = behind + 1 < len(words) and words[behind + 1].is_name and not follower.text.endswith("s")
    owned = _is_owner(sentence, at, known) and not (sentence.language == "de" and follower.text.islower())
    if owned or (titled and _office(follower.text, sentence.language)):
        yield _tie(
            sentence,
            follower,
            _meaning(sentence, follower),
            names_from(words, names_start(words, at)),
            frozenset({_OWN}),
        )


def _is_owner(sentence: Clause, at: int, known: frozenset[str]) -> bool:
    """Whether the name at `at` is a genitive: in German that shows where the name is known without an s."""
    text = sentence.words[at].text
    german = sentence.language == "de" and text.endswith("s") and named(text) in known
    return german or bool(re.search(r"[’']s?\Z", text))


def _compound(sentence: Clause, at: int, known: frozenset[str]) -> Iterator[_Tie]:
    """ "Tessera-Kunden", "Tessera AI-Kunden"."""
    word = sentence.words[at]
    first, _, rest = word.text.rpartition("-")
    parts = [part for part in first.split("-") if named(part) in known or names(part, sentence.language)]
    owners = frozenset(named(part) for part in parts)
    if at and sentence.words[at - 1].is_name and first.casefold() in TITLES:
        owners |= names_from(sentence.words, names_start(sentence.words, at - 1))
    if owners and rest:
        head = keys(rest, sentence.language) | _office(rest, sentence.language)
        yield _Tie(head, owners, frozenset({_OWN}), word.text, word.end, word.start)


def _tie(sentence: Clause, word: Word, head: frozenset[str], owners: frozenset[str], kinds: frozenset[str]) -> _Tie:
    ends = [other.end for other in sentence.words if other.is_name and named(other.text) in owners]
    behind = [end for end in ends if end > word.start]
    shown = f"{word.text} / {' '.join(sorted(owners))}"
    return _Tie(head, owners, kinds, shown, min(behind, default=max(ends)), word.start)


def _meaning(sentence: Clause, word: Word) -> frozenset[str]:
    return word.keys | _office(word.text, sentence.language)


def _office(text: str, language: str) -> frozenset[str]:
    kind = kind_of(text, language)
    return frozenset({f"#{kind}"}) if kind else frozenset()


@cache
def _kinds(language: str) -> dict[str, frozenset[str]]:
    """By preposition the kinds of ties that it may stand for."""
    found: dict[str, set[str]] = {}
    for row in rows("ties.txt"):
        for form in row.forms(language):
            found.setdefault(form, set()).add(row.meaning)
    return {form: frozenset(kinds) for form, kinds in found.items()}
