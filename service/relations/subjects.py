"""Of whom a source tells what a claim tells of somebody: it must not be said of another name.

`agents` compares who does what one verb says. Here the verbs may differ, and whom a source means by "he" or "the
company" is looked for in what stands before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.relations import agents
from service.relations.alignment import covered, states
from service.relations.clauses import Clause, Sentence, joined_before, named

LEAST_SHARED = 2
"""Words that are no names, and figures, in which two clauses must agree to tell the same."""
_COMPANY = r"(?:unternehmen|firma|konzern|gruppe|start-?up|company|firm|group)"
_STANDS_FOR = {
    "de": re.compile(rf"\b(?:[Ee]r|[Ss]ie|[Ee]s|(?:[Dd]as|[Dd]er|[Dd]ie|[Dd]ieses?)\s(?i:{_COMPANY}))\b"),
    "en": re.compile(
        rf"(?:(?:and|because|that|as|but|while)\s)*(?:\S+\s){{0,3}}?(?i:he|she|it|they|(?:the|this|that)\s{_COMPANY})\b"
    ),
}
"""A subject that stands for whoever was named before; German has it on either side of the verb."""
_LEADING = re.compile(
    r"(?:(?:and|but|while|because|that|as|since|when|although|so|if)\s)*(?P<of>(?i:the|its|their)\s)?"
    r"[A-Z][\w.&’'-]*(?:(?:,|\s(?:and|&))?\s[A-Z][\w.&’'-]*)*(?=\s[a-z]|,)"
)
"""The names with which an English clause begins; behind a determiner they may be a part only ("the Quillon group")."""
_GOES_ON = {
    "de": re.compile(
        r"(?:(?:und|aber)\s)?(?!(?:die|der|das|den|dem|was|wo|wie|dass|weil)\b)[a-zäöü]+(?:t|te|ten|en)\s"
    ),
    "en": re.compile(r"(?:(?:and|but)\s)?(?!(?:who|which|that|whose|where|when|what)\b)[a-z]+\s"),
}
"""How a clause may begin whose subject stands before it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A source sentence and what stands before it, in reading order."""

    sentence: Sentence
    before: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _Telling:
    """A source clause: how much it shares with a claim's, its names, and of whom it tells.

    `by_name` unless by "he" and the like; `same_verb` where that is the claim's.
    """

    shared: int
    names: frozenset[str]
    whom: frozenset[str]
    by_name: bool
    same_verb: bool


def flaw(claim: Sentence, told: Sequence[Told]) -> str:
    """`role: ...` where the source clauses that tell most of a clause of `claim` tell it of another name."""
    mentioned = frozenset[str]().union(*(source.sentence.whole.names for source in told))
    for at, said in enumerate(claim.clauses):
        runs = _own(claim.clauses, at)
        tellings = [telling for source in told for telling in _tellings(said, source)] if runs else []
        most = max((telling.shared for telling in tellings), default=0)
        nearest = [telling for telling in tellings if telling.shared == most]
        least = min(LEAST_SHARED, sum(not word.is_name for word in said.content) + len(said.quantities))
        for run in runs if most >= max(1, least) else ():
            elsewhere = max((telling.shared for telling in tellings if not run.isdisjoint(telling.names)), default=0)
            stranger = run.isdisjoint(mentioned) or most - elsewhere > LEAST_SHARED
            if stranger and all(_is_another(run, claim.whole.names, telling) for telling in nearest):
                return f"role: told of {_shown(nearest[0].whom)} in the source, not of {_shown(run)}"
    return ""


def _is_another(whom: frozenset[str], claimed: frozenset[str], telling: _Telling) -> bool:
    """Whether the source surely tells of somebody else; a name that the claim has elsewhere may have changed places."""
    if not telling.whom or not whom.isdisjoint(telling.whom):
        return False
    return not telling.by_name or telling.same_verb or not telling.whom <= claimed


def _shown(names: frozenset[str]) -> str:
    return " ".join(sorted(names))


def _tellings(said: Clause, source: Told) -> Iterator[_Telling]:
    for at, clause in enumerate(source.sentence.clauses):
        words = [word for word in covered(said, clause) if not word.is_name]
        shared = len(words) + sum(states(clause, quantity) for quantity in said.quantities)
        if agents.is_passive(said) != agents.is_passive(clause):
            yield _Telling(shared, clause.names, frozenset(), by_name=True, same_verb=False)
        else:
            yield _Telling(shared, clause.names, *_whom(source, at), same_verb=agents.have_one_verb(said, clause))


def _whom(source: Told, at: int) -> tuple[frozenset[str], bool]:
    """The names of which the clause `at` of the source tells, and whether it has them; empty where that is not sure."""
    clauses = source.sentence.clauses
    if runs := _own(clauses, at):
        return frozenset[str]().union(*runs), True
    if at and agents.has_no_subject(clauses[at]):
        return _whom(source, at - 1)
    find = _STANDS_FOR[clauses[at].language]
    found = find.search(clauses[at].text) if clauses[at].language == "de" else find.match(clauses[at].text)
    if found is None:
        return frozenset(), True
    earlier = frozenset[str]().union(*(clause.names for clause in clauses[:at]))
    is_thing = found.group().casefold().endswith(("es", "it"))
    if earlier and not is_thing:
        return earlier, False
    return earlier.union(*(sentence.whole.names for sentence in source.before)), False


def _own(clauses: Sequence[Clause], at: int) -> list[frozenset[str]]:
    """Whom the clause `at` is about, the names of one together; of one that goes on without a subject, those before."""
    if runs := _subject(clauses[at]):
        return [
            *runs,
            *([frozenset(named(word.text) for word in joined)] if (joined := joined_before(clauses, at)) else []),
        ]
    if not _GOES_ON[clauses[at].language].match(clauses[at].text):
        return []
    return next((runs for earlier in clauses[:at] if (runs := _subject(earlier))), [])


def _subject(clause: Clause) -> list[frozenset[str]]:
    """Whom a clause is about, the names of one together; empty where it has none or they do not act."""
    words = [word for word in clause.words if word.is_name]
    match = _LEADING.match(clause.text) if clause.language == "en" else None
    if match and match["of"] and words and words[0].end <= clause.start + match.end():
        return []
    leading = [word for word in words if match and word.start < clause.start + match.end()]
    doing = None if leading else agents.doing(clause)
    words = [word for word in doing.agent if word.is_name] if doing else leading
    runs: list[list[str]] = []
    for at, word in enumerate(words):
        apart = clause.text[words[at - 1].end - clause.start : word.start - clause.start] if at else ""
        if at and not apart.strip():
            runs[-1].append(named(word.text))
        else:
            runs.append([named(word.text)])
    return [frozenset(run) for run in runs]
