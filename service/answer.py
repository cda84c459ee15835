"""The one online pipeline: question -> evidence -> generation -> verified sentences -> answer or refusal."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import msgspec

from index.retrieve import Scores
from service import confidence, prompt
from service.abstain import Abstention
from service.answer_cache import AnswerCache
from service.checking import Compare, check, is_in_another_language, quoted, worded
from service.clock import Clock
from service.confidence import Signals
from service.contract import (
    Answer,
    AnswerSentence,
    ArticleResponse,
    AskRequest,
    FoundPassage,
    Models,
    Reason,
    SearchRequest,
    SearchResponse,
    Usage,
)
from service.disagreement import disagreements
from service.draft import Draft, found_passages
from service.errors import ArticleNotFound, GeneratorTimeout, IndexUnavailable
from service.evidence import Evidence
from service.finding import Asked, Finder, Finding
from service.generators import Delta, Generator, Prompt
from service.generators.extractive import ExtractiveGenerator
from service.preferring import prefer
from service.refusing import Refusal, explain
from service.sentence_stream import sentences
from service.spans import shortest_quotes
from service.sureness import Sureness
from service.surroundings import with_surroundings
from service.warming import Warming

SEARCH_THREADS = 2
MISTIMED = "modality"
"""The verifier's reason where a plan is told as done."""
NEAREST = 3
"""Sentences of evidence that a model is asked with once more when it made nothing of all of them that holds."""
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
    """Tokens of an answer, seconds for it, and answers that are kept for the case that they are asked for again."""

    answer_tokens: int
    answer_seconds: float
    cached_answers: int = 0


@dataclass(slots=True)
class _Run:
    """One answer under way. The finder stays the same however often the index is replaced meanwhile."""

    finder: Finder
    finding: Finding
    evidence: tuple[Evidence, ...]
    draft: Draft
    clock: Clock
    generator: str = ""
    not_stated: bool = False
    mistimed: list[Evidence] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    sureness: Sureness = field(default_factory=Sureness)

    @property
    def asked(self) -> Asked:
        """The question."""
        return self.finding.asked

    def notice(self, delta: Delta) -> None:
        """Keep when the first token came, how sure the model is and what was used."""
        self.clock.mark("first_token")
        self.sureness.hear(delta.tokens)
        self.usage = delta.usage or self.usage

    def guessed(self, text: str) -> None:
        """Keep that the model nearly said that nothing is stated, instead of `text`."""
        self.not_stated = True
        if not prompt.says_not_stated(text):
            chance = f"{self.sureness.not_stated:.2f}"
            self.draft.drop(prompt.without_marks(text), f"guess: the model took it for not stated with chance {chance}")

    def signals(self, evidence: float) -> Signals:
        """What is known of the answer. `evidence` is how likely it is among the evidence."""
        support = max(0.0, min(self.draft.support, default=0.0))
        return Signals(evidence, 1.0 - self.sureness.not_stated, self.sureness.likelihood, support)

    def refusal(self) -> Reason | None:
        """Why there is no answer after all; None where a sentence was released."""
        if self.draft.sentences:
            return None
        return "not_in_sources" if self.not_stated else "unsupported"


class AnswerPipeline:
    """Answers questions from one snapshot. Opened by `service.opening`, which knows how its parts come to be."""

    def __init__(
        self, open_index: Callable[[], tuple[Finder, Abstention]], generator: Generator, limits: Limits
    ) -> None:
        """Nothing is opened before `start`."""
        self._open_index = open_index
        self._generator = generator
        self._extractive = ExtractiveGenerator()
        self._limits = limits
        self._threads = ThreadPoolExecutor(SEARCH_THREADS, thread_name_prefix="search")
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
        finder, _ = self._parts()
        found = await self._run(finder.search, request)
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
        finding = await self._run(finder.find, request)
        clock.add("embed", finding.found.embed_seconds)
        clock.add("search", finding.found.search_seconds)
        passages = found_passages(finding.hits, finder.snapshot)
        yield Sources(passages)
        run = _Run(finder, finding, finding.evidence, Draft(), clock)
        reason = abstention.before_generation(finding)
        if reason is None:
            async with aclosing(self._generated(run, abstention)) as released:
                async for sentence in released:
                    yield Released(sentence)
            reason = run.refusal()
            for sentence in await self._differing(run):
                yield Released(sentence)
        refused = explain(reason, run.asked, run.evidence) if reason else None
        answer = await self._run(self._composed, run, refused, passages, abstention)
        self._cache.keep(finder.snapshot.id, request, answer)
        yield Done(answer)

    async def _generated(self, run: _Run, abstention: Abstention) -> AsyncGenerator[AnswerSentence, None]:
        """The sentences of the generator that hold, as they come; of a second attempt where the first had none."""
        if run.asked.request.mode == "extract":
            generator: Generator = self._extractive
        else:
            generator = self._generator
            await self._warming.end()
        run.generator = generator.name
        quotes = isinstance(generator, ExtractiveGenerator)
        if quotes:
            run.evidence = tuple(sorted(run.evidence, key=lambda item: -item.cosine))
        else:
            run.evidence = prefer(run.evidence)
        asked_for = self._prompt(run)
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                compare = quoted(run.evidence) if quotes else self._comparison(run)
                async for sentence in self._attempt(generator, asked_for, run, compare, abstention):
                    yield sentence
                    if quotes:
                        break
                if again := None if quotes else self._second(run, asked_for, abstention):
                    async for sentence in self._attempt(generator, again, run, self._comparison(run), abstention):
                        yield sentence
            run.clock.mark("generated")
        except TimeoutError as error:
            raise GeneratorTimeout(f"The answer took longer than {self._limits.answer_seconds:g} s.") from error

    async def _attempt(
        self, generator: Generator, asked_for: Prompt, run: _Run, compare: Compare, abstention: Abstention
    ) -> AsyncGenerator[AnswerSentence, None]:
        async with aclosing(generator.stream(asked_for)) as deltas:
            async for text in sentences(deltas, run.asked.language, on_delta=run.notice):
                if abstention.while_generating(run.sureness):
                    run.guessed(text)
                    break
                if sentence := await self._released(text, run, compare):
                    yield sentence

    def _prompt(self, run: _Run) -> Prompt:
        request = run.asked.request
        leans = run.asked.query != request.question
        return prompt.build(
            request.question,
            run.asked.language,
            request.history if leans else (),
            run.evidence,
            max_tokens=self._limits.answer_tokens,
        )

    def _second(self, run: _Run, first: Prompt, abstention: Abstention) -> Prompt | None:
        """What to ask after a first attempt of which nothing was released; None where there is no use in asking again.

        A model that was far from sure that nothing is stated is asked for an answer all the same, which costs it no
        reading. One that told a plan or a rumour as done is asked without that source, so that it looks for a report of
        what came of it. Any other that wrote what does not hold is asked with the nearest of the evidence alone.
        """
        if run.draft.sentences or abstention.while_generating(run.sureness):
            return None
        if run.not_stated:
            return prompt.insisting(first) if run.sureness.tells else None
        left = tuple(item for item in run.evidence if item not in run.mistimed)
        if not run.mistimed:
            nearest = sorted(run.evidence, key=lambda item: -item.cosine)[:NEAREST]
            left = tuple(item for item in run.evidence if item in nearest)
        if not left or len(left) == len(run.evidence):
            return None
        run.evidence = left
        return self._prompt(run)

    def _comparison(self, run: _Run) -> Compare:
        """Compares sentences with the evidence, whose vectors are made while the language model reads."""
        rows = [item.row for item in run.evidence]
        vectors = self._threads.submit(run.finder.retriever.embed_alone, rows)

        async def compare(sentence: str) -> Scores:
            return await self._run(run.finder.retriever.compare, sentence, await asyncio.wrap_future(vectors))

        return compare

    async def _released(self, text: str, run: _Run, compare: Compare) -> AnswerSentence | None:
        """The sentence where the evidence bears it out; else None, and why is kept."""
        draft = run.draft
        if prompt.says_not_stated(text):
            run.not_stated = True
            return None
        sentence = worded(text, run.asked.language)
        if not sentence or draft.says(sentence):
            return None
        if run.generator != self._extractive.name and is_in_another_language(sentence, run.asked.language):
            draft.drop(sentence, f"language: the answer is wanted in {prompt.language_name(run.asked.language)}")
            return None
        with run.clock.measured("verify"):
            checked = await check(sentence, run.asked, run.evidence, compare, is_first=not draft.sentences)
        if checked.cited:
            embed = run.finder.embedder.embed_documents
            shown = await self._run(shortest_quotes, checked.text, run.asked.language, checked.cited, embed)
            return draft.release(checked.text, checked.cited, checked.similarity, shown)
        draft.drop(checked.text, checked.reason)
        if checked.nearest and checked.reason.startswith(MISTIMED):
            run.mistimed.append(checked.nearest)
        return None

    async def _differing(self, run: _Run) -> list[AnswerSentence]:
        """Sentences that say where other sources differ from what was released; all such places are kept."""
        draft = run.draft
        if not draft.claims:
            return []
        with run.clock.measured("compare"):
            found = await self._run(disagreements, run.finder, run.finding, draft.claims)
        noted = [draft.disagree(conflict, run.asked.language) for conflict in found]
        return [sentence for sentence in noted if sentence]

    def _composed(
        self, run: _Run, refused: Refusal | None, passages: tuple[FoundPassage, ...], abstention: Abstention
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
        self._opened = await self._run(self._open_index)

    def _parts(self) -> tuple[Finder, Abstention]:
        if self._opened is None:
            raise IndexUnavailable("The index is not open yet; try again in a moment.")
        return self._opened

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work` in a thread, so that the event loop goes on."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))


def _events(answer: Answer) -> Iterator[Event]:
    """What was yielded when `answer` was given."""
    yield Sources(answer.passages)
    yield from map(Released, answer.sentences)
    yield Done(answer)
