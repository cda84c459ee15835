"""Changing the index while it is served: taking changes, publishing them, telling how things are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from index.articles import article_of
from index.errors import ArticleError, SnapshotError, UnknownArticles
from index.inbox import Change, Inbox
from index.readers import Record
from index.readers.record import parse_language
from service.administration.builder import Builder
from service.administration.index_state import index_state, pending_changes
from service.administration.publishing import Publisher
from service.contracts.admin import (
    AcceptedChange,
    ArticleRequest,
    ChangeRequest,
    IndexState,
    PendingChanges,
    Publishing,
)
from service.errors import ArticleNotFound, IndexUnavailable, InvalidArticle, Unavailable
from service.pipeline import Pipeline
from service.threads import Threads


class Administration:
    """Takes changes durably and publishes them. For one event loop; methods raise kinds of `ServiceError` only."""

    def __init__(self, index_dir: Path, pipeline: Pipeline, builder: Builder) -> None:
        """`pipeline` serves what is in `index_dir`, `builder` builds there."""
        self._index_dir = index_dir
        self._pipeline = pipeline
        self._inbox = Inbox(index_dir)
        self._publisher = Publisher(index_dir, pipeline, builder)
        # One change after the other: SQLite would have them wait for each other anyway.
        self._threads = Threads(1, "inbox")

    async def close(self) -> None:
        """Break off a publishing that is under way; what was accepted stays so."""
        await self._publisher.close()
        self._threads.close()

    async def change(self, requests: Sequence[ChangeRequest]) -> tuple[AcceptedChange, ...]:
        """Accept all of `requests`, or none; they are on disk when this returns.

        Raises `InvalidArticle`, and `ArticleNotFound` where an article is to be deleted that is not there.
        """
        published = await self._published([request.id for request in requests if request.op == "delete"])
        return await self._threads.run(self._take, requests, published)

    async def publish(self, wait: bool) -> Publishing:
        """Publish what was accepted. With `wait` it is served when this returns.

        Raises `IndexBusy` where another program is writing to the index; with `wait`, `PublishFailed`.
        """
        return await self._publisher.publish(wait)

    async def state(self) -> IndexState:
        """How the index is. Raises `Unavailable` where the disk refuses."""
        served = self._pipeline.index_status()
        try:
            state = await asyncio.to_thread(index_state, self._index_dir, self._inbox)
        except SnapshotError as error:
            raise Unavailable(str(error)) from error
        return msgspec.structs.replace(
            state,
            served=served.snapshot,
            publishing=self._publisher.last,
            last_failure=self._publisher.last_failure,
            since=served.since,
            swaps=served.swaps,
            warnings=(*state.warnings, *served.warnings),
        )

    async def pending(self) -> PendingChanges | None:
        """What waits to be published; None where the disk won't tell."""
        try:
            return await asyncio.to_thread(pending_changes, self._index_dir, self._inbox)
        except SnapshotError:
            return None

    async def _published(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that the published snapshot has."""
        found = await self._served(ids)
        if found.issuperset(ids):
            return found
        # An article that was published a moment ago may not be served yet.
        with suppress(IndexUnavailable):
            await self._pipeline.reload()
        return await self._served(ids)

    async def _served(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that the served snapshot has. Raises `IndexUnavailable`."""
        found = set()
        for article_id in ids:
            with suppress(ArticleNotFound):
                found.add(self._pipeline.article(article_id).id)
            # reading a thousand articles takes its time, and questions come in between
            await asyncio.sleep(0)
        return found

    def _take(self, requests: Sequence[ChangeRequest], published: set[str]) -> tuple[AcceptedChange, ...]:
        changes = _changes(requests)
        try:
            numbers = self._inbox.take(changes, published)
        except UnknownArticles as error:
            where = tuple(f"changes[{place}]: {article_id!r}" for place, article_id in error.places)
            raise ArticleNotFound(f"Nothing was changed: {error}.", where if len(requests) > 1 else ()) from error
        except SnapshotError as error:
            raise Unavailable(f"The change could not be stored: {error}") from error
        return tuple(
            AcceptedChange(number, request.op, request.id, change.article.sha256 if change.article else None)
            for number, request, change in zip(numbers, requests, changes, strict=True)
        )


def _changes(requests: Sequence[ChangeRequest]) -> list[Change]:
    changes, wrong = [], []
    for place, request in enumerate(requests):
        try:
            article = _record(request.id, request.article) if request.article else None
            changes.append(Change(request.id, article_of(request.id, article) if article else None))
        except ArticleError as error:
            wrong.append(f"changes[{place}]: {error.reason}")
    if wrong:
        raise InvalidArticle(f"Nothing was changed: {wrong[0]}.", tuple(wrong))
    return changes


def _record(article_id: str, article: ArticleRequest) -> Record:
    language = None if article.language is None else parse_language(article_id, article.language)
    return Record(article_id, article.text, article_id, article.title, article.url, article.published_at, language)
