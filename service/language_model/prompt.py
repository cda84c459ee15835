"""Everything that is said to a language model, and how its words are read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from babel import Locale, UnknownLocaleError

from service.contracts.answers import Turn
from service.generators.base import Message, Prompt
from service.search.evidence import Evidence
from service.search.withheld import remark, request

PROMPT_VERSION = "5"
NOT_STATED = "NOT STATED"

# Everything down to the question is the same for every question, so that the model's cache of it is reused: examples
# cost nothing but the first time. They show a small model what rules alone do not: to translate, to take the value of
# the deal and not of the talks before it, and to say that nothing is stated of another person, firm or role. A second
# example of that kind made it refuse a third of what the sources do state.
_SYSTEM = (
    "You answer questions from numbered source sentences and nothing else. Answer in one or two short sentences, in "
    "the language asked for, with the names and figures that the sources give, and end each sentence with the number "
    f"of its source, like [2]. If the sources do not state the answer to just this question, reply only: {NOT_STATED}."
)
_EXAMPLE_SOURCES = (
    "Großbritannien kaufte 1875 dem Vizekönig von Ägypten seinen Anteil von 44 Prozent an der Suezkanal-Gesellschaft "
    "für rund vier Millionen Pfund ab.",
    "Zuvor hatte der Vizekönig mit französischen Banken über einen Verkauf für 92 Millionen Franken verhandelt.",
    "The company was headed by Ferdinand de Lesseps, who had led the building of the canal.",
    "The viceroy sold because his country was deep in debt and the next payment was due.",
)
_EXAMPLES = (
    (
        "How much did Britain pay for its stake in the Suez Canal Company?",
        "en",
        "Britain paid about four million pounds for its stake of 44 percent [1].",
    ),
    ("Wie hieß der Finanzchef der Suezkanal-Gesellschaft?", "de", NOT_STATED),
    (
        "Warum verkaufte der Vizekönig seinen Anteil?",
        "de",
        "Der Vizekönig verkaufte seinen Anteil, weil sein Land verschuldet und die nächste Zahlung fällig war [4].",
    ),
    ("Verkaufte der Vizekönig an Frankreich?", "de", "Nein, er verkaufte an Großbritannien [1]."),
)
YES, NO = "Yes", "No"
_CHECKING = (
    "You check statements against numbered source sentences. Reply only Yes where the sources say just what the "
    "statement says: of the same, with the same figures, in the same direction, and as sure. Reply only No where they "
    "say less, more, something else or the opposite."
)
HISTORY_CHARACTERS = 300
"""Of each earlier turn, what the model is shown."""

_MARK = re.compile(r"\s*\[\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*\]|\s*\(\d\)(?=[.!?]?\s*\Z)")
_MARKUP = re.compile(r"\*\*|__|`+|^#+\s*|^\s*[-*•]\s+", re.MULTILINE)


def build(
    question: str, language: str, history: Sequence[Turn], evidence: Sequence[Evidence], *, max_tokens: int
) -> Prompt:
    """The prompt that asks for an answer in `language` (ISO 639-1) from `evidence`.

    `history` is the conversation that the question leans on, empty where it stands alone. Its last question and answer
    stand before the question as if they had been asked of these sources, like the examples.
    """
    shown = tuple(item.shown() for item in evidence)
    before, said = _last_exchange(history, language)
    asked = request(question, language)
    turns = [f"{before} {asked}"] if before and not said else [before, said, asked] if before else [asked]
    messages = [
        Message("assistant", text) if number % 2 else Message("user", _question(text, language))
        for number, text in enumerate(turns)
    ]
    messages[0] = Message("user", _sources(shown) + messages[0].content)
    return Prompt((*_beginning(), *messages), shown, max_tokens)


def insisting(asked: Prompt) -> Prompt:
    """The same prompt, to which a model can't answer that nothing is stated."""
    return replace(asked, never=(NOT_STATED.split()[0],))


def whether_stated(sentence: str, evidence: Sequence[Evidence]) -> Prompt:
    """The prompt that asks whether `evidence` says `sentence`, to be answered with one of `YES` and `NO`."""
    shown = tuple(item.shown() for item in evidence)
    asked = f"{_sources(shown)}Statement: {sentence}\nDo the sources say just this?"
    return Prompt((Message("system", _CHECKING), Message("user", asked)), shown, max_tokens=1)


def beginning() -> Prompt:
    """What all prompts have in common, for a model to read before the first question comes."""
    return Prompt(_beginning(), (), max_tokens=1)


@cache
def _beginning() -> tuple[Message, ...]:
    messages = [Message("system", _SYSTEM)]
    for question, language, answer in _EXAMPLES:
        sources = _sources(_EXAMPLE_SOURCES) if len(messages) == 1 else ""
        messages += [Message("user", sources + _question(question, language)), Message("assistant", answer)]
    return tuple(messages)


def _sources(shown: Sequence[str]) -> str:
    return "Sources:\n" + "\n".join(f"[{number}] {text}" for number, text in enumerate(shown, start=1)) + "\n\n"


def _question(question: str, language: str) -> str:
    return f"Question: {question}\nAnswer in {language_name(language)}:"


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


def _last_exchange(history: Sequence[Turn], language: str) -> tuple[str, str]:
    """The user's last question and what was answered to it; empty where there is none."""
    for place in range(len(history) - 1, -1, -1):
        if history[place].role == "user":
            answers = [turn for turn in history[place + 1 :] if turn.role == "assistant"][:1]
            texts = [remark(turn.content, language)[:HISTORY_CHARACTERS] for turn in (history[place], *answers)]
            return (texts[0], texts[1]) if len(texts) > 1 else (texts[0], "")
    return "", ""
