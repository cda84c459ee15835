"""Whether a sentence tells the circumstance that a question asks for: why, when or where something is so.

A sentence about the right thing that tells nothing of it is no answer, whoever wrote it: "Why did the yard close?" -
"The yard employed 300 people." What tells a circumstance is read widely, so that only what surely tells none is found.
"""

from __future__ import annotations

import re
from typing import Literal

from index.quantities import quantities, same_value
from service.texts.names import names

Circumstance = Literal["", "reason", "time", "place"]

_LEADING = r"\s*(?:(?:and|but|so|und|aber) )?(?:(?:since|until|till|by|from|seit|bis|ab|von) )?(?:genau |exactly )?"
_ASKED: dict[Circumstance, re.Pattern[str]] = {
    "reason": re.compile(
        rf"{_LEADING}(?:why|what (?:is|was|were|are) the (?:reasons?|causes?)|for what reasons?|how come|"
        r"warum|weshalb|wieso|(?:aus|mit) welche[mnr] (?:gr[uü]nd\w*|begründung)|was (?:ist|war) der grund)\b",
        re.IGNORECASE,
    ),
    "time": re.compile(
        rf"{_LEADING}(?:when(?= (?:is|are|was|were|did|do|does|has|have|had|will|would|can|could|should)\b)|wann|"
        r"(?:in |on |an |im )?(?:what|which|welche[nrms]?) (?:years?|dates?|days?|months?|decades?|century|"
        r"jahr|datum|tag|monat|jahrzehnt|jahrhundert))\b",
        re.IGNORECASE,
    ),
    "place": re.compile(
        rf"{_LEADING}(?:where|wo|woher|wohin|(?:in |an )?(?:what|which|welche[nrms]?) "
        r"(?:city|town|country|place|stadt|land|ort))\b",
        re.IGNORECASE,
    ),
}
_REASON = re.compile(
    r"\A(?:da|as|for)\s|,\s(?:da|as|for|so)\b|\bum\b.*\bzu\b|\bum\b.*\b\w+zu\w+en\b|\btoo \w+|"
    r"(?<!\w)(?!(?:folge|konsequenz|auswirkung|consequence|result|effect)\w*\W)\w+[^\w\s]*:\s|"
    r"\bzu (?:hoch|teuer|klein|wenig|gro(?:ß|ss)|viel|langsam|schwach|gefährlich|riskant|spät|schwer|alt|lang)\w*|"
    r"\b(?:f[üu]hr\w*|leads?|led)\b.*\b(?:zu|zum|zur|dazu|to)\b|\bl(?:ag|ieg)(?:t|en)? (?:\w+ )?(?:an|am|daran)\b|"
    r"\b(?!(?:plan\w*|agree\w*|beg[aiu]n|continu\w*|start\w*|ha[sd]|have|used|going|able|expect\w*|said|decid\w*|likely|"
    r"seem\w*|tr(?:y|ies|ied)|refus\w*|fail\w*|talks?|ready)\b)\w+ to (?!(?:an?|its?|his|the(?:ir)?|her|this|that)\b)"
    r"[a-z]+(?<![^s]s)\b|"
    r"\b(?:weil|denn|wegen\w*|aufgrund|auf grund|infolge|angesichts|dank|durch|nachdem|bevor|bis|seit|seitdem|damit|"
    r"dadurch|daher|darum|deshalb|deswegen|folglich|somit|sodass|so dass|sonst|andernfalls|anlässlich|zugunsten|"
    r"because|due(?! to be\b)|owing|thanks|since|therefore|thus|hence|so that|after|before|until|when|given|otherwise|"
    r"amid|in view of|in response|in light of|on the grounds?|as a result|lest|"
    r"(?:beweg)?gründe?n?s?|\w*ursachen?|anlass|anlässe|motive?n?|zweck\w*|ziele?n?|absicht\w*|auslöser\w*|"
    r"hintergr[uü]nd\w*|folgen?|risik\w*|gefahr\w*|probleme?n?|begründ\w*|vorw[uü]rf\w*|druck|"
    r"reasons?|causes?|caused|causing|motiv\w*|purposes?|goals?|aim\w*|risk\w*|danger\w*|problems?|pressure|"
    r"result\w*|prompt\w*|driv\w*|drove|cit(?:e|es|ed|ing)|blam\w*|mean(?:s|t|ing)|"
    r"verursach\w*|bewirk\w*|beruh\w*|zurückzuführen|verhinder\w*|vermeid\w*|ermöglich\w*|erlaub\w*|zw[iau]ng\w*|"
    r"gezwungen|verpflicht\w*|schütz\w*|braucht?\w*|benötig\w*|fehl(?:t|en|te|ten)|mangel\w*|verw(?:eis|ies)\w*|"
    r"(?:be)?fürcht\w*|\w*sorg(?:en?|t|te|ten)|besorgt|angst|ängste?n?|bedenken|zweif\w*|hoff\w*|"
    r"wollen|will|wollte\w*|möcht\w*|bezweck\w*|beabsichtig\w*|beklag\w*|klag(?:t|en|te|ten)|vermut\w*|glaub\w*|"
    r"versprech\w*|versprich\w*|kritisier\w*|avoid\w*|prevent\w*|enabl\w*|allow\w*|forc(?:e|es|ed|ing)|oblig\w*|"
    r"protect\w*|need\w*|lack\w*|fear\w*|worr\w*|concern\w*|doubt\w*|hop(?:e|es|ed|ing)|want\w*|intend\w*|wish\w*|"
    r"seek\w*|complain\w*|critici[sz]\w*|believ\w*|suspect\w*|think\w*|promis\w*)\b",
    re.IGNORECASE,
)
"""What tells why: connectives, purposes, nouns of cause, and verbs of wanting, fearing and causing."""
_FAILS = re.compile(r"\b(?:fail\w*|miss(?:ed|es)|scheiter\w*|verfehl\w*)\b", re.IGNORECASE)
"""What something falls short of may be why it was turned down, and is no reason by itself."""
_THAT = re.compile(r"(,\s*dass\b|\bthat\b)", re.IGNORECASE)
_BECAUSE = re.compile(r",\s*(?:weil|da|denn)\b|\b(?:because|since|as)\b", re.IGNORECASE)
_WORD = re.compile(r"\w{4,}")
FEWEST_OF_PART = 2
"""Words that a reason shares with a clause of the question that it is one for."""
_FELT = re.compile(
    r"\b(?:complain\w*|protest\w*|strik\w*|sue[sd]?|angry|annoy\w*|critici[sz]\w*|fined?|accus\w*|famous|known|thank\w*|"
    r"beschwer\w*|klag\w*|beklag\w*|protestier\w*|streik\w*|verklag\w*|ärger\w*|wütend|kritisier\w*|bestraf\w*|"
    r"berühmt|bekannt)\b",
    re.IGNORECASE,
)
_FELT_FOR = re.compile(r"\b(?:about|over|against|for|of|at|with|über|gegen|für|von|vor|mit)\b", re.IGNORECASE)
"""Of what somebody complains, and what somebody is fined for, is why."""
_TIME = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag\w*|mittwoch\w*|sonnabend|"
    r"today|yesterday|tomorrow|tonight|heute|gestern|morgen|now|jetzt|spring|summer|autumn|fall|winter|frühjahr|"
    r"frühling|sommer|herbst|ago|earlier|later|last|next|recently|soon|currently|immediately|already|before|after\w*|"
    r"during|while|when|as soon as|once|since|until|till|within|shortly|years?|months?|weeks?|days?|hours?|minutes?|"
    r"century|centuries|decades?|\w*jahrhundert\w*|\w*jahrzehnt\w*|o.clock|uhr|midnight|noon|a\.?m\.?|p\.?m\.?|"
    r"\w*tage?n?s?|\w*wochen?|\w*monate?n?s?|\w*jahre?n?s?|stunden?|minuten?|"
    r"vor|nach|nachdem|bevor|während|seit\w*|bis|ab|beim|als|sobald|zuvor|damals|danach|daraufhin|später|früher|"
    r"kürzlich|inzwischen|bald|demnächst|sofort|bereits|derzeit|mitten|anfangs?|ende|mitte|erst|noch|nie|never|eve|age|"
    r"alter|(?:twen|thir|for|fif|six|seven|eigh|nine)ties|\w+(?:th|st|nd|rd)(?=\W+centur)|\w*ziger\w*|\w*krieg\w*|\w*zeit|era|period)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|on|near|from|to|outside|inside|into|between|off|along|around|across|through|throughout|via|under|over|"
    r"above|below|behind|beside|next to|opposite|"
    r"im|ins|am|ans|an|auf|aus|bei|beim|nahe|nach|zu|zum|zur|neben|vor|unter|zwischen|hinter|über|entlang|um|durch|"
    r"gegenüber|südlich|nördlich|östlich|westlich)\b\W+(?:\w+\W+){0,3}?\w{3,}|"
    r"\b(?:abroad|online|worldwide|nowhere|everywhere|downtown|north|south|east|west|weltweit|überall|nirgend\w*|"
    r"ausland|\w+-based)\b|\b[A-ZÄÖÜ]\w+er\s[A-ZÄÖÜ]",
    re.IGNORECASE,
)
_OR = re.compile(r"\b(?:or|oder)\b", re.IGNORECASE)
"""Between times to choose from: "before or after the fire"."""
_YEARS = range(1, 2200)
STEM = 4
"""Letters that two forms of one word share, roughly: "feared" and "fears"."""
MOST_IN_A_NAME = 3
"""Words of an answer that is nothing but the name of a place."""


def circumstance_asked_for(question: str) -> Circumstance:
    """The circumstance that `question`, German or English, begins by asking for; empty where it asks for none."""
    return next((kind for kind, pattern in _ASKED.items() if pattern.match(question)), "")


def tells(sentence: str, circumstance: Circumstance, question: str, language: str) -> bool:
    """Whether `sentence`, in `language`, says anything of the `circumstance` that `question` does not say itself."""
    if not circumstance:
        return True
    asking = _ASKED[circumstance].match(question)
    if circumstance == "time":
        return _tells_time(sentence, question, language)
    said = question[asking.end() :] if asking else question
    return _tells_reason(sentence, said) if circumstance == "reason" else _tells_place(sentence, said, language)


def has_reason(text: str) -> bool:
    """Whether `text`, German or English, has any word that may tell why something is so."""
    return _REASON.search(text) is not None or _FAILS.search(text) is not None


def _tells_reason(sentence: str, question: str) -> bool:
    """A sentence that repeats nothing of the question is a reason and nothing else: "Its cranes had rusted."."""
    if _is_of_the_part(sentence, question):
        return False
    if not _stems(sentence) & _stems(question):
        return True
    said = {match.group().casefold()[:STEM] for match in _REASON.finditer(question)}
    if any(match.group().casefold()[:STEM] not in said for match in _REASON.finditer(sentence)):
        return True
    return bool(_FELT.search(question) and _FELT_FOR.search(sentence))


def _is_of_the_part(sentence: str, question: str) -> bool:
    """Whether `sentence` gives a reason for what the question says behind "that", and not for what it asks about.

    "Why does it worry readers that the editor stays?" - "The editor stays because he likes it."
    """
    asked, that, told = _THAT.split(question, 1) if _THAT.search(question) else (question, "", "")
    head = _stems(_BECAUSE.split(sentence, 1)[0])
    return bool(that) and len(head & _stems(told)) >= FEWEST_OF_PART and not head & _stems(asked)


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in _WORD.findall(text.casefold())}


def _tells_time(sentence: str, question: str, language: str) -> bool:
    known = quantities(question, language)
    figures = (one for one in quantities(sentence, language) if not any(same_value(one, other) for other in known))
    if any(one.unit in ("month", "day") or (not one.unit and one.value in _YEARS) for one in figures):
        return True
    said = set() if _OR.search(question) else {match.group().casefold() for match in _TIME.finditer(question)}
    return any(match.group().casefold() not in said for match in _TIME.finditer(sentence))


def _tells_place(sentence: str, question: str, language: str) -> bool:
    if len(sentence.split()) <= MOST_IN_A_NAME:
        return True
    new = set(names(sentence, language)) - set(names(question, language))
    return bool(new) or _PLACE.search(sentence) is not None
