"""Questions that are several: taken apart by grammar, each part understood from those before it.

Only whole questions are parts. What is coordinated inside one ("Which firms use Google and OpenAI?", "When and where
was it founded?") and indirect questions ("Who said when it opens and what it costs?") stay in one piece, and so does
whatever is in doubt: a question that is not taken apart is answered as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from index.language import detect_question
from index.types import Span
from service.contracts.answers import AskRequest, Turn
from service.search.finding import Asked, understood
from service.search.follow_up import leans_on_history
from service.texts.clauses import quotations
from service.texts.names import names
from service.verification.question_words import asks, embeds, has_only_a_subject_behind_its_verb, with_clause_of

MOST_PARTS = 3
MOST_JOINTS = 16
"""A sentence with more places where a part could begin is a list, and is not taken apart."""

_SENTENCE_END = re.compile(r"\?(?=\s+\S)")
_JOINT = re.compile(r"(?:\s*,)?\s+(?:(?:und|sowie)(?: auch)?|and(?: also)?)\s+|\s*[,;]\s+", re.IGNORECASE)
_LEADING = re.compile(r"\A\s*(?:und|sowie|and|also|auch)\b[\s,]*", re.IGNORECASE)


def split(question: str, language: str) -> tuple[str, ...]:
    """The questions that `question` is made of, at most `MOST_PARTS`, in its own words; itself where it is one.

    `language` is that of the question; others than German and English are not taken apart.
    """
    if language not in ("de", "en"):
        return (question,)
    found: list[str] = []
    for sentence in _sentences(question):
        pieces = _clauses(sentence, language)
        if not found or asks(_LEADING.sub("", pieces[0]), language):
            found += pieces
        else:
            return (question,)
    if len(found) == 1 or not _is_whole(found[0], language):
        return (question,)
    kept = [*found[: MOST_PARTS - 1], ", ".join(found[MOST_PARTS - 1 :])] if len(found) > MOST_PARTS else found
    return tuple(_as_question(piece) for piece in kept)


def parts_of(request: AskRequest) -> tuple[Asked, ...]:
    """What `request` asks, part by part; of one part, as `understood` gives it.

    A later part that names nothing, or refers back, leans on what stands before it: it is searched together with that,
    which is its conversation, and is about the one name of it, if that is one.
    """
    whole = understood(request)
    language = whole.language if request.language == "auto" else detect_question(request.question, request.language)
    questions = _in_full(split(request.question, language), language)
    if len(questions) == 1:
        return (whole,)
    first = understood(msgspec.structs.replace(request, question=questions[0], language=whole.language))
    parts = [first]
    standing = questions[0]
    for question in questions[1:]:
        part = _later(question, standing, parts[-1], request)
        standing = f"{standing} {question}" if part.query != question else question
        parts.append(part)
    return tuple(parts)


def topic_of(asked: Asked) -> str:
    """The names that a question is about as it writes them, with what belongs to them ("Scale AI"); may be empty."""
    found: dict[int, str] = {}
    for name in asked.names:
        match = re.search(rf"(?i:\b{re.escape(name)}\b)(?: [A-Z][\w-]*)*", asked.request.question)
        if match:
            found.setdefault(match.end(), match.group())
    return ", ".join(found.values())


def _later(question: str, standing: str, before: Asked, request: AskRequest) -> Asked:
    """A part behind `before`, whose question stands alone as `standing`."""
    own = tuple(names(question, before.language))
    before_it = (*request.history, Turn("user", standing))
    later = msgspec.structs.replace(request, question=question, language=before.language, history=before_it)
    if own and not leans_on_history(question, before.language, before_it):
        return Asked(later, before.language, question, own)
    taken_over = before.names if len(before.names) == 1 else ()
    return Asked(later, before.language, f"{before.query} {question}", own or taken_over)


def _in_full(questions: Sequence[str], language: str) -> list[str]:
    """`questions` with what the mere question words among them leave out: "When did it open and where?"."""
    full = list(questions[:1])
    for question in questions[1:]:
        is_bare = asks(question, language) == "bare"
        full.append(with_clause_of(question, full[-1], language) if is_bare else question)
    return full


def _sentences(question: str) -> list[str]:
    """`question` cut behind its question marks, but not inside quotation marks."""
    quoted = quotations(question)
    ends = [
        match.end()
        for match in _SENTENCE_END.finditer(question)
        if not any(quote.start < match.end() <= quote.end for quote in quoted)
    ]
    return [question[start:end] for start, end in zip([0, *ends], [*ends, len(question)], strict=True)]


def _clauses(sentence: str, language: str) -> list[str]:
    """The question clauses of `sentence`, found from its end: what begins none belongs to the clause before it."""
    cuts: list[tuple[int, int]] = []
    end = len(sentence)
    joints = _joints(sentence)
    for joint in reversed(joints if len(joints) <= MOST_JOINTS else []):
        if _begins_a_question(sentence[joint.end : end], sentence[: joint.start], language):
            cuts.insert(0, (joint.start, joint.end))
            end = joint.start
    while cuts and not _is_whole(sentence[: cuts[0][0]], language):
        cuts.pop(0)
    starts, ends = [0, *(after for _, after in cuts)], [*(before for before, _ in cuts), len(sentence)]
    return [sentence[start:end] for start, end in zip(starts, ends, strict=True)]


def _joints(sentence: str) -> list[Span]:
    """The commas and conjunctions of `sentence` that stand in no quotation marks."""
    quoted = quotations(sentence)
    found = (Span(*match.span()) for match in _JOINT.finditer(sentence))
    return [
        joint for joint in found if not any(quote.start < joint.end and joint.start < quote.end for quote in quoted)
    ]


def _begins_a_question(piece: str, before: str, language: str) -> bool:
    """Whether `piece` asks something of its own behind `before`, the same sentence."""
    kind = asks(piece, language)
    if kind == "inverted":
        return True
    if kind == "verb":
        return asks(before, language) == "verb" or has_only_a_subject_behind_its_verb(piece, language)
    return kind in ("plain", "bare") and not embeds(_last_clause(before, language), language)


@lru_cache(maxsize=64)
def _last_clause(before: str, language: str) -> str:
    """The question that `before` ends with, where it has more than one."""
    for joint in reversed(_joints(before)):
        piece = before[joint.end :]
        if _begins_a_question(piece, before[: joint.start], language):
            return piece
    return before


def _is_whole(piece: str, language: str) -> bool:
    """Whether `piece` is a question that needs nothing before it to be one."""
    return asks(_LEADING.sub("", piece), language) in ("plain", "inverted", "verb")


def _as_question(piece: str) -> str:
    return _LEADING.sub("", piece).strip().rstrip("?,; ") + "?"
