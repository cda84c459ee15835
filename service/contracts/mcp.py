"""What the tools of the MCP server take and give beside the Structs of the HTTP contract."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from service.contracts import fields
from service.contracts.answers import AnswerPart, AnswerSentence, Conflict, Reason

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

    id: fields.ArticleId
    title: fields.ArticleTitle
    url: fields.ArticleAddress
    published_at: fields.PublishedAt
    language: fields.ArticleLanguage
    start: Annotated[int, Meta(description="Where `text` begins in the article.")]
    end: Annotated[int, Meta(description="Where `text` ends in the article.")]
    characters: Annotated[int, Meta(description="How long the whole article is.")]
    text: Annotated[str, Meta(description="The part, verbatim.")]
    snapshot: fields.ReadFrom


class Source(Struct, frozen=True):
    """The exact characters that bear out a sentence: `article.text[start:end] == quote`, always."""

    label: fields.CitationLabel
    article_id: Annotated[str, Meta(description="For the tool `read_article`.")]
    title: fields.CitedTitle
    url: fields.CitedAddress
    published_at: fields.PublishedAt
    start: fields.QuoteStart
    end: fields.QuoteEnd
    quote: fields.Quote


class AskResult(Struct, frozen=True):
    """The answer to a question, or an honest refusal: `status` is `refused` exactly when `reason` is set."""

    id: fields.AnswerId
    status: fields.AnswerStatus
    reason: Annotated[Reason | None, Meta(description="Why it was refused.")]
    answer: fields.AnswerText
    language: fields.AnswerLanguage
    confidence: fields.Confidence
    sentences: Annotated[tuple[AnswerSentence, ...], Meta(description="The sentences of the answer, each verified.")]
    citations: Annotated[tuple[Source, ...], Meta(description="What the labels of the sentences stand for.")]
    conflicts: Annotated[tuple[Conflict, ...], Meta(description="Where sources contradict each other.")]
    parts: Annotated[
        tuple[AnswerPart, ...],
        Meta(description="The questions that were asked at once, in order; empty where it was one."),
    ]
    snapshot: fields.AnsweredFrom
