"""Whether a question asks for the first or the last of a kind, and whether a source says of anything that it is that.

Small models take whoever else holds the office, or another of the things: "the first chairman" - one of the later ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_KIND = (
    r"(?!\W*(?:\d|name|place|half|time|lady|world|(?:\w+ )?(?:years?|quarters?|months?|weeks?|days?|nights?|seasons?|"
    r"summers?|winters?|hours?|minutes?|decades?|centur(?:y|ies))\b|\w*(?:mal|jahre?n?s?|quartals?|halbjahre?s?|monate?n?s?|"
    r"wochen?|tage?n?s?|nacht|saison|sommer|winter|stunden?|minuten?|jahrzehnte?n?s?|jahrhunderts?|platz)\b))"
)
"""Times are told by dates, and "first name" and "first place" name one thing."""
_ASKED_AND_TOLD = (
    (
        re.compile(
            rf"\b(?:the|its|his|her|their|\w+[’']s) (?:very )?first {_KIND}\w|"
            rf"\b(?:der|die|das|den|dem|des|als|seine?[nrms]?|ihre?[nrms]?) (?:aller)?erste[nrms]? {_KIND}[A-ZÄÖÜ„“\"]"
        ),
        re.compile(
            r"\b(?:(?:aller|zu)?erst(?!ell|att|aun|ick|reck|arr|eh)\w*|first\w*|1\.|initial\w*|origin\w*|urspr[uü]ng\w*|anf[aä]ng\w*|"
            r"zunächst|beg(?:in|an|un|ann|onn)\w*|start\w*|\w*gr[uü]nd(?:et|er|ung|ete)\w*|found\w*|pionier\w*|pioneer\w*|"
            r"premiere\w*|"
            r"deb[uü]t\w*|earliest|oldest|älteste\w*|früheste\w*|only|einzige\w*|never|nie|bisher\w*|previous\w*|"
            r"vo[mn] [^.;]{1,60} bis|from [^.;]{1,60} to|until then|invent\w*|"
            r"erf[aiu]nd\w*|introduc\w*|eingeführt\w*)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(
            rf"\b(?:the|its|his|her|their|\w+[’']s) (?:very )?last {_KIND}\w|"
            rf"\b(?:der|die|das|den|dem|des|als|seine?[nrms]?|ihre?[nrms]?) (?:aller)?letzte[nrms]? {_KIND}[A-ZÄÖÜ„“\"]"
        ),
        re.compile(
            r"\b(?:vo[mn] [^.;]{1,60} bis|from [^.;]{1,60} to|"
            r"(?:aller|zu)?letzt\w*|last\w*|latest|final\w*|end(?:e|ete|en|s|ed|ing|gültig\w*)?|schließlich|abschl[iu]\w*|"
            r"recent\w*|jüngst\w*|beend\w*|clos\w*|ceas\w*|eingestellt|einzige\w*|only|remain\w*|übrig\w*|verblieb\w*)\b",
            re.IGNORECASE,
        ),
    ),
)


def is_unsaid(question: str, sources: Iterable[str]) -> bool:
    """Whether `question` asks for the first or the last of a kind, and none of `sources` says that of anything."""
    told = [said for asked, said in _ASKED_AND_TOLD if asked.search(question)]
    return any(not any(said.search(source) for source in sources) for said in told)
