"""The one online pipeline: question -> evidence -> generation -> verified sentences -> answer or refusal."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import ParamSpec, TypeVar

import numpy as np

from index.embedding import Embedder
from index.language import detect_question
from index.quantities import quantities
from index.retrieve import Retriever, Scores
from index.sentences import sentence_spans
from index.types import Filters, Span
from service import abstain, prompt
from service.answer_type import missing
from service.clock import Clock
from service.contract import (
    Answer,
    AnswerSentence,
    ArticleResponse,
    AskRequest,
    FilterRequest,
    FoundPassage,
    Models,
    Reason,
    SearchRequest,
    SearchResponse,
    Usage,
)
from service.draft import Draft, found_passages
from service.errors import ArticleNotFound, GeneratorTimeout, IndexUnavailable
from service.evidence import Evidence, choose
from service.follow_up import standalone_query
from service.generators import Delta, Generator
from service.generators.extractive import ExtractiveGenerator
from service.names import names
from service.verify import verify
from service.wording import with_own_scale_words

FALLBACK_LANGUAGE = "en"
SEARCH_THREADS = 2
FRAGMENT_WORDS = 5
"""A sentence of fewer words is compared with the evidence together with its question."""

_MARK_AHEAD = re.compile(r"[\[(]\d+[\])]")

P = ParamSpec("P")
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Limits:
    """Tokens of evidence (as the embedding model counts) and of the answer, and seconds for one answer."""

    evidence_tokens: int
    answer_tokens: int
    answer_seconds: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, understood: its language, what to search with, and the names that it is about."""

    request: AskRequest
    language: str
    query: str
    names: tuple[str, ...]


@dataclass(slots=True)
class _Run:
    """One answer under way."""

    asked: _Asked
    evidence: tuple[Evidence, ...]
    draft: Draft
    clock: Clock
    retriever: Retriever
    generator: str = ""
    not_stated: bool = False
    usage: Usage = field(default_factory=Usage)

    def refusal(self) -> Reason | None:
        """Why there is no answer after all; None where a sentence was released."""
        if self.draft.sentences:
            return None
        return "not_in_sources" if self.not_stated else "unsupported"


Compare = Callable[[str, _Run], Awaitable[Scores]]
"""How near in meaning a sentence is to each piece of evidence, float32 `(len(evidence),)`."""


class AnswerPipeline:
    """Answers questions from one snapshot. Opened by `service.opening`, which knows how its parts come to be."""

    def __init__(self, open_retriever: Callable[[], tuple[Retriever, Embedder]], generator: Generator, limits: Limits):
        """Nothing is opened before `start`."""
        self._open_retriever = open_retriever
        self._generator = generator
        self._extractive = ExtractiveGenerator()
        self._limits = limits
        self._threads = ThreadPoolExecutor(SEARCH_THREADS, thread_name_prefix="search")
        self._opened: tuple[Retriever, Embedder] | None = None

    async def start(self) -> None:
        """Open the index and bring up the language model, side by side."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._open())
            group.create_task(self._generator.start())
            group.create_task(self._extractive.start())

    async def close(self) -> None:
        """Stop the language model and close the index."""
        await self._generator.close()
        await self._extractive.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
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
        retriever, _ = self._parts()
        found = await self._run(retriever.search, [request.question], request.top_k, _filters(request.filters))
        passages = found_passages(found.hits, retriever.snapshot)
        clock.add("embed", found.embed_seconds)
        clock.add("search", found.search_seconds)
        return SearchResponse(passages, request.question, retriever.snapshot.id, clock.milliseconds())

    def retriever(self) -> Retriever:
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
        retriever, embedder = self._parts()
        asked = await self._run(_understood, request)
        found = await self._run(
            retriever.search, [asked.query, request.question], request.top_k, _filters(request.filters, request.as_of)
        )
        clock.add("embed", found.embed_seconds)
        clock.add("search", found.search_seconds)
        passages = found_passages(found.hits, retriever.snapshot)
        yield Sources(passages)
        evidence = await self._run(
            lambda: choose(
                found.sentences,
                retriever.snapshot,
                tokens=self._limits.evidence_tokens,
                count_tokens=embedder.count_tokens,
            )
        )
        run = _Run(asked, evidence, Draft(), clock, retriever)
        reason = abstain.before_generation(asked.names, evidence)
        if reason is None:
            async with aclosing(self._generated(run)) as sentences:
                async for sentence in sentences:
                    yield Released(sentence)
            reason = run.refusal()
        yield Done(self._composed(run, reason, passages))

    async def _generated(self, run: _Run) -> AsyncGenerator[AnswerSentence, None]:
        """The sentences of the generator that hold, as they come."""
        request = run.asked.request
        generator = self._extractive if request.mode == "extract" else self._generator
        quotes = isinstance(generator, ExtractiveGenerator)
        if quotes:
            run.evidence = tuple(sorted(run.evidence, key=lambda item: -item.cosine))
        asked_for = prompt.build(
            request.question, run.asked.language, request.history, run.evidence, max_tokens=self._limits.answer_tokens
        )
        run.generator = generator.name
        compare = _quoted if quotes else self._comparison(run)
        try:
            async with asyncio.timeout(self._limits.answer_seconds), aclosing(generator.stream(asked_for)) as deltas:
                async for text in _sentences(deltas, run):
                    if sentence := await self._checked(text, run, compare):
                        yield sentence
                    if quotes and run.draft.sentences:
                        break
        except TimeoutError as error:
            raise GeneratorTimeout(f"The answer took longer than {self._limits.answer_seconds:g} s.") from error

    def _comparison(self, run: _Run) -> Compare:
        """Compares sentences with the evidence, whose vectors are made while the language model reads."""
        rows = [item.row for item in run.evidence]
        vectors = self._threads.submit(run.retriever.embed_alone, rows)

        async def compare(sentence: str, _: _Run) -> Scores:
            return await self._run(run.retriever.compare, sentence, await asyncio.wrap_future(vectors))

        return compare

    async def _checked(self, text: str, run: _Run, compare: Compare) -> AnswerSentence | None:
        """The sentence, released, where the evidence bears it out; else None, and why is kept."""
        request = run.asked.request
        if prompt.says_not_stated(text):
            run.not_stated = True
            return None
        sentence = with_own_scale_words(prompt.without_marks(text), run.asked.language)
        if not re.search(r"\w", sentence) or run.draft.says(sentence):
            return None
        with run.clock.measured("verify"):
            similarities = await compare(_in_full(sentence, run.asked), run)
            verdict = verify(
                sentence,
                run.asked.language,
                run.asked.names,
                run.evidence,
                similarities,
                least_similarity=abstain.LEAST_SUPPORT,
            )
        if not verdict.cited:
            run.draft.drop(sentence, verdict.reason)
            return None
        if not run.draft.sentences and (lacking := missing(request.question, sentence, run.asked.language)):
            run.draft.drop(sentence, f"type: the question asks for something that is not here ({lacking})")
            return None
        return run.draft.release(sentence, [run.evidence[i] for i in verdict.cited], verdict.similarity)

    def _composed(self, run: _Run, reason: Reason | None, passages: tuple[FoundPassage, ...]) -> Answer:
        retriever, embedder = self._parts()
        draft = run.draft
        return Answer(
            id=secrets.token_hex(12),
            status="answered" if reason is None else "refused",
            reason=reason,
            answer=draft.text() if reason is None else abstain.refusal(reason, run.asked.language),
            language=run.asked.language,
            query=run.asked.query,
            confidence=round(abstain.confidence(draft.support), 4),
            sentences=tuple(draft.sentences),
            citations=tuple(draft.citations),
            passages=passages,
            conflicts=(),
            dropped=tuple(draft.dropped),
            snapshot=retriever.snapshot.id,
            models=Models(embedder.name, run.generator or self._generator.name),
            timings_ms=run.clock.milliseconds(),
            usage=run.usage,
        )

    async def _open(self) -> None:
        self._opened = await self._run(self._open_retriever)

    def _parts(self) -> tuple[Retriever, Embedder]:
        if self._opened is None:
            raise IndexUnavailable("The index is not open yet; try again in a moment.")
        return self._opened

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work` in a thread, so that the event loop goes on."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))


def _in_full(sentence: str, asked: _Asked) -> str:
    """`sentence` behind its question where it is a mere figure or name ("49 percent."), which means little alone."""
    checked = quantities(sentence, asked.language) or names(sentence, asked.language)
    if len(sentence.split()) >= FRAGMENT_WORDS or not checked:
        return sentence
    return f"{asked.request.question} {sentence}"


async def _quoted(sentence: str, run: _Run) -> Scores:
    """For quotes, which mean what they say: how near the question they are, 0 for all other evidence."""
    near = [max(item.cosine, abstain.LEAST_SUPPORT) if sentence.endswith(item.shown()) else 0 for item in run.evidence]
    return np.array(near, dtype=np.float32)


def _understood(request: AskRequest) -> _Asked:
    language = request.language
    if language == "auto":
        language = detect_question(request.question, _language_of_history(request))
    query = standalone_query(request.question, language, request.history)
    return _Asked(request, language, query, tuple(names(request.question, language)))


def _language_of_history(request: AskRequest) -> str:
    asked = [turn.content for turn in request.history if turn.role == "user"]
    return detect_question(asked[-1], FALLBACK_LANGUAGE) if asked else FALLBACK_LANGUAGE


def _filters(request: FilterRequest, as_of: date | None = None) -> Filters:
    return Filters(request.article_ids, request.languages, request.published_from, request.published_to, as_of)


async def _sentences(deltas: AsyncIterator[Delta], run: _Run) -> AsyncGenerator[str, None]:
    """The sentences of a generated text, each as soon as the next one has begun."""
    buffer = ""
    async for delta in deltas:
        run.clock.mark("first_token")
        buffer += delta.text
        run.usage = delta.usage or run.usage
        *complete, rest = _split(buffer, run.asked.language)
        for sentence in complete:
            yield sentence
        buffer = rest
    run.clock.mark("generated")
    if buffer.strip():
        yield buffer


def _split(text: str, language: str) -> list[str]:
    """`text` in sentences; a mark like `[2]` stays with the sentence before it. The last one may be unfinished."""
    if not text.strip():
        return [text]
    starts = [span.start for span in sentence_spans(text, Span(0, len(text)), language)]
    starts = [start for start in starts if not _MARK_AHEAD.match(text, start)]
    edges = [0, *starts[1:], len(text)]
    return [text[begin:end] for begin, end in pairwise(edges)]
