"""Building the next snapshot in a child process, so that answering goes on as fast as before."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from index.cores import available_cores
from service.administration.publish_messages import Built, Busy, Failed, Message, Order, Step
from service.errors import IndexBusy, PublishFailed
from service.logs import LOGGER
from service.settings import Settings, vector_options

COMMAND = (sys.executable, "-m", "service.administration.publish_child")

CLOSING_SECONDS = 3.0

_ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
_LAST_WORDS = 20
_LINE_BYTES = 1 << 20

log = logging.getLogger(LOGGER)


class Builder(Protocol):
    """Publishes the articles of the served snapshot with everything that was written and deleted since."""

    async def build(self, on_step: Callable[[Step], None]) -> Built:
        """What was published; `on_step` is told how far it is. May be cancelled, which changes nothing.

        Raises `IndexBusy` where another program is writing to the index, `PublishFailed` where it can't be done.
        """
        ...


class ChildBuilder:
    """A `Builder` that starts a process for each building."""

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        """`command` is what to start: it reads an `Order` and writes messages."""
        self._command = command
        self._order = Order(
            index=str(settings.index),
            models=str(settings.models),
            embedding=settings.embedding,
            hub=settings.hub == "on",
            # The lowest priority keeps it out of the way of answers, but not out of the memory that they read.
            threads=max(1, available_cores() // 2),
            keep=settings.snapshots_kept,
            vectors=vector_options(settings),
        )

    async def build(self, on_step: Callable[[Step], None]) -> Built:
        """As `Builder.build`."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=os.environ | _ENVIRONMENT,
            limit=_LINE_BYTES,
            # Ctrl-C in a terminal must end the service first, which then ends the process.
            start_new_session=True,
        )
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        words: deque[str] = deque(maxlen=_LAST_WORDS)
        listening = asyncio.create_task(_listen(process.stderr, words))
        try:
            process.stdin.write(msgspec.json.encode(self._order) + b"\n")
            last = await _last_message(process.stdout, on_step)
        finally:
            await _end(process, process.stdin)
            await listening
        return _built(last, process.returncode, words)


async def _end(process: asyncio.subprocess.Process, stdin: asyncio.StreamWriter) -> None:
    """End the process, which does so by itself where it has nothing more to read."""
    stdin.close()
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _last_message(lines: asyncio.StreamReader, on_step: Callable[[Step], None]) -> Message | None:
    async for line in lines:
        message: Message = msgspec.json.decode(line, type=Message)
        if not isinstance(message, Step):
            return message
        on_step(message)
    return None


def _built(last: Message | None, status: int | None, words: Sequence[str]) -> Built:
    match last:
        case Built():
            return last
        case Busy(detail):
            raise IndexBusy(detail)
        case Failed(detail):
            raise PublishFailed(detail)
    log.error("building ended", extra={"fields": {"status": status, "said": " | ".join(words)}})
    raise PublishFailed(f"The process that builds ended with status {status}; the log has its last words.")


async def _listen(stderr: asyncio.StreamReader, words: deque[str]) -> None:
    async for line in stderr:
        words.append(line.decode(errors="replace").rstrip())
