"""A pipeline that answers at once, for what is tested in front of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime

from index.types import ArticleInfo
from service.contracts.answers import (
    Answer,
    ArticleResponse,
    AskRequest,
    FoundPassage,
    Models,
    SearchRequest,
    SearchResponse,
    Usage,
)
from service.errors import ArticleNotFound
from service.events import Done, Event, Sources
from service.index_status import Status
from service.load import Load

REFUSAL = "The articles do not say."
PASSAGE = FoundPassage(1, "a.md", "A", None, 0, 4, "Wörd", 1.5)


async def nothing() -> None:
    """A start that succeeds at once."""


class FakePipeline:
    """Refuses every question, finds one passage, and has the articles it is given (id to text)."""

    def __init__(
        self, articles: dict[str, str] | None = None, starting: Callable[[], Awaitable[None]] = nothing
    ) -> None:
        self.articles = articles or {}
        self.starting = starting
        self.parts = {"index": False, "generator": False}
        self.asked: list[AskRequest] = []
        self.clients: list[str] = []
        self.closed = 0
        self.fault: Exception | None = None
        self.seconds = 0.0
        self.now = Load(running=0, slots=1, waiting=0, places=16, refused=0, restarts=0, generating=True)
        self.index = Status("snapshot-1", datetime(2025, 9, 1, tzinfo=UTC), ("snapshot-1",), 0, None, None, "")

    async def start(self) -> None:
        await self.starting()
        self.parts = {"index": True, "generator": True}

    async def close(self) -> None:
        self.closed += 1

    def ready(self) -> dict[str, bool]:
        return self.parts

    def load(self) -> Load:
        return self.now

    def index_status(self) -> Status:
        return self.index

    async def reload(self) -> str:
        return self.index.snapshot or ""

    async def wait_for(self, snapshot: str, seconds: float) -> str:
        return await self.reload()

    def kept(self, request: AskRequest, client: str = "") -> Answer | None:
        return None

    async def ask(self, request: AskRequest, client: str = "") -> Answer:
        async with aclosing(self.answer(request, client)) as events:
            return [event.answer async for event in events if isinstance(event, Done)][-1]

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        self.asked.append(request)
        self.clients.append(client)
        if self.fault is not None:
            raise self.fault
        yield Sources((PASSAGE,), "answer-1", request.question, "snapshot-1")
        await asyncio.sleep(self.seconds)
        yield Done(refused(request.question))

    async def search(self, request: SearchRequest) -> SearchResponse:
        if self.fault is not None:
            raise self.fault
        return SearchResponse((PASSAGE,), request.question, "snapshot-1", {"total": 0.1})

    async def list_articles(self, start: int, count: int) -> tuple[list[ArticleInfo], int]:
        listed = [ArticleInfo(name, "A", None, None, "de", "") for name in self.articles]
        return listed[start : start + count], len(listed)

    def article(self, article_id: str) -> ArticleResponse:
        if article_id not in self.articles:
            raise ArticleNotFound(f"No article has the id {article_id}.")
        text = self.articles[article_id]
        return ArticleResponse(
            article_id, "A", None, None, "de", hashlib.sha256(text.encode()).hexdigest(), text, "snapshot-1"
        )


def refused(question: str) -> Answer:
    """The refusal that the fake answers with."""
    return Answer(
        id="answer-1",
        status="refused",
        reason="not_in_sources",
        answer=REFUSAL,
        language="en",
        query=question,
        confidence=0.1,
        sentences=(),
        citations=(),
        passages=(),
        conflicts=(),
        dropped=(),
        snapshot="snapshot-1",
        models=Models("embedder", "generator"),
        timings_ms={"total": 0.1},
        usage=Usage(),
    )
