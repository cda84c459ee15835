"""How questions begin in German and English: with a question word or a verb, and whether a verb stands where it must.

A question clause has its verb right behind its question words ("when was it founded", "wann wurde es gegründet"). An
indirect question has not ("when it was founded", "wann es gegründet wurde"): that is how the two are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.relations.function_words import FUNCTION_WORDS
from service.texts.names import names

Kind = Literal["", "bare", "plain", "inverted", "verb"]
"""How a clause asks: not at all; by question words and nothing else ("since when"); with the subject first, as an
indirect question may as well ("who leads it"); in an order that only questions have; by a verb at its beginning."""

MOST_IN_PHRASE = 5
"""Words of a question phrase: "how many monthly active users"."""
FEWEST_IN_CLAUSE = 2
FEWEST_OF_YES_NO = 3
"""A shorter clause asks nothing by its verb: "is it"."""

_WORD = re.compile(r"[^\W_](?:[\w’'-]*\w)?")
_ABBREVIATION = re.compile(r"[A-Z]{2,3}")
_THING = re.compile(r"who|what|which|whose|was|wer|wen|welche[rsnm]?")
"""What asks for the subject or object of a clause, which is another one without it."""
_NO_VERB = re.compile(r".*(?:es|er|em|ig|lich|isch|(?<![td])e)")
"""What German adjectives end in, and verbs of a question hardly ever do."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class _Grammar:
    """`asking`: words that ask by themselves; `choosing`: a noun follows; `measuring`: what may follow "how".

    `closing`: verbs at the end of an indirect question. `subjects`: pronouns that are nothing but subjects.
    """

    asking: frozenset[str]
    choosing: frozenset[str]
    how: frozenset[str]
    measuring: frozenset[str]
    counting: frozenset[str]
    leading: frozenset[str]
    skipped: frozenset[str]
    auxiliaries: frozenset[str]
    closing: frozenset[str]
    subjects: frozenset[str]
    determiners: frozenset[str]
    embedding: frozenset[str]


_GRAMMARS = {
    "en": _Grammar(
        asking=_set("who whom what when where why"),
        choosing=_set("what which whose"),
        how=_set("how"),
        measuring=_set("much many large big high long old far often fast soon well"),
        counting=_set("much many"),
        leading=_set("in at on by for from to with of since until about after before under"),
        skipped=_set("exactly else"),
        auxiliaries=_set(
            "is are was were do does did has have had will would can could should may might must isn't aren't wasn't "
            "weren't don't doesn't didn't hasn't haven't hadn't won't can't"
        ),
        closing=frozenset(),
        subjects=_set("he she it they there we"),
        determiners=_set("the a an this that these those its their his her he she it they there we any all"),
        embedding=_set("that whether if who whom what when where why how which whose"),
    ),
    "de": _Grammar(
        asking=_set(
            "wer wen wem wessen was wann wo warum weshalb wieso wohin woher womit wofür wodurch woran worauf worin "
            "worüber wovon wozu wonach"
        ),
        choosing=_set("welche welcher welches welchen welchem wieviel wieviele"),
        how=_set("wie"),
        measuring=_set("viel viele vielen hoch groß lange lang oft alt teuer weit schnell stark"),
        counting=_set("viel viele vielen"),
        leading=_set("in im an am auf aus bei bis durch für gegen mit nach seit um unter über von vor zu ab"),
        skipped=_set("genau eigentlich denn noch sonst"),
        auxiliaries=_set(
            "ist sind war waren hat haben hatte hatten wird werden wurde wurden kann können konnte konnten soll sollen "
            "sollte sollten will wollen wollte wollten muss müssen darf dürfen gibt gab geht ging bleibt blieb"
        ),
        closing=_set("ist sind war waren hat hatte hatten wird wurde wurden kann konnte soll sollte will wollte"),
        subjects=_set("er man"),
        determiners=_set("der die das ein eine er sie es man ihr seine ihre dieser diese dieses alle"),
        embedding=_set("dass ob"),
    ),
}


def words_of(text: str) -> list[str]:
    """The words of `text` as they stand."""
    return _WORD.findall(text)


def asks(text: str, language: str) -> Kind:
    """How `text`, one clause in German or English, asks; empty where it does not, and for other languages."""
    grammar = _GRAMMARS.get(language)
    words = words_of(text)
    if grammar is None or not words:
        return ""
    lowered = [word.casefold() for word in words]
    start = _behind_first_words(lowered, grammar)
    if start == 0:
        return "verb" if _begins_with_a_verb(words, language, grammar) else ""
    if start == len(words):
        return "bare"
    return _by_order(words, lowered, start, language, grammar)


def with_clause_of(bare: str, before: str, language: str) -> str:
    """`bare`, which is question words and no more, with the clause of the question `before` it: "when", "did it open".

    As it is where `before` asks for its subject or object, or has a noun or nothing behind its question words.
    """
    grammar = _GRAMMARS[language]
    words, asked = words_of(before), words_of(bare)
    lowered = [word.casefold() for word in words]
    start = _behind_first_words(lowered, grammar) if words else 0
    if not 0 < start < len(words) or _asks_for_a_thing(lowered[:start]) or _asks_for_a_thing([asked[0].casefold()]):
        return bare
    if not _is_verb(words[start], language, grammar) or (language == "en" and words[start] not in grammar.auxiliaries):
        return bare
    rest = list(_WORD.finditer(before))[start].start()
    return f"{bare[0].upper()}{bare[1:].rstrip('?,; ')} {before[rest:]}"


def embeds(text: str, language: str) -> bool:
    """Whether `text`, the beginning of a question, has an indirect question or a clause with "that" in it."""
    grammar = _GRAMMARS[language]
    if any(word.casefold() in grammar.embedding for word in words_of(text)[FEWEST_IN_CLAUSE:]):
        return True
    asking = "|".join(sorted(grammar.asking | grammar.choosing | grammar.how))
    return bool(re.search(rf",\s*(?:\w+\s+)?(?:{asking})\b", text, re.IGNORECASE))


def has_only_a_subject_behind_its_verb(text: str, language: str) -> bool:
    """Whether `text` begins with a verb and a word that is always its subject: "is he", "did the firm", "hat er"."""
    grammar = _GRAMMARS[language]
    words = words_of(text)
    if len(words) < FEWEST_OF_YES_NO or words[0].casefold() not in grammar.auxiliaries:
        return False
    if words[1].casefold() in grammar.subjects:
        return True
    return words[0].casefold() in ("do", "does", "did") and _may_be_a_subject(words[1], grammar)


def _asks_for_a_thing(lowered: Sequence[str]) -> bool:
    return any(_THING.fullmatch(word) for word in lowered)


def _begins_with_a_verb(words: Sequence[str], language: str, grammar: _Grammar) -> bool:
    """Whether this is a question for yes or no."""
    if len(words) < FEWEST_OF_YES_NO or not _may_be_a_subject(words[1], grammar):
        return False
    first = words[0].casefold()
    if first in grammar.auxiliaries:
        return True
    return language == "de" and _is_verb(first, language, grammar) and not names(words[0], language)


def _may_be_a_subject(word: str, grammar: _Grammar) -> bool:
    return word[0].isupper() or word.casefold() in grammar.determiners


def _behind_first_words(lowered: Sequence[str], grammar: _Grammar) -> int:
    """How many words ask: "since when", "how much", "wann und wo"; 0 where the first ones do not."""
    start = int(len(lowered) > 1 and lowered[0] in grammar.leading)
    at = _behind_question_word(lowered, start, grammar)
    while at > start and at + 1 < len(lowered) and lowered[at] in ("and", "und"):
        more = _behind_question_word(lowered, at + 1, grammar)
        if more == at + 1:
            break
        at = more
    return at if at > start else 0


def _behind_question_word(lowered: Sequence[str], start: int, grammar: _Grammar) -> int:
    at = start
    if lowered[at] in grammar.how:
        at += 1
        at += int(at < len(lowered) and lowered[at] in grammar.measuring)
    elif lowered[at] in grammar.asking | grammar.choosing:
        at += 1
    while start < at < len(lowered) and lowered[at] in grammar.skipped:
        at += 1
    return at


def _by_order(words: Sequence[str], lowered: Sequence[str], start: int, language: str, grammar: _Grammar) -> Kind:
    """Whether the verb stands behind the question phrase whose first words end at `start`."""
    if language == "de":
        at = _german_verb(words, lowered, start, grammar)
        return "inverted" if at is not None and not _ends_like_indirect(lowered, at, grammar) else ""
    return _english_order(words, lowered, start, grammar)


def _german_verb(words: Sequence[str], lowered: Sequence[str], start: int, grammar: _Grammar) -> int | None:
    """Where the verb stands: right behind the question words, or behind the noun that these choose or count."""
    if _is_verb(words[start], "de", grammar):
        return start
    if lowered[start - 1] not in grammar.choosing | grammar.counting:
        return None
    noun = next((n for n in range(start, min(start + MOST_IN_PHRASE, len(words))) if words[n][0].isupper()), None)
    if noun is None or any(word in grammar.determiners for word in lowered[start:noun]):
        return None
    while noun + 1 < len(words) and words[noun + 1][0].isupper():
        noun += 1
    if noun + 1 >= len(words) or not _is_verb(words[noun + 1], "de", grammar):
        return None
    is_last = noun + 2 == len(words)
    return None if is_last and names(words[noun], "de") else noun + 1


def _ends_like_indirect(lowered: Sequence[str], verb: int, grammar: _Grammar) -> bool:
    """ "wer entlassen wurde" against "wer wurde entlassen"."""
    return verb < len(lowered) - 1 and lowered[-1] in grammar.closing


def _english_order(words: Sequence[str], lowered: Sequence[str], start: int, grammar: _Grammar) -> Kind:
    if lowered[start] in grammar.auxiliaries:
        return "inverted"
    if lowered[start - 1] in grammar.choosing | grammar.counting:
        phrase = range(start, min(start + MOST_IN_PHRASE, len(words)))
        verb = next((n for n in phrase if lowered[n] in grammar.auxiliaries), None)
        if verb is not None and _is_noun_phrase(words[start:verb], lowered[verb], grammar):
            return "inverted"
        if verb is None and len(words) > start + 1 and _are_noun_and_verb(words[start : start + 2], grammar):
            return "plain"
    asks_for_subject = lowered[start - 1] in ("who", "what")
    return "plain" if asks_for_subject and _is_verb(words[start], "en", grammar) else ""


def _is_noun_phrase(words: Sequence[str], verb: str, grammar: _Grammar) -> bool:
    """Whether `words` are what is asked for, and no subject: "which big firms did", against "what the firm has"."""
    if any(word.casefold() in grammar.determiners for word in words):
        return False
    return verb in ("do", "does", "did") or all(word.islower() or _ABBREVIATION.fullmatch(word) for word in words)


def _are_noun_and_verb(words: Sequence[str], grammar: _Grammar) -> bool:
    return all(word.islower() and _is_verb(word, "en", grammar) for word in words)


def _is_verb(word: str, language: str, grammar: _Grammar) -> bool:
    """Whether `word`, by its form and its place, is likely a verb."""
    if word in grammar.auxiliaries:
        return True
    if not word.islower() or word in FUNCTION_WORDS[language]:
        return False
    return language != "de" or _NO_VERB.fullmatch(word) is None
