"""Who holds which office: "the chief executive Sorel" must not become "the founder Sorel"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from service.relations.clauses import Clause, Sentence, Word, between, names_from, names_start
from service.relations.tables import rows
from service.texts.names import calendar_words

OFFICES = tuple(rows("offices.txt"))
_RANK = {row.meaning: rank for rank, row in enumerate(OFFICES)}
ASKED = re.compile(r"\b(?:who|wer|wie hei(?:ß|ss)\w*|what is the name|whose|wessen|wem|wen)\b", re.IGNORECASE)
_HEADING = {
    "de": re.compile(r"\b(?:leitet|leiteten?|geleitet)\b"),
    "en": re.compile(r"\b(?:heads|headed|chairs|chaired)\b"),
}
_APPOSITION = {
    "de": re.compile(
        r",?\s(?:(?:ist|war|wird|bleibt|blieb|der|die|das|ein|eine|ehemalige[rs]?|bisher(?:iger?)?)\s)+|,\s(?=[A-ZÄÖÜ])"
    ),
    "en": re.compile(
        r",?\s(?:(?:who|is|was|becomes?|became|remain(?:s|ed)|stays|stayed|the|a|an|its|their)\s)+|,\s(?=[a-z])"
    ),
}
"""What stands between a name and the office that is said of it."""
_NOT_NOW = {
    "former": re.compile(
        r"\b(?:ehemalig\w*|früher\w*|einstig\w*|ex-?|former|formerly|previous|bisherig\w*|bisher)\b", re.I
    ),
    "interim": re.compile(r"\b(?:kommissarisch\w*|interim\w*|übergangs\w*|vorläufig\w*|acting|caretaker)\b", re.I),
    "deputy": re.compile(r"\b(?:stellvertret\w*|vize\w*|deput\w*|vice)\b", re.I),
    "designated": re.compile(r"\b(?:designiert\w*|künftig\w*|designate|incoming|next)\b", re.I),
}
_ENDINGS = {"de": "(?:and|ändin|ende|er|erin)?(?:s|n|en|e|es|in|innen|r)?", "en": "(?:s|es|man|woman|person)?"}
"""What "*" stands for: a ministry is no minister."""
_STAR = re.compile(r"(?<!\\w)\*")
_TITLED = re.compile(r"\b([A-ZÄÖÜ][\w-]+)\s(?=([A-ZÄÖÜ][a-zäöüß-]+)\b)")
_WHEN = frozenset({"anfang", "ende", "mitte", "frühjahr", "sommer", "herbst", "winter"})
_REACH = 3
"""Words between a title and the name that it belongs to, at most."""


@dataclass(frozen=True, slots=True)
class _Office:
    """A title as it stands: its class, the concepts and stems of its words, and who holds it."""

    kind: str
    keys: frozenset[str]
    holder: frozenset[str]
    shown: str
    state: frozenset[str]


def flaw(claim: Sentence, sources: Sequence[Sentence]) -> str:
    """`role: ...` where the sources give a person of `claim` another office, or the office to another person.

    Also where `claim` gives somebody an office whose name leaves no doubt and that no source mentions.
    """
    known = [office for source in sources for office in _offices(source.whole)]
    said = " ".join(source.whole.text for source in sources)
    for office in _offices(claim.whole):
        if problem := _contradicted(office, known):
            return problem
        if office.kind in NARROW and not _is_mentioned(office.kind, said):
            return f"role: no source mentions a {office.kind}"
        is_kin = _KIN.search(claim.whole.text)
        if office.kind in PROFESSIONS and not is_kin and not _is_mentioned(office.kind, _KIN.sub(" ", said)):
            return f"role: no source calls {'/'.join(sorted(office.holder))} a {office.kind}"
    return ""


def held_by(sentence: Clause) -> list[frozenset[str]]:
    """The names of those to whom `sentence` gives an office or a profession, one set a title."""
    return [office.holder for office in _offices(sentence)]


def _contradicted(office: _Office, known: Sequence[_Office]) -> str:
    own = [other for other in known if other.holder & office.holder]
    others = [other for other in known if not other.holder & office.holder]
    best_own = max((_likeness(office, other) for other in own), default=0)
    best_other = max((_likeness(office, other) for other in others), default=0)
    if own and best_other > best_own:
        return f"role: {office.shown} is somebody else's office in the sources"
    if own and best_own == 0:
        return f"role: {office.shown} is not what the sources call {'/'.join(sorted(office.holder))}"
    changed = {name for other in own for name in _NOT_NOW if (name in office.state) != (name in other.state)}
    if own and all(other.state != office.state for other in own) and changed:
        return f"role: {office.shown} without or with {min(changed)!r}"
    return ""


def _likeness(left: _Office, right: _Office) -> int:
    return 2 * (left.kind == right.kind) + len(left.keys & right.keys)


def _offices(sentence: Clause) -> Iterator[_Office]:
    """The titles that stand with a name: "Museum director Coyle", "Coyle, the director", "is headed by Coyle"."""
    yield from _before_names(sentence)
    yield from _after_names(sentence)
    yield from _headed(sentence)


def _before_names(sentence: Clause) -> Iterator[_Office]:
    words = sentence.words
    for at, word in enumerate(words):
        if not word.is_name or (at and words[at - 1].is_name):
            continue
        titles = _titles_before(sentence, at)
        if office := _office(sentence, titles, names_from(words, at)):
            yield office


def _titles_before(sentence: Clause, at: int) -> list[Word]:
    """The words that lead up to a name without a mark or function word in between, except "and"."""
    titles: list[Word] = []
    follower = sentence.words[at]
    for word in sentence.words[max(0, at - _REACH) : at][::-1]:
        joined = re.fullmatch(r"[\s-]+(?:(?:und|and)\s+)?", between(sentence, word, follower))
        if not joined or word.is_name or (sentence.language == "de" and not word.text[0].isupper() and titles):
            break
        if not word.keys and word.lowered not in ("vice", "acting", "former"):
            break
        titles.append(word)
        follower = word
    return titles[::-1]


def _after_names(sentence: Clause) -> Iterator[_Office]:
    """Appositions, and what somebody is said to be."""
    words = sentence.words
    for at, word in enumerate(words):
        if not word.is_name or (at + 1 < len(words) and words[at + 1].is_name):
            continue
        rest = sentence.text[word.end - sentence.start :]
        match = _APPOSITION[sentence.language].match(rest)
        if match is None:
            continue
        start = word.end + match.end()
        stop = start + len(
            re.split(r"[,;:.]|\s(?:and|und|said|sagte|will|has|had|to|for|für)\s", rest[match.end() :])[0]
        )
        titles = [other for other in words if start <= other.start < stop and other.keys and not other.is_name]
        if office := _office(sentence, titles, _run_back(words, at)):
            yield office


def _headed(sentence: Clause) -> Iterator[_Office]:
    """ "Coyle leads the museum": whoever leads it holds its first office."""
    for match in _HEADING[sentence.language].finditer(sentence.text):
        names = [at for at, word in enumerate(sentence.words) if word.is_name]
        things = [
            word
            for word in sentence.words
            if word.keys and not word.is_name and word.start != match.start() + sentence.start
        ]
        if len({names_start(sentence.words, at) for at in names}) == 1 and things:
            said = frozenset().union(*(_meaning(word, sentence.language) for word in things))
            yield _Office("chief", said, names_from(sentence.words, names[0]), match.group(), _state(things))


def _office(sentence: Clause, titles: Sequence[Word], holder: frozenset[str]) -> _Office | None:
    kinds = [kind for word in titles if (kind := class_of(sentence, word))]
    if not kinds:
        return None
    said = frozenset().union(*(_meaning(word, sentence.language) for word in titles))
    narrow = [kind for kind in kinds if kind != "deputy"] or kinds
    shown = " ".join(word.text for word in titles)
    return _Office(min(narrow, key=_RANK.__getitem__), said, holder, shown, _state(titles))


def _state(titles: Sequence[Word]) -> frozenset[str]:
    text = " ".join(word.text for word in titles)
    return frozenset(name for name, pattern in _NOT_NOW.items() if pattern.search(text))


def _meaning(word: Word, language: str) -> frozenset[str]:
    return frozenset(key for key in word.keys if key[0] in "@~" or key.startswith(f"{language}:"))


def _run_back(words: Sequence[Word], at: int) -> frozenset[str]:
    return names_from(words, names_start(words, at))


def class_of(sentence: Clause, word: Word) -> str:
    """The class of the office that `word` names, also with the word after it; empty where it names none."""
    if sentence.language == "de" and not word.text[0].isupper():
        return ""
    return kind_of(sentence.text[word.start - sentence.start :], sentence.language, least=len(word.text))


def kind_of(text: str, language: str, least: int = 0) -> str:
    """The class of the office that `text` begins with, in at least `least` letters; empty where it begins with none."""
    for kind, pattern in _patterns("de" if language == "de" else "en"):
        match = pattern.match(text)
        if match and match.end() >= least:
            return kind
    return ""


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = []
    for row in OFFICES:
        ending = _ENDINGS["de" if language == "de" else "en"]
        spaced = (form.replace(".", r"[\s-]") for form in row.forms(language))
        shaped = (_STAR.sub(ending, form) for form in spaced)
        found.append((row.meaning, re.compile(rf"(?:{'|'.join(shaped)})(?!\w)", re.IGNORECASE)))
    return tuple(found)


def titled_names(text: str) -> frozenset[str]:
    """Who stands right behind an office in German `text`, casefolded: "Baudezernentin Waldbauer" is no tree."""
    pairs = (match.groups() for match in _TITLED.finditer(text) if kind_of(match[1], "de", least=len(match[1])))
    return frozenset(name.casefold() for _, name in pairs if name.casefold() not in calendar_words() | _WHEN)


def asked_for(question: str, language: str) -> str:
    """The class of the office whose holder `question` asks for; empty where it asks for none."""
    if not ASKED.search(question):
        return ""
    side = "de" if language == "de" else "en"
    for kind, pattern in _patterns(side):
        if kind in NARROW and re.search(rf"(?<!\w){pattern.pattern}", question, re.IGNORECASE):
            return kind
    return ""


_UNIQUE = frozenset(
    [
        "finance chief",
        "technology chief",
        "operating chief",
        "strategy chief",
        "personnel chief",
        "supervisory chair",
        "mayor",
        "chancellor",
        "conductor",
        "captain",
    ]
)
NARROW = _UNIQUE | {"founder", "minister", "analyst", "coach", "architect"}
"""Offices whose names leave no doubt, so that evidence without them says nothing of who holds them."""
HELD_BY_ONE = _UNIQUE | {"chief", "president"}
"""Offices that one person holds at a time, so that there is one right answer to who does."""
PROFESSIONS = frozenset(["scientist", "doctor", "lawyer", "engineer", "teacher", "judge", "farmer", "baker"])
"""What a person is, whose parents may be it instead."""
_KIN = re.compile(
    r"\b(?:Sohn|Tochter|Kind|Enkel\w*)\s(?:von\s|eine[rs]\s|des\s|der\s)?(?:\w+\s){0,2}?[A-ZÄÖÜ][\w-]*|\b[\w-]+-(?:Eltern|Vater|Mutter|Sohn|Tochter)\b|"
    r"\b(?:son|daughter|child|grandson|granddaughter)\sof\s(?:\w+\s){0,2}?\w+|\b(?:parents|father|mother)\s(?:are|were|is|was)\s(?:\w+\s){0,3}\w+|"
    r"\b(?:Eltern|Vater|Mutter)\s(?:sind|waren|ist|war|kommen)\b[^.;]*"
)
"""What is said of somebody's kin."""
_ALSO = {
    "scientist": re.compile(r"forsch|research|scien|wissenschaft|professor|institut|stud", re.IGNORECASE),
    "doctor": re.compile(r"medizin|medic|arzt|ärzt", re.IGNORECASE),
    "engineer": re.compile(r"ingenieur|engineer|entwickl|develop|technik", re.IGNORECASE),
    "judge": re.compile(r"gericht|court|richter", re.IGNORECASE),
    "farmer": re.compile(r"landwirt|bauer|bäuer|hof\b|farm", re.IGNORECASE),
    "teacher": re.compile(r"lehr|schul|teach|school", re.IGNORECASE),
    "baker": re.compile(r"bäck|back|bak", re.IGNORECASE),
    "founder": re.compile(r"gründe\w*|gegründet|found", re.IGNORECASE),
    "coach": re.compile(r"trainier|coach", re.IGNORECASE),
    "architect": re.compile(r"entw[aouö]rf|design|baumeister|architekt", re.IGNORECASE),
}


def unknown(question: str, language: str, around: str) -> str:
    """`role: ...` where `question` asks for an office that `around`, what the sources stand among, never mentions."""
    kind = asked_for(question, language)
    return f"role: no source mentions a {kind}" if kind and not _is_mentioned(kind, around) else ""


def _is_mentioned(kind: str, text: str) -> bool:
    """Whether `text`, German or English, has a word for one of the offices, or for what its holders do."""
    if kind in _ALSO and _ALSO[kind].search(text):
        return True
    both = dict(_patterns("de"))[kind], dict(_patterns("en"))[kind]
    return any(re.search(rf"(?<!\w){pattern.pattern}", text, re.IGNORECASE) for pattern in both)
