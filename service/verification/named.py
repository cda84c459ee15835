"""Whether a sentence names somebody new where a question asks for a person, or for one of what bears names: firms,
clubs, politicians.

The person whom a question names is no answer to it, whatever a sentence adds to that name: "Who will succeed Vaillard?"
is not answered by "Kersten Vaillard will".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.relations.function_words import FUNCTION_WORDS
from service.texts.names import LOAN_WORDS, TITLES, bare, calendar_words, is_german_noun, leading_names, mentions, names

_RUN = re.compile(r"[A-ZÄÖÜ][\w’-]*(?:\s(?:(?:de|di|van|von|der|del|la|le)\s){0,2}[A-ZÄÖÜ][\w’-]*)*")
"""Capitalised words next to one another."""
_SUBJECT_ASKED = re.compile(
    r"(?:and |und |aber |but |so )?(?:who|wer)\s+(?!(?:do|does|did)\b)(?P<verbs>[^?]*)", re.IGNORECASE
)
_IS_WHO = re.compile(r"(?:is|was|are|were|ist|war|sind|waren)\s+(?=[A-ZÄÖÜ])")
"""Who somebody is, is told of him: "Who is Vaillard?"."""
_BY = re.compile(r"\b(?:by|von|vom|durch)\b")
_AUXILIARY = re.compile(
    r"(?:is|was|are|were|has|have|had|will|would|can|could|should|must|did|"
    r"ist|war|sind|waren|hat|haben|hatte|hatten|wird|werden|wurden?|will|wollen|soll|sollen|kann|können|muss|müssen)\b"
)
_BEARING_NAMES = re.compile(
    r"(?:\w*(?:unternehmen|konzern|anbieter|hersteller|agentur|bank|verlag|verein|partei|gewerkschaft|universitäte?|"
    r"hochschule|politiker|minister|manager|künstler|autor|schauspieler|spieler|trainer|start-?up|rivale|konkurrent|"
    r"wettbewerber|lieferant|investor|fluggesellschaft|kanzlei|zeitung|sponsor|stiftung)(?:s|n|en|e|es|in|innen|ern)?|"
    r"\w*firm(?:a|en)|"
    r"(?:compan|agenc|part|universit)(?:y|ies)|(?:firm|provider|maker|manufacturer|bank|publisher|club|union|politician|"
    r"minister|manager|artist|author|actor|player|coach|start-?up|rival|competitor|supplier|investor|airline|"
    r"newspaper|broadcaster|retailer|carmaker|charit|sponsor|foundation|vendor|lender|insurer|chipmaker)(?:s|es|ies|y)?)\Z",
    re.IGNORECASE,
)
"""Nouns for what has a name of its own, by which one tells which of them it is."""
_CHOOSING = re.compile(
    r"(?:\A\W*|\b)(?:which|welche[nrms]?)\s+(?P<noun>(?:\w[\w-]*\s+){0,2}?\w[\w-]*)(?=\s|\?|,|\Z)", re.IGNORECASE
)
MOST_IN_A_NAME = 4
"""Words of an answer that is nothing but names, whether they are known as such or not."""
_SUBJECT = re.compile(r"(?:(?:The|Die|Der|Das|Both|Beide)\s)?(?P<noun>[A-ZÄÖÜ][\w’-]*)(?=\s(?:[a-zäöüß(]|[A-Z&]))")


def new_names(question: str, sentence: str, language: str) -> set[str]:
    """The names of `sentence` that `question` has not, nor a part of: "Kersten" is none behind "Vaillard"."""
    known = set(names(question, language))
    same = {part for run in _runs_of(known, sentence) for part in names(run, language)}
    return set(names(sentence, language)) - known - same


def without_names_of(question: str, sentence: str, language: str) -> str:
    """`sentence` without the names of those whom `question` names."""
    for run in _runs_of(set(names(question, language)), sentence):
        sentence = sentence.replace(run, " ")
    return sentence


def _runs_of(known: set[str], sentence: str) -> list[str]:
    """Where `sentence` has one of the names `known`, with the capitalised words before it: "Kersten Vaillard"."""
    found = []
    for match in _RUN.finditer(sentence):
        words = match.group().split()
        last = max((at for at, word in enumerate(words) if bare(word) in known), default=-1)
        if last >= 0:
            found.append(" ".join(words[: last + 1]))
    return sorted(found, key=len, reverse=True)


def takes_the_asked_place(question: str, sentence: str, language: str) -> bool:
    """Whether `sentence` has somebody whom `question` names do what `question` asks who does.

    "Who criticised Tessera?" - "Tessera criticised its neighbours." Not where it is done by somebody.
    """
    asked = _SUBJECT_ASKED.match(question.strip())
    if asked is None or _IS_WHO.match(asked["verbs"]) or _BY.search(sentence):
        return False
    first = _RUN.match(sentence)
    if first is None or not any(mentions(first.group(), name) for name in names(question, language)):
        return False
    behind = sentence[first.end() :].lstrip()
    verb = re.match(r"[a-zäöüß]{4,}", behind)
    own = re.findall(r"[a-zäöüß]{4,}", asked["verbs"])
    return bool(_AUXILIARY.match(behind)) or (verb is not None and any(verb[0][:4] == word[:4] for word in own))


def asks_for_names(question: str) -> str:
    """The noun of which `question` asks which one it is, where what bears names is asked for: "which banks"."""
    for match in _CHOOSING.finditer(question):
        for word in match["noun"].split():
            if _BEARING_NAMES.match(word):
                return word
    return ""


def names_one(question: str, sentence: str, language: str, noun: str) -> bool:
    """Whether `sentence` may name a `noun` that `question` asks for, or says of which kind it is ("smaller banks")."""
    if len(sentence.split()) <= MOST_IN_A_NAME or new_names(question, sentence, language):
        return True
    if re.search(rf"\b\w*{re.escape(noun[:5])}", sentence, re.IGNORECASE):
        return True
    known = question.casefold()
    return any(name.casefold() not in known for name in _possible_names(sentence, language))


def _possible_names(sentence: str, language: str) -> Iterator[str]:
    """Words that may be names though they are known as others: what a sentence begins with, English capitals."""
    yield from leading_names(sentence)
    subject = _SUBJECT.match(sentence)
    if subject and subject["noun"].casefold() not in FUNCTION_WORDS["de" if language == "de" else "en"]:
        yield subject["noun"]
    for match in re.finditer(r"(?<=\w )[A-ZÄÖÜ][\w&-]+", sentence):
        word = bare(match.group())
        known = LOAN_WORDS if language == "de" else TITLES
        is_name = word not in known and not (language == "de" and is_german_noun(word))
        if word not in calendar_words() and (is_name or match.group().isupper()):
            yield match.group()
