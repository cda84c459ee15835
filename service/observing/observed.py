"""A pipeline that tells what became of each question and each search, whoever asked and however."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, TypeVar

from service.answering.clock import LISTENER
from service.around import Around
from service.contracts.answers import Answer, AskRequest, SearchRequest, SearchResponse
from service.errors import ServiceError
from service.events import Done, Event, Released, Sources, told_again
from service.pipeline import Pipeline

T = TypeVar("T")

Kind = Literal["ask", "search"]
Result = Literal["answered", "refused", "found", "nothing", "failed", "left"]
"""`answered` and `refused` are of questions, `found` and `nothing` of searches; `left` is where nobody waited for the
end: the client left, or the service was stopped."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the work: seconds from the beginning of the whole to its own beginning, and its own seconds."""

    name: str
    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question or a search. All times are seconds, `sources` and `first_sentence` from the beginning.

    `reason` is why a question was refused, or the type of the error that it failed with. `answer` is there where there
    is one, also one that refuses. `client` is who asked.
    """

    kind: Kind
    question: str
    client: str
    result: Result
    reason: str
    seconds: float
    sources: float | None
    first_sentence: float | None
    stages: tuple[Stage, ...]
    answer: Answer | None


Observer = Callable[[Kind], Callable[[Outcome], None]]
"""Called when a question or a search begins; what it returns is called once, with what became of it."""


class Observed(Around):
    """Does what `pipeline` does, and tells `observers` what became of it."""

    def __init__(self, pipeline: Pipeline, observers: Sequence[Observer]) -> None:
        super().__init__(pipeline)
        self._observers = tuple(observers)

    def kept(self, request: AskRequest, client: str = "") -> Answer | None:
        """What the pipeline keeps. Nothing is told where that is nothing: then it is `answer` that is asked."""
        answer = self.pipeline.kept(request, client)
        if answer is not None:
            seen = _Seen("ask", request.question, client, self._observers)
            for event in told_again(answer):
                seen.see(event)
        return answer

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        """The events of an answer, as they come."""
        seen = _Seen("ask", request.question, client, self._observers)
        with seen.failures():
            async with aclosing(self.pipeline.answer(request, client)) as events:
                while (event := await seen.listening(anext(events, None))) is not None:
                    seen.see(event)
                    yield event

    async def search(self, request: SearchRequest) -> SearchResponse:
        """The passages."""
        seen = _Seen("search", request.question, "", self._observers)
        with seen.failures():
            response = await seen.listening(self.pipeline.search(request))
            seen.end("found" if response.passages else "nothing")
            return response


class _Seen:
    """What is known of a question or a search under way."""

    def __init__(self, kind: Kind, question: str, client: str, observers: Sequence[Observer]) -> None:
        self._kind = kind
        self._question = question
        self._client = client
        self._started = perf_counter()
        self._sources: float | None = None
        self._first_sentence: float | None = None
        self._stages: list[Stage] = []
        self._tell = [begin(kind) for begin in observers]

    async def listening(self, work: Awaitable[T]) -> T:
        """What `work` returns or raises, whose clocks tell their stages.

        Each step of a generator may run in another task, so that nothing can be set for all of them at once.
        """
        token = LISTENER.set(self._stage)
        try:
            return await work
        finally:
            LISTENER.reset(token)

    def see(self, event: Event) -> None:
        """Take up an event; the last one ends it."""
        now = perf_counter() - self._started
        match event:
            case Sources() if self._sources is None:
                self._sources = now
            case Released() if self._first_sentence is None:
                self._first_sentence = now
            case Done(answer=answer):
                self.end(answer.status, answer.reason or "", answer)

    def end(self, result: Result, reason: str = "", answer: Answer | None = None) -> None:
        """Tell what became of it, the first time only."""
        tell, self._tell = self._tell, []
        if not tell:
            return
        outcome = Outcome(
            kind=self._kind,
            question=self._question,
            client=self._client,
            result=result,
            reason=reason,
            seconds=perf_counter() - self._started,
            sources=self._sources,
            first_sentence=self._first_sentence,
            stages=tuple(self._stages),
            answer=answer,
        )
        for ended in tell:
            ended(outcome)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """End it by what comes out of the block, which goes on its way."""
        try:
            yield
        except ServiceError as error:
            self.end("failed", error.type)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            self.end("left")
            raise
        except Exception:
            self.end("failed", ServiceError.type)
            raise

    def _stage(self, name: str, started: float, ended: float) -> None:
        self._stages.append(Stage(name, started - self._started, ended - started))
