"""Whether a source sentence, word for word, is an answer: for when a model's own words do not hold, or are poor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.comparing.conflicts import ALIKE
from service.comparing.disagreement import likeness
from service.quoting.extracts import states_what_is_asked
from service.relations import shared_part
from service.search.evidence import Evidence, starts_in_the_middle
from service.search.finding import Asked, Finder
from service.search.reasons_first import says_why
from service.texts.circumstances import circumstance_asked_for
from service.texts.names import mentions
from service.verification.answer_type import asks_yes_or_no, missing
from service.verification.checking import LEAST_ABOUT, part_told
from service.verification.leftover import has_all, telling

LEAST_ABOUT_ACROSS = 0.25
"""Part of the question's words that a source in the other language has, where few words are known in both."""
LEAST_OF_HAPPENING = 0.3
"""Part of the words for what a reason is asked that the source of one has, with the line before it."""
LEAST_LIKENESS = 0.05
"""Similarity of question and sentence (cosine less the language's mean) from which on it may be an answer."""
MOST_CHARACTERS = 220
"""Of a sentence that is read at a glance."""
QUOTED = {"de": "In einem englischen Artikel steht: „{quote}“", "en": "A German article says: “{quote}”"}
"""How a sentence in the other language is told to who asked in this one."""


def stands_alone(source: Evidence, asked: Asked) -> bool:
    """Whether `source`, from which an answer was made, reads as well as an answer: short, and understood by itself."""
    if not _may_be_quoted(source, asked) or not is_read_alone(source):
        return False
    return _has_what_is_asked_for(source, asked)


def answers(source: Evidence, asked: Asked) -> bool:
    """Whether `source` may stand as the answer: in the question's language, about all that it names, near in meaning,
    with what it asks for and, what stands before it taken along, half of its words, one beside the names among them.
    """
    if not _may_be_quoted(source, asked) or source.cosine < LEAST_LIKENESS or not _tells_of_it(source, asked):
        return False
    if not all(mentions(source.context, name) for name in asked.names):
        return False
    return part_told(asked, [source]) >= LEAST_ABOUT and _has_what_is_asked_for(source, asked)


def _tells_of_it(source: Evidence, asked: Asked) -> bool:
    """Whether `source` has a word of what is asked about: who is named there may do anything.

    Where the reason is asked for, it says why in so many words, and has a part of what it is the reason for.
    """
    words = telling(asked.request.question, asked)
    told = [word for word in words if has_all(_with_line_before(source), source.language, [word])]
    if circumstance_asked_for(asked.request.question) != "reason":
        return bool(told) or not words
    return says_why(source.shown(), source.language) and len(told) >= LEAST_OF_HAPPENING * len(words)


def _with_line_before(source: Evidence) -> str:
    return " ".join(source.context.split("\n")[-2:])


def gives_reason(source: Evidence, asked: Asked) -> bool:
    """Whether `source`, which bears out what was doubted for its wording, tells why, where `asked` asks that.

    It may be in the other language: it is quoted there as it stands.
    """
    if asked.language not in QUOTED or circumstance_asked_for(asked.request.question) != "reason":
        return False
    if source.cosine < LEAST_LIKENESS or not all(mentions(source.context, name) for name in asked.names):
        return False
    return says_why(source.shown(), source.language)


def like_in_own_language(
    source: Evidence, asked: Asked, evidence: Sequence[Evidence], finder: Finder
) -> Evidence | None:
    """Of `evidence`, the likest to `source` that gives the reason in the question's language; None if none is.

    It has at least as much of the question: what is only like it may give the reason for another thing.
    """
    least = shared_part(asked.query, asked.language, [source])
    giving = (item for item in evidence if answers(item, asked) and gives_reason(item, asked))
    own = [item for item in giving if shared_part(asked.query, asked.language, [item]) >= least]
    if not own:
        return None
    alike = likeness((source, *own), finder)[0][1:]
    best = int(alike.argmax())
    return own[best] if alike[best] >= ALIKE else None


def as_told(source: Evidence, language: str) -> str:
    """`source` word for word, to who asked in `language`, German or English."""
    return source.shown() if source.language == language else QUOTED[language].format(quote=source.shown())


def in_other_language(asked: Asked) -> Asked:
    """`asked` as if its answer were wanted in the other of German and English."""
    return replace(asked, language="en" if asked.language == "de" else "de")


def may_be_led_in(source: Evidence, asked: Asked) -> bool:
    """Whether `source`, in the other language, may be quoted as an answer to `asked`: see `as_told`."""
    if {asked.language, source.language} != set(QUOTED):
        return False
    question = asked.request.question
    return (
        is_read_alone(source)
        and not source.shown()[:1].islower()
        and not asks_yes_or_no(question, asked.language)
        and not missing(question, source.shown(), asked.language)
        and states_what_is_asked(asked, source)
        and part_told(asked, [source]) >= LEAST_ABOUT_ACROSS
    )


def is_read_alone(source: Evidence) -> bool:
    """Whether `source` is read at a glance and does not lean on what stands before it."""
    return len(source.shown()) <= MOST_CHARACTERS and not starts_in_the_middle(source.text)


def _has_what_is_asked_for(source: Evidence, asked: Asked) -> bool:
    lacking = missing(asked.request.question, source.shown(), asked.language)
    return not lacking and states_what_is_asked(asked, source)


def _may_be_quoted(source: Evidence, asked: Asked) -> bool:
    """Whether a quote is in the reader's language and need not begin with yes or no."""
    return source.language == asked.language and not asks_yes_or_no(asked.request.question, asked.language)
