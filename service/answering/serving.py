"""The snapshot that is served: opened at the start, and exchanged whenever another one is published.

The next one is opened and verified in a thread while the one before serves. Where it can't be had, the one before goes
on serving; the log, `/readyz` and `Serving.status` say so. No more than two are in memory at any time: a third waits
for the last answer from the first.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from index.errors import IndexingError, SnapshotError, SnapshotMismatch
from index.vector_kinds import shortfalls
from service.answering.leases import Leases, Opened
from service.errors import IndexUnavailable, ServiceError
from service.index_status import Attempts, Contents, Failure, Status
from service.threads import Threads

T = TypeVar("T")

log = logging.getLogger(__name__)

COLLECTED_AFTER = 2.0
"""Seconds after which what still holds on to a snapshot that nobody reads is looked for."""


class Source(Protocol):
    """Where snapshots come from. Called in threads, one call at a time. Everything raises kinds of `IndexingError`."""

    def named(self) -> str:
        """The id of the snapshot that is published now; takes no time."""
        ...

    def open(self) -> Opened:
        """The published snapshot, verified. May raise kinds of `ServiceError` too."""
        ...

    def recover(self) -> Opened:
        """The newest snapshot that verifies, where the published one is damaged."""
        ...


class Serving:
    """Keeps the published snapshot open. For one event loop."""

    def __init__(self, source: Source, readers: Threads, forget: Callable[[str], None], seconds: float) -> None:
        """Look for another snapshot every `seconds`; 0 leaves that to `reload`.

        `readers` are the threads that read snapshots: one is closed when none of them reads it any more. `forget` is
        told the id of a snapshot that no request reads any more.
        """
        self._source = source
        self._readers = readers
        self._forget = forget
        self._seconds = seconds
        self._leases = Leases(self._free)
        self._threads = Threads(1, "index")
        self._attempts = Attempts()
        self._swapping = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    def lease(self) -> AbstractContextManager[Opened]:
        """The served snapshot for as long as the block lasts. Raises `IndexUnavailable` before there is one."""
        return self._leases.lease()

    def ready(self) -> bool:
        """Whether there is a snapshot to lease."""
        return self._leases.served is not None

    def status(self) -> Status:
        """What is served now and how it came to be."""
        served = self._leases.served
        return self._attempts.status(self._leases.ids(), _contents(served) if served else None)

    async def start(self) -> None:
        """Open the published snapshot, or the newest that verifies where that one is damaged, and watch for others.

        Raises `IndexUnavailable` where there is none, and what `Source.open` raises beside kinds of `IndexingError`.
        """
        async with self._swapping:
            try:
                await self._start()
            except IndexingError as error:
                raise IndexUnavailable(str(error)) from error
        if self._seconds:
            self._keep(asyncio.create_task(self._poll()))

    async def close(self) -> None:
        """Stop watching, and close the snapshot when nothing reads it any more."""
        for task in tuple(self._tasks):
            task.cancel()
            await asyncio.wait([task])
        self._leases.replace(None)
        self._threads.close()

    async def reload(self) -> str:
        """Serve what is published now; the id of what is served then.

        Raises `IndexUnavailable` where it can't be opened: what was served before still is.
        """
        task = self._keep(asyncio.create_task(self._attempt()))
        # whoever asked may leave: what is opened must still be served or closed
        outcome = await asyncio.shield(task)
        if isinstance(outcome, Failure):
            raise IndexUnavailable(outcome.message)
        return outcome

    async def wait_for(self, snapshot: str, seconds: float) -> str:
        """Serve `snapshot`, which was just published; the id of what is served then, which may be a later one.

        Raises `IndexUnavailable` where it can't be opened, where an earlier one was gone back to, or where it is not
        open within `seconds`: then it is served later.
        """
        try:
            async with asyncio.timeout(seconds):
                served = await self.reload()
        except TimeoutError as error:
            raise IndexUnavailable(f"The snapshot {snapshot} is not open after {seconds:g} s yet.") from error
        if served < snapshot:
            raise IndexUnavailable(f"The snapshot {snapshot} was gone back from: {served} is served.")
        return served

    async def _start(self) -> None:
        self._attempts.begin()
        try:
            self._serve(await self._opened(self._source.open))
        except SnapshotMismatch:
            raise
        except SnapshotError as error:
            named = await self._named()
            self._serve(await self._opened(self._source.recover))
            self._attempts.fail(Failure.now(named, str(error)))

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            if not self._attempts.rests(await self._named()):
                await self._attempt()

    async def _attempt(self) -> str | Failure:
        """Serve what is published. One that was replaced, and deleted, while it was opened is no failure."""
        async with self._swapping:
            outcome = await self._next()
            while isinstance(outcome, Failure) and await self._named() not in (outcome.snapshot, None):
                outcome = await self._next()
            if isinstance(outcome, Failure):
                self._attempts.fail(outcome)
            else:
                self._attempts.succeed()
            return outcome

    async def _next(self) -> str | Failure:
        """Open what is published and serve it, where another is served."""
        named = None
        try:
            named = await self._threads.run(self._source.named)
            served = self._leases.served
            if served and served.id == named:
                return named
            await self._leases.alone()
            self._attempts.begin()
            opened = await self._opened(self._source.open)
        except (IndexingError, ServiceError) as error:
            return Failure.now(named, str(error))
        except Exception:
            log.exception("the index could not be exchanged")
            return Failure.now(named, "an internal error")
        self._serve(opened)
        return opened.id

    async def _named(self) -> str | None:
        """The snapshot that is published; None where that can't be told."""
        try:
            return await self._threads.run(self._source.named)
        except IndexingError:
            return None

    async def _opened(self, opening: Callable[[], Opened]) -> Opened:
        """What `opening` opens, in a thread. It is closed where nobody waits for it any more."""
        future = self._threads.begin(opening)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            future.add_done_callback(_close_unwanted)
            raise

    def _serve(self, opened: Opened) -> None:
        self._leases.replace(opened)
        self._attempts.serve(opened.id)
        for note in _contents(opened).notes:
            log.warning("%s", note, extra={"fields": {"snapshot": opened.id}})

    def _free(self, opened: Opened) -> None:
        """Close what no request reads any more, once no thread does either: work outlives a client that leaves."""
        self._forget(opened.id)
        self._readers.when_idle(opened.close)
        # Answers that were broken off leave exceptions and frames in cycles, which keep its files open.
        asyncio.get_running_loop().call_later(COLLECTED_AFTER, gc.collect)

    def _keep(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _contents(opened: Opened) -> Contents:
    manifest = opened.finder.snapshot.manifest
    counts = manifest.counts
    created = datetime.fromisoformat(manifest.created_at)
    return Contents(created, counts.articles, counts.passages, counts.sentences, shortfalls(manifest.vectors))


def _close_unwanted(future: Future[Opened]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()
