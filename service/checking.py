"""One sentence of a generator -> released with what it cites, or dropped with a reason."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.language import detect_sentence
from index.quantities import quantities
from index.retrieve import Scores
from service import prompt
from service.abstain import LEAST_SUPPORT
from service.answer_type import missing
from service.evidence import Evidence
from service.finding import Asked
from service.names import names
from service.outgoing import unfit
from service.relations import shared_part
from service.verify import FRAGMENT_WORDS, NEARLY_ALL, states, verify
from service.wording import with_own_scale_words, with_whole_numbers
from service.yes_no import contradicts_itself

LEAST_ABOUT = 0.5
"""Part of the question's words that such a source has, with what stands before it."""
_ENOUGH = float(np.nextafter(np.float32(LEAST_SUPPORT), np.float32(1.0)))
"""The least float32 that is no less than `LEAST_SUPPORT`."""

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
    if fault := unfit(sentence, cited, asked.language):
        return Checked(sentence, (), verdict.similarity, fault, cited[0])
    return Checked(sentence, cited, verdict.similarity, "")


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
