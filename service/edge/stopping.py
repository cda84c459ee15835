"""The end of the service, as those see it who answer: no new work from its beginning, none at all from its cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from service.errors import ShuttingDown

T = TypeVar("T")

DETAIL = "The service is being stopped; ask again when it is back, or another one."


class Stopping:
    """Whether the service is being stopped, and the work for clients that is under way. For one event loop."""

    def __init__(self) -> None:
        self.begun = False
        self._over = False
        self._work: set[asyncio.Task[Any]] = set()
        self._waiting: set[asyncio.Timeout] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self) -> None:
        """Admit nothing new. What is under way goes on until it is done or `cut` is called."""
        self.begun = True

    def cut(self) -> None:
        """Cancel what is under way, and wait for no client; whoever does tells it why."""
        self.begin()
        self._over = True
        for task in self._work:
            task.cancel()
        for waiting in self._waiting:
            _end(waiting)

    def check(self) -> None:
        """Raise `ShuttingDown` where the end has begun."""
        if self.begun:
            raise ShuttingDown(DETAIL)

    @property
    def under_way(self) -> int:
        """How much work is under way."""
        return len(self._work)

    def admit(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin `work`, which `cut` will cancel. Raises `ShuttingDown` where the end has begun."""
        if self.begun:
            work.close()
            raise ShuttingDown(DETAIL)
        task = asyncio.create_task(work)
        self._work.add(task)
        self._idle.clear()
        task.add_done_callback(self._done)
        return task

    @asynccontextmanager
    async def waiting(self, seconds: float) -> AsyncIterator[None]:
        """A block that waits for a client to send something, which is no work: nothing waits for it before the `cut`.

        Raises `TimeoutError` after `seconds`, and `ShuttingDown` once `cut` is called.
        """
        try:
            async with asyncio.timeout(seconds) as limit:
                self._waiting.add(limit)
                if self._over:
                    _end(limit)
                try:
                    yield
                finally:
                    self._waiting.discard(limit)
        except TimeoutError as error:
            if self._over:
                raise ShuttingDown(DETAIL) from error
            raise

    async def idle(self, seconds: float) -> bool:
        """Whether nothing is under way; waits for that, `seconds` at the most."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._work.discard(task)
        if not self._work:
            self._idle.set()


def _end(limit: asyncio.Timeout) -> None:
    limit.reschedule(asyncio.get_running_loop().time())


def result_of(task: asyncio.Task[T]) -> T:
    """What admitted work returned or raised; where it was cancelled, that was the `cut`: raises `ShuttingDown`."""
    if task.cancelled():
        raise ShuttingDown(DETAIL)
    return task.result()
