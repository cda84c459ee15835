"""Starting the pipeline beside the server, so that probes are answered while models load."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from index.errors import IndexingError
from service.errors import ServiceError, Unavailable
from service.pipeline import Pipeline

_FORESEEN = (ServiceError, IndexingError)


class Startup:
    """One start of one pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start in the background. Needs a running event loop."""
        self._task = asyncio.create_task(_started(self._pipeline))
        self._task.add_done_callback(lambda _: self._over.set())

    def finished(self) -> bool:
        """Whether the start has ended, well or not."""
        return self._over.is_set()

    async def wait(self) -> None:
        """Return once the pipeline has started. Raises what `start` raised, the foreseen errors of a group as one."""
        await self._over.wait()
        if self._task is not None:
            await self._task

    async def end(self) -> None:
        """Break off a start that is under way, and close the pipeline."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._pipeline.close()

    def failure(self) -> str:
        """Why starting failed, in words for a client; empty where it has not failed."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return ""
        error = self._task.exception()
        if error is None:
            return ""
        return str(error) if isinstance(error, _FORESEEN) else "an internal error"


async def _started(pipeline: Pipeline) -> None:
    """Start. Parts that are brought up side by side fail as a group, of which an operator wants the sentences only."""
    try:
        await pipeline.start()
    except ExceptionGroup as group:
        if group.split(_FORESEEN)[1] is not None:
            raise
        raise Unavailable("; ".join(map(str, _leaves(group)))) from group


def _leaves(error: Exception) -> Iterator[Exception]:
    if not isinstance(error, ExceptionGroup):
        yield error
        return
    for inner in error.exceptions:
        yield from _leaves(inner)
