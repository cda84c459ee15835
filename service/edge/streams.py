"""Work for a client that may leave: told in events as they come, or as a whole, and broken off with its client.

Nothing here knows what the events are or how they are sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import Any, Generic, TypeVar

from service.edge.body import Receive
from service.edge.stopping import Stopping, result_of

T = TypeVar("T")


class ClientLeft(Exception):
    """The client closed the connection before there was a response. Nobody is left to be told."""


class Feed(Generic[T]):
    """Events that one task makes, as fast as it can: a client that reads slowly holds up nothing but their memory."""

    def __init__(self, events: AsyncGenerator[T, None], stopping: Stopping) -> None:
        """Begins at once. Raises `ShuttingDown` where the service is being stopped."""
        self._made: deque[T] = deque()
        self._news = asyncio.Event()
        self._making = stopping.admit(self._make(events))
        self._making.add_done_callback(lambda _: self._news.set())

    async def goes_on(self, seconds: float | None = None) -> bool:
        """Wait for an event, `seconds` at the most; False after the last.

        Raises what the making of the events raised, once all that came before is taken, and `ShuttingDown`.
        """
        if not self._made and not self._making.done():
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()
        if self._made or not self._making.done():
            return True
        result_of(self._making)
        return False

    def take(self) -> T | None:
        """The next event, None where there is none yet."""
        return self._made.popleft() if self._made else None

    async def close(self) -> None:
        """Stop making events; on return the generator of them is closed."""
        await ended(self._making)

    async def _make(self, events: AsyncGenerator[T, None]) -> None:
        async with aclosing(events):
            async for event in events:
                self._made.append(event)
                self._news.set()


async def begun(events: AsyncGenerator[T, None], receive: Receive, stopping: Stopping) -> Feed[T]:
    """A feed of `events` whose first is there, so that what fails before it has a status of its own.

    Raises what `events` raised instead, `ClientLeft`, and `ShuttingDown`; `events` is closed then.
    """
    feed = Feed(events, stopping)
    try:
        await _unless_left(asyncio.create_task(feed.goes_on()), receive)
    except BaseException:
        await feed.close()
        raise
    return feed


async def kept_alive(feed: Feed[T], seconds: float) -> AsyncGenerator[T | None, None]:
    """The events as they come, and None whenever none came for `seconds`. Closing it closes the events.

    Raises what the making of the events raised, and `ShuttingDown` shortly before the service ends.
    """
    try:
        while await feed.goes_on(seconds):
            yield feed.take()
    finally:
        await feed.close()


async def unless_left(work: Coroutine[Any, Any, T], receive: Receive, stopping: Stopping) -> T:
    """What `work` returns or raises.

    It is cancelled where the client leaves, which raises `ClientLeft`, and before the service ends: `ShuttingDown`.
    """
    return await _unless_left(stopping.admit(work), receive)


async def to_the_end(work: Coroutine[Any, Any, T], stopping: Stopping) -> T:
    """What `work` returns or raises.

    It is done also where the client leaves, and cancelled before the service ends: `ShuttingDown`.
    """
    task = stopping.admit(work)
    await asyncio.wait({task})
    return result_of(task)


async def done_before_leaving(work: asyncio.Task[Any], receive: Receive) -> bool:
    """Wait for `work`, as long as the client stays; whether it is done. The body must have been read."""
    # What needs no waiting is done now: to watch its client would take longer than it has taken.
    await asyncio.sleep(0)
    if not work.done():
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await ended(leaving)
    return work.done()


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel `task` and return when it has ended. What it raised is of no interest to anyone."""
    task.cancel()
    if not task.done():
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


async def _unless_left(work: asyncio.Task[T], receive: Receive) -> T:
    try:
        if not await done_before_leaving(work, receive):
            raise ClientLeft
        return result_of(work)
    finally:
        await ended(work)


async def _left(receive: Receive) -> None:
    """Return when the client has closed the connection. The body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
