"""Sentences taken apart for comparison: into clauses, and clauses into words, names and quantities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from index.quantities import Quantity, quantities
from service.relations.lexicon import concepts, keys
from service.texts.names import bare, territory_forms

_WORD = re.compile(r"[^\W\d_](?:[\w’'-]*\w)?")
_EDGE = re.compile(
    r"\s*[;:!?]\s|,\s|\s[–—-]\s|[\"“”„«»]|"
    r"\s(?=(?:und|and|but|aber|sowie|while|während|whereas|because|weil|nachdem|after|although|obwohl|who|which|that|dass)\s)"
)
_SHORT_QUOTE = re.compile(r"[\"“„«](?:[\w-]+\s?){1,3}[\"“”»]")
"""A name in quotation marks, which is no clause of its own."""
_PARTICLES = frozenset(
    [
        "ab",
        "an",
        "auf",
        "aus",
        "bei",
        "ein",
        "fest",
        "fort",
        "frei",
        "her",
        "hin",
        "los",
        "mit",
        "nach",
        "raus",
        "statt",
        "teil",
        "um",
        "vor",
        "weg",
        "weiter",
        "zu",
        "zurück",
    ]
)
_PHRASAL_GAP = 3
"""Words behind an English verb among which its particle may stand: "give the plan up"."""
LONGEST_WITH_OWN_S = 4
"""Letters. The last "s" of a longer name may be a genitive's and is taken off, on both sides of a comparison."""


def named(text: str) -> str:
    """One form for all forms of a name: casefolded, no genitive ending, a country's in either language."""
    name = bare(text)
    if len(forms := territory_forms(name)) > 1:
        return min(forms)
    return name[:-1] if name.endswith("s") and len(name) > LONGEST_WITH_OWN_S else name


@dataclass(frozen=True, slots=True)
class Word:
    """A word at `text[start:end]` of its sentence; `keys` is empty where it says nothing by itself."""

    text: str
    start: int
    end: int
    keys: frozenset[str]
    is_name: bool

    @property
    def lowered(self) -> str:
        """Lower-case."""
        return self.text.casefold()


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence between two edges (commas, conjunctions): `words` and `quantities` in order.

    Their offsets, and `start`, count from the start of the sentence.
    """

    words: tuple[Word, ...]
    quantities: tuple[Quantity, ...]
    start: int
    text: str
    language: str

    @property
    def content(self) -> tuple[Word, ...]:
        """The words that say something."""
        return tuple(word for word in self.words if word.keys)

    @property
    def names(self) -> frozenset[str]:
        """The names in it, casefolded."""
        return frozenset(named(word.text) for word in self.words if word.is_name)

    @property
    def keys(self) -> frozenset[str]:
        """Everything that its words are compared by."""
        return frozenset().union(*(word.keys for word in self.words))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as one clause, and taken apart."""

    whole: Clause
    clauses: tuple[Clause, ...]


def names_from(words: Sequence[Word], at: int) -> frozenset[str]:
    """The names of `words` that follow one another from `at` on."""
    found = []
    for word in words[at:]:
        if not word.is_name:
            break
        found.append(named(word.text))
    return frozenset(found)


def names_start(words: Sequence[Word], at: int) -> int:
    """Where the names begin that `words` have right before `at`; `at` where there are none."""
    while at and words[at - 1].is_name:
        at -= 1
    return at


def between(sentence: Clause, left: Word, right: Word) -> str:
    """What stands between two words of `sentence`."""
    return sentence.text[left.end - sentence.start : right.start - sentence.start]


@lru_cache(maxsize=1024)
def parsed(sentence: str, language: str, known: frozenset[str]) -> Sentence:
    """`sentence` taken apart; capitalised words among `known` (casefolded) are names whatever else they could be.

    A conjunction parts only where figures or names stand on both sides.
    """
    words, found = _words(sentence, language, known), tuple(quantities(sentence, language))
    quoted = [match.span() for match in _SHORT_QUOTE.finditer(sentence)]
    ends = [match.end() for match in _EDGE.finditer(sentence)]
    edges = [0, *(end for end in ends if not any(a < end <= b for a, b in quoted)), len(sentence)]
    kept = [0]
    for at, start in enumerate(edges[:-1]):
        end = _end(words, edges, at)
        if start != kept[-1] and (_says_something(words, found, kept[-1], start, end) or _is_marked(sentence, start)):
            kept.append(start)
    spans = pairwise([*kept, len(sentence)])
    parts = tuple(_part(sentence, language, words, found, start, end) for start, end in spans)
    whole = _with_particles(_part(sentence, language, words, found, 0, len(sentence)), parts)
    return Sentence(whole, tuple(part for part in parts if part.content or part.quantities))


def _end(words: tuple[Word, ...], edges: list[int], at: int) -> int:
    """Where the part that begins at `edges[at]` ends: a mere name belongs to what follows it."""
    start, end = edges[at : at + 2]
    inside = [word for word in words if start <= word.start < end and word.keys]
    return edges[min(at + 2, len(edges) - 1)] if all(word.is_name for word in inside) else end


def joined_before(clauses: Sequence[Clause], at: int) -> tuple[Word, ...]:
    """The names with which a sentence begins that `clauses[at]` goes on to list: "Quillon, the buyer, and Tessera"."""
    first = clauses[0]
    listed = at > 1 and re.match(r"(?:und|and|sowie)\s+[A-ZÄÖÜ]", clauses[at].text)
    return first.words if listed and first.words and all(word.is_name for word in first.words) else ()


def _is_marked(sentence: str, start: int) -> bool:
    """Whether a mark, no conjunction, parts at `start`."""
    return bool(re.search(r"[,;:!?–—\"“”„«»-]\s*\Z", sentence[:start]))


def _says_something(words: tuple[Word, ...], found: tuple[Quantity, ...], before: int, start: int, end: int) -> bool:
    def holds(begin: int, stop: int) -> bool:
        figures = any(begin <= quantity.start < stop for quantity in found)
        return figures or any(word.is_name and begin <= word.start < stop for word in words)

    subordinate = next((word.lowered for word in words if word.start >= start), "") not in ("und", "and", "sowie")
    if subordinate:
        return True
    listed = not any(word.keys and not word.is_name for word in words if before <= word.start < start)
    inside = sum(bool(word.keys) for word in words if start <= word.start < end)
    return not listed and holds(before, start) and holds(start, end) and inside > 1


def _part(
    sentence: str, language: str, words: tuple[Word, ...], found: tuple[Quantity, ...], start: int, end: int
) -> Clause:
    inside = tuple(word for word in words if start <= word.start < end)
    stated = tuple(quantity for quantity in found if start <= quantity.start < end)
    return Clause(_joined(inside, language), stated, start, sentence[start:end], language)


def _with_particles(whole: Clause, parts: Sequence[Clause]) -> Clause:
    """`whole` whose verbs have the keys with their particles, which end a clause and not always the sentence."""
    told = {word.start: word.keys for part in parts for word in part.words}
    words = (replace(word, keys=word.keys | told.get(word.start, frozenset())) for word in whole.words)
    return replace(whole, words=tuple(words))


def _words(sentence: str, language: str, known: frozenset[str]) -> tuple[Word, ...]:
    stated = [(quantity.start, quantity.end) for quantity in quantities(sentence, language)]
    found = []
    for match in _WORD.finditer(sentence):
        counted = any(start <= match.start() < end for start, end in stated)
        text = match.group()
        is_name = not counted and bare(text) in known and text[0].isupper()
        found.append(Word(text, match.start(), match.end(), _word_keys(text, language, counted, is_name), is_name))
    return tuple(found)


def _word_keys(text: str, language: str, counted: bool, is_name: bool) -> frozenset[str]:
    if counted:
        return frozenset()
    return frozenset({f"={named(text)}"}) if is_name else keys(text, language)


def _joined(words: tuple[Word, ...], language: str) -> tuple[Word, ...]:
    """`words` in which a verb also has the keys that it has together with its particle: "gaben ... auf"."""
    if language == "de":
        particle = words[-1].lowered if words and words[-1].lowered in _PARTICLES else ""
        forms = {
            word: [f"{particle}+{word.lowered}", particle + word.lowered]
            for word in words
            if particle and word.text.islower() and word is not words[-1]
        }
    else:
        forms = {
            word: [f"{word.lowered}~{after.lowered}" for after in words[at + 1 : at + 1 + _PHRASAL_GAP]]
            for at, word in enumerate(words)
        }
    return tuple(_with_keys(word, forms.get(word, []), language) for word in words)


def _with_keys(word: Word, forms: list[str], language: str) -> Word:
    more = frozenset().union(*(concepts(form, language) for form in forms))
    if not more:
        return word
    own = word.keys or frozenset({f"={word.lowered}"})
    return Word(word.text, word.start, word.end, own | more, word.is_name)
