"""Whether a source sentence, word for word, is an answer: for when a model's own words do not hold, or are poor."""

from __future__ import annotations

from service.answer_type import asks_yes_or_no, missing
from service.evidence import Evidence, starts_in_the_middle
from service.extracts import states_what_is_asked
from service.finding import Asked
from service.names import mentions

LEAST_LIKENESS = 0.05
"""Similarity of question and sentence (cosine less the language's mean) from which on it may be an answer."""
MOST_CHARACTERS = 220
"""Of a sentence that is read at a glance."""


def stands_alone(source: Evidence, asked: Asked) -> bool:
    """Whether `source`, from which an answer was made, reads as well as an answer: short, and understood by itself."""
    if not _may_be_quoted(source, asked) or not is_read_alone(source):
        return False
    return _has_what_is_asked_for(source, asked)


def answers(source: Evidence, asked: Asked) -> bool:
    """Whether `source` may stand as the answer: in the question's language, about all that it names, near in meaning,
    and with what it asks for.
    """
    if not _may_be_quoted(source, asked) or source.cosine < LEAST_LIKENESS:
        return False
    if not all(mentions(source.context, name) for name in asked.names):
        return False
    return _has_what_is_asked_for(source, asked)


def is_read_alone(source: Evidence) -> bool:
    """Whether `source` is read at a glance and does not lean on what stands before it."""
    return len(source.shown()) <= MOST_CHARACTERS and not starts_in_the_middle(source.text)


def _has_what_is_asked_for(source: Evidence, asked: Asked) -> bool:
    lacking = missing(asked.request.question, source.shown(), asked.language)
    return not lacking and states_what_is_asked(asked, source)


def _may_be_quoted(source: Evidence, asked: Asked) -> bool:
    """Whether a quote is in the reader's language and need not begin with yes or no."""
    return source.language == asked.language and not asks_yes_or_no(asked.request.question, asked.language)
