"""Fields that several structures of the contracts have: the type of each, and what the documentation says of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

AnswerId = Annotated[str, Meta(description="Names this answer.")]
AnswerStatus = Annotated[Literal["answered", "refused"], Meta(description="Whether the question was answered.")]
AnswerText = Annotated[str, Meta(description="The sentences joined by spaces, or the text of the refusal.")]
AnswerLanguage = Annotated[str, Meta(description="Language of the answer (ISO 639-1).")]
Confidence = Annotated[float, Meta(description="From 0 to 1, how sure the service is that the answer is right.")]
WholeQuery = Annotated[str, Meta(description="What was searched with: the question, made whole from the history.")]
AnsweredFrom = Annotated[str, Meta(description="The index that was answered from.")]
Timings = Annotated[dict[str, float], Meta(description="Milliseconds of each stage.")]

SentenceText = Annotated[str, Meta(description="The sentence.")]
SentenceLabels = Annotated[tuple[int, ...], Meta(description="Labels of the citations that bear it out.")]

CitationLabel = Annotated[int, Meta(description="What sentences refer to it by; counts from 1.")]
CitedTitle = Annotated[str, Meta(description="Title of the article.")]
CitedAddress = Annotated[str | None, Meta(description="Where the article was published.")]
CitedArticle = Annotated[str, Meta(description="For `GET /v1/articles/{id}`.")]
CitedSha256 = Annotated[str, Meta(description="SHA-256 of the article's text in UTF-8.")]
Quote = Annotated[str, Meta(description="The source's own words.")]
QuoteStart = Annotated[int, Meta(description="First character of the quote in the article's text.")]
QuoteEnd = Annotated[int, Meta(description="The character after the last one of the quote.")]
PublishedAt = Annotated[date | None, Meta(description="Day of publication.")]

ArticleId = Annotated[str, Meta(description="As citations and passages name it.")]
ArticleTitle = Annotated[str, Meta(description="Its title.")]
ArticleAddress = Annotated[str | None, Meta(description="Where it was published.")]
ArticleLanguage = Annotated[str, Meta(description="Its main language (ISO 639-1), `und` where that can't be told.")]
ReadFrom = Annotated[str, Meta(description="Id of the index snapshot that it was read from.")]
