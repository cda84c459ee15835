"""One sentence of a generator -> released with what it cites, or dropped with a reason."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.language import detect_sentence
from index.quantities import quantities
from index.retrieve import Scores
from service.comparing import measures
from service.language_model import prompt
from service.language_model.outgoing import unfit
from service.relations import shared_part
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.texts.first_or_last import is_unsaid
from service.texts.names import bare, leading_names, mentions, names
from service.texts.wording import with_own_scale_words, with_whole_numbers
from service.verification.abstain import LEAST_SUPPORT
from service.verification.answer_type import asks_for_amount, asks_yes_or_no, missing
from service.verification.leftover import has_all, telling
from service.verification.verify import FRAGMENT_WORDS, NEARLY_ALL, states, verify
from service.verification.yes_no import contradicts_itself

LEAST_ABOUT = 0.5
"""Part of the question's words that such a source has, with what stands before it."""
FEWEST_OF_COUNT = 2
"""Words beside its names by which a question says of what it asks the number."""
_ENOUGH = float(np.nextafter(np.float32(LEAST_SUPPORT), np.float32(1.0)))
"""The least float32 that is no less than `LEAST_SUPPORT`."""

_OF_A_PERSON = re.compile(r"\b(?:he|she)\b|(?<=[a-zäöü] )(?:er|sie)\b")
_COUNTS = re.compile(r"\s*(?:how many|wie ?viele)\b", re.IGNORECASE)
_COUNTED = re.compile(r"\b(?:how many|wie ?viele?n?|(?:in )?welche[mnrs]?)\s+\w+", re.IGNORECASE)
"""What asks, with the noun that it counts or chooses, of which a value is one anyhow."""
Compare = Callable[[str], Awaitable[Scores]]
"""How near in meaning a sentence is to each piece of evidence, float32 `(len(evidence),)`."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence as it may be shown. `cited` is empty where it may not, `reason` says why.

    `nearest` is then the piece of evidence that the model had in mind, as far as that is known.
    """

    text: str
    cited: tuple[Evidence, ...]
    similarity: float
    reason: str
    nearest: Evidence | None = None


def worded(text: str, language: str) -> str:
    """What the generator wrote as a reader sees it: without marks, with its own language's words; may be empty."""
    sentence = with_own_scale_words(with_whole_numbers(prompt.without_marks(text)), language)
    return sentence if re.search(r"\w", sentence) else ""


def is_in_another_language(sentence: str, language: str) -> bool:
    """Whether a generated sentence is surely not in the language that the question wants."""
    found, sure = detect_sentence(sentence, language)
    return sure and found != language


async def check(
    sentence: str, asked: Asked, evidence: Sequence[Evidence], compare: Compare, *, is_first: bool
) -> Checked:
    """Hold a `worded` sentence against the evidence. The first sentence of an answer has to answer the question."""
    similarities = await compare(_in_full(sentence, asked))
    verdict = verify(
        sentence,
        asked.language,
        asked.names,
        evidence,
        similarities,
        least_similarity=LEAST_SUPPORT,
        question=asked.request.question,
    )
    if not verdict.cited:
        nearest = _in_mind(sentence, asked.language, evidence, similarities)
        return Checked(sentence, (), verdict.similarity, verdict.reason, nearest)
    if is_first and (lacking := missing(asked.request.question, sentence, asked.language)):
        reason = f"type: the question asks for something that is not here ({lacking})"
        return Checked(sentence, (), verdict.similarity, reason, evidence[verdict.cited[0]])
    if contradicts_itself(sentence, asked.request.question, asked.language):
        return Checked(sentence, (), verdict.similarity, "negation: what follows its yes or no says the opposite of it")
    cited = tuple(evidence[i] for i in verdict.cited)
    if is_first and (another := _of_another(sentence, asked, cited)):
        return Checked(sentence, (), verdict.similarity, another, cited[0])
    if fault := unfit(sentence, cited, asked.language):
        return Checked(sentence, (), verdict.similarity, fault, cited[0])
    return Checked(sentence, cited, verdict.similarity, "")


def _of_another(sentence: str, asked: Asked, cited: Sequence[Evidence]) -> str:
    """Why `sentence` is told of another thing or person than `asked` is about; empty where nothing shows that it is."""
    question = asked.request.question
    if _is_of_another_thing(sentence, asked, cited):
        return "type: no source has a word of what the question asks of"
    if not asks_yes_or_no(question, asked.language) and is_unsaid(question, [item.shown() for item in cited]):
        return "type: the first or last is asked for, and no source says that it is that"
    if asks_for_amount(question, asked.language) and not any(
        measures.is_told_of(question, item.context) for item in cited
    ):
        return "comparison: no source names what the question asks the sum of"
    if _is_of_another_person(sentence, asked):
        return "premise: the conversation is about somebody else"
    return ""


def _is_of_another_person(sentence: str, asked: Asked) -> bool:
    """Whether "he" or "she" was asked about, and `sentence` begins with a name that the conversation has not."""
    question, language = asked.request.question, asked.language
    if asked.names or not asked.request.history or not _OF_A_PERSON.search(question):
        return False
    known = set(names(asked.query, language))
    first = re.match(r"[A-ZÄÖÜ][\w’'-]+", sentence)
    own = {*names(sentence, language), *leading_names(sentence)}
    return (
        first is not None and bare(first.group()) in own - known and not any(mentions(sentence, one) for one in known)
    )


def _is_of_another_thing(sentence: str, asked: Asked, cited: Sequence[Evidence]) -> bool:
    """Whether `sentence` is a mere value, or a count, and nothing `cited` has a word of what it should be one of.

    "2024." may be the year of anything that a source tells of the same firm. Across languages, where only words that
    are known in both count, just mere values are judged.
    """
    question, language = asked.request.question, asked.language
    is_mere = len(sentence.split()) < FRAGMENT_WORDS and not any(mentions(sentence, name) for name in asked.names)
    if not asked.names or not (is_mere or _COUNTS.match(question)) or asks_yes_or_no(question, language):
        return False
    together = any(item.language == language for item in cited)
    if not together and not is_mere:
        return False
    words = telling(_COUNTED.sub("", question), asked)
    known = [word for word in words if together or any(key[0] == "@" for key in word.keys)]
    if len(known) < (1 if is_mere else FEWEST_OF_COUNT):
        return False
    return not any(has_all(item.context, item.language, [word]) for item in cited for word in words)


def _in_mind(sentence: str, language: str, evidence: Sequence[Evidence], similarities: Scores) -> Evidence | None:
    """The piece of evidence most like the sentence, of those that state its figures where there are any."""
    figures = quantities(sentence, language)
    stating = [i for i, item in enumerate(evidence) if all(states(item, figure) for figure in figures)]
    likely = max(stating or range(len(evidence)), key=lambda i: similarities[i], default=None)
    return None if likely is None else evidence[likely]


def is_told_by_one(checked: Checked, asked: Asked) -> bool:
    """Whether one source, in the question's language, has nearly all words of what was `checked` and half of `asked`.

    That can be believed of a model that is in doubt whether anything is stated.
    """
    if len(checked.cited) != 1 or checked.cited[0].language != asked.language:
        return False
    told = shared_part(checked.text, asked.language, checked.cited)
    return told >= NEARLY_ALL and part_told(asked, checked.cited) >= LEAST_ABOUT


def part_told(asked: Asked, cited: Sequence[Evidence]) -> float:
    """Which part of the question's words, names and figures `cited` have, with what stands before them, in [0, 1]."""
    return shared_part(asked.query, asked.language, [replace(item, text=item.context) for item in cited])


def quoted(evidence: Sequence[Evidence]) -> Compare:
    """For quotes, which mean what they say: how near the question they are, 0 for all other evidence."""

    async def compare(sentence: str) -> Scores:
        near = [max(item.cosine, _ENOUGH) if sentence.endswith(item.shown()) else 0 for item in evidence]
        return np.array(near, dtype=np.float32)

    return compare


def _in_full(sentence: str, asked: Asked) -> str:
    """`sentence` behind its question where it is a mere figure or name ("49 percent."), which means little alone."""
    checked = quantities(sentence, asked.language) or names(sentence, asked.language)
    if len(sentence.split()) >= FRAGMENT_WORDS or not checked:
        return sentence
    return f"{asked.request.question} {sentence}"
