"""The one online pipeline: question -> evidence -> generation -> verified sentences -> answer or refusal."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import msgspec

from service import confidence
from service.abstain import Abstention
from service.answer_cache import AnswerCache
from service.clock import Clock
from service.contract import (
    Answer,
    AnswerSentence,
    ArticleResponse,
    AskRequest,
    FoundPassage,
    Models,
    SearchRequest,
    SearchResponse,
)
from service.disagreement import disagreements
from service.draft import Draft, found_passages
from service.errors import ArticleNotFound, IndexUnavailable
from service.finding import Finder
from service.generators import Generator
from service.generators.extractive import ExtractiveGenerator
from service.refusing import Refusal, explain
from service.surroundings import with_surroundings
from service.threads import Threads
from service.warming import Warming
from service.writing import Limits, Run, Writer

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
        self._writer = Writer(limits, self._threads)
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
        finding = await self._threads.run(finder.find, request)
        clock.add("embed", finding.found.embed_seconds)
        clock.add("search", finding.found.search_seconds)
        passages = found_passages(finding.hits, finder.snapshot)
        yield Sources(passages)
        run = Run(finder, finding, finding.evidence, Draft(), clock)
        reason = abstention.before_generation(finding)
        if reason is None:
            async with aclosing(self._writer.write(run, await self._writing(request), abstention)) as released:
                async for sentence in released:
                    yield Released(sentence)
            reason = run.refusal()
            for sentence in await self._differing(run):
                yield Released(sentence)
        refused = explain(reason, run.asked, run.evidence) if reason else None
        answer = await self._threads.run(self._composed, run, refused, passages, abstention)
        self._cache.keep(finder.snapshot.id, request, answer)
        yield Done(answer)

    async def _writing(self, request: AskRequest) -> Generator:
        """What writes the answer, free to begin."""
        if request.mode == "extract":
            return self._extractive
        await self._warming.end()
        return self._generator

    async def _differing(self, run: Run) -> list[AnswerSentence]:
        """Sentences that say where other sources differ from what was released; all such places are kept."""
        draft = run.draft
        if not draft.claims:
            return []
        with run.clock.measured("compare"):
            found = await self._threads.run(disagreements, run.finder, run.finding, draft.claims)
        noted = [draft.disagree(conflict, run.asked.language) for conflict in found]
        return [sentence for sentence in noted if sentence]

    def _composed(
        self, run: Run, refused: Refusal | None, passages: tuple[FoundPassage, ...], abstention: Abstention
    ) -> Answer:
        draft = run.draft
        signals = run.signals(abstention.calibrated.probability(run.finding.known))
        sure = abstention.confidence if run.generator == self._generator.name else confidence.DEFAULTS
        if refused and refused.nearest:
            draft.cite(refused.nearest)
        return Answer(
            id=secrets.token_hex(12),
            status="refused" if refused else "answered",
            reason=refused.reason if refused else None,
            answer=refused.text if refused else draft.text(),
            language=run.asked.language,
            query=run.asked.query,
            confidence=round(sure.of(signals), 4) if draft.sentences else 0.0,
            sentences=tuple(draft.sentences),
            citations=with_surroundings(draft.citations, run.finder.snapshot),
            passages=passages,
            conflicts=tuple(draft.conflicts),
            dropped=tuple(draft.dropped),
            snapshot=run.finder.snapshot.id,
            models=Models(run.finder.embedder.name, run.generator or self._generator.name),
            timings_ms=run.clock.milliseconds(),
            usage=run.usage,
            signals={name: round(value, 4) for name, value in msgspec.structs.asdict(signals).items()},
        )

    async def _open(self) -> None:
        self._opened = await self._threads.run(self._open_index)

    def _parts(self) -> tuple[Finder, Abstention]:
        if self._opened is None:
            raise IndexUnavailable("The index is not open yet; try again in a moment.")
        return self._opened


def _events(answer: Answer) -> Iterator[Event]:
    """What was yielded when `answer` was given."""
    yield Sources(answer.passages)
    yield from map(Released, answer.sentences)
    yield Done(answer)
