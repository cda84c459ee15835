"""What a question for one value or for who holds an office wants to know, looked up in the sentences of the search.

Where a language model makes nothing of the sources that holds, some of them still state just what was asked for. Rules
find them only where nothing of the question is left over: the source names all that it names, has every other word of
it that says something, states all its figures, and has one thing that the question asks for and does not say itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.quantities import quantities, same_value
from service import measures
from service.answer_type import asks_yes_or_no
from service.asked_values import wanted
from service.conflict_wording import worded
from service.conflicts import equal, rounded
from service.evidence import Evidence
from service.finding import Asked
from service.names import bare, mentions
from service.names import names as names_in
from service.quoting import as_told, is_read_alone
from service.relations import flaw
from service.relations.alignment import alike
from service.relations.clauses import Word, parsed
from service.relations.roles import HELD_BY_ONE, kind_of
from service.stated import Kind, Stated, is_hedged, stated

TOLD = {"de": "Laut den Artikeln: {value}.", "en": "According to the articles: {value}."}
"""How a value is told to who asked in this language."""
LANGUAGES = frozenset(TOLD)

_WHEN = re.compile(
    r"\s*(?:(?:since|until|seit|bis) )?(?:when|wann|(?:in |on |an )?(?:what|which|welche[nrms]?) "
    r"(?:year|date|day|month|jahr|datum|tag|monat))\b",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(r"\b(?:how (?:much|many)|wie ?viele?n?|what (?:share|percentage))\b(?! (?:of|von|vom)\b)", re.I)
_HOW_HIGH = re.compile(r"\b(?:how (?:high|large)|wie hoch)\b(?P<noun>(?:\W+\w+){1,4})", re.I)
"""Heights and sizes are asked for like this as well: what is high must be named at once, and measured in money."""
_SAYS_NO_MORE = re.compile(
    r"finally|eventually|actually|many|much|high|large|total|roughly|approximately|percent\w*|per|cent|year|month|date|"
    r"schließlich|letztlich|endgültig|insgesamt|viele?n?|hoch|ungefähr|prozent\w*|jahr|monat|tag|datum",
    re.IGNORECASE,
)
"""Words of a question that only ask."""
_ASKING_FIRST = re.compile(r"\A.*?\b(?:did|do|does|has|have|had|hat|haben|hatten?)\s", re.IGNORECASE)
"""What stands before a statement in a question: "How many jobs did" Castellmar cut."""
_TWO_QUESTIONS = re.compile(
    r"\b(?:and|und|or|oder) (?:how|what|when|where|which|who|why|wann|warum|was|welche\w*|wer|wie|wo)\b", re.I
)
"""A question that asks more than one thing is not answered by one."""
_OCCASION = re.compile(r"\b(?:after|before|since|when|once|nachdem|bevor|seitdem?|als|nach)\b", re.IGNORECASE)
"""After what a question says when somebody came into office."""
_WHO = re.compile(r"\s*(?:(?:and|und) )?(?:who|wer|wie hei(?:ß|ss)t|what is the name)\b", re.IGNORECASE)
_HOLDS = re.compile(
    r"be(?:come[s]?|came)|named?|called|appointed|chosen|current\w*|new|acting|interim\w*|name|heißt|"
    r"neue\w*|aktuell\w*|derzeit\w*|jetzig\w*|kommissarisch\w*|ernannt|berufen|worden",
    re.IGNORECASE,
)
"""Words that say no more than that somebody holds an office."""
_OTHER_HOLDER = re.compile(
    r"\b(?:ex|former\w*|previous\w*|deputy|vice|designate|not|no longer|never|ehemalig\w*|früher\w*|bisherig\w*|bisher|"
    r"einstig\w*|vize\w*|stellvertret\w*|designiert\w*|nicht|kein\w*|nie)\b",
    re.IGNORECASE,
)
_FULL_NAME = re.compile(r"\b[A-ZÄÖÜ][\w’'-]+(?: [A-ZÄÖÜ][\w’'-]+)+")
_PARTS = re.compile(r"[,;:()–—]|\s-\s")


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
    holders = [item for item in known if _says_who(asked, item)]
    return LookedUp(as_told(holders[0], asked.language), holders[0]) if holders else None


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
    said_of_it = [
        word for word in telling(question, asked) if not (measure and measures.asked_for(word.text, kind) == measure)
    ]
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
    elif set(names_in(shown, source.language)) - set(names) or not all(
        mentions(source.context, name) for name in names
    ):
        return False
    return _states_figures(asked.request.question, asked.language, source)


def _states_figures(question: str, language: str, source: Evidence) -> bool:
    stated_there = quantities(source.shown(), source.language)
    return all(any(same_value(one, other) for other in stated_there) for one in quantities(question, language))


def _place(text: str, name: str) -> int | None:
    """Where `text` mentions `name` first; None where it does not."""
    if not mentions(text, name):
        return None
    return next((at.start() for at in re.finditer(r"[^\W\d_][\w’']*", text) if mentions(at.group(), name)), 0)


def telling(question: str, asked: Asked) -> list[Word]:
    """The words of `question`, a wording of what was `asked`, that say something, but for its names."""
    words = parsed(question, asked.language, frozenset(asked.names)).whole.content
    return [word for word in words if not word.is_name and not _SAYS_NO_MORE.fullmatch(word.text)]


def has_all(text: str, language: str, words: Sequence[Word]) -> bool:
    """Whether `text`, in `language`, has a word that means alike for each of `words`."""
    own = parsed(text, language, frozenset()).whole.content
    return all(any(alike(word, other) for other in own) for word in words)


def _says_who(asked: Asked, source: Evidence) -> bool:
    """Whether `source` gives the office that the question asks about to one person, whom the question does not name.

    It has to name whose office it is, and nobody and nothing else.
    """
    question = _OCCASION.split(asked.request.question)[0]
    office, shown = _office(question, asked.language), source.shown()
    if not _WHO.match(question) or office not in HELD_BY_ONE or _OTHER_HOLDER.search(question):
        return False
    whose = names_in(question, asked.language)
    if not whose or [name for name in asked.names if mentions(shown, name)] != whose:
        return False
    if not _names_one_more(source, whose) or is_hedged(shown, shown, source.language):
        return False
    said = [word for word in telling(question, asked) if not _HOLDS.fullmatch(word.text)]
    more = [word for word in said if not _is_of_office(word, question, asked.language)]
    if not has_all(shown, source.language, more) or not _states_figures(question, asked.language, source):
        return False
    parts = [part for part in _PARTS.split(shown) if _office(part, source.language) == office]
    return bool(parts) and not any(_OTHER_HOLDER.search(part) for part in parts)


def _is_of_office(word: Word, text: str, language: str) -> bool:
    """Whether `word` of `text` is a title or a later part of one: "chief executive"."""
    starts = (match.start() for match in re.finditer(r"\b\w", text[: word.end]))
    return any(kind_of(text[start:], language, least=word.end - start) for start in starts)


def _names_one_more(source: Evidence, known: Sequence[str]) -> bool:
    """Whether `source` has one full name and no other beside those that are `known`."""
    own = names_in(source.shown(), source.language)
    new = {name for name in own if not any(mentions(name, old) for old in known) and not kind_of(name, source.language)}
    full = [{bare(word) for word in match.split()} for match in _FULL_NAME.findall(source.shown())]
    return bool(new) and any(new <= words for words in full)


def _office(text: str, language: str) -> str:
    """The class of the first office that a word of `text` names; empty where none does."""
    starts = [match.start() for match in re.finditer(r"\b\w", text)]
    capital = (start for start in starts if language != "de" or text[start].isupper())
    return next((kind for start in capital if (kind := kind_of(text[start:], language))), "")
