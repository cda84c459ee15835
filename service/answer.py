"""The one online pipeline: question -> evidence -> generation -> verified sentences -> answer or refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from service.abstain import Abstention
from service.answer_cache import AnswerCache
from service.answering import Answering, Whole
from service.clock import Clock
from service.composing import composed, hits_of
from service.contract import (
    Answer,
    AnswerSentence,
    ArticleResponse,
    AskRequest,
    FoundPassage,
    SearchRequest,
    SearchResponse,
)
from service.draft import found_passages
from service.errors import ArticleNotFound, IndexUnavailable
from service.finding import Finder, Finding, understood
from service.generators import Generator
from service.generators.extractive import ExtractiveGenerator
from service.parts import parts_of
from service.threads import Threads
from service.warming import Warming
from service.writing import Limits

SEARCH_THREADS = 2


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages that were found, before the language model starts."""

    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """One verified sentence; it is final."""

    sentence: AnswerSentence


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer; always the last event."""

    answer: Answer


Event = Sources | Released | Done


class AnswerPipeline:
    """Answers questions from one snapshot. Opened by `service.opening`, which knows how its parts come to be."""

    def __init__(
        self, open_index: Callable[[], tuple[Finder, Abstention]], generator: Generator, limits: Limits
    ) -> None:
        """Nothing is opened before `start`."""
        self._open_index = open_index
        self._generator = generator
        self._extractive = ExtractiveGenerator()
        self._threads = Threads(SEARCH_THREADS, "search")
        self._answering = Answering(limits, self._threads, self._writing)
        self._opened: tuple[Finder, Abstention] | None = None
        self._warming = Warming(generator)
        self._cache = AnswerCache(limits.cached_answers)

    async def start(self) -> None:
        """Open the index and bring up the language model, side by side."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._open())
            group.create_task(self._generator.start())
            group.create_task(self._extractive.start())
        self._warming.begin()

    async def close(self) -> None:
        """Stop the language model and close the index."""
        await self._warming.end()
        await self._generator.close()
        await self._extractive.close()
        self._threads.close()
        opened, self._opened = self._opened, None
        if opened:
            opened[0].snapshot.close()

    def ready(self) -> Mapping[str, bool]:
        """Whether index and language model would serve a request made now."""
        return {"index": self._opened is not None, "generator": self._generator.ready()}

    async def ask(self, request: AskRequest) -> Answer:
        """The last event of `answer`."""
        async with aclosing(self.answer(request)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("an answer ends with Done")

    async def search(self, request: SearchRequest) -> SearchResponse:
        """The passages for a question; no language model is involved."""
        clock = Clock()
        finder, _ = self._parts()
        found = await self._threads.run(finder.search, request)
        clock.add("embed", found.embed_seconds)
        clock.add("search", found.search_seconds)
        passages = found_passages(found.hits, finder.snapshot)
        return SearchResponse(passages, request.question, finder.snapshot.id, clock.milliseconds())

    def finder(self) -> Finder:
        """What the pipeline searches with, for an evaluation of how it ranks passages and sentences."""
        return self._parts()[0]

    def article(self, article_id: str) -> ArticleResponse:
        """One article with its text."""
        article = self._parts()[0].snapshot.article(article_id)
        if article is None:
            raise ArticleNotFound(f"There is no article {article_id!r}.")
        return ArticleResponse(
            article.id,
            article.title,
            article.url,
            article.published_at,
            article.language,
            article.sha256,
            article.text,
        )

    async def answer(self, request: AskRequest) -> AsyncGenerator[Event, None]:
        """`Sources`, then `Released` sentences, then one `Done`. Raises a `ServiceError` where something fails."""
        clock = Clock()
        finder, abstention = self._parts()
        if known := self._cache.find(finder.snapshot.id, request, clock.milliseconds()["total"]):
            for event in _events(known):
                yield event
            return
        query, findings = await self._threads.run(_found, finder, request)
        for finding in findings:
            clock.add("embed", finding.found.embed_seconds)
            clock.add("search", finding.found.search_seconds)
        passages = found_passages(hits_of(findings), finder.snapshot)
        yield Sources(passages)
        whole = Whole()
        async with aclosing(self._answering.answer(finder, findings, whole, abstention, clock)) as told:
            async for sentence in told:
                yield Released(sentence)
        answer = await self._threads.run(composed, whole, query, passages, abstention, self._generator.name)
        self._cache.keep(finder.snapshot.id, request, answer)
        yield Done(answer)

    async def _writing(self, request: AskRequest) -> Generator:
        """What writes the answer, free to begin."""
        if request.mode == "extract":
            return self._extractive
        await self._warming.end()
        return self._generator

    async def _open(self) -> None:
        self._opened = await self._threads.run(self._open_index)

    def _parts(self) -> tuple[Finder, Abstention]:
        if self._opened is None:
            raise IndexUnavailable("The index is not open yet; try again in a moment.")
        return self._opened


def _found(finder: Finder, request: AskRequest) -> tuple[str, list[Finding]]:
    """What was searched with, and what was found for each part of the question."""
    parts = parts_of(request)
    query = parts[0].query if len(parts) == 1 else understood(request).query
    return query, [finder.find_for(part, len(parts)) for part in parts]


def _events(answer: Answer) -> Iterator[Event]:
    """What was yielded when `answer` was given."""
    yield Sources(answer.passages)
    yield from map(Released, answer.sentences)
    yield Done(answer)
