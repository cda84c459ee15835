"""What is no sentence: a German verb that takes no object and has one ("Kornhus arbeitet 530 Beschäftigte"), and two
English sentences run into one ("It left because it lost a client, Kornhus will return")."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.relations.agents import bare_phrases
from service.relations.clauses import Clause, Word

_INTRANSITIVE = re.compile(
    r"(?:arbeit|wohn|existier|funktionier|schrumpf|scheiter|verschwind|sink|wachs|wächs|auftauch)(?:e|t|et|en|te|ten|ete|eten)"
    r"|verschwand(?:en)?|sank(?:en)?|wuchs(?:en)?"
)
_JOINING = frozenset({"und", "oder", "sowie"})
_OTHER_VERB = re.compile(
    r"\b(?:zu|hat|haben|hatten?|wird|werden|lässt|lassen|ließ(?:en)?|will|soll(?:en)?|kann|können)\b"
)
_RUN_ON = re.compile(
    r"(?!(?i:because|since|as|after|when|while|although|though|if)\b)[^,]*\bbecause\s[^,]*"
    r"\b(?:is|are|was|were|has|have|had|will|\w{2,}ed)\b[^,]*,\s"
    r"(?:[A-Z][\w’'-]*\s)+(?:is|are|was|were|has|have|had|will|would|can|could)\b"
)
"""A reason, and behind nothing but a comma another main clause."""


def flaw(claim: Sequence[Clause], text: str = "") -> str:
    """`form: ...` where a clause whose only verb takes no object has a second noun that no preposition leads.

    The same where `text`, the whole claim, is two English sentences with a comma between them.
    """
    if claim and claim[0].language == "en" and _RUN_ON.match(text):
        return "form: two sentences run into one"
    for said in claim:
        if said.language != "de" or _OTHER_VERB.search(said.text):
            continue
        verb = next((word for word in said.words if _INTRANSITIVE.fullmatch(word.text)), None)
        before = [phrase for phrase in bare_phrases(said) if verb and phrase[-1].end < verb.start]
        behind = [phrase for phrase in bare_phrases(said) if verb and phrase[0].start > verb.end]
        if verb and before and any(not _is_listed(said.words, phrase[0], before + behind) for phrase in behind):
            return f"form: {verb.text!r} takes no object"
    return ""


def _is_listed(words: Sequence[Word], noun: Word, bare: Sequence[Sequence[Word]]) -> bool:
    """Whether "und" joins `noun` to one that a preposition leads: "arbeitet mit Robotern und der Verwaltung"."""
    at = words.index(noun)
    start = next((back for back in range(at - 1, 0, -1) if words[back].lowered in _JOINING), 0)
    between = words[start + 1 : at]
    return (
        bool(start)
        and all(word.text.islower() for word in between)
        and not words[start - 1].text.islower()
        and not any(words[start - 1] in phrase for phrase in bare)
    )
