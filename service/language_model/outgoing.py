"""What no released sentence may hold, whatever its meaning: links, markup, marks of its own, words of the prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from wordfreq import zipf_frequency

from service.language_model import prompt
from service.language_model.repetition import goes_in_circles
from service.search.evidence import Evidence
from service.search.instructions import addresses_machine
from service.texts.names import is_german_noun
from service.texts.plain_text import addresses, citation_marks, markup, plain, template_tokens, visible

RUN_OF_WORDS = 6
"""As many words of the prompt in a row are words of the prompt, and no accident."""

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HOST = re.compile(r"\b(?:[A-Za-z0-9-]{2,63}\.)+(?:[a-z]{2,24}|[A-Z]{2,24})\b|\b\d{1,3}(?:\.\d{1,3}){3}\b")
_CODE_WORD = re.compile(r"\b(?=\w*[^\W\d_])(?=\w*[\d_])(?!\d+[^\W\d_]+\b)(?![QH][1-4]\b)\w+")
_SMALL_WORD = re.compile(r"(?<![\w.@/-])[a-zäöüß]{4,}(?![\w.@/’'-]\w)")
_MARKUP_LEFT = re.compile(r"[<>|]{2}|</|\]\(|!\[|\\[\[\]()]")


def unfit(sentence: str, cited: Sequence[Evidence], language: str) -> str:
    """Why `sentence`, in `language`, must not be released although `cited` bears it out; empty where it may.

    Takes it as the reader would see it, citation marks removed. Mail addresses, host names, code words and words that
    no dictionary has pass where what is cited has them; web addresses never do.
    """
    return next(_faults(sentence, cited, language), "")


def _faults(sentence: str, cited: Sequence[Evidence], language: str) -> Iterator[str]:
    if visible(sentence) != sentence or len(sentence.splitlines()) > 1:
        yield "form: it holds control or invisible characters"
    if goes_in_circles(sentence):
        yield "form: it goes round in circles"
    if template_tokens(sentence):
        yield "form: it holds a control token of a chat template"
    if addresses(sentence):
        yield "form: it holds a web address"
    if markup(sentence) or _MARKUP_LEFT.search(sentence):
        yield "form: it holds markup"
    if citation_marks(sentence):
        yield "form: it holds a citation mark of its own"
    shown = "\n".join(plain(item.text) for item in cited).casefold()
    if found := _missing(_MAIL, sentence, shown) or _missing(_HOST, _MAIL.sub("", sentence), shown):
        yield f"form: nothing cited holds the address {found}"
    around = "\n".join(item.passage for item in cited).casefold()
    if found := _missing(_CODE_WORD, sentence, around) or _unknown_word(sentence, around, language):
        yield f"form: nothing cited holds the word {found}"
    if any(run in _prompt_runs() and " ".join(run) not in " ".join(_words(shown)) for run in _runs(sentence)):
        yield "form: it repeats the prompt"
    if addresses_machine(sentence):
        yield "form: it is an order to a machine"


def _missing(pattern: re.Pattern[str], sentence: str, shown: str) -> str:
    """The first match of `pattern` that `shown`, casefolded, does not hold; empty where it holds all."""
    return next((found for found in pattern.findall(sentence) if found.casefold() not in shown), "")


def _unknown_word(sentence: str, around: str, language: str) -> str:
    """The first small word of a German or English sentence that neither language nor `around` has."""
    if language not in ("de", "en"):
        return ""
    return next((word for word in _SMALL_WORD.findall(sentence) if word not in around and not _is_known(word)), "")


def _is_known(word: str) -> bool:
    return any(zipf_frequency(word, language) for language in ("de", "en")) or is_german_noun(word)


@cache
def _prompt_runs() -> frozenset[tuple[str, ...]]:
    """All runs of `RUN_OF_WORDS` words of what models are told to be."""
    told = (message.content for message in prompt.beginning().messages if message.role == "system")
    return frozenset(run for text in told for run in _runs(text))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _words(text)
    return zip(*(words[start:] for start in range(RUN_OF_WORDS)), strict=False)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
