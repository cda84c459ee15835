"""Whether a sentence affirms or denies just what a question for yes or no asks.

It does where it is the question's own words as a statement: all of them, in the order of the question, with nothing
between them that the question has not, and no doubt, condition or limit that only one of the two has. Everything else
stays undecided, however likely it is: a wrong "yes" is worse than none.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from service.comparing.stated import is_hedged
from service.relations.alignment import alike, states
from service.relations.clauses import Clause, Word, parsed
from service.relations.function_words import FUNCTION_WORDS
from service.relations.polarity import NEGATIONS
from service.texts.names import names
from service.verification.question_words import asks, words_of

Stance = Literal["", "yes", "no"]

WORDS: dict[str, dict[Stance, str]] = {"de": {"yes": "Ja", "no": "Nein"}, "en": {"yes": "Yes", "no": "No"}}
FEWEST_SHARED = 2
"""Words that say something which question and sentence must have in common."""

_BEGINNING = re.compile(r"\s*(?P<word>yes|no|ja|nein)\b\s*[,.;:!–—-]*\s*", re.IGNORECASE)
_PLAIN_NEGATION = re.compile(r"(?:not|never|\w+n[’']t|nicht|nie|niemals|kein\w*)\b", re.IGNORECASE)
_OR = re.compile(r"\b(?:or|oder)\b", re.IGNORECASE)
_BREAK = re.compile(r"[,;:()–—\"“”„]|\b(?:and|und|or|oder)\b", re.IGNORECASE)
_LIMITING = re.compile(
    r"\b(?:if|whether|unless|until|that|would|could|should|may|might|must|can|will|plan\w*|talks?|consider\w*|allegedly|"
    r"reportedly|likely|probably|only|part\w*|some|all|most|every|almost|nearly|form\w+|previously|once|again|still|yet|"
    r"already|soon|later|first|last|more|less|ever|instead|except|although|while|but|because|according|sa(?:id|ys?)|claim\w*|"
    r"den(?:y|ies|ied)|tr(?:y|ies|ied)|wants?|wanted|used|longer|by|"
    r"dass|ob|wenn|falls|würden?|könnten?|sollen?|sollten?|soll|wollen|will|wollte\w*|kann|muss|darf|dürfte\w*|wird|werden|"
    r"geplant\w*|verhand\w*|angeblich\w*|offenbar|möglicher\w*|wahrscheinlich\w*|nur|teil\w*|einige|alle\w*|meiste\w*|"
    r"fast|ehemalig\w*|früher\w*|zuvor|einst|bisher\w*|noch|schon|wieder|bald|später|mehr|weniger|bis|außer|obwohl|während|"
    r"aber|sondern|jedoch|laut|sagt\w*|behaupt\w*|versuch\w*|erst\w*|zuletzt|weil|durch|von)\b",
    re.IGNORECASE,
)
"""What changes who, when, how much or whether, and the passive voice: what only one of the two has settles nothing."""
_TIMES = (
    frozenset(["is", "are", "am", "ist", "sind", "has", "have", "hat", "haben", "do", "does"]),
    frozenset(["was", "were", "war", "waren", "had", "hatte", "hatten", "did", "wurde", "wurden"]),
)
"""Verbs that say whether something is so now or was so."""


def stance(sentence: str, question: str, language: str) -> Stance:
    """Whether `sentence`, without a yes or no at its beginning, affirms or denies what `question` asks.

    Empty where that is not sure, for questions that ask for something else, and for other languages than German and
    English.
    """
    if not is_yes_no(question, language) or NEGATIONS[language].search(question):
        return ""
    if _limits(sentence) != _limits(question) or _is_of_another_time(sentence, question):
        return ""
    if is_hedged(sentence, sentence, language) != is_hedged(question, question, language):
        return ""
    known = frozenset(names(sentence, language)) | frozenset(names(question, language))
    asked, said = parsed(question, language, known).whole, parsed(sentence, language, known).whole
    places = _matches(asked, said)
    if len(places) < FEWEST_SHARED or not all(states(said, quantity) for quantity in asked.quantities):
        return ""
    return _stance(said, min(places), max(places), asked)


def is_yes_no(question: str, language: str) -> bool:
    """Whether `question` asks for yes or no, and for nothing else."""
    return asks(question, language) == "verb" and not _OR.search(question)


def with_its_word(sentence: str, question: str, language: str) -> str:
    """`sentence` behind "Yes" or "No" in its `language`, where that answers `question` and it does not begin so."""
    if language not in WORDS or _BEGINNING.match(sentence):
        return sentence
    found = stance(sentence, question, language)
    return f"{WORDS[language][found]}, {_inside(sentence, question, language)}" if found else sentence


def contradicts_itself(sentence: str, question: str, language: str) -> bool:
    """Whether `sentence` begins with yes or no and goes on to say the opposite of that."""
    beginning = _BEGINNING.match(sentence)
    if beginning is None:
        return False
    said: Stance = "yes" if beginning["word"].casefold() in ("yes", "ja") else "no"
    return stance(sentence[beginning.end() :], question, language) not in ("", said)


def _limits(text: str) -> set[str]:
    return {match.group().casefold() for match in _LIMITING.finditer(text)}


def _is_of_another_time(sentence: str, question: str) -> bool:
    said, asked = (
        [verbs for verbs in _TIMES if verbs & set(words_of(text.casefold()))] for text in (sentence, question)
    )
    return bool(said and asked) and said != asked


def _matches(asked: Clause, said: Clause) -> list[int]:
    """Where in the content of `said` the words of `asked` stand; none unless all do, the fixed ones in their order."""
    found: list[int] = []
    fixed: list[int] = []
    for word in asked.content:
        place = next((n for n, other in enumerate(said.content) if n not in found and alike(word, other)), None)
        if place is None:
            return []
        found.append(place)
        if asked.language == "en" or (word.text[0].isupper() and word is not asked.words[0]):
            fixed.append(place)
    return found if all(left < right for left, right in pairwise(fixed)) else []


def _stance(said: Clause, first: int, last: int, asked: Clause) -> Stance:
    """What the words of `said` from its content's `first` to its `last`, which are the question's, amount to."""
    content = said.content
    start, end = content[first].start, content[last].end
    inside = said.text[start:end]
    extra = [word for n, word in enumerate(content) if n < last and not any(alike(word, own) for own in asked.content)]
    figures = [q for q in said.quantities if start <= q.start < end and not states(asked, q)]
    if extra or figures or _BREAK.search(inside) or _goes_with(said, content[last]):
        return ""
    denials = list(NEGATIONS[said.language].finditer(said.text))
    if not denials:
        return "yes"
    rest = said.text[end:].strip(" .!")
    is_plain = len(denials) == 1 and _PLAIN_NEGATION.match(denials[0].group()) is not None
    ends_there = not rest or (denials[0].start() >= end and rest == denials[0].group())
    return "no" if is_plain and ends_there and denials[0].start() > start else ""


def _goes_with(said: Clause, last: Word) -> bool:
    """Whether a word right behind `last` makes another thing of it: "Scale shares", "Scale's rival"."""
    behind = next((word for word in said.words if word.start >= last.end), None)
    if behind is None or behind.start - last.end > 1:
        return False
    return bool(behind.keys) or behind.lowered in ("of",) or last.text.endswith(("’s", "'s"))


def _inside(sentence: str, question: str, language: str) -> str:
    """`sentence` with its first word as it is written inside a sentence."""
    first = re.match(r"\w+", sentence)
    if first is None:
        return sentence
    word = first.group()
    lowered = word.casefold()
    is_lower = lowered in FUNCTION_WORDS[language] or re.search(rf"\b{re.escape(lowered)}\b", question) is not None
    return lowered + sentence[first.end() :] if is_lower and word != "I" else sentence
