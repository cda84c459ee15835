"""Words by which a question refers to what was said before it, in German and English.

The same word often refers to nothing outside the question: "Is it true that ...", "Gibt es ...", "this year", "Why did
Google end its contract", "Was sagt Meta dazu, dass ...". Such places are struck out before references are looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Grammar:
    """How one language refers back.

    `empty` are words that look like references and are none. `certain` always refer back. `bound` do where nothing is
    named before them in the question; `subjects` likewise, unless another clause begins between such a name and them,
    with a comma or just before them (`clause`).
    """

    empty: re.Pattern[str]
    certain: re.Pattern[str]
    bound: re.Pattern[str]
    subjects: re.Pattern[str]
    clause: re.Pattern[str]


def _joined(*lines: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(lines), flags)


_ENGLISH = _Grammar(
    empty=_joined(
        r"\b(?:is|was) it (?:\w+ ){0,3}(?:that|to|if|whether)\b",
        r"\bit (?:takes?|took|costs?|means?|needs?)\b.*?\b(?:to|for|if|when)\b",
        r"\bit comes to\b",
        r"\b(?:this|these) (?:year|quarter|month|week|day|morning|evening|spring|summer|autumn|winter|century)s?\b",
        r"\bthose (?:who|that|of)\b",
        r"\b(?:is|are|was|were|be|been|has|have|had|will|would|can|could) there\b",
        r"\bthere (?:is|are|was|were|has|have|will)\b",
        r"\bones? of\b",
    ),
    certain=_joined(
        r"\b(?:him|them|hers|theirs|this|these|those|there|afterwards|thereafter|back then|at the time|the same)\b",
        r"\bher(?=\s*(?:[?.!,]|$))",
        r"\bthat(?=\s*(?:[?.!,]|$))",
        r"(?:\A\s*|\b(?:is|was|are|were|do|does|did|has|have|had|will|would|can|could|about|of|after|before|by|for|with|"
        r"from|on|in|at|to|than|like|since|all)\s)that\b",
        r"\b(?!(?:announc|claim|confirm|report|stat|suggest|argu|fear|believ|decid|agre|learn|show|insist|promis)ed\b)"
        r"\w+ed that\b",
        r"\bthen(?=\s*[?.!])",
        r"\b(?:which|the|that|other|last|first|new|old|\w+er|\w+est) ones?\b(?!-)",
        r"\bthe (?:others?|latter|former|company|firm|startup|start-up|deal|agreement|acquisition|takeover|purchase|"
        r"investment|contract|merger|group|project|report|study|article|author|man|woman|person|founder|ceo|boss|team|"
        r"incident|lawsuit|layoffs|decision|announcement|move|plan|letter|memo|price|sum|amount|figure)\b"
        r"(?!['’-]|\s+(?:of|behind|between|that|which|who|whose|with|for|from|to|at|on|by|called|named|over|about|against)\b)",
    ),
    bound=_joined(r"\b(?:his|its|their|her)\b"),
    subjects=_joined(r"\b(?:he|she|it|they)\b"),
    clause=_joined(
        r"\b(?:why|that|what|how|when|where|if|whether|because|before|after|since|until|while|than|as|which|who|"
        r"although|once)\s+\Z"
    ),
)

_DA_WORDS = (
    r"daran|darauf|daraus|darin|darüber|darum|darunter|davon|davor|dafür|dagegen|dadurch|dabei|dazu|damit|danach|"
    r"daraufhin|hierzu|hierbei|hiervon|deshalb|deswegen"
)
_TIMES = r"Jahr|Quartal|Monat|Woche|Tag|Frühjahr|Sommer|Herbst|Winter|Jahrhundert|Jahrzehnt"

_GERMAN = _Grammar(
    empty=_joined(
        r"\b(?:gibt|gab|gäbe|geht|ging|handelt|kommt|kam|bedarf|heißt|gelingt|gelang|stimmt|fehlt|mangelt)\s+es\b",
        r"\bes\s+(?:gibt|gab|geht|ging|handelt|kommt|kam|heißt)\b",
        r"\bes\b(?=[^?]*,\s*(?:dass|ob|wenn|bis|wer|wie|was|wo)\b|[^?]*,[^?]*\bzu\b)",
        rf"\bdiese[rmns]?\s+(?:{_TIMES})\w*",
        rf"\b(?:{_DA_WORDS})(?=\s*,\s*(?:dass|ob|wie|was|wer|wenn|wo|welche\w*|warum)\b)",
        r",\s*damit\b",
        r",\s*(?:\w+\s+)?(?:der|die|das|den|dem|denen|deren|dessen)\b",
        r"(?-i:(?<=\S\s)(?:Sie|Ihnen|Ihre?[nmrs]?)\b)",
    ),
    certain=_joined(
        r"\b(?:ihn|ihm|ihnen|dies(?:e[rmns]?)?|jene[rmns]?|dort|dorthin|damals|seither|seitdem)\b",
        r"\b(?:deren|dessen|letztere\w*|erstere\w*)\b",
        r"\bda(?:nn)?(?=\s*[?.!])",
        r"\b(?:der|die|den|dem|denen)(?=\s*[?.!]|\s+(?:jetzt|heute|nun|denn|noch|dort|damals|dann)\b)",
        r"\bdas\s+(?:mit|für|bei|von|zu|auf|so|nicht|alles|schon|noch|denn|auch|genau|eigentlich|passiert|geschehen)\b",
        r"(?-i:\b[Dd]as\b(?!\s+(?:[^\s?]+\s+){0,3}[A-ZÄÖÜ\d]))",
        r"\b(?:der|die|das|dem|den|des|im|zum|zur|beim|vom)\s+(?:firma|unternehmens?|konzerns?|deals?|start-?ups?|"
        r"vertrags?|vereinbarung|übernahme|kaufs?|beteiligung|investition|fusion|gruppe|projekts?|berichts?|studie|"
        r"artikels?|mann|frau|person|gründer\w*|chef\w*|teams?|vorfalls?|klage|entlassungen|entscheidung|ankündigung|"
        r"schritts?|plans?|brief\w*|memos?|preis\w*|summe|betrag\w*|zahl|geschäfts?)\b"
        r"(?!-|\s*,|\s+(?:von|vom|des|der|zwischen|mit|bei|hinter|an|aus|für|über|gegen|zum|zur|namens)\b)",
    ),
    bound=_joined(r"\b(?:seine[nrms]?|ihre?[nrms]?)\b", r"(?-i:\b[Ss]ein(?=\s+(?:[a-zäöüß]+\s+)?[A-ZÄÖÜ]))"),
    subjects=_joined(rf"\b(?:er|es|{_DA_WORDS})\b", r"(?-i:\bsie\b|\ASie\b)"),
    clause=_joined(
        r"\b(?:warum|weshalb|dass|was|wie|wann|wo|ob|wenn|weil|bevor|nachdem|seit|bis|während|als|obwohl|womit|wofür|"
        r"wohin|da)\s+\Z"
    ),
)


_NEW_CLAUSE = re.compile(
    r"[,;]|\b(?:and|or|but|und|oder|aber)\s+(?:wh\w+|how|do(?:es)?|did|is|was|has|w[aeio]\w+)\b", re.I
)


def refers_back(question: str, language: str, mentioned: list[str]) -> bool:
    """Whether `question` has a word for something that was said before it.

    `mentioned` are its own names as `names.names` gives them. Languages other than German are read as English.
    """
    grammar = _GERMAN if language == "de" else _ENGLISH
    text = grammar.empty.sub(lambda match: " " * len(match.group()), question)
    if grammar.certain.search(text):
        return True
    named = min((place for name in mentioned if (place := text.casefold().find(name)) >= 0), default=len(text))
    if any(match.start() < named for match in grammar.bound.finditer(text)):
        return True
    return any(not _begins_a_clause(text[named : match.start()], grammar) for match in grammar.subjects.finditer(text))


def _begins_a_clause(between: str, grammar: _Grammar) -> bool:
    """Whether a word stands in another clause than the name that `between` begins with."""
    return bool(_NEW_CLAUSE.search(between) or grammar.clause.search(between))
