"""Keeps one llama.cpp server process running: starts it, notices its death, starts it again."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from service.errors import GeneratorUnavailable, ServiceError

log = logging.getLogger(__name__)

CHILD = Path(__file__).with_name("llama_child.py")
BACKOFF_FIRST = 0.1
"""Seconds before a process that died is started again, twice as many each further time in a row,"""
BACKOFF_LONGEST = 30.0
"""and never more than this."""
HEALTHY_AFTER = 30.0
"""Seconds that a process must have lived for its death to count as the first one in a row."""
PATIENCE = 30.0
"""Seconds that a restart may take, by what the last start took, for questions to wait for it."""
LATENESS = 5.0
"""Seconds, beside what the last start took once more, by which a restart may be late before nobody waits any more."""

# OpenMP threads that spin while they wait for each other are many times slower as soon as a core is shared.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
_LAST_WORDS = 20
"""Lines of the process that are told when it dies."""
_LONGEST_LINE = 4_096
_CLOSING_TIME = 3.0


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What the process is told: the GGUF, threads, tokens a slot, slots, tokens a batch, MiB for evicted prompts."""

    model: str
    threads: int
    context: int
    slots: int
    batch: int
    prompt_cache_mib: int


@dataclass(frozen=True, slots=True)
class Address:
    """Where a running server listens, and the key it wants."""

    url: str
    api_key: str


class LlamaProcess:
    """One supervised server process.

    `on_up` is awaited with the address of each new process before it counts as up (it checks and warms the model);
    `startup_timeout` is how many seconds a process may take for loading and `on_up`.
    """

    def __init__(
        self, options: ServerOptions, *, startup_timeout: float, on_up: Callable[[Address], Awaitable[None]]
    ) -> None:
        self._options = options
        self.restarts = 0
        self._startup_timeout = startup_timeout
        self._on_up = on_up
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        # set while it is up, and while it is down with at least one attempt to start it that has failed
        self._settled = asyncio.Event()
        self._next_try = 0.0
        self._start_seconds = 0.0
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS)

    @property
    def pid(self) -> int | None:
        """Process id of the running server, None between two."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def is_up(self) -> bool:
        """Whether the server runs and has answered."""
        return self._up.is_set()

    def outage(self) -> float:
        """Seconds until the server may be up again; 0 where it is, or is about to be."""
        if self.is_up() or self._supervisor is None:
            return 0.0
        left = self._left()
        is_short = not self._settled.is_set() and left < PATIENCE and self.patience() > 0
        return 0.0 if is_short else max(1.0, left)

    def patience(self) -> float:
        """Seconds that it makes sense to wait for the restart that is under way."""
        return max(0.0, self._left() + self._start_seconds + LATENESS)

    def _left(self) -> float:
        """Seconds until the restart is through if it takes as long as the last start; below 0 where it is late."""
        return self._next_try + self._start_seconds - asyncio.get_running_loop().time()

    async def wait_up(self, timeout: float) -> bool:
        """Whether the server is up within `timeout` seconds; an attempt to start it that fails ends the waiting."""
        await _happens(self._settled, timeout)
        return self.is_up()

    async def wait_down(self, timeout: float) -> bool:
        """Whether the server turns out to be dead within `timeout` seconds."""
        return await _happens(self._down, timeout)

    async def start(self) -> None:
        """Start the first process. Raises `GeneratorUnavailable` with its last words where it does not come up."""
        try:
            await self._launch()
        except BaseException:
            await self._end()
            raise
        self._supervisor = asyncio.create_task(self._supervise())

    async def close(self) -> None:
        """End the process for good."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None
        await self._end()

    def kill(self) -> None:
        """End a process that hangs; the supervisor starts the next one."""
        if self.pid is not None and self._process is not None:
            self._mark_down()
            self._process.kill()

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        delay = BACKOFF_FIRST
        while True:
            started = loop.time()
            if self._process is not None:
                status = await self._process.wait()
                self._mark_down()
                log.error("the llama.cpp process ended with %s; %s", _reason(status), self._said())
            if loop.time() - started > HEALTHY_AFTER:
                delay = BACKOFF_FIRST
            self._next_try = loop.time() + delay
            await asyncio.sleep(delay)
            delay = min(delay * 2, BACKOFF_LONGEST)
            await self._start_again(delay)

    async def _start_again(self, delay: float) -> None:
        try:
            await self._launch()
        except Exception as error:
            # whatever it was, nobody else would try again
            known = isinstance(error, ServiceError)
            log.error("the llama.cpp process does not start; next try in %g s: %s", delay, error, exc_info=not known)
            self._settled.set()
            await self._end()
        else:
            self.restarts += 1
            log.info("the llama.cpp process is up again")

    async def _launch(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._startup_timeout):
                address = await self._spawn()
                await self._on_up(address)
        except TimeoutError:
            raise GeneratorUnavailable(
                f"the language model {self._options.model} was not loaded within {self._startup_timeout:g} s"
            ) from None
        self._start_seconds = loop.time() - began
        self._down.clear()
        self._up.set()
        self._settled.set()

    def _mark_down(self) -> None:
        if self.is_up():
            self._settled.clear()
            self._next_try = asyncio.get_running_loop().time()
        self._up.clear()
        self._down.set()

    async def _spawn(self) -> Address:
        key = secrets.token_urlsafe(32)
        pipe = asyncio.subprocess.PIPE
        self._last_words.clear()
        # Its own session: Ctrl-C in a terminal must end the service first, which then ends the process.
        # -P: the folder of the script must not become an import path, its file names are those of libraries.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(CHILD)),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,
        )
        self._process = process
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self._drain = asyncio.create_task(self._listen(process.stderr))
        process.stdin.write(json.dumps(asdict(self._options) | {"api_key": key}).encode() + b"\n")
        url = (await process.stdout.readline()).decode().strip()
        if not url:
            await process.wait()
            await self._drain
            raise GeneratorUnavailable(f"llama.cpp can't load {self._options.model}; {self._said()}")
        return Address(url, key)

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        rest = b""
        # Not by lines: one without an end would stop the reading, and then the process, when the pipe is full.
        while piece := await stderr.read(_LONGEST_LINE):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            self._hear(lines)
        self._hear([rest] if rest else [])

    def _hear(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            self._last_words.append(line.decode(errors="replace").rstrip())
            log.debug("llama.cpp: %s", self._last_words[-1])

    def _said(self) -> str:
        return "it said: " + (" | ".join(self._last_words) or "nothing")

    async def _end(self) -> None:
        self._mark_down()
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_CLOSING_TIME):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._drain is not None:
            await self._drain


def _reason(status: int) -> str:
    if status == -signal.SIGKILL:
        return "SIGKILL, which is how a system that has no memory left ends a process"
    return f"status {status}" if status >= 0 else signal.Signals(-status).name


async def _happens(event: asyncio.Event, timeout: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await event.wait()
    return event.is_set()
