"""What the tools of the MCP server take and give beside the Structs of the HTTP contract."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.contract import AnswerPart, AnswerSentence, Conflict, Reason

READ_CHARACTERS = 20_000
"""What one call of `read_article` gives of an article at the most: about 5,000 tokens of an English text."""


class ReadRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of which article is wanted."""

    id: Annotated[str, Meta(description="The article's id, as `article_id` of citations and passages has it.")]
    start: Annotated[int, Meta(ge=0, description="The first character that is wanted.")] = 0
    end: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description=f"The character after the last one; not more than {READ_CHARACTERS} are given at once."),
    ] = None


class ReadResult(Struct, frozen=True):
    """A part of an article: `text` is `article.text[start:end]`."""

    id: Annotated[str, Meta(description="As citations and passages name it.")]
    title: Annotated[str, Meta(description="Its title.")]
    url: Annotated[str | None, Meta(description="Where it was published.")]
    published_at: Annotated[date | None, Meta(description="Day of publication.")]
    language: Annotated[str, Meta(description="Its main language (ISO 639-1), `und` where that can't be told.")]
    start: Annotated[int, Meta(description="Where `text` begins in the article.")]
    end: Annotated[int, Meta(description="Where `text` ends in the article.")]
    characters: Annotated[int, Meta(description="How long the whole article is.")]
    text: Annotated[str, Meta(description="The part, verbatim.")]
    snapshot: Annotated[str, Meta(description="Id of the index snapshot that it was read from.")]


class Source(Struct, frozen=True):
    """The exact characters that bear out a sentence: `article.text[start:end] == quote`, always."""

    label: Annotated[int, Meta(description="What sentences refer to it by; counts from 1.")]
    article_id: Annotated[str, Meta(description="For the tool `read_article`.")]
    title: Annotated[str, Meta(description="Title of the article.")]
    url: Annotated[str | None, Meta(description="Where the article was published.")]
    published_at: Annotated[date | None, Meta(description="Day of publication.")]
    start: Annotated[int, Meta(description="First character of the quote in the article's text.")]
    end: Annotated[int, Meta(description="The character after the last one of the quote.")]
    quote: Annotated[str, Meta(description="The source's own words.")]


class AskResult(Struct, frozen=True):
    """The answer to a question, or an honest refusal: `status` is `refused` exactly when `reason` is set."""

    id: Annotated[str, Meta(description="Names this answer.")]
    status: Annotated[Literal["answered", "refused"], Meta(description="Whether the question was answered.")]
    reason: Annotated[Reason | None, Meta(description="Why it was refused.")]
    answer: Annotated[str, Meta(description="The sentences joined by spaces, or the text of the refusal.")]
    language: Annotated[str, Meta(description="Language of the answer (ISO 639-1).")]
    confidence: Annotated[float, Meta(description="From 0 to 1, how sure the service is that the answer is right.")]
    sentences: Annotated[tuple[AnswerSentence, ...], Meta(description="The sentences of the answer, each verified.")]
    citations: Annotated[tuple[Source, ...], Meta(description="What the labels of the sentences stand for.")]
    conflicts: Annotated[tuple[Conflict, ...], Meta(description="Where sources contradict each other.")]
    parts: Annotated[
        tuple[AnswerPart, ...],
        Meta(description="The questions that were asked at once, in order; empty where it was one."),
    ]
    snapshot: Annotated[str, Meta(description="The index that was answered from.")]
