"""What goes over the wire: every request and response of the HTTP contract, and nothing else.

The pipeline builds `Answer` itself, so that JSON, streams and the evaluation see the same object.
Offsets count Unicode code points of the article's verbatim text, half-open.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.contracts import fields

QUESTION_CHARACTERS = 2_000
HISTORY_TURNS = 20
TURN_CHARACTERS = 8_000
TOP_K = 50
FILTER_VALUES = 1_000
LEAST_SECONDS = 0.1
"""What an answer takes that no language model writes: whoever allows less means something else."""

NO_NUL = r"^[^\u0000]*$"
NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

Reason = Literal["no_relevant_source", "not_in_sources", "false_premise", "unsupported", "ambiguous"]

Question = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=QUESTION_CHARACTERS,
        description="The question, in any language; more than white space, no NUL characters.",
        extra_json_schema={"pattern": NOT_BLANK},
    ),
]


class Turn(Struct, frozen=True, forbid_unknown_fields=True):
    """One earlier message of the conversation."""

    role: Annotated[Literal["user", "assistant"], Meta(description="Who said it.")]
    content: Annotated[
        str,
        Meta(
            max_length=TURN_CHARACTERS,
            extra_json_schema={"pattern": NO_NUL},
            description="What was said, without NUL characters.",
        ),
    ]

    def __post_init__(self) -> None:
        if "\0" in self.content:
            raise ValueError("content must not hold NUL characters")


class FilterRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which articles may be used. Dates are inclusive ISO 8601 dates; undated articles fail them."""

    article_ids: Annotated[
        tuple[str, ...], Meta(max_length=FILTER_VALUES, description="Only these articles; empty means any.")
    ] = ()
    languages: Annotated[
        tuple[str, ...],
        Meta(max_length=FILTER_VALUES, description="Only passages in these languages (ISO 639-1); empty means any."),
    ] = ()
    published_from: Annotated[date | None, Meta(description="Only articles of this day or later.")] = None
    published_to: Annotated[date | None, Meta(description="Only articles of this day or earlier.")] = None


class AskRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A question, perhaps with the conversation before it."""

    question: Question
    history: Annotated[
        tuple[Turn, ...],
        Meta(
            max_length=HISTORY_TURNS,
            description="The conversation so far, oldest turn first; a follow-up question is understood from it.",
        ),
    ] = ()
    language: Annotated[
        str,
        Meta(
            pattern=r"^(auto|[a-z]{2})(?!\n)$",
            description="The language of the answer (ISO 639-1); `auto` is that of the question.",
        ),
    ] = "auto"
    top_k: Annotated[int, Meta(ge=1, le=TOP_K, description="How many passages to answer from, and to return.")] = 8
    filters: Annotated[FilterRequest, Meta(description="Which articles may be used.")] = FilterRequest()
    as_of: Annotated[
        date | None, Meta(description="Answer as of the end of this day: later articles are not used.")
    ] = None
    mode: Annotated[
        Literal["generate", "extract"],
        Meta(description="`generate` has the language model write, `extract` answers in sentences of the sources."),
    ] = "generate"
    timeout: Annotated[
        Annotated[float, Meta(ge=LEAST_SECONDS)] | None,
        Meta(
            description="Seconds within which the answer is wanted, waiting for the language model included; the "
            "service has a limit of its own.",
        ),
    ] = None

    def __post_init__(self) -> None:
        _check_question(self.question)


class SearchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A question to search with, without an answer."""

    question: Question
    top_k: Annotated[int, Meta(ge=1, le=TOP_K, description="How many passages to return.")] = 8
    filters: Annotated[FilterRequest, Meta(description="Which articles may be used.")] = FilterRequest()

    def __post_init__(self) -> None:
        _check_question(self.question)


def _check_question(question: str) -> None:
    if "\0" in question:
        raise ValueError("question must not hold NUL characters")
    if not question.strip():
        raise ValueError("question must hold more than white space")


class Copy(Struct, frozen=True):
    """Where a copy of a cited sentence stands, in its own wording: `article.text[start:end] == quote`."""

    article_id: fields.CitedArticle
    title: fields.CitedTitle
    url: fields.CitedAddress
    published_at: fields.PublishedAt
    start: Annotated[int, Meta(description="First character of the copy in the article's text.")]
    end: Annotated[int, Meta(description="The character after the last one of the copy.")]
    quote: Annotated[str, Meta(description="The copy's own words, which may differ a little from the citation's.")]
    article_sha256: fields.CitedSha256


class Citation(Struct, frozen=True):
    """The exact characters that bear out a sentence: `article.text[start:end] == quote`, always."""

    label: fields.CitationLabel
    article_id: fields.CitedArticle
    title: fields.CitedTitle
    url: fields.CitedAddress
    published_at: fields.PublishedAt
    language: Annotated[str, Meta(description="Language of the quote (ISO 639-1).")]
    start: fields.QuoteStart
    end: fields.QuoteEnd
    quote: fields.Quote
    article_sha256: fields.CitedSha256
    also_at: Annotated[
        tuple[Copy, ...],
        Meta(description="Copies of the quote elsewhere (syndicated, repeated): one source together with it."),
    ] = ()
    prefix: Annotated[
        str, Meta(description="The characters of the article just before the quote, whole words, 60 at the most.")
    ] = ""
    suffix: Annotated[
        str, Meta(description="The characters of the article just behind the quote, whole words, 60 at the most.")
    ] = ""
    fragment_url: Annotated[
        str | None,
        Meta(description="`url` with a text fragment that leads to the quote itself; null without a web address."),
    ] = None


class AnswerSentence(Struct, frozen=True):
    """One verified sentence of the answer, with the labels of the citations that bear it out.

    They are empty only in a sentence which says that a part of the question has no answer.
    """

    text: fields.SentenceText
    citations: fields.SentenceLabels


class FoundPassage(Struct, frozen=True):
    """A passage that retrieval found; `text` is `article.text[start:end]`."""

    rank: Annotated[int, Meta(description="Counts from 1, best first.")]
    article_id: fields.CitedArticle
    title: fields.CitedTitle
    url: fields.CitedAddress
    start: Annotated[int, Meta(description="First character of the passage in the article's text.")]
    end: Annotated[int, Meta(description="The character after the last one of the passage.")]
    text: Annotated[str, Meta(description="The passage, verbatim.")]
    score: Annotated[float, Meta(description="Ranks the passages of one response; not comparable between responses.")]


Standing = Literal["current", "superseded", "disputed"]


class Conflict(Struct, frozen=True):
    """Sources that state different values for one thing: each value with the labels of the citations that state it.

    The value that the answer says comes first. All fields have one entry for each value.
    """

    values: Annotated[tuple[str, ...], Meta(description="The values that are stated.")]
    citations: Annotated[
        tuple[tuple[int, ...], ...], Meta(description="For each value, the labels of the citations that state it.")
    ]
    status: Annotated[
        tuple[Standing, ...],
        Meta(
            description="For each value: `current` where it stands, `superseded` where it was a plan, a rumour or an "
            "older count that a firm report replaces, `disputed` where nothing tells which value is right."
        ),
    ] = ()
    published_at: Annotated[
        tuple[date | None, ...],
        Meta(description="For each value, the day of the latest report cited for it, null where no day is known."),
    ] = ()


class Dropped(Struct, frozen=True):
    """A sentence that the model wrote and verification did not release."""

    text: Annotated[str, Meta(description="The sentence as the model wrote it.")]
    reason: Annotated[str, Meta(description="Why it was not released.")]


class Models(Struct, frozen=True):
    """Which models answered."""

    embedding: Annotated[str, Meta(description="The embedding model.")]
    generator: Annotated[str, Meta(description="What wrote the answer.")]


class Usage(Struct, frozen=True):
    """Tokens of the language model; `cached_tokens` is the part of the prompt that its cache held already.

    `finish_reason` is `length` where the limit of tokens cut the model off: its unfinished sentence is dropped.
    """

    prompt_tokens: Annotated[int, Meta(description="Tokens read.")] = 0
    completion_tokens: Annotated[int, Meta(description="Tokens written.")] = 0
    cached_tokens: Annotated[int, Meta(description="Tokens of the prompt that the model's cache held already.")] = 0
    finish_reason: Annotated[
        Literal["stop", "length"],
        Meta(description="`length` where the limit of tokens cut the model off, so that the answer may be incomplete."),
    ] = "stop"


class AnswerPart(Struct, frozen=True):
    """One of several questions that were asked at once, and whether it was answered."""

    question: Annotated[str, Meta(description="The part, in the words of the question.")]
    status: Annotated[Literal["answered", "refused"], Meta(description="Whether this part was answered.")]
    reason: Annotated[Reason | None, Meta(description="Why this part was refused.")]


class Answer(Struct, frozen=True):
    """The answer to a question, or an honest refusal.

    `status` is `refused` exactly when `reason` is set. `answer` is the sentences joined by spaces, or the text of the
    refusal. `confidence` in [0, 1] says how sure the service is that the answer is right, 0 for a refusal. `query` is
    what was searched with. Several questions that were asked at once are answered and refused one by one, as `parts`
    has them: the whole is refused where all of them are.
    """

    id: fields.AnswerId
    status: fields.AnswerStatus
    reason: Annotated[Reason | None, Meta(description="Why it was refused.")]
    answer: fields.AnswerText
    language: fields.AnswerLanguage
    query: fields.WholeQuery
    confidence: fields.Confidence
    sentences: Annotated[tuple[AnswerSentence, ...], Meta(description="The sentences of the answer, each verified.")]
    citations: Annotated[tuple[Citation, ...], Meta(description="What the labels of the sentences stand for.")]
    passages: Annotated[tuple[FoundPassage, ...], Meta(description="What retrieval found, best first.")]
    conflicts: Annotated[tuple[Conflict, ...], Meta(description="Where sources contradict each other.")]
    dropped: Annotated[tuple[Dropped, ...], Meta(description="What the model wrote and verification did not release.")]
    snapshot: fields.AnsweredFrom
    models: Annotated[Models, Meta(description="Which models answered.")]
    timings_ms: fields.Timings
    usage: Annotated[Usage, Meta(description="Tokens of the language model.")]
    signals: Annotated[
        dict[str, float], Meta(description="What `confidence` was computed from, each from 0 to 1; may change.")
    ] = {}
    parts: Annotated[
        tuple[AnswerPart, ...],
        Meta(description="The questions that were asked at once, in order; empty where it was one."),
    ] = ()


class SourcesEvent(Struct, frozen=True):
    """`event: sources` of a streamed answer: what was found, before the language model starts."""

    id: Annotated[str, Meta(description="Names this answer, as `id` of the whole answer does.")]
    query: fields.WholeQuery
    snapshot: Annotated[str, Meta(description="The index that is answered from.")]
    passages: Annotated[tuple[FoundPassage, ...], Meta(description="What retrieval found, best first.")]


class SentenceEvent(Struct, frozen=True):
    """`event: sentence` of a streamed answer: one verified sentence, final, with all that is needed to show it."""

    text: fields.SentenceText
    citations: fields.SentenceLabels
    new_citations: Annotated[
        tuple[Citation, ...],
        Meta(description="Those of its citations that no sentence before it had. They and their labels are final."),
    ]


class SearchResponse(Struct, frozen=True):
    """Passages for a question, best first."""

    passages: Annotated[tuple[FoundPassage, ...], Meta(description="What was found, best first.")]
    query: Annotated[str, Meta(description="What was searched with.")]
    snapshot: Annotated[str, Meta(description="The index that was searched.")]
    timings_ms: fields.Timings


class ArticleResponse(Struct, frozen=True):
    """An article with its verbatim text, which the offsets of citations refer to."""

    id: fields.ArticleId
    title: fields.ArticleTitle
    url: fields.ArticleAddress
    published_at: fields.PublishedAt
    language: fields.ArticleLanguage
    sha256: Annotated[str, Meta(description="SHA-256 of `text` in UTF-8.")]
    text: Annotated[str, Meta(description="The verbatim text that offsets refer to.")]
    snapshot: fields.ReadFrom


class Problem(Struct, frozen=True, omit_defaults=True):
    """An error as RFC 9457 has it. `type` is stable; `detail` says what to do."""

    type: Annotated[str, Meta(description="Which kind of problem; stable.")]
    title: Annotated[str, Meta(description="The kind in words.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What is wrong this time, and what to do.")] = ""
    instance: Annotated[str, Meta(description="The id of the request, as in `X-Request-Id` and in the log.")] = ""
    errors: Annotated[tuple[str, ...], Meta(description="Which things are wrong, where that is more than one.")] = ()
