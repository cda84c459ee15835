"""What goes over the wire: every request and response of the HTTP contract, and nothing else.

The pipeline builds `Answer` itself, so that JSON, streams and the evaluation see the same object.
Offsets count Unicode code points of the article's verbatim text, half-open.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

QUESTION_CHARACTERS = 2_000
HISTORY_TURNS = 20
TURN_CHARACTERS = 8_000
TOP_K = 50
FILTER_VALUES = 1_000

NO_NUL = r"^[^\u0000]*$"
NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

Reason = Literal["no_relevant_source", "not_in_sources", "false_premise", "unsupported", "ambiguous"]

Question = Annotated[str, Meta(min_length=1, max_length=QUESTION_CHARACTERS, extra_json_schema={"pattern": NOT_BLANK})]


class Turn(Struct, frozen=True, forbid_unknown_fields=True):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Meta(max_length=TURN_CHARACTERS, extra_json_schema={"pattern": NO_NUL})]

    def __post_init__(self) -> None:
        if "\0" in self.content:
            raise ValueError("content must not hold NUL characters")


class FilterRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which articles may be used. Dates are inclusive ISO 8601 dates; undated articles fail them."""

    article_ids: Annotated[tuple[str, ...], Meta(max_length=FILTER_VALUES)] = ()
    languages: Annotated[tuple[str, ...], Meta(max_length=FILTER_VALUES)] = ()
    published_from: date | None = None
    published_to: date | None = None


class AskRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A question, perhaps with the conversation before it."""

    question: Question
    history: Annotated[tuple[Turn, ...], Meta(max_length=HISTORY_TURNS)] = ()
    language: Annotated[str, Meta(pattern=r"^(auto|[a-z]{2})(?!\n)$")] = "auto"
    top_k: Annotated[int, Meta(ge=1, le=TOP_K)] = 8
    filters: FilterRequest = FilterRequest()
    as_of: date | None = None
    mode: Literal["generate", "extract"] = "generate"

    def __post_init__(self) -> None:
        _check_question(self.question)


class SearchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A question to search with, without an answer."""

    question: Question
    top_k: Annotated[int, Meta(ge=1, le=TOP_K)] = 8
    filters: FilterRequest = FilterRequest()

    def __post_init__(self) -> None:
        _check_question(self.question)


def _check_question(question: str) -> None:
    if "\0" in question:
        raise ValueError("question must not hold NUL characters")
    if not question.strip():
        raise ValueError("question must hold more than white space")


class Citation(Struct, frozen=True):
    """The exact characters that bear out a sentence: `article.text[start:end] == quote`, always."""

    label: int
    article_id: str
    title: str
    url: str | None
    published_at: date | None
    language: str
    start: int
    end: int
    quote: str
    article_sha256: str


class AnswerSentence(Struct, frozen=True):
    """One verified sentence of the answer, with the labels of the citations that bear it out (never empty)."""

    text: str
    citations: tuple[int, ...]


class FoundPassage(Struct, frozen=True):
    """A passage that retrieval found; `text` is `article.text[start:end]`."""

    rank: int
    article_id: str
    title: str
    url: str | None
    start: int
    end: int
    text: str
    score: float


class Conflict(Struct, frozen=True):
    """Sources that state different values for one thing: each value with the labels of the citations that state it."""

    values: tuple[str, ...]
    citations: tuple[tuple[int, ...], ...]


class Dropped(Struct, frozen=True):
    """A sentence that the model wrote and verification did not release."""

    text: str
    reason: str


class Models(Struct, frozen=True):
    """Which models answered."""

    embedding: str
    generator: str


class Usage(Struct, frozen=True):
    """Tokens of the language model; `cached_tokens` is the part of the prompt that its cache held already."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


class Answer(Struct, frozen=True):
    """The answer to a question, or an honest refusal.

    `status` is `refused` exactly when `reason` is set. `answer` is the sentences joined by spaces, or the text of the
    refusal. `confidence` in [0, 1] says how sure the service is that the answer is right; for a refusal, how sure it
    would have been. `query` is what was searched with.
    """

    id: str
    status: Literal["answered", "refused"]
    reason: Reason | None
    answer: str
    language: str
    query: str
    confidence: float
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[FoundPassage, ...]
    conflicts: tuple[Conflict, ...]
    dropped: tuple[Dropped, ...]
    snapshot: str
    models: Models
    timings_ms: dict[str, float]
    usage: Usage


class SearchResponse(Struct, frozen=True):
    """Passages for a question, best first."""

    passages: tuple[FoundPassage, ...]
    query: str
    snapshot: str
    timings_ms: dict[str, float]


class ArticleResponse(Struct, frozen=True):
    """An article with its verbatim text, which the offsets of citations refer to."""

    id: str
    title: str
    url: str | None
    published_at: date | None
    language: str
    sha256: str
    text: str


class Health(Struct, frozen=True):
    """The process lives and serves HTTP; says nothing of what it can answer."""

    status: Literal["alive"] = "alive"


class Readiness(Struct, frozen=True):
    """Every part of the service is up."""

    status: Literal["ready"]
    parts: dict[str, bool]


class Problem(Struct, frozen=True, omit_defaults=True):
    """An error as RFC 9457 has it. `type` is stable; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: tuple[str, ...] = ()
