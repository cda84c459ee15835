"""Has a language model read what all prompts begin with before somebody asks."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

from service import prompt
from service.errors import ServiceError
from service.generators import Generator

log = logging.getLogger(__name__)


class Warming:
    """One reading of the common beginning, in the background; a question breaks it off and keeps what was read."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start reading. Needs a running event loop and a generator that was started."""
        self._task = asyncio.create_task(self._read())

    async def end(self) -> None:
        """Make way: break off what is under way, and wait until the model is free."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _read(self) -> None:
        try:
            async with aclosing(self._generator.stream(prompt.beginning())) as deltas:
                async for _ in deltas:
                    pass
        except ServiceError as error:
            log.warning("the language model could not be warmed up, the first answer will take longer: %s", error)
