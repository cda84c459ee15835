"""A pipeline whose answers are kept for a while, so that something can be said of them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any

from service.around import Around
from service.contracts.answers import Answer, AskRequest
from service.errors import FeedbackUnavailable
from service.events import Done, Event
from service.feedback.store import FeedbackStore, Remembered, remembered
from service.logs import LOGGER
from service.pipeline import Pipeline
from service.threads import Threads

WAITING = 1_000
"""Answers that wait to be written. Of more the oldest are lost, which matters less than memory that fills up."""
PRUNING_SECONDS = 3_600.0
CLOSING_SECONDS = 2.0
"""How long closing waits for answers to be written."""
PAUSE_SECONDS = 1.0
"""Between two writings: answers that come in quick succession are written together, each alone would cost more than
what it takes to give one that is kept in memory."""
AGAIN_SECONDS = 4.0
"""After which writing is tried again that has failed."""

logger = logging.getLogger(LOGGER)


class Remembering(Around):
    """Keeps every answer of `pipeline` in `store`, behind its back: no answer waits for that, and none fails by it."""

    def __init__(self, pipeline: Pipeline, store: FeedbackStore) -> None:
        super().__init__(pipeline)
        self._store = store
        self._threads = Threads(1, "feedback")
        self._waiting: deque[Remembered] = deque(maxlen=WAITING)
        self._writing: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def start(self) -> None:
        """Start the pipeline, and delete what is too old from now on."""
        self._pruning = _background(self._prune())
        await super().start()

    async def close(self) -> None:
        """Write what waits, for a moment at the most, and close the pipeline."""
        self._closing.set()
        try:
            if self._writing is not None:
                await asyncio.wait([self._writing], timeout=CLOSING_SECONDS)
            for task in filter(None, (self._writing, self._pruning)):
                task.cancel()
                await asyncio.wait([task])
        finally:
            self._threads.close()
            await super().close()

    def kept(self, request: AskRequest, client: str = "") -> Answer | None:
        """What the pipeline keeps: given again, it has another id, by which it may be judged."""
        answer = super().kept(request, client)
        if answer is not None:
            self._keep(remembered(request, answer, datetime.now(UTC)))
        return answer

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        """The events of the pipeline."""
        async with aclosing(self.pipeline.answer(request, client)) as events:
            async for event in events:
                if isinstance(event, Done):
                    self._keep(remembered(request, event.answer, datetime.now(UTC)))
                yield event

    def _keep(self, answer: Remembered) -> None:
        self._waiting.append(answer)
        if self._writing is None or self._writing.done():
            self._writing = _background(self._write())

    async def _write(self) -> None:
        """Write until nothing waits: what comes meanwhile is written together, what could not be written again.

        Closing ends a pause, for one try more.
        """
        failing = False
        while self._waiting:
            last = self._closing.is_set()
            answers = list(self._waiting)
            self._waiting.clear()
            failing = not await self._written(answers, after_failing=failing)
            if last:
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS if failing else PAUSE_SECONDS):
                    await self._closing.wait()

    async def _written(self, answers: Sequence[Remembered], *, after_failing: bool) -> bool:
        """Whether `answers` are written; otherwise they wait again. The log has a line where that changes."""
        try:
            await self._threads.run(self._store.keep, answers)
        except FeedbackUnavailable as error:
            self._waiting = deque([*answers, *self._waiting], WAITING)
            if not after_failing:
                _warn("answers could not be kept for feedback", error, len(self._waiting))
            return False
        if after_failing:
            logger.info("answers are kept for feedback again", extra={"fields": {"answers": len(answers)}})
        return True

    async def _prune(self) -> None:
        while True:
            try:
                await self._threads.run(self._store.prune, datetime.now(UTC))
            except FeedbackUnavailable as error:
                _warn("old answers could not be deleted", error)
            await asyncio.sleep(PRUNING_SECONDS)


def _background(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task that nobody waits for: an error that nobody foresaw goes into the log."""
    task = asyncio.create_task(work)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("unforeseen", exc_info=error)


def _warn(what: str, error: FeedbackUnavailable, count: int = 0) -> None:
    logger.warning(what, extra={"fields": {"reason": error.reason, **({"answers": count} if count else {})}})
