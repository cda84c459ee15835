"""Whether a source denies what a claim says, or the other way round; a rise told as a fall is the same fault."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.relations.alignment import alike, has, nearest
from service.relations.clauses import Clause, Word

NEGATIONS = {
    "de": re.compile(
        r"\b(?:nicht(?! (?:nur|zuletzt|allein|mehr als|weniger als|später als|vor))|"
        r"kein(?:e|en|em|er|es|erlei)?(?! geringer)|nie|niemals|niemand\w*|nichts|ohne|weder|"
        r"bestr(?:eite|itt)\w*|dementier\w*|weiger\w*|(?:lehn|wies|weis)\w*\b(?=.*\b(?:ab|zurück)\b))\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:not(?! (?:only|just|least|more than|less than|fewer than|later than|before|until))|"
        r"no(?! (?:more|less|fewer|later|other) than)|never|nobody|none|nothing|neither|nor|cannot|without|"
        r"den(?:y|ies|ied|ying)|refus(?:e|es|ed|ing)|fail(?:s|ed|ing)? to|(?:has|have|had) yet to|\w+n[’']t)\b",
        re.IGNORECASE,
    ),
}
OPPOSITES = (("@rise", "@fall"), ("@open", "@close"), ("@start", "@end"), ("@approve", "@reject"))
IMPLIED = {
    "de": re.compile(
        r"\b(?:untersag\w*|verbot\w*|verbiet\w*|verlier\w*|verlor\w*|fehl(?:t|en|te|ten|end\w*)|mangel\w*|verzicht\w*|"
        r"ausgenommen|befreit|unmöglich|frühestens|erst|kaum|statt|anders|gesperrt|eingestellt|"
        r"endet\w*|unversehrt|un\w+t|scheiter\w*|gescheitert|verhinder\w*|\w+frei|\w+los)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:bann?\w*|prohibit\w*|forb[ia]d\w*|los(?:e|es|t|ing)|lack\w*|missing|short(?:age|fall)\w*|exempt\w*|"
        r"impossible|earliest|hardly|instead|unlike|stop\w*|ceas\w*|end(?:s|ed|ing)|un\w+ed|avoid\w*|"
        r"prevent\w*|\w+less|free of|only|reject\w*|except|all but|remain\w*|still)\b",
        re.IGNORECASE,
    ),
}
"""What a negation may say in other words: "banned" and "must not", "loses its last" and "without any"."""
_ABSENCE = {
    "de": re.compile(
        r"\b\w*(?:streiks?|streikt\w*|ausfalls?|ausfälle[ns]?|sperr(?:ung\w*|t|te|ten)|stilllegung\w*|boykott\w*|stopps?|"
        r"knappheit|engpass|engpässe[ns]?|blackouts?)\b|\bfehlen\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:strik(?:e|es|ing)|walkouts?|outages?|blackouts?|blockades?|boycotts?|stoppages?|failures?|closures?|"
        r"shutdowns?|cuts?|absence)\b",
        re.IGNORECASE,
    ),
}
"""What says of a thing before it that it is not there: a day of a rail strike is one without trains."""
_INFINITIVE = re.compile(r"\b(?:zu|to)\s+[a-zäöüß]+|\b[a-zäöüß]+zu[a-zäöüß]+en\b")
_OF_A_NOUN = re.compile(
    r"\b(?:d(?:er|ie|as|en|em|es)|k?eine?[nmrs]?|als|von|an|auf|aus|bei|für|in|mit|über|zu)\s+nicht\s+"
    r"(?P<denied>[a-zäöüß]+e[nrms]?)\s+(?:[a-zäöüß-]+e[nrms]?\s+){0,2}[A-ZÄÖÜ]"
)
"""A negation within a noun phrase denies the word behind it: "eine nicht geförderte unabhängige Schule"."""
_DENIES = "negation: the source denies"
_EXISTENTIAL = re.compile(r"\bes\b.*\b(?:nicht )?(?:geben|gibt|gab)\b|\b(?:gibt|gab)\b.*\bes\b", re.IGNORECASE)


def flaw(claim: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """`negation: ...` or `direction: ...` where the source clauses nearest a claim's clause say the opposite."""
    before = dict(zip(sources[1:], sources, strict=False))
    for said in claim:
        about = [source for source in nearest(said, sources) if not _depends(said, source, before.get(source))]
        if not about:
            continue
        elsewhere = any(_denied(other) for other in claim if other is not said)
        problems = [problem for source in about if (problem := _contradiction(said, source))]
        if elsewhere and all(problem.startswith(_DENIES) for problem in problems):
            continue
        if problems and not any(_affirms(said, source, about) for source in about):
            return problems[0]
    return ""


def _depends(said: Clause, source: Clause, before: Clause | None) -> bool:
    """Whether `source` hangs on a clause that denies it in other words: "untersagt es, Wasser zu entnehmen"."""
    leads = before is not None and bool(_INFINITIVE.search(source.text)) and _implied(before)
    return leads and bool(_denied(said))


def _affirms(said: Clause, source: Clause, about: Sequence[Clause]) -> bool:
    """Whether a clause that contradicts nothing has what another one contradicts."""
    if _contradiction(said, source):
        return False
    foci = [focus for other in (said, *about) for focus in _denied(other)]
    return any(alike(focus, word) for focus in foci for word in source.content)


def _contradiction(said: Clause, source: Clause) -> str:
    denied, denied_there = _denied(said), _denied(source)
    for focus in denied_there:
        if not denied and has(said, source, focus) and not _implied(said) and not _is_absent(said, source, focus):
            return f"{_DENIES} {focus.text!r}"
    for focus in denied:
        if not denied_there and has(source, said, focus) and not _implied(source):
            return f"negation: the source affirms {focus.text!r}"
    if bool(denied) == bool(denied_there):
        return _opposite(said, source)
    return ""


def _implied(clause: Clause) -> bool:
    return bool(IMPLIED[clause.language].search(clause.text))


def _is_absent(said: Clause, source: Clause, focus: Word) -> bool:
    """Whether "without" denies `focus` in `source`, and `said` has it as what is on strike, cut off or the like."""
    before = source.text[: focus.start - source.start]
    if not re.search(r"\b(?:without|ohne)\s+(?:\w+\s+){0,2}\Z", before, re.IGNORECASE):
        return False
    if any(_ABSENCE[source.language].fullmatch(word) for word in re.findall(r"[\w-]+", focus.text)):
        return False
    return bool(_ABSENCE[said.language].search(said.text))


def _opposite(said: Clause, source: Clause) -> str:
    for pair in OPPOSITES:
        for here, there in (pair, pair[::-1]):
            if here in said.keys and there not in said.keys and there in source.keys and here not in source.keys:
                return f"direction: {here[1:]} where the source has {there[1:]}"
    return ""


def _denied(clause: Clause) -> list[Word]:
    """The words that are denied, one a negation."""
    cues = NEGATIONS[clause.language].finditer(clause.text)
    foci = (_focus(clause, match.group().casefold(), match.end()) for match in cues)
    return [focus for focus in foci if focus is not None]


def _focus(clause: Clause, cue: str, end: int) -> Word | None:
    """The word that a negation denies: the next one that says something, else the verb before it."""
    content = clause.content
    offset = clause.start
    after = [word for word in content if word.start - offset >= end]
    before = [word for word in content if word.start - offset < end]
    if clause.language == "de" and _EXISTENTIAL.search(clause.text) and before and cue == "nicht":
        return before[0]
    if clause.language == "de" and cue == "nicht" and after:
        if any(match.start("denied") == after[0].start - offset for match in _OF_A_NOUN.finditer(clause.text)):
            return after[0]
        verbs = [word for word in after if word.text.islower()]
        return (verbs or after)[-1]
    if after:
        return after[0]
    verbs = [word for word in before if word.text.islower()]
    return verbs[0] if verbs else None
