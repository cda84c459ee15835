"""Everything that is said to a language model, and how its words are read back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from babel import Locale, UnknownLocaleError

from service.contract import Turn
from service.evidence import Evidence
from service.generators.base import Message, Prompt

PROMPT_VERSION = "2"
NOT_STATED = "NOT STATED"

# The same for every question, so that the model's cache of it is reused.
_SYSTEM = (
    "You answer questions from numbered source sentences and nothing else. Answer in one or two short sentences, in "
    "the language asked for, with the names and figures that the sources give, and end each sentence with the number "
    f"of its source, like [2]. If the sources do not state the answer, reply only: {NOT_STATED}."
)
HISTORY_TURNS = 2
HISTORY_CHARACTERS = 300

_MARK = re.compile(r"\s*\[\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*\]|\s*\(\d\)(?=[.!?]?\s*\Z)")
_MARKUP = re.compile(r"\*\*|__|`+|^#+\s*|^\s*[-*•]\s+", re.MULTILINE)


def build(
    question: str, language: str, history: Sequence[Turn], evidence: Sequence[Evidence], *, max_tokens: int
) -> Prompt:
    """The prompt that asks for an answer in `language` (ISO 639-1) from `evidence`."""
    shown = tuple(item.shown() for item in evidence)
    sources = "\n".join(f"[{number}] {text}" for number, text in enumerate(shown, start=1))
    user = f"Sources:\n{sources}\n\n{_conversation(history)}Question: {question}\nAnswer in {language_name(language)}:"
    return Prompt((Message("system", _SYSTEM), Message("user", user)), shown, max_tokens)


def language_name(language: str) -> str:
    """The English name of an ISO 639-1 code; `the language of the question` for an unknown one."""
    try:
        return Locale(language).english_name or language
    except (UnknownLocaleError, ValueError):
        return "the language of the question"


def without_marks(sentence: str) -> str:
    """`sentence` without citation marks and Markdown, on one line."""
    return " ".join(_MARKUP.sub("", _MARK.sub("", sentence)).split())


def says_not_stated(text: str) -> bool:
    """Whether the model said that the sources do not hold the answer."""
    return NOT_STATED.casefold() in text.casefold()


def _conversation(history: Sequence[Turn]) -> str:
    if not history:
        return ""
    turns = [f"{turn.role}: {turn.content[:HISTORY_CHARACTERS]}" for turn in history[-HISTORY_TURNS:]]
    return "Conversation so far:\n" + "\n".join(turns) + "\n\n"
