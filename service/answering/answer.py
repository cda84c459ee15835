"""The one online pipeline: question -> evidence -> generation -> verified sentences -> answer or refusal."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, aclosing
from functools import partial

from index.types import ArticleInfo
from service.answering.admission import Admission, Place
from service.answering.answer_cache import AnswerCache
from service.answering.clock import Clock
from service.answering.composing import composed, hits_of
from service.answering.deadline import within
from service.answering.draft import found_passages
from service.answering.leases import Opened
from service.answering.part_by_part import Answering, Whole
from service.answering.parts import parts_of
from service.answering.rehearsing import Rehearsal
from service.answering.serving import Serving, Source
from service.answering.writing import Limits
from service.contracts.answers import (
    Answer,
    ArticleResponse,
    AskRequest,
    SearchRequest,
    SearchResponse,
)
from service.errors import ArticleNotFound, GeneratorUnavailable
from service.events import Done, Event, Released, Sources, told_again
from service.generators import Generator
from service.generators.extractive import ExtractiveGenerator
from service.index_status import Status
from service.language_model.warming import Warming
from service.load import Load
from service.search.finding import Finder, Finding, read_tables, understood
from service.threads import Threads

SEARCH_THREADS = 2
CHECKING_THREADS = 2
"""Threads of their own for the work on answers under way: no search waits behind it."""
WARMING_SECONDS = 60.0
"""For which the start waits at most until the language model has read what all prompts begin with."""


class AnswerPipeline:
    """Answers each question from one snapshot. Made by `opening`, which knows how its parts come to be."""

    def __init__(
        self,
        source: Source,
        generator: Generator,
        limits: Limits,
        reload_seconds: float = 0.0,
        admission: Admission | None = None,
    ) -> None:
        """Nothing is opened before `start`. `reload_seconds` is how often to look for another snapshot, 0 for never.

        `admission` is the queue in front of `generator`.
        """
        self._generator = generator
        self._admission = admission or Admission()
        self._seconds = limits.answer_seconds
        self._extractive = ExtractiveGenerator()
        self._threads = Threads(SEARCH_THREADS, "search")
        self._checking = Threads(CHECKING_THREADS, "check", beside=self._threads)
        self._answering = Answering(limits, self._checking)
        self._warming = Warming(generator, idle=self._admission.idle)
        self._cache = AnswerCache(limits.cached_answers)
        self._serving = Serving(source, self._threads, self._cache.forget, reload_seconds)
        self._rehearsal = Rehearsal(self._serving.lease, self._checking)

    async def start(self) -> None:
        """Open the index and bring up the language model, side by side; on return the first question is no slower."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._open())
            group.create_task(self._bring_up())
            group.create_task(self._extractive.start())
            group.create_task(self._threads.run(read_tables))

    async def close(self) -> None:
        """Stop the language model and close the index."""
        await self._rehearsal.close()
        await self._warming.close()
        await self._generator.close()
        await self._extractive.close()
        self._threads.close()
        self._checking.close()
        await self._serving.close()

    def ready(self) -> Mapping[str, bool]:
        """Whether index and language model would serve a request made now."""
        return {"index": self._serving.ready(), "generator": self._generator.ready()}

    def load(self) -> Load:
        """How busy the language model is now."""
        queue, health = self._admission, self._generator.health()
        return Load(
            running=queue.running,
            slots=queue.slots,
            waiting=queue.waiting,
            places=queue.places,
            refused=queue.refused,
            restarts=health.restarts,
            generating=self._generator.ready(),
        )

    def index_status(self) -> Status:
        """Which snapshot is served, and what became of the last attempt to serve another."""
        return self._serving.status()

    async def reload(self) -> str:
        """Serve what is published now; the id of what is served then. Raises `IndexUnavailable` where it can't be."""
        self._rehearsal.end()
        return await self._serving.reload()

    async def wait_for(self, snapshot: str, seconds: float) -> str:
        """Serve `snapshot`, just published, within `seconds`; the id of what is served, which may be a later one.

        Raises `IndexUnavailable` where that fails.
        """
        self._rehearsal.end()
        return await self._serving.wait_for(snapshot, seconds)

    async def ask(self, request: AskRequest, client: str = "") -> Answer:
        """The last event of `answer`."""
        async with aclosing(self.answer(request, client)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("an answer ends with Done")

    async def search(self, request: SearchRequest) -> SearchResponse:
        """The passages for a question; no language model is involved."""
        clock = Clock()
        self._rehearsal.end()
        with self._serving.lease() as opened:
            found = await self._threads.run(opened.finder.search, request)
            clock.add("embed", found.embed_seconds)
            clock.add("search", found.search_seconds)
            passages = found_passages(found.hits, opened.finder.snapshot)
            return SearchResponse(passages, request.question, opened.id, clock.milliseconds())

    def finder(self) -> Finder:
        """What the pipeline searches with, for an evaluation of how it ranks; only where nothing is ever reloaded."""
        with self._serving.lease() as opened:
            return opened.finder

    async def list_articles(self, start: int, count: int) -> tuple[Sequence[ArticleInfo], int]:
        """What is known of `count` articles from the `start`-th on, the newest first; and how many there are."""
        with self._serving.lease() as opened:
            snapshot = opened.finder.snapshot
            return await self._threads.run(snapshot.newest_articles, start, count), len(snapshot.article_ids)

    def article(self, article_id: str) -> ArticleResponse:
        """One article with its text."""
        with self._serving.lease() as opened:
            article = opened.finder.snapshot.article(article_id)
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
            opened.id,
        )

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        """`Sources`, then `Released` sentences, then one `Done`. Raises a `ServiceError` where something fails.

        Where the language model writes, the question has a place in its queue from the beginning: `Busy` is raised
        before anything is searched for. `Sources` come while it waits for its turn.
        """
        if known := self._kept(request):
            for event in told_again(known):
                yield event
            return
        seconds = min(self._seconds, request.timeout or math.inf)
        try:
            async with aclosing(within(seconds, self._answer(request, client, seconds))) as events:
                async for event in events:
                    yield event
        except GeneratorUnavailable as error:
            raise GeneratorUnavailable(_with_what_still_works(error), error.retry_after) from error

    def kept(self, request: AskRequest, client: str = "") -> Answer | None:
        """The answer where it was given before. Raises `IndexUnavailable`."""
        del client
        return self._kept(request)

    def _kept(self, request: AskRequest) -> Answer | None:
        clock = Clock()
        with self._serving.lease() as opened:
            return self._cache.find(opened.id, request, clock.milliseconds()["total"])

    async def _answer(self, request: AskRequest, client: str, seconds: float) -> AsyncGenerator[Event, None]:
        clock = Clock()
        self._rehearsal.end()
        with self._serving.lease() as opened, ExitStack() as held:
            place = held.enter_context(self._place(client, seconds)) if self._needs_model(request) else None
            async with aclosing(self._answer_from(opened, request, place, clock)) as events:
                async for event in events:
                    yield event

    async def _answer_from(
        self, opened: Opened, request: AskRequest, place: Place | None, clock: Clock
    ) -> AsyncGenerator[Event, None]:
        finder, abstention = opened.finder, opened.abstention
        query, findings = await self._threads.run(_found, finder, request)
        for finding in findings:
            clock.add("embed", finding.found.embed_seconds)
            clock.add("search", finding.found.search_seconds)
        passages = found_passages(hits_of(findings), finder.snapshot)
        whole, writing = Whole(), partial(self._writing, place, clock)
        yield Sources(passages, whole.id, query, opened.id)
        async with aclosing(self._answering.answer(finder, findings, whole, abstention, clock, writing)) as told:
            async for sentence in told:
                yield Released(sentence, await self._checking.run(whole.newly_cited, sentence, finder.snapshot))
        if place is not None:
            place.end_turn()
        answer = await self._checking.run(composed, whole, query, passages, abstention, self._generator.name)
        self._cache.keep(opened.id, request, answer)
        yield Done(answer)

    async def _open(self) -> None:
        await self._serving.start()
        self._rehearsal.begin()

    async def _bring_up(self) -> None:
        await self._generator.start()
        self._warming.begin()
        await self._warming.done(WARMING_SECONDS)

    def _place(self, client: str, seconds: float) -> AbstractContextManager[Place]:
        if outage := self._generator.health().outage:
            raise GeneratorUnavailable("the language model is being started again", outage)
        return self._admission.place(client, seconds)

    def _needs_model(self, request: AskRequest) -> bool:
        return request.mode == "generate" and not isinstance(self._generator, ExtractiveGenerator)

    async def _writing(self, place: Place | None, clock: Clock) -> Generator:
        """What writes the answer, free to begin."""
        if place is None:
            return self._extractive
        with clock.measured("queue"):
            await place.turn()
            await self._warming.end()
        return self._generator


def _with_what_still_works(error: GeneratorUnavailable) -> str:
    return f'{str(error).rstrip(".")}. Meanwhile mode "extract" and /v1/search still work.'


def _found(finder: Finder, request: AskRequest) -> tuple[str, list[Finding]]:
    """What was searched with, and what was found for each part of the question."""
    parts = parts_of(request)
    query = parts[0].query if len(parts) == 1 else understood(request).query
    return query, [finder.find_for(part, len(parts)) for part in parts]
