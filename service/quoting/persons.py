"""Who holds an office, and who somebody is, in the words of one source sentence that states just that.

These are what readers ask of news first, and where small models take whoever a source names beside the right one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.comparing.stated import is_hedged
from service.quoting.quotable import is_read_alone
from service.relations.clauses import Word, named, parsed
from service.relations.polarity import NEGATIONS
from service.relations.roles import HELD_BY_ONE, held_by, kind_of
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.texts.names import bare, mentions
from service.texts.names import names as names_in
from service.verification.leftover import has_all, states_figures, telling

_OCCASION = re.compile(r"\b(?:after|before|since|when|once|nachdem|bevor|seitdem?|als|nach)\b", re.IGNORECASE)
"""After what a question says when somebody came into office."""
_WHO = re.compile(r"\s*(?:(?:and|und) )?(?:who|wer|wie hei(?:ß|ss)t|what is the name)\b", re.IGNORECASE)
_HOLDS = re.compile(
    r"be(?:come[s]?|came)|named?|called|appointed|chosen|current\w*|new|acting|interim\w*|name|heißt|now|today|"
    r"neue\w*|aktuell\w*|derzeit\w*|jetz(?:t|ig)\w*|heut\w*|kommissarisch\w*|ernannt|berufen|worden|"
    r"leads?|runs?|heads?|leitet|führt",
    re.IGNORECASE,
)
"""Words that say no more than that somebody holds an office."""
_OTHER_HOLDER = re.compile(
    r"\b(?:ex|former\w*|previous\w*|deputy|vice|designate|not|no longer|never|ehemalig\w*|früher\w*|bisherig\w*|bisher|"
    r"einstig\w*|vize\w*|stellvertret\w*|designiert\w*|nicht|kein\w*|nie)\b",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"\s*(?:(?:and|und) )?(?:who|wer) (?:currently |now |derzeit |jetzt )?(?:leads|runs|heads|leitet|führt)\b",
    re.IGNORECASE,
)
"""Who leads something now: of who once led it, sources may name any number."""
_COMES_IN = re.compile(
    r"\b(?:takes? over|took over|becomes?|became|named|appointed|succe(?:ed|ss)\w*|replac\w*|interim\w*|new|acting|"
    r"überni(?:mmt|mm)\w*|übernahm|übernommen|wird|wurde|neue\w*|nachfolg\w*|folgt|ernannt|berufen|kommissarisch\w*|"
    r"übergangsweise)\b",
    re.IGNORECASE,
)
"""What says that somebody came into an office, after whoever held it before."""
_WHO_IS = re.compile(
    r"\s*(?:[Aa]nd |[Uu]nd )?(?:[Ww]ho|[Ww]er) (?:is|was|ist|war) "
    r"(?P<name>[A-ZÄÖÜ][\w’'-]*(?: [A-ZÄÖÜ][\w’'-]*)*)\s*\?*\s*\Z"
)
_NAME_WORD = re.compile(r"[\w’'-]+")
_IS_ONE = r" (?:is|was|ist|war) (?:an?|the|eine?|der|die)\b"
_APPOSED = r", (?:(?:an?|the|its?|eine?|der|die|dem|den) )?(?:[\w-]+ ){0,4}?[\w-]+"
_FULL_NAME = re.compile(r"\b[A-ZÄÖÜ][\w’'-]+(?: [A-ZÄÖÜ][\w’'-]+)+")
_PARTS = re.compile(r"[,;:()–—]|\s-\s")


def holder(asked: Asked, candidates: Sequence[Evidence]) -> Evidence | None:
    """The first of `candidates` that gives the office which the question asks about to one person.

    Where they give it to several, only to the one of whom it is said that he or she came into it; None where that does
    not tell either.
    """
    found = [item for item in candidates if _says_who(asked, item)]
    if len(_held_by_whom(asked, found)) > 1:
        found = [item for item in found if _COMES_IN.search(item.shown())]
    return found[0] if len(_held_by_whom(asked, found)) == 1 else None


def description(asked: Asked, candidates: Sequence[Evidence]) -> Evidence | None:
    """Of `candidates`, best first, the one that says best who the person is of whom "Who is ...?" asks.

    A sentence that says it of the person with "is" comes before one that sets it beside the name, that before a title.
    """
    match = _WHO_IS.match(asked.request.question)
    if match is None or not all(bare(word) in asked.names for word in _NAME_WORD.findall(match["name"])):
        return None
    name = rf"\b{re.escape(match['name'].strip())}"
    found = [item for item in candidates if re.search(rf"{name}\b", item.shown()) and _describes(item, asked, name)]
    return max(found, key=lambda item: _says_it_well(item, asked, name), default=None)


def _describes(source: Evidence, asked: Asked, name: str) -> bool:
    """Whether `source` says what or in which office the person of the pattern `name` is, and denies nothing."""
    shown, person = source.shown(), frozenset(map(named, asked.names))
    if NEGATIONS[source.language].search(shown):
        return False
    known = frozenset(names_in(shown, source.language)) | frozenset(asked.names)
    holders = held_by(parsed(shown, source.language, known).whole)
    return bool(re.search(name + _IS_ONE, shown)) or any(person <= holder for holder in holders)


def _says_it_well(source: Evidence, asked: Asked, name: str) -> tuple[bool, bool, bool, bool]:
    shown = source.shown()
    is_one, apposed = (re.search(name + pattern, shown) is not None for pattern in (_IS_ONE, _APPOSED))
    return is_one, apposed, source.language == asked.language, is_read_alone(source)


def _held_by_whom(asked: Asked, sources: Sequence[Evidence]) -> set[frozenset[str]]:
    """The persons, by their names, to whom `sources` give the office."""
    return {_new_names(source, names_in(asked.request.question, asked.language)) for source in sources}


def _asked_office(question: str, language: str) -> str:
    """The class of the office whose holder `question` asks for; who leads something is its chief."""
    return _office(question, language) or ("chief" if _LEADS.match(question) else "")


def _says_who(asked: Asked, source: Evidence) -> bool:
    """Whether `source` gives the office that the question asks about to one person, whom the question does not name.

    It has to name whose office it is, and nobody and nothing else.
    """
    question = _OCCASION.split(asked.request.question)[0]
    office, shown = _asked_office(question, asked.language), source.shown()
    if not _WHO.match(question) or office not in HELD_BY_ONE or _OTHER_HOLDER.search(question):
        return False
    whose = names_in(question, asked.language)
    if not whose or [name for name in asked.names if mentions(shown, name)] != whose:
        return False
    if not _names_one_more(source, whose) or is_hedged(shown, shown, source.language):
        return False
    said = [word for word in telling(question, asked) if not _HOLDS.fullmatch(word.text)]
    more = [word for word in said if not _is_of_office(word, question, asked.language)]
    if not has_all(shown, source.language, more) or not states_figures(question, asked.language, source):
        return False
    parts = [part for part in _PARTS.split(shown) if _office(part, source.language) == office]
    return bool(parts) and not any(_OTHER_HOLDER.search(part) for part in parts)


def _is_of_office(word: Word, text: str, language: str) -> bool:
    """Whether `word` of `text` is a title or a later part of one: "chief executive"."""
    starts = (match.start() for match in re.finditer(r"\b\w", text[: word.end]))
    return any(kind_of(text[start:], language, least=word.end - start) for start in starts)


def _names_one_more(source: Evidence, known: Sequence[str]) -> bool:
    """Whether `source` has one full name and no other beside those that are `known`."""
    new = _new_names(source, known)
    full = [{bare(word) for word in match.split()} for match in _FULL_NAME.findall(source.shown())]
    return bool(new) and any(new <= words for words in full)


def _new_names(source: Evidence, known: Sequence[str]) -> frozenset[str]:
    own = names_in(source.shown(), source.language)
    new = (name for name in own if not any(mentions(name, old) for old in known))
    return frozenset(name for name in new if not kind_of(name, source.language))


def _office(text: str, language: str) -> str:
    """The class of the first office that a word of `text` names; empty where none does."""
    starts = [match.start() for match in re.finditer(r"\b\w", text)]
    capital = (start for start in starts if language != "de" or text[start].isupper())
    return next((kind for start in capital if (kind := kind_of(text[start:], language))), "")
