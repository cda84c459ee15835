"""Has a language model read what all prompts begin with before somebody asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from service.errors import ServiceError
from service.generators import Generator
from service.language_model import prompt

log = logging.getLogger(__name__)


LOOK_SECONDS = 1.0
"""Between looks whether the language model was started again: a new process has read nothing yet."""


class Warming:
    """Readings of the common beginning, in the background; a question breaks one off and keeps what was read."""

    def __init__(self, generator: Generator, idle: Callable[[], bool] = lambda: True) -> None:
        """`idle` says whether nobody waits for the model: who asks it has it read the beginning anyway."""
        self._generator = generator
        self._idle = idle
        self._reading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Read, and again whenever the model was started again. Needs an event loop and a started generator."""
        self._reading = asyncio.create_task(self._read())
        self._watching = asyncio.create_task(self._watch(self._generator.health().restarts))

    async def done(self, seconds: float) -> None:
        """Return when the reading that was begun has ended, broken off or not, or after `seconds`."""
        if self._reading is not None:
            await asyncio.wait([self._reading], timeout=seconds)

    async def end(self) -> None:
        """Make way: break off a reading that is under way, and wait until the model is free."""
        task, self._reading = self._reading, None
        await _ended(task)

    async def close(self) -> None:
        """Read nothing more."""
        task, self._watching = self._watching, None
        await _ended(task)
        await self.end()

    async def _watch(self, known: int) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            restarts = self._generator.health().restarts
            if restarts == known or not self._generator.ready():
                continue
            known = restarts
            if self._idle():
                await self.end()
                self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async with aclosing(self._generator.stream(prompt.beginning())) as deltas:
                async for _ in deltas:
                    pass
        except ServiceError as error:
            log.warning("the language model could not be warmed up, the first answer will take longer: %s", error)


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
