"""Whether a sentence says what a question asks for: a person for "who", an amount for "how much", something new at all.

Small models like to hand a question back as its own answer ("Who runs it?" - "The one who runs it runs it.").
"""

from __future__ import annotations

import re

from index.quantities import Quantity, quantities, same_value
from service.relations.function_words import FUNCTION_WORDS
from service.relations.roles import kind_of
from service.relations.units import unit_in
from service.texts.circumstances import circumstance_asked_for, tells
from service.texts.names import calendar_words
from service.texts.reactions import tells_reaction
from service.verification.named import (
    asks_for_names,
    names_one,
    new_names,
    takes_the_asked_place,
    without_names_of,
)
from service.verification.restating import restates

_AMOUNT = re.compile(
    r"\b(?:how (?:much|many|large|big|high|long|old|far)|what (?:share|percentage|sum|amount)|"
    r"what (?:sums|amounts|prices?|valuations?|values|figures)|wie (?:viele?n?|hoch|groß|lange?|alt|teuer)|wieviele?|"
    r"welche[rn]? (?:summen?|beträgen?|betrag|preise?|bewertung(?:en)?|werte|zahlen|anteil))\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\b(?:how much|wie ?viel)\b.*\b(?:pa(?:y|ys|id|ying)|costs?|spen[dt]|invest(?:ed|s)?|"
    r"(?:be|aus)?ge?zahlt|(?:be)?zahl(?:en|te|ten)|kostet(?:e|en)?|gekostet|ausgeben|ausgegeben|investier\w*)\b|"
    r"\b(?:what|which|welchen?|welcher) (?:sums?|amounts|prices?|summen?|betr(?:äge|ag)|beträgen|preise?)\b",
    re.IGNORECASE,
)
"""Sums are asked for in money, so that a share or a year is no answer: "It paid 49 percent"."""
_PRICE = re.compile(
    r"\W*(?:and |but )?what (?:(?:did|does|do|will|would|has|have|had|must)\b.*\b(?:"
    r"(?:pay|paid|spend|spent|bid|offer(?:ed)?|fork(?:ed)? out|shell(?:ed)? out)\b(?:\s\w+)?\s(?:for|on)\s+\w|"
    r"(?:costs?|earn(?:ed)?)\b)|(?:is|was|are|were)\b.*\b(?:worth|sold for|paid for)\b)|"
    r"\W*(?:und |aber )?was\b(?:.*\b(?:kosten|kostete[nt]?|kostet|gekostet|verdien(?:en|t|te|ten))\b|"
    r"\s(?:ist|war|sind|waren)\b.*\bwert\b|(?=.*\sfür\s).*\b(?:(?:hin|aus)(?:ge)?(?:leg|blätter)\w*|(?:be)?zahl\w*|"
    r"gezahlt|ausge(?:geben|ben)|geboten|bot|bieten|verlang\w*|berapp\w*))",
    re.IGNORECASE,
)
"""What asks for a price without saying so: "What did it pay for the yard?"."""
_SUM = re.compile(
    r"\bhow (?:large|big|high)\s(?:is|was|are|were|will)\s(?!.*\b(?:share|percent\w*|part|proportion)\b)"
    r"(?:[\w.’'-]+\s){0,5}?[\w-]*(?:funds?|budget|kitty|debts?|fines?|loans?|salary|salaries|profits?|revenues?|turnover|"
    r"deficit|surplus|subsidy|subsidies|grant|compensation|damages|dowry|ransom|bonus|pensions?|rent)"
    r"(?=\W*\Z|\s(?:of|at|in|for|that|which|from|this|last|per)\b)|"
    r"\bwie (?:hoch|groß|gross)\s(?:ist|war|sind|waren|wird|fällt|fiel|fielen)\s"
    r"(?!.*\b(?:\w*anteil|prozent\w*|\w*quote|teil)\b)"
    r"(?:[\w.-]+\s){0,5}?\w*(?:fonds|kasse|budget|etat|schulden|strafe|bußgeld|darlehen|kredit|gehalt|gewinn|"
    r"umsatz|verlust|defizit|überschuss|zuschuss|förderung|abfindung|lösegeld|bonus|rente|miete|schaden)s?"
    r"(?=\W*\Z|\s(?:de[rs]|von|vom|aus|im|in|bei|für|pro|am|den|\d))",
    re.IGNORECASE,
)
"""Funds, debts and the like are sums whatever measures them: "How large is the fund?" - "It has 40 members"."""
LEAST_BARE_SUM = 10_000
"""A number without a unit from which on it may be a sum of money: "It paid 14.3 billion"."""
_THINGS_BEHIND = {
    "en": re.compile(r"\s(?:[a-z-]+\s){0,2}(?:[a-z-]+s|people|staff|men|women|children)\b"),
    "de": re.compile(r"\s(?:[a-zäöüß-]+\s){0,2}[A-ZÄÖÜ]\w+"),
}
_LETTER = re.compile(r"\s?[a-z]\b", re.IGNORECASE)
_COUNTED = re.compile(r"\b(?:how many|wie ?viele[nr]?)(?:\s\w+){1,3}", re.IGNORECASE)
"""Things are counted, so that no measure is an answer: "how many areas" - "30 square miles"."""
_PART = re.compile(
    r"\b(?:what|which|welche[rmn]?) (?:fraction|proportion|percentage|bruchteil|prozentsatz)\b|"
    r"\b(?:how many per ?cent|wie ?viel prozent)\b|"
    r"\bwelche[rmn]? teil\b.*\bentsp[rar]\w*|\bwhat part\b.*\bcorrespond\w*",
    re.IGNORECASE,
)
"""Parts of a whole are asked for, which no sum of money is."""
_ASKING = {
    "en": re.compile(r"(?:\A\W*(?:And )?[WH]|\b[wh])(?:ho|hom|hose|hat|hich|hen|here|hy|ow)\b"),
    "de": re.compile(
        r"(?:\A\W*(?:Und )?W|\bw)(?:er|en|em|essen|as|elche[nrms]?|ann|o|oher|ohin|arum|eshalb|ieso|ie|ieviele?n?|"
        r"o(?:bei|durch|für|gegen|her|hin|mit|nach|ran|rauf|raus|rin|rüber|rum|runter|von|vor|zu))\b"
    ),
}
"""Question words. Capitals within a question are those of a name: the film "Who Goes There"."""
_SETTING = re.compile(r"\W*(?:when|while|after|before|where)\b[^,?]*,\s", re.IGNORECASE)
"""A clause before the question: "When Nordholz closed, who bought it?"."""
_PERSON = re.compile(r"(?:who|whom|whose|wer|wen|wem|wessen)\b", re.IGNORECASE)
_VAGUE_AMOUNT = re.compile(
    r"\b(?:hundreds|thousands|millions|billions|dozens|several|many|few|most|half|all|none|no|double[ds]?|twice|"
    r"hundert\w*|tausend\w*|dutzend\w*|hunderttausend\w*|mehrere\w*|viele\w*|wenige\w*|meisten|hälfte|alle|kein\w*|doppelt\w*)\b",
    re.IGNORECASE,
)
_YES_NO = {
    "en": re.compile(
        r"\s*(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should)\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\s*(?:ist|sind|war|waren|hat|haben|hatte|hatten|wird|werden|wurde|wurden|kann|können|konnte|"
        r"soll|sollen|sollte|will|wollen|wollte|darf|muss|gibt|gab|bleibt|blieb)\b",
        re.IGNORECASE,
    ),
}
_GERMAN_NOUN = re.compile(r"\b[A-ZÄÖÜ]\w{4,}")
_ENGLISH_PEOPLE = re.compile(
    r"\b\w{3,}(?:s|ers?|ors?|ists?|people|team|staff|man|woman|men|women)\b|(?<=\b[Tt]he )[A-Z]\w+|(?<=[a-z] )[A-Z]\w+"
)
_ANY_WORD = re.compile(r"\w{2,}")
_STEM, _ENDING = 4, 3
"""Fewest letters that two forms of one word share, roughly, and most in which the shorter one may differ."""


def asks_yes_or_no(question: str, language: str) -> bool:
    """Whether yes or no would answer `question`. Languages other than German are read the English way."""
    return _YES_NO["de" if language == "de" else "en"].match(question) is not None


def asks_for_amount(question: str, language: str) -> bool:
    """Whether `question` asks how much or how many by the first of its question words ("What tells how much")."""
    asking = _asking(question, language)
    if _PRICE.match(question):
        return True
    if asking is None:
        return _AMOUNT.search(question) is not None
    return _AMOUNT.match(question, asking.start()) is not None


def _asking(question: str, language: str) -> re.Match[str] | None:
    """The question word with which `question` asks; those that follow it lead clauses ("Where did the man who ...")."""
    pattern = _ASKING["de" if language == "de" else "en"]
    setting = _SETTING.match(question)
    behind = pattern.search(question, setting.end()) if setting else None
    return behind or pattern.search(question)


def missing(question: str, sentence: str, language: str) -> str:
    """What `question` asks for and `sentence` lacks: `amount`, `person`, `name`, `reaction`, `news`, or the
    circumstance (`reason`, `time`, `place`); empty where it lacks nothing.
    """
    if asks_yes_or_no(question, language):
        return ""
    if _PART.search(question):
        return "" if _has_new_part(question, sentence, language) else "amount"
    if asks_for_amount(question, language):
        return "" if _has_new_amount(question, sentence, language) else "amount"
    if not _new_words(question, sentence, language) and not _has_new_figure(question, sentence, language):
        return "news"
    asking = _asking(question, language)
    if asking and _PERSON.search(asking.group()) and not _has_new_person(question, sentence, language):
        return "person"
    if (noun := asks_for_names(question)) and not names_one(question, sentence, language, noun):
        return "name"
    if not tells_reaction(question, sentence, language):
        return "reaction"
    circumstance = circumstance_asked_for(question)
    if restates(sentence, question, language):
        return circumstance
    return "" if tells(sentence, circumstance, question, language) else circumstance


def _has_new_amount(question: str, sentence: str, language: str) -> bool:
    asked = quantities(question, language)
    stated = quantities(sentence, language)
    if _asks_for_money(question) and not any(amount.unit == "%" for amount in asked):
        stated = [amount for amount in stated if _may_be_money(amount, sentence[amount.end :], language)]
    if (counted := _COUNTED.search(question)) and not any(
        _is_unit(f" {word}", language) for word in counted[0].split()
    ):
        stated = [amount for amount in stated if not _is_unit(sentence[amount.end :], language)]
    new = any(not any(same_value(amount, known) for known in asked) for amount in stated)
    return new or bool(_VAGUE_AMOUNT.search(sentence))


def _asks_for_money(question: str) -> bool:
    return any(pattern.search(question) for pattern in (_MONEY, _SUM)) or _PRICE.match(question) is not None


def _has_new_figure(question: str, sentence: str, language: str) -> bool:
    """Whether `sentence` has a number or a day that `question` has not; "May" alone may be a verb."""
    asked = quantities(question, language)
    return any(not any(same_value(one, known) for known in asked) for one in quantities(sentence, language))


def _is_unit(text: str, language: str) -> bool:
    """Whether `text` begins with a unit of measure; single letters stand for other things as well."""
    return not _LETTER.match(text) and bool(unit_in(text, "de" if language == "de" else "en"))


def _has_new_part(question: str, sentence: str, language: str) -> bool:
    asked = quantities(question, language)
    parts = (amount for amount in quantities(sentence, language) if amount.unit in ("%", ""))
    new = any(not any(same_value(amount, known) for known in asked) for amount in parts)
    return new or bool(_VAGUE_AMOUNT.search(sentence))


def _may_be_money(amount: Quantity, behind: str, language: str) -> bool:
    """Whether it is a sum; a bare number is none where what stands `behind` it is counted: "10,000 employees"."""
    if amount.unit or amount.value < LEAST_BARE_SUM:
        return amount.unit.isupper()
    counted = _THINGS_BEHIND["de" if language == "de" else "en"].match(behind)
    return counted is None or any(word in FUNCTION_WORDS["en"] for word in counted[0].casefold().split())


def _new_words(question: str, sentence: str, language: str) -> set[str]:
    """The words of `sentence`, casefolded, that say something and are not in `question`; "war" and "gas", too."""
    known = _ANY_WORD.findall(question.casefold())
    empty = FUNCTION_WORDS["de" if language == "de" else "en"]
    said = {word for word in _ANY_WORD.findall(sentence.casefold()) if len(word) >= _STEM or word not in empty}
    return {word for word in said if not any(_are_forms(word, other) for other in known)}


def _are_forms(one: str, other: str) -> bool:
    """Whether two words begin alike, up to an ending: "leave" and "leaving", not "complexity" and "computer"."""
    stem = max(_STEM, min(len(one), len(other)) - _ENDING)
    return one[:stem] == other[:stem]


def _has_new_person(question: str, sentence: str, language: str) -> bool:
    """Whether the sentence has a name that the question has not, or a noun for people ("former researchers")."""
    if new_names(question, sentence, language):
        return True
    if takes_the_asked_place(question, sentence, language):
        return False
    people = _GERMAN_NOUN if language == "de" else _ENGLISH_PEOPLE
    told = without_names_of(question, sentence, language)
    new = _new_words(question, told, language) - calendar_words()
    return any(word.casefold() in new for word in people.findall(told)) or any(kind_of(word, language) for word in new)
