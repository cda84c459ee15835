"""A pipeline around another one, for what is done with answers beside giving them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from index.types import ArticleInfo
from service.contracts.answers import Answer, ArticleResponse, AskRequest, SearchRequest, SearchResponse
from service.events import Done, Event
from service.index_status import Status
from service.load import Load
from service.pipeline import Pipeline


class Around:
    """A `Pipeline` that does what `pipeline` does. A kind of it overrides what it adds to."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    async def start(self) -> None:
        """Start the pipeline."""
        await self.pipeline.start()

    async def close(self) -> None:
        """Close the pipeline."""
        await self.pipeline.close()

    def ready(self) -> Mapping[str, bool]:
        """The parts of the pipeline."""
        return self.pipeline.ready()

    def load(self) -> Load:
        """How busy the pipeline is."""
        return self.pipeline.load()

    def index_status(self) -> Status:
        """What the pipeline serves."""
        return self.pipeline.index_status()

    async def reload(self) -> str:
        """Have the pipeline serve what is published."""
        return await self.pipeline.reload()

    async def wait_for(self, snapshot: str, seconds: float) -> str:
        """Have the pipeline serve `snapshot`."""
        return await self.pipeline.wait_for(snapshot, seconds)

    def kept(self, request: AskRequest, client: str = "") -> Answer | None:
        """What the pipeline keeps."""
        return self.pipeline.kept(request, client)

    async def ask(self, request: AskRequest, client: str = "") -> Answer:
        """The answer of the last event of `answer`, so that whoever overrides that sees every answer."""
        async with aclosing(self.answer(request, client)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("an answer ends with Done")

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        """The events of the pipeline."""
        async with aclosing(self.pipeline.answer(request, client)) as events:
            async for event in events:
                yield event

    async def search(self, request: SearchRequest) -> SearchResponse:
        """What the pipeline finds."""
        return await self.pipeline.search(request)

    def article(self, article_id: str) -> ArticleResponse:
        """An article of the pipeline."""
        return self.pipeline.article(article_id)

    async def list_articles(self, start: int, count: int) -> tuple[Sequence[ArticleInfo], int]:
        """Articles of the pipeline."""
        return await self.pipeline.list_articles(start, count)
