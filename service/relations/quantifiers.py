"""Whether a claim says "all" or "most" of what its source says of some: "300 of 1,100" are not all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.quantities import same_value
from service.relations.agents import doing
from service.relations.alignment import alike, nearest
from service.relations.clauses import Clause, Sentence

ALL = {
    "de": re.compile(
        r"\b(?:all(?:e[nrms]?)?(?! (?:\w+ )?(?:\d+ |zwei |drei |vier |fünf |sechs |zehn )?(?:Minuten|Stunden|"
        r"Tage|Wochen|"
        r"Monate|Jahre)\b)(?= [\w(])(?<!vor all\w)(?<!vor all\w\w)|sämtliche\w*|(?:ge)?samte[nrms]?|"
        r"ganze[nrms]?|jede[nrms]?|"
        r"vollständig|einstimmig|ausnahmslos|komplett\w*|beide\w*|100 Prozent)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:all(?! (?:but|over|in all|along|except)\b)(?<!at all)(?<!of all)(?<!after all)|"
        r"every(?! \d+ | (?:few|two|three|four|five|six|ten|other|second) )\w*|each|entire\w*|(?<!on the )whole|"
        r"complete(?!d)\w*|"
        r"unanimous\w*|without exception|both|everyone|everybody|100 percent)\b",
        re.IGNORECASE,
    ),
}
MOST = {
    "de": re.compile(
        r"\b(?:(?:die|der|den) meisten|Mehrheit|Großteil|mehr als die Hälfte|überwiegend\w*)\b", re.IGNORECASE
    ),
    "en": re.compile(r"\b(?:most(?= (?:of|\w+s\b))(?<!the most)|the majority|more than half|mostly)\b", re.IGNORECASE),
}
_MUCH = {
    "de": re.compile(
        r"\b(?:größte[nrms]? Teil|größtenteils|Mehrzahl|Mehrheit|mehrheitlich|Hälfte|Drittel|Viertel|Fünftel|"
        r"Prozent|fast alle\w*|"
        r"meisten?|weitgehend|überwieg\w*|Löwenanteil|Großteil)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:most|majority|mostly|largely|half|thirds?|quarters?|fifths?|percent|per cent|almost all|nearly all|bulk|"
        r"largest (?:part|share)|predominantly|mainly|nine in ten)\b|%",
        re.IGNORECASE,
    ),
}
_NONE = {
    "de": re.compile(r"\b(?:nie|niemand\w*|kein\w*|nur|allein|immer|überall|bei vollem|voll\w*)\b", re.IGNORECASE),
    "en": re.compile(
        r"\b(?:never|nobody|no one|no|none|only|always|everywhere|full\w*|throughout|any)\b", re.IGNORECASE
    ),
}
"""What says something of all in another way."""
_PART = {
    "de": re.compile(
        r"\b(?:einige\w*|manche\w*|mehrere\w*|teilweise|zum Teil|größte[nrms]? Teil|ein Teil|meisten?|Mehrheit|"
        r"Hälfte|Drittel|"
        r"Viertel|Fünftel|viele|wenige|fast alle|bis auf|außer|ausgenommen|[\d.]+ (?:der|von|aller|"
        r"dieser)(?: \w+)? [\d.]+|"
        r"(?:von|der) \S+ \d[\d.]* .*\d|vo[nm] den \w+|nicht alle\w*|nicht jede\w*|\d[\d,.]* Prozent)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:some|several|partly|part of|most|majority|half|thirds?|quarters?|fifths?|many|few|almost all|"
        r"nearly all|all but|"
        r"except|apart from|largest (?:part|share)|the rest|[\w,.]+ of (?:the |its |their |"
        r"\w+'s )?(?:\w+[’']s )?[\d,]+|not all|"
        r"not every|\d[\d,.]* (?:percent|per cent)|(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+) of )\b",
        re.IGNORECASE,
    ),
}


_SOME = (
    r"(?:\b(?:dutzend|hälfte|drittel|viertel|teil|einige|mehrere|viele|wenige|dozen|half|third|quarter|part|some|several|"
    r"many|few|two|three|four|five|six|seven|eight|nine|ten|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn)|\d)\s"
)
_OF = {
    "de": re.compile(
        _SOME + r"(?:der|von|von den|dieser|ihrer|seiner|aller)\s(?:(?:rund|etwa|knapp|fast|insgesamt|über)\s)?\Z", re.I
    ),
    "en": re.compile(
        _SOME + r"of\s(?:(?:the|its|their|all|these|his|her|[\w’']+[’']s)\s)?"
        r"(?:(?:about|around|roughly|nearly|almost|over|some|total)\s)?\Z",
        re.I,
    ),
}
"""What leads in the whole of which a part is told."""


def flaw(claim: Sentence, sources: Sequence[Sentence]) -> str:
    """`comparison: ...` where a clause of `claim` speaks of all or most, and the source sentences nearest of a part."""
    for said in claim.clauses:
        about = nearest(said, [source.whole for source in sources])
        if not about:
            continue
        if match := ALL[said.language].search(said.text):
            if not any(_of_all(source) for source in about) and all(_part(source) for source in about):
                return f"comparison: {match.group()!r} of what the source says of a part"
        elif (match := MOST[said.language].search(said.text)) and not any(_of_most(source) for source in about):
            return f"comparison: no source says {match.group()!r}"
    return ""


def whole_for_part(claim: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """`comparison: ...` where `claim` tells of a whole what every source tells of a part: "twelve of the 300 left"."""
    for said in claim:
        for quantity in said.quantities:
            stating = [(source, q) for source in sources for q in source.quantities if same_value(quantity, q)]
            of_part = [_OF[source.language].search(source.text[: q.start - source.start]) for source, q in stating]
            told_so = _OF[said.language].search(said.text[: quantity.start - said.start])
            verbs = found.verbs if (found := doing(said)) else ()
            alike_verb = any(alike(verb, word) for verb in verbs for source, _ in stating for word in source.content)
            if stating and not quantity.unit and all(of_part) and not told_so and alike_verb:
                return f"comparison: {quantity.value:g} is the whole of which the source tells a part"
    return ""


def _of_all(source: Clause) -> bool:
    language = source.language
    return bool(ALL[language].search(source.text)) or (
        bool(_NONE[language].search(source.text)) and not _PART[language].search(source.text)
    )


def _of_most(source: Clause) -> bool:
    language = source.language
    return bool(_MUCH[language].search(source.text) or ALL[language].search(source.text))


def _part(source: Clause) -> bool:
    return bool(_PART[source.language].search(source.text))
