"""Who did it to whom: buyer and seller, payer and paid, winner and loser must not change places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.relations.alignment import likeness
from service.relations.clauses import Clause, Sentence, Word, named
from service.relations.function_words import ADVERBS

_Parts = dict[str, frozenset[str]]
"""Names by the part that they have."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a verb makes of the names around it. Verbs of one `family` may be compared; the rest names the parts."""

    family: str
    subject: str
    object: str
    froms: str = ""
    tos: str = ""


FRAMES = {
    "@buy": _Frame("trade", "buyer", "bought", froms="seller"),
    "@receive": _Frame("transfer", "goal", "", froms="source"),
    "@sell": _Frame("trade", "seller", "bought", tos="buyer"),
    "@pay": _Frame("transfer", "source", "goal", tos="goal"),
    "@give": _Frame("transfer", "source", "goal", tos="goal"),
    "@send": _Frame("transfer", "source", "goal", tos="goal"),
    "@supply": _Frame("transfer", "source", "goal", tos="goal"),
    "@pledge": _Frame("transfer", "source", "goal", tos="goal"),
    "@leave": _Frame("motion", "mover", "source", tos="goal"),
    "@join": _Frame("motion", "mover", "goal", froms="source", tos="goal"),
    "@beat": _Frame("contest", "winner", "loser"),
    "@lose": _Frame("contest", "loser", "winner", tos="winner"),
    "@sue": _Frame("suit", "agent", "patient", tos="patient"),
    "@hire": _Frame("hiring", "agent", "patient", froms="source"),
    "@fire": _Frame("firing", "agent", "patient"),
    "@succeed": _Frame("succession", "agent", "patient"),
    "@replace": _Frame("succession", "agent", "patient"),
    "@fund": _Frame("funding", "agent", "patient"),
    "@advise": _Frame("advice", "agent", "patient"),
    "@praise": _Frame("praise", "agent", "patient"),
    "@criticise": _Frame("criticism", "agent", "patient"),
    "@claim": _Frame("accusation", "agent", "patient"),
    "@copy": _Frame("copying", "agent", "patient"),
    "@insure": _Frame("insurance", "agent", "patient"),
    "@own": _Frame("ownership", "agent", "patient"),
    "@exceed": _Frame("excess", "agent", "patient"),
    "@order": _Frame("order", "agent", "", froms="patient", tos="patient"),
    "@teach": _Frame("teaching", "agent", "patient"),
    "@reject": _Frame("rejection", "agent", "patient"),
    "@arrest": _Frame("arrest", "agent", "patient"),
}
"""Verbs by their concept. What has no part here is left alone."""
_ONE = {"bought": {"seller"}, "seller": {"bought"}}
"""A firm that sells a share of itself is both."""
_FROM = frozenset(["von", "vom", "aus", "from"])
_TO = frozenset(["an", "to", "zu", "zum", "zur", "gegen", "against", "for", "nach", "with"])
_OTHER = frozenset(
    [
        "in",
        "im",
        "bei",
        "beim",
        "mit",
        "für",
        "über",
        "durch",
        "auf",
        "at",
        "on",
        "near",
        "about",
        "as",
        "als",
        "seit",
        "since",
        "nach",
        "before",
        "vor",
        "unter",
        "under",
        "over",
        "of",
    ]
)
_PASSIVE = {
    "de": re.compile(r"\b(?:wurden?|wird|werden|worden)\b"),
    "en": re.compile(r"\b(?:was|were|been|being|is|are|be)\s+(?:\w+\s+)?\w+(?:ed|en|ught|ld|id|t)\b.*\bby\b"),
}
_DETERMINER = re.compile(
    r"\b(?:the|a|an|its|their|his|her|this|that|of|no|final|first|der|die|das|dem|den)\s\Z", re.IGNORECASE
)
_NOUN = re.compile(r"(?:ments?|ers?|ors?|sales?|losses|offers?)\Z")
_PRONOUN = re.compile(r"\b(?:er|sie|es|man|wir|he|she|it|they|we)\b", re.IGNORECASE)
_TOGETHER = re.compile(r"\s(?:and|und|or|oder|nor|noch|sowie|&)\s|\s|-")
_JOINING = frozenset(["und", "sowie"])
"""Between titles before a name: "Gründer und Chef Sorel"."""
_SUIT = re.compile(r"\b(?:Klage|[Ss]uit|[Ll]awsuit|[Cc]ase)\b[^,;]{0,60}?\b(?:gegen|against)\b")
_SEEN_BACK = 4
"""Words before a name among which its preposition is looked for."""
_SHARE = ("prozent", "anteil", "hälfte", "drittel", "viertel", "teil", "mehrheit", "aktien")
_RELATIVE = re.compile(r"\s*(?:der|die|das|den|dem|welche[rsnm]?)\s+(?=[A-ZÄÖÜ])")
"""How a German clause begins whose first name may be its object: "das Quillon gekauft hat"."""


def flaw(claim: Sequence[Clause], sources: Sequence[Sentence]) -> str:
    """`direction: ...` where a source clause with a verb of the same family gives a name of the claim another part."""
    for said in claim:
        for family, parts in _parts(said):
            found = [_in_sentence(said, sentence.clauses, family) for sentence in sources]
            there = _most_alike([other for sentence in found for other in sentence])
            wrong = [part for other in there if (part := _exchanged(parts, other))]
            if wrong and not any(_agrees(parts, other) for other in there):
                return f"direction: {wrong[0]}"
    return ""


def _in_sentence(said: Clause, sentence: Sequence[Clause], family: str) -> Iterator[tuple[int, _Parts]]:
    """The parts that the verbs of `family` give to names, each with how much its clause shares with `said`."""
    for at, clause in enumerate(sentence):
        for other, parts in _parts(clause, sentence[:at]):
            if family == other:
                yield likeness(said, clause), parts


def _most_alike(found: Sequence[tuple[int, _Parts]]) -> list[_Parts]:
    most = max((shared for shared, _ in found), default=0)
    return [parts for shared, parts in found if shared == most]


def _exchanged(said: _Parts, found: _Parts) -> str:
    """What a name is in the claim and is not in the source, where it has another part there."""
    for part, names in said.items():
        elsewhere = {other for other, theirs in found.items() if other != part and names & theirs} - _ONE.get(
            part, set()
        )
        if elsewhere and not names & found.get(part, frozenset()):
            return f"{'/'.join(sorted(names))} is the {min(elsewhere)} in the source, not the {part}"
    return ""


def _agrees(said: _Parts, found: _Parts) -> bool:
    return any(names & found.get(part, frozenset()) for part, names in said.items()) and not _exchanged(said, found)


def _parts(clause: Clause, before: Sequence[Clause] = ()) -> Iterator[tuple[str, _Parts]]:
    """By verb of the clause: the family, and the names by their part."""
    places = slots(clause)
    yield from _nominal(clause, places)
    for word in clause.words:
        if word.is_name or (clause.language == "de" and not word.text.islower()) or _is_noun(clause, word):
            continue
        for concept in sorted(word.keys & FRAMES.keys()):
            frame = FRAMES[concept]
            parts = _filled(frame, clause, places, word, before)
            if parts:
                yield frame.family, parts


def _nominal(clause: Clause, slots: Sequence[Named]) -> Iterator[tuple[str, _Parts]]:
    """ "A suit by Quillon against Tessera", where names stand on either side of "against", or on one."""
    match = _SUIT.search(clause.text)
    if match is None:
        return
    start, against = clause.start + match.start(), clause.start + match.end()
    agents = [named.names for named in slots if start < named.start < against]
    patients = [named.names for named in slots if named.start >= against]
    parts = {"agent": agents[0]} if agents else {}
    yield "suit", parts | ({"patient": patients[0]} if patients else {})


def _is_frame(word: Word, verb: Word) -> bool:
    """Whether `word` is another verb with parts of its own: "leaving the club to join Brandal"."""
    return not word.is_name and bool(word.keys & FRAMES.keys()) and not word.keys & verb.keys & FRAMES.keys()


def _is_noun(clause: Clause, word: Word) -> bool:
    """Whether its ending or a determiner says that `word` is no verb: "payment", "the claim"."""
    named_so = clause.language == "en" and _NOUN.search(word.lowered)
    return bool(named_so or _DETERMINER.search(clause.text[: word.start - clause.start]))


@dataclass(frozen=True, slots=True)
class Named:
    """Names that stand together and what leads them in: `bare`, `from`, `to`, `by` or `other`."""

    names: frozenset[str]
    start: int
    slot: str


def _filled(frame: _Frame, clause: Clause, slots: Sequence[Named], verb: Word, before: Sequence[Clause]) -> _Parts:
    bare_ones = [named for named in slots if named.slot == "bare"]
    passive = bool(_PASSIVE[clause.language].search(clause.text))
    relative = _RELATIVE.match(clause.text)
    if (
        clause.language == "de"
        and relative
        and any(w.start == clause.start + relative.end() for w in clause.words if w.is_name)
    ):
        return {}
    if clause.language == "de":
        leads = bool(bare_ones) and not _has_subject(clause, bare_ones[0])
        subject, follower = (([] if leads else [None]) + bare_ones + [None, None])[:2]
    elif _PRONOUN.search(clause.text[: verb.start - clause.start]):
        subject, follower = None, next((named for named in bare_ones if named.start > verb.start), None)
    else:
        ahead = [named for named in bare_ones if named.start < verb.start]
        stop = min(
            (w.start for w in clause.words if w.start > verb.start and _is_frame(w, verb)), default=verb.start + 10**6
        )
        behind = [named for named in bare_ones if verb.start < named.start < stop]
        subject, follower = (ahead[-1] if ahead else None), (behind[0] if behind else None)
    parts: _Parts = {}
    agent_slot = "from" if clause.language == "de" else "by"
    if passive:
        agent = next((named for named in slots if named.slot == agent_slot), None)
        _put(parts, frame.subject, agent)
        _put(parts, frame.object, subject)
        return parts if agent else {}
    if subject is None and before:
        subject = _subject_before(before)
    _put(parts, frame.subject, subject)
    _put(parts, frame.object, follower)
    _put(parts, frame.froms, next((named for named in slots if named.slot == "from"), None))
    _put(parts, frame.tos, next((named for named in slots if named.slot == "to"), None))
    return parts


def _has_subject(clause: Clause, first: Named) -> bool:
    """Whether a German clause has a subject before its first name, or is one that can have none ("zu kaufen")."""
    if re.search(r"\bzu\s+[a-zäöüß]+en\b", clause.text) or _PRONOUN.search(clause.text):
        return True
    for at, word in enumerate(clause.words):
        if word.start >= first.start:
            break
        until = (other for other in clause.words[at + 1 :] if other.start < first.start)
        follows = all(other.text[0].isupper() or other.lowered in _JOINING for other in until)
        if (
            word.keys
            and word.text[0].isupper()
            and (at or word.lowered not in ADVERBS)
            and not word.is_name
            and not follows
            and _slot(clause.words, at) == "bare"
        ):
            return True
    return False


def _put(parts: _Parts, part: str, named: Named | None) -> None:
    if part and named is not None and part not in parts:
        parts[part] = named.names


def _subject_before(before: Sequence[Clause]) -> Named | None:
    """The name that a clause without a subject of its own goes on about: the only one of the clause before it."""
    places = slots(before[-1])
    return places[0] if len(places) == 1 and places[0].slot == "bare" else None


def slots(clause: Clause) -> list[Named]:
    """The names of `clause` in order, those that stand together as one, each with what leads it in."""
    found: list[Named] = []
    words = clause.words
    last = None
    for at, word in enumerate(words):
        if not word.is_name:
            continue
        if last and _TOGETHER.fullmatch(_between(clause, last, word)):
            found[-1] = Named(found[-1].names | {named(word.text)}, found[-1].start, found[-1].slot)
            last = word
            continue
        last = word
        found.append(Named(frozenset({named(word.text)}), word.start, _slot(words, at)))
    return found


def _is_share(words: Sequence[Word], preposition: Word) -> bool:
    """Whether a share of something is meant ("49 Prozent von Quillon") and not whom it came from."""
    at = words.index(preposition)
    return bool(at) and words[at - 1].lowered.startswith(_SHARE)


def _between(clause: Clause, left: Word, right: Word) -> str:
    return clause.text[left.end - clause.start : right.start - clause.start]


def _slot(words: Sequence[Word], at: int) -> str:
    for word in words[max(0, at - _SEEN_BACK) : at][::-1]:
        lowered = word.lowered
        if lowered == "by":
            return "by"
        if lowered in _FROM:
            return "other" if _is_share(words, word) else "from"
        if lowered in _TO:
            return "to"
        if lowered in _OTHER:
            return "other"
        if word.is_name or (word.text.islower() and word.keys & FRAMES.keys()):
            break
    return "bare"
