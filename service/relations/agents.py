"""Who does what a verb says, names and common nouns alike: the herders blocked the road, not the observatory.

There is no parser here. In English the subject stands before the verb; in German it is the first noun that neither a
preposition nor an article of another case leads. Where that is in doubt, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.relations.alignment import alike, covered
from service.relations.clauses import Clause, Sentence, Word
from service.relations.direction import FRAMES
from service.relations.function_words import ADVERBS
from service.texts.names import calendar_words


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_PREPOSITIONS = {
    "de": _words(
        "in im ins an am ans auf aus bei beim mit nach von vom vor zu zum zur für gegen über durch ohne um unter wegen "
        "trotz seit bis laut zwischen neben während binnen innerhalb statt aufgrund infolge hinter dank als wie"
    ),
    "en": _words(
        "in on at by for from with to into of after before during since until near about against under over through "
        "between among within without because despite as than like unlike according per"
    ),
}
_OBLIQUE = _words(
    "den dem des einen einem eines ihren ihrem ihres seinen seinem seines diesen diesem dieses keinen keinem jeden "
    "jedem deren dessen mehreren allen beiden vielen"
)
"""Determiners of another case than the subject's; "den" and the like are plural or masculine objects."""
_DETERMINERS = _words("the a an its their his her this no")
"""Behind these stands a noun and no verb."""
_ATTACHING = _words("der des von vom of from in im for für")
"""What ties an owner or a place to the noun before it."""
_POSTPOSITIONS = _words("zufolge gegenüber zuliebe")
_NUMBERS = _words("hunderte tausende hunderttausende millionen milliarden")
_AND = _words("und oder sowie")
_AUXILIARY = _words(
    "is are was were be been being has have had will would can could may might shall should must do does did"
)
_PASSIVE = {
    "de": re.compile(r"\b(?:wurden?|wird|werden|worden)\b(?=.*\b(?:\w*ge\w+(?:t|en)|\w+(?:iert|t|en))\b)"),
    "en": re.compile(r"\b(?:is|are|was|were|be|been|being)\s(?:\w+ly\s)?\w+(?:ed|en|ught|ld|id|wn|t)\b"),
}
_AGENT = {"de": _words("von vom durch"), "en": _words("by")}
_GENERIC = re.compile(
    r"(?:unternehmen|firma|konzern|gruppe|verein|klub|behörde|company|firm|group|club|airline|carrier|utility|"
    r"team|mensch"
    r"|leute|people|teil|most|part|rest|zahl|number|sprecher|spokes\w*|er|sie|es|man)\w*\Z",
    re.IGNORECASE,
)
"""Who may be anybody that was named before."""
_ERGATIVE = _words(
    "@rise @fall @drop @double @halve @open @close @start @end @change @cost @move @continue @happen @cause "
    "@stand @hold "
    "@take @last @value @shorten @extend @mean @stay @meet @merge @agree @negotiate @cooperate @play @like @need @live "
    "@find @show @marry @share @divide @reach @need @expect @name @year @day @week @month @number @new @old @first"
)
"""What is done to a thing and what the thing does are one word: "they raised the price", "the price rose"."""
_UNDERGOES = {
    "de": re.compile(
        r"\b(?:f(?:a|ä)ll(?:en|t)|fiel(?:en)?)\b.*\b(?:weg|aus|flach)\b|\b(?:weg|aus)(?:zu)?(?:ge)?f[aäi]e?ll?\w*|"
        r"\bentf(?:a|ä|ie)ll?\w*|\bentst[aeü]\w*nd?\w*|\bverschw[aiu]nd\w*|"
        r"\b(?:geh(?:en|t)|ging(?:en)?|gegangen)\b.*\b(?:verloren|ein)\b|\bverloren\s*(?:geh\w*|gegangen)"
    ),
    "en": re.compile(r"\b(?:disappear|vanish|aris|arose|emerg|go(?:es)? (?:missing|to waste)|went missing)\w*"),
}
"""Verbs without a doer: "200 Arbeitsplätze fallen weg" does not say that the jobs cut anything."""
_FINITE = re.compile(r"\w{2}(?:t|te|ten)\Z|\A(?:ist|sind|war|waren|hat|haben|wird|werden|will|soll|muss|kann)\Z")
_NO_SUBJECT = re.compile(r"\bzu\s[a-zäöüß]+(?:en|ern|eln|n)\b|\b[a-zäöüß]+zu[a-zäöüß]+en\b")
"""A German infinitive has its subject in another clause."""
_ENGLISH_VERB = re.compile(
    r"\w(?:ed|[^s]s)\Z|\A(?:bought|paid|sold|took|left|won|lost|rose|fell|began|came|made|built|gave|got|met|"
    r"ran|cut|sent|"
    r"spent|said|held|became|broke|chose|put|shut|beat|lent|fought|caught|taught|led|found|kept|drew|grew|threw|"
    r"wrote|drove)\Z"
)
_TOLD = _words("told said saw knew went stood thought spoke heard")
"""Verbs that no table knows."""
_TORN = re.compile(r"(?:die|der|das|den|which|who|that)\s+(?:[a-zäöüß]+\s+)?[\w-]+,\s*\Z")
_TIMES = _words("@minute @hour @day @week @month @year @morning @evening @night @spring @summer @autumn @winter")
_SEEN_BACK = 3
"""Words before a German name among which its preposition or article is looked for."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does it, what is surely somebody else in the clause, and the words that may be the verb."""

    agent: tuple[Word, ...]
    others: tuple[Word, ...]
    verbs: tuple[Word, ...]


def flaw(claim: Sequence[Clause], sources: Sequence[Sentence]) -> str:
    """`role: ...` where a source clause with the verb of a clause of `claim` has somebody else do it."""
    for said in claim:
        own = doing(said)
        if own is None:
            continue
        found = [
            (clause, other, source)
            for source in sources
            for at, clause in enumerate(source.clauses)
            if (other := doing(clause)) is not None and _same_verb(own, other) and not _is_torn(source.clauses, at)
        ]
        problems = [_exchanged(own, said, other, clause, source) for clause, other, source in found]
        if problems and all(problems):
            return f"role: {problems[0]} in the source"
    return ""


def _is_torn(clauses: Sequence[Clause], at: int) -> bool:
    """Whether a list tore the clause apart that `clauses[at]` ends: "die Bilder, | Texte und Daten markieren"."""
    return bool(at and _TORN.match(clauses[at - 1].text))


def _exchanged(own: Doing, said: Clause, other: Doing, clause: Clause, source: Sentence) -> str:
    """Who does it instead, empty where nobody surely does."""
    if _any_alike(own.agent, other.agent) or len(covered(said, clause)) < min(2, len(clause.content) - 1):
        return ""
    told = f"{_shown(other.agent)}, not {_shown(own.agent)}, does so"
    if _any_alike(own.agent, other.others) or _any_alike(other.agent, own.others):
        return told
    if _any_alike(own.agent, clause.content) or _any_alike(other.agent, said.content):
        return ""
    same_kind = _is_named(own.agent) == _is_named(other.agent)
    elsewhere = any(_any_alike(own.agent, part.content) and doing(part) for part in source.clauses)
    return told if same_kind and elsewhere and not _GENERIC.match(other.agent[-1].text) else ""


def _is_named(words: Sequence[Word]) -> bool:
    return any(word.is_name for word in words)


def _shown(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _any_alike(left: Sequence[Word], right: Sequence[Word]) -> bool:
    return any(alike(one, other) for one in left for other in right)


def _same_verb(left: Doing, right: Doing) -> bool:
    """Names with a verb that has a frame are compared by their parts, in `service.relations.direction`."""
    shared = _shared_verbs(left, right)
    meanings = {key for key in shared if key[0] == "@"}
    if _is_named(left.agent) and _is_named(right.agent) and meanings & FRAMES.keys():
        return _any_alike(left.agent, right.others) and _any_alike(right.agent, left.others)
    return bool(shared)


def _shared_verbs(left: Doing, right: Doing) -> set[str]:
    """The keys of the verbs that both have; none where one of them may be done to a thing or by it."""
    shared = {key for one in left.verbs for other in right.verbs for key in one.keys & other.keys}
    return set() if shared & _ERGATIVE else shared


def doing(clause: Clause) -> Doing | None:
    """Who does what in `clause`; None where that can't be told, or where something only happens to its subject."""
    if _UNDERGOES[clause.language].search(clause.text):
        return None
    found = _german(clause) if clause.language == "de" else _english(clause)
    return found if found and found.agent and found.verbs else None


def is_passive(clause: Clause) -> bool:
    """Whether something is done to the subject of `clause`."""
    return bool(_PASSIVE[clause.language].search(clause.text))


def have_one_verb(left: Clause, right: Clause) -> bool:
    """Whether two clauses have the same verb, and one that does not change its sides."""
    one, other = doing(left), doing(right)
    return one is not None and other is not None and bool(_shared_verbs(one, other))


def has_no_subject(clause: Clause) -> bool:
    """Whether `clause` is a German infinitive, whose subject stands in another one."""
    return clause.language == "de" and bool(_NO_SUBJECT.search(clause.text))


def bare_phrases(clause: Clause) -> list[tuple[Word, ...]]:
    """The nouns and names of a German clause that neither a preposition nor a case marks, those together as one."""
    return [phrase for phrase, slot in _phrases(clause.words) if slot == ""]


def _german(clause: Clause) -> Doing | None:
    words = clause.words
    if has_no_subject(clause):
        return None
    phrases = _phrases(words)
    nominative = [words_of for words_of, slot in phrases if slot == ""]
    oblique = [word for words_of, slot in phrases if _is_other(words_of, slot) for word in words_of]
    verbs = tuple(word for word in words if word.keys and word.text.islower())
    if _PASSIVE["de"].search(clause.text):
        agent = next((words_of for words_of, slot in phrases if slot in _AGENT["de"]), ())
        patient = tuple(word for words_of in nominative[:1] for word in words_of)
        return Doing(agent, patient, verbs)
    if not nominative:
        return None
    agent = _with_others(words, nominative)
    after = _attached(words, agent)
    return Doing(agent, tuple(word for word in oblique if word not in after), verbs)


def _with_others(words: Sequence[Word], phrases: Sequence[tuple[Word, ...]]) -> tuple[Word, ...]:
    """The first of `phrases` with those that "und" or "als auch" join to it."""
    agent = phrases[0]
    for phrase in phrases[1:]:
        between = words[words.index(agent[-1]) + 1 : words.index(phrase[0])]
        if not between or any(word.lowered not in _AND | {"als", "auch"} for word in between):
            break
        agent = (*agent, *phrase)
    return agent


def _is_other(phrase: Sequence[Word], slot: str) -> bool:
    """Whether a phrase is surely not what acts; an instrument ("mit der Steuer") may become it."""
    return bool(slot) and (slot not in ("mit", "durch") or _is_named(phrase))


def _phrases(words: Sequence[Word]) -> list[tuple[tuple[Word, ...], str]]:
    """The nouns and names of a German clause, those next to one another together, with what makes them no subject."""
    found: list[tuple[tuple[Word, ...], str]] = []
    for at, word in enumerate(words):
        if not word.keys or word.text.islower() or word.lowered in calendar_words() or word.keys & _TIMES:
            continue
        if (word is words[0] and word.lowered in ADVERBS) or word.lowered in _NUMBERS:
            continue
        if at and found and found[-1][0][-1] is words[at - 1]:
            found[-1] = ((*found[-1][0], word), found[-1][1])
            continue
        joined = found and at > 1 and words[at - 1].lowered in _AND and found[-1][0][-1] is words[at - 2]
        found.append(((word,), found[-1][1] if joined else _german_slot(words, at)))
    return found


def _german_slot(words: Sequence[Word], at: int) -> str:
    if at + 1 < len(words) and words[at + 1].lowered in _POSTPOSITIONS:
        return words[at + 1].lowered
    for back in range(at - 1, max(-1, at - 1 - _SEEN_BACK), -1):
        word = words[back]
        if word.lowered in _PREPOSITIONS["de"] and not _is_conjunction(words, back):
            return word.lowered
        if word.lowered in _OBLIQUE:
            return word.lowered
        if word.lowered == "der" and back and not words[back - 1].text.islower():
            return "der"
        if not word.text.islower() or _FINITE.search(word.lowered):
            break
    return ""


def _is_conjunction(words: Sequence[Word], at: int) -> bool:
    """Whether "als" in "als auch", or "während" at the beginning without a determiner behind it, leads no noun."""
    behind = words[at + 1].lowered
    return (words[at].lowered, behind) == ("als", "auch") or (
        at == 0 and words[at].lowered == "während" and behind not in _OBLIQUE | {"der"}
    )


def _attached(words: Sequence[Word], phrase: Sequence[Word]) -> tuple[Word, ...]:
    """What belongs to `phrase` as its owner or place: "der Umsatz von Kornhus"."""
    at = words.index(phrase[-1]) + 1
    if at >= len(words) or words[at].lowered not in _ATTACHING:
        return ()
    return tuple(words[at : at + 4])


def _english(clause: Clause) -> Doing | None:
    words = clause.words
    if not words or words[0].lowered in _PREPOSITIONS["en"]:
        return None
    verb = next((at for at, word in enumerate(words) if at and _is_verb(words, at)), None)
    if verb is None:
        return None
    head = _head(words[:verb])
    verbs = tuple(word for word in words[verb : verb + 5] if word.keys and not _is_led(words, word))[:1]
    behind = tuple(word for word in words[verb + 1 :] if word.keys and word not in verbs)
    if _PASSIVE["en"].search(clause.text):
        by = next((at for at, word in enumerate(words) if word.lowered == "by" and at > verb), None)
        agent = _head(words[by + 1 : by + 5]) if by is not None else ()
        return Doing(agent, head, verbs)
    return Doing(head, behind, verbs)


def _is_verb(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    if word.lowered in _AUXILIARY:
        return True
    before = words[at - 1].lowered
    determined = before in _PREPOSITIONS["en"] | _DETERMINERS
    meant = any(key[0] == "@" for key in word.keys) and word.text.islower()
    if before and word.lowered in _TOLD and not determined:
        return True
    several = at > 1 and words[at - 1].is_name and words[at - 2].lowered == "and"
    return meant and not determined and (several or bool(_ENGLISH_VERB.search(word.lowered)))


def _is_led(words: Sequence[Word], word: Word) -> bool:
    """Whether a preposition stands before it ("will in turn lend")."""
    at = words.index(word)
    return bool(at) and words[at - 1].lowered in _PREPOSITIONS["en"] - {"to"}


def _head(words: Sequence[Word]) -> tuple[Word, ...]:
    """The last word of a noun phrase, all its names, before anything that a preposition adds."""
    stop = next((at for at, word in enumerate(words) if at and word.lowered in _PREPOSITIONS["en"]), len(words))
    phrase = [word for word in words[:stop] if word.keys]
    named = tuple(word for word in phrase if word.is_name)
    return named or tuple(phrase[-1:])
