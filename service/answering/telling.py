"""What a reader is told of a question in parts, and when: nothing is taken back, and no refusal comes too early."""

from __future__ import annotations

from index.quantities import Quantity, quantities
from service.contracts.answers import AnswerSentence, Reason
from service.quoting.looked_up import LANGUAGES
from service.search.finding import Asked
from service.texts.circumstances import circumstance_asked_for
from service.texts.names import mentions
from service.texts.plain_text import plain
from service.verification.answer_type import asks_for_amount, missing
from service.verification.leftover import has_all, telling
from service.verification.verify import DATES

UNANSWERED = {
    "de": "Auf „{question}“ geben die Quellen keine Antwort.",
    "en": "The sources give no answer to “{question}”.",
}
UNPROVED = {
    "de": "Auf „{question}“ ließ sich keine Antwort belegen.",
    "en": "No answer to “{question}” could be borne out.",
}
"""Where what the model wrote did not hold: the sources may well have an answer."""
SHOWN_CHARACTERS = 160
"""Where a question is cut that is told as unanswered."""
_YEARS = range(1900, 2101)


class Told:
    """What a reader is told, sentence by sentence.

    That a part has no answer is told where it comes, but not before another part has one: where none has, the whole
    question is refused.
    """

    def __init__(self) -> None:
        self.sentences: list[AnswerSentence] = []
        self._held: list[AnswerSentence] = []
        self._before: frozenset[str] = frozenset()

    def begin_part(self) -> None:
        """What was told so far is not told again."""
        self._before = frozenset(sentence.text.casefold() for sentence in self.sentences)

    def add(self, sentence: AnswerSentence) -> list[AnswerSentence]:
        """What to tell now that there is `sentence`."""
        if sentence.text.casefold() in self._before:
            return []
        new = [*self._held, sentence]
        self._held = []
        self.sentences += new
        return new

    def refuse(self, sentence: AnswerSentence) -> list[AnswerSentence]:
        """What to tell now that there is no answer to a part, which `sentence` says."""
        if not self.sentences:
            self._held.append(sentence)
            return []
        return self.add(sentence)


def answers_too(sentence: AnswerSentence, asked: Asked) -> bool:
    """Whether `sentence`, told of a part before, has just what `asked`, another part, wants to know.

    That is so where it has an amount, a time, a place or a reason as asked for, all names and all other words.
    """
    question, language = asked.request.question, asked.language
    if not sentence.citations or language not in LANGUAGES:
        return False
    asks_amount = asks_for_amount(question, language)
    if not (asks_amount or circumstance_asked_for(question)) or missing(question, sentence.text, language):
        return False
    if asks_amount and not any(map(_is_amount, quantities(sentence.text, language))):
        return False
    named = bool(asked.names) and all(mentions(sentence.text, name) for name in asked.names)
    return named and has_all(sentence.text, language, telling(question, asked))


def _is_amount(quantity: Quantity) -> bool:
    return quantity.unit not in DATES and (bool(quantity.unit) or quantity.value not in _YEARS)


def unanswered(asked: Asked, reason: Reason) -> AnswerSentence:
    """The sentence that says of one of several parts that it has no answer, and cites nothing."""
    wording = UNPROVED if reason == "unsupported" else UNANSWERED
    question = plain(asked.request.question)
    if len(question) > SHOWN_CHARACTERS:
        question = f"{question[:SHOWN_CHARACTERS].rsplit(' ', 1)[0]} …"
    return AnswerSentence(wording["de" if asked.language == "de" else "en"].format(question=question), ())
