"""A sentence without what it adds to its statement: a relative clause at its end, a bracket, the year behind a day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from index.quantities import quantities
from service.relations.function_words import FUNCTION_WORDS
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.texts.names import bare, names
from service.verification.checking import Checked, Compare, check

FEWEST_WORDS = 4
"""Of what is left, so that it is a statement and no mere name that the question's own words would have to carry."""
_STEM = 5
"""Letters that two forms of one word share."""
_RELATIVE = {
    "de": re.compile(r",\s(?:der|die|das|den|dem|deren|dessen|denen|welche[mnrs]?)\s[^,;:]+?(?P<end>[.!]?)\Z"),
    "en": re.compile(r",\s(?:which|who|whose|where)\s[^,;:]+?(?P<end>[.!]?)\Z"),
}
_GOES_ON = {
    "de": re.compile(r",?\s(?:und|aber)\s(?:er|sie|es)\s[^;:]+?(?P<end>[.!]?)\Z"),
    "en": re.compile(r",\s(?:and|but)\s(?:he|she|it|they)\s[^;:]+?(?P<end>[.!]?)\Z"),
}
"""Another main clause about the same, which its subject tells from the last part of a list."""
_INDEFINITE = re.compile(r"\b[Ee]ine?[nmrs]?\s(?:[a-zäöüß]+\s)*[A-ZÄÖÜ][\w-]*\Z")
_LIMITED = re.compile(r"\b(?:all\w*|jede\w*|kein\w*|nur|nicht|nie\w*|viele|meisten|einzige\w*)\b", re.IGNORECASE)
"""What a German relative clause may narrow down, so that nothing is left of the statement without it."""
_BRACKET = re.compile(r"\s\((?:[^()]*\d[^()]*|[A-ZÄÖÜ][^()]*)\)")
_DAY_AND_YEAR = {
    "de": re.compile(r"(?P<day>\b\d{1,2}\.\s?[A-ZÄÖÜ][a-zäöü]+)\s(?P<year>\d{4})\b"),
    "en": re.compile(r"(?P<day>\b(?:\d{1,2}(?:st|nd|rd|th)?\s[A-Z][a-z]+|[A-Z][a-z]+\s\d{1,2})),?\s(?P<year>\d{4})\b"),
}


async def check_or_shorten(
    sentence: str, asked: Asked, evidence: Sequence[Evidence], compare: Compare, *, is_first: bool
) -> Checked:
    """`check` of `sentence`, and where it does not hold of what it says without an addition that may be wrong."""
    checked = await check(sentence, asked, evidence, compare, is_first=is_first)
    if not checked.cited:
        for less in shortened(sentence, asked.request.question, asked.language):
            again = await check(less, asked, evidence, compare, is_first=is_first)
            if again.cited:
                return again
    return checked


def shortened(sentence: str, question: str, language: str) -> Iterator[str]:
    """What `sentence`, in German or English, says without an addition that `question` does not ask for.

    Each is implied by the sentence: where that does not hold, one of them may.
    """
    if language not in _RELATIVE:
        return
    yield from _without_year(sentence, question, language)
    for pattern, may_go in ((_RELATIVE, _adds_only), (_GOES_ON, _goes_on)):
        match = pattern[language].search(sentence)
        if match and may_go(sentence[: match.start()], language) and not _is_asked(match.group(), question, language):
            yield from _if_it_says_enough(sentence[: match.start()] + match["end"])
    without = _BRACKET.sub("", sentence)
    if without != sentence:
        yield from _if_it_says_enough(without)


def _without_year(sentence: str, question: str, language: str) -> Iterator[str]:
    asked = {quantity.value for quantity in quantities(question, language)}
    match = _DAY_AND_YEAR[language].search(sentence)
    if match and float(match["year"]) not in asked:
        yield sentence[: match.end("day")] + sentence[match.end("year") :]


def _if_it_says_enough(rest: str) -> Iterator[str]:
    if len(rest.split()) >= FEWEST_WORDS:
        yield rest


def _adds_only(before: str, language: str) -> bool:
    """Whether the relative clause behind `before` narrows nothing down: an English one behind a comma never does."""
    if language == "en":
        return True
    is_named = bool(names(before, language)) and names(before, language)[-1] == bare(before.split()[-1])
    return (is_named or bool(_INDEFINITE.search(before))) and not _LIMITED.search(before)


def _goes_on(before: str, language: str) -> bool:
    """Whether `before` stands by itself: not after "if", "that" or the like, which would hold for both clauses."""
    return not re.search(r"\b(?:if|that|whether|because|wenn|dass|ob|weil)\b", before)


def _is_asked(part: str, question: str, language: str) -> bool:
    """Whether `part` has a word of `question` that says something."""
    return bool(_stems(part, language) & _stems(question, language))


def _stems(text: str, language: str) -> set[str]:
    words = (word.casefold() for word in re.findall(r"[^\W\d_]{3,}", text))
    return {word[:_STEM] for word in words if word not in FUNCTION_WORDS[language]}
