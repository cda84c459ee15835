"""Starting the pipeline beside the server, so that probes are answered while models load."""

from __future__ import annotations

import asyncio

from index.errors import IndexingError
from service.errors import ServiceError
from service.pipeline import Pipeline


class Startup:
    """One start of one pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start in the background. Needs a running event loop."""
        self._task = asyncio.create_task(self._pipeline.start())
        self._task.add_done_callback(lambda _: self._over.set())

    def finished(self) -> bool:
        """Whether the start has ended, well or not."""
        return self._over.is_set()

    async def wait(self) -> None:
        """Return once the pipeline has started. Raises what `Pipeline.start` raised."""
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
        return str(error) if isinstance(error, ServiceError | IndexingError) else "an internal error"
