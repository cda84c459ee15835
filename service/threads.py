"""A few threads for what would block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Runs work beside the event loop. What is submitted is begun in order, `count` at a time."""

    def __init__(self, count: int, name: str, beside: Threads | None = None) -> None:
        """`name` is what the threads are called by. They are idle together with those that they are `beside`."""
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._under_way: set[Future[Any]] = set() if beside is None else beside._under_way

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns or raises."""
        return await asyncio.wrap_future(self.begin(work, *args, **kwargs))

    def begin(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start `work` whose result is needed later. It runs for whichever request this one does."""
        future = self._pool.submit(copy_context().run, partial(work, *args, **kwargs))
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def when_idle(self, call: Callable[[], None]) -> None:
        """Call `call` once all that is under way now has ended, in whichever thread that is."""
        _after(list(self._under_way), call)

    def close(self) -> None:
        """Begin nothing more; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _after(futures: list[Future[Any]], call: Callable[[], None]) -> None:
    while futures:
        future = futures.pop()
        if not future.done():
            future.add_done_callback(lambda _: _after(futures, call))
            return
    call()
