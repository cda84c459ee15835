"""What a question for one value or for who holds an office wants to know, looked up in the sentences of the search.

Where a language model makes nothing of the sources that holds, some of them still state just what was asked for. Rules
find them only where nothing of the question is left over: the source names all that it names, has every other word of
it that says something, states all its figures, and has one thing that the question asks for and does not say itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.quantities import quantities
from service.comparing import measures
from service.comparing.asked_values import wanted
from service.comparing.conflict_wording import worded
from service.comparing.conflicts import equal, rounded
from service.comparing.stated import Kind, Stated, is_hedged, stated
from service.quoting.persons import description, holder
from service.quoting.quotable import as_told, is_read_alone
from service.quoting.reasons_told import reason
from service.relations import abbreviations, flaw
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.texts.names import mentions
from service.texts.names import names as names_in
from service.verification.answer_type import asks_yes_or_no
from service.verification.leftover import has_all, states_figures, telling

TOLD = {"de": "Laut den Artikeln: {value}.", "en": "According to the articles: {value}."}
"""How a value is told to who asked in this language."""
STANDS_FOR = {"de": "{short} steht für {long}.", "en": "{short} stands for {long}."}
LANGUAGES = frozenset(TOLD)

_WHEN = re.compile(
    r"\s*(?:(?:since|until|seit|bis) )?(?:when|wann|(?:in |on |an )?(?:what|which|welche[nrms]?) "
    r"(?:year|date|day|month|jahr|datum|tag|monat))\b",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(r"\b(?:how (?:much|many)|wie ?viele?n?|what (?:share|percentage))\b(?! (?:of|von|vom)\b)", re.I)
_HOW_HIGH = re.compile(r"\b(?:how (?:high|large)|wie hoch)\b(?P<noun>(?:\W+\w+){1,4})", re.I)
"""Heights and sizes are asked for like this as well: what is high must be named at once, and measured in money."""
_ASKING_FIRST = re.compile(r"\A.*?\b(?:did|do|does|has|have|had|hat|haben|hatten?)\s", re.IGNORECASE)
"""What stands before a statement in a question: "How many jobs did" Castellmar cut."""
_ONLY_SOME = re.compile(
    r"\s*(?P<which>former|ex|other|new|more|further|additional|ehemalig|früher|weiter|neu|zusätzlich)\w*\b",
    re.IGNORECASE,
)
"""What a count stands before that counts not all: "two former employees"."""
_OF_ANOTHER_EVENT = re.compile(
    r"\b(?:(?:nach|seit|vor)\s+(?:de[mnr]|seine[mnr]|ihre[mnr]|eine[mnr])|"
    r"(?:after|since|before|following)\s+(?:the|its|their|an?))\s+(?:[^\s,;:]+\s+){1,8}\Z",
    re.IGNORECASE,
)
"""What a date stands behind that is the date of something else: "after the purchase of Marlin in 2014"."""
_TWO_QUESTIONS = re.compile(
    r"\b(?:and|und|or|oder) (?:how|what|when|where|which|who|why|wann|warum|was|welche\w*|wer|wie|wo)\b", re.I
)
"""A question that asks more than one thing is not answered by one."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a reader is told, in the question's language, and the source that states it."""

    text: str
    source: Evidence


def looked_up(asked: Asked, candidates: Sequence[Evidence]) -> LookedUp | None:
    """What of `candidates`, best first, states what was `asked`; None where nothing surely does, or values differ."""
    question = asked.request.question
    if asked.language not in LANGUAGES or not asked.names or asks_yes_or_no(question, asked.language):
        return None
    if _TWO_QUESTIONS.search(question):
        return None
    known = [item for item in candidates if item.language in LANGUAGES]
    values = [value for item in known for value in _values(asked, item)]
    if values:
        first = max(values, key=lambda value: _reads_well(value, asked))
        agreed = all(equal(first, other) or rounded(first, other) for other in values)
        return _told(first, asked.language) if agreed else None
    if told := _long_form(asked, known):
        return told
    found = holder(asked, known) or description(asked, known) or reason(asked, known)
    return LookedUp(as_told(found, asked.language), found) if found else None


def _long_form(asked: Asked, candidates: Sequence[Evidence]) -> LookedUp | None:
    """What the letters stand for that `asked` is about, by the first source that tells, those in its language first."""
    short = abbreviations.asked_for(asked.request.question)
    for item in sorted(candidates, key=lambda item: item.language != asked.language) if short else ():
        if long := abbreviations.long_form(short, item.shown()):
            return LookedUp(STANDS_FOR[asked.language].format(short=short, long=long), item)
    return None


def _reads_well(value: Stated, asked: Asked) -> tuple[bool, bool]:
    """Whether its sentence can be quoted, and whether it names by itself what was asked about."""
    quotable = value.source.language == asked.language and is_read_alone(value.source)
    return quotable, all(mentions(value.text, name) for name in asked.names)


def _told(value: Stated, language: str) -> LookedUp:
    if value.source.language == language and is_read_alone(value.source):
        return LookedUp(value.text, value.source)
    return LookedUp(TOLD[language].format(value=worded(value, language).rstrip(".")), value.source)


def _values(asked: Asked, source: Evidence) -> Iterator[Stated]:
    """The values of `source` that are asked for, where it leaves nothing of the question open."""
    question, language = asked.request.question, asked.language
    found = _asked_measure(question, language)
    if found is None or not _is_about(asked, source):
        return
    kind, measure = found
    said_of_it = [word for word in telling(question, asked) if not measures.belongs_to(word.text, kind, measure)]
    if measures.is_movement(measure) and not said_of_it and _names_others(source, asked):
        return
    if flaw(_as_statement(question), language, question, [source]) or (kind == "date" and not said_of_it):
        return
    hedged = is_hedged(question, question, language)
    said = {figure.value for figure in quantities(question, language)}
    for value in stated(source):
        if value.value in said and value.kind != "date":
            continue
        if value.kind != kind or value.measure not in (measure, "") or value.hedged != hedged:
            continue
        if kind != "date" and value.measure != measure:
            continue
        narrower = _ONLY_SOME.match(value.text, value.end) if kind == "count" else None
        if narrower and narrower["which"].casefold() not in question.casefold():
            continue
        if kind == "date" and _OF_ANOTHER_EVENT.search(value.text[: value.start]):
            continue
        if has_all(value.clause if kind == "date" else value.text, source.language, said_of_it):
            yield value


def _asked_measure(question: str, language: str) -> tuple[Kind, str] | None:
    """What kind of value is asked for, and what it measures, "" for dates; None where no word tells."""
    asked = wanted(question)
    if asked.several:
        return None
    if _WHEN.match(question):
        return "date", ""
    if much := _HOW_MUCH.search(question):
        kind = asked.kind or "money"
        counted = kind == "count"
        measure = measures.of_count(question, *much.span(), language) if counted else measures.asked_for(question, kind)
        return (kind, measure) if measure else None
    high = _HOW_HIGH.search(question)
    measure = measures.asked_for(high["noun"], "money") if high else ""
    return ("money", measure) if measure not in ("", "price") else None


def _as_statement(question: str) -> str:
    """What `question` takes to be so, for the rules that say what a source speaks against."""
    return _ASKING_FIRST.sub("", question).rstrip("? ") + "."


def _is_about(asked: Asked, source: Evidence) -> bool:
    """Whether `source` names all that the question does, in its order, and states its figures.

    A sentence that names nothing else may have the names before it.
    """
    shown, names = source.shown(), asked.names
    places = [_place(shown, name) for name in names]
    if all(place is not None for place in places):
        if places != sorted(places, key=lambda place: place or 0):
            return False
    elif _names_others(source, asked) or not all(mentions(source.context, name) for name in names):
        return False
    return states_figures(asked.request.question, asked.language, source)


def _names_others(source: Evidence, asked: Asked) -> bool:
    """Whether `source` names somebody whom the question does not, who may be the one that it tells of."""
    return bool(set(names_in(source.shown(), source.language)) - set(asked.names))


def _place(text: str, name: str) -> int | None:
    """Where `text` mentions `name` first; None where it does not."""
    if not mentions(text, name):
        return None
    return next((at.start() for at in re.finditer(r"[^\W\d_][\w’']*", text) if mentions(at.group(), name)), 0)
