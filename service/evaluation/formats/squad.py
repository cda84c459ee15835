"""SQuAD-style JSON (1.1 and 2.0, XQuAD, MLQA): paragraphs with questions whose short answers are spans of them.

Each paragraph is one article. Its id is `<title>#<number>`, numbers counting from 1 within the title; `articles` gives
the paragraphs as a collection that an index can be built from. Questions with `is_impossible` want a refusal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from index.language import UNDETERMINED, detect, detect_question
from service.evaluation.errors import GoldError
from service.evaluation.formats.located import Contents, Located
from service.evaluation.gold import Gold, Place

SAMPLE = 200
"""Questions that are looked at to tell the language of a file."""


class Answer(Struct, frozen=True):
    """A short answer and its offset in the paragraph."""

    text: str
    answer_start: int


class Question(Struct, frozen=True):
    """A question about a paragraph."""

    id: str
    question: str
    answers: tuple[Answer, ...] = ()
    is_impossible: bool = False


class Paragraph(Struct, frozen=True):
    """A paragraph with its questions."""

    context: str
    qas: tuple[Question, ...]


class Document(Struct, frozen=True):
    """The paragraphs of one document."""

    paragraphs: tuple[Paragraph, ...]
    title: str = "untitled"


class Squad(Struct, frozen=True):
    """A whole file."""

    data: tuple[Document, ...]


def read(name: str, text: str) -> Contents:
    """The questions of `text`; `name` is the file's, for messages."""
    try:
        squad = msgspec.json.decode(text, type=Squad)
    except (msgspec.DecodeError, RecursionError) as error:
        return Contents([], [f"{name}: not SQuAD-style JSON: {error}"])
    contents = Contents([], [])
    language = _language(squad)
    for article, paragraph in _paragraphs(squad):
        for question in paragraph.qas:
            where = f"{name}: question {question.id} of {article}"
            try:
                contents.questions.append(Located(where, _gold(article, question, language)))
            except (ValueError, msgspec.ValidationError) as error:
                contents.problems.append(f"{where}: {error}")
    return contents


def articles(text: str) -> Iterator[dict[str, str]]:
    """Each paragraph as a record of a JSONL collection: `id`, `title`, `text`. Raises `GoldError`."""
    try:
        squad = msgspec.json.decode(text, type=Squad)
    except (msgspec.DecodeError, RecursionError) as error:
        raise GoldError([f"not SQuAD-style JSON: {error}"]) from error
    for article, paragraph in _paragraphs(squad):
        yield {"id": article, "title": article.rpartition("#")[0].replace("_", " "), "text": paragraph.context}


def _paragraphs(squad: Squad) -> Iterator[tuple[str, Paragraph]]:
    numbers: Counter[str] = Counter()
    for document in squad.data:
        for paragraph in document.paragraphs:
            numbers[document.title] += 1
            yield f"{document.title}#{numbers[document.title]}", paragraph


def _gold(article: str, question: Question, language: str) -> Gold:
    answers = () if question.is_impossible else question.answers
    texts = tuple(dict.fromkeys(answer.text for answer in answers))
    places = tuple(Place(article, answer.text, answer.answer_start) for answer in answers)
    return Gold(
        id=question.id,
        lang=language,
        kind="unanswerable" if question.is_impossible else "fact",
        question=question.question,
        answerable=not question.is_impossible,
        nuggets=(texts,) if texts else (),
        evidence=(places,) if places else (),
        answers=texts,
    )


def _language(squad: Squad) -> str:
    """The language of most questions; a file has them in one."""
    sample: Sequence[str] = [
        question.question for _, paragraph in _paragraphs(squad) for question in paragraph.qas[:1]
    ][:SAMPLE]
    counts = Counter(detect_question(question, UNDETERMINED) for question in sample)
    counts.pop(UNDETERMINED, None)
    return counts.most_common(1)[0][0] if counts else detect(" ".join(sample))
