"""Publishing what was accepted: one building at a time, each served before it counts as done."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from index.errors import IndexLocked, SnapshotError
from index.lock import writer_lock
from service.administration.builder import Builder
from service.administration.publish_messages import Step
from service.contracts.admin import BuildingStep, Publishing
from service.errors import IndexBusy, PublishFailed, ServiceError, Unavailable
from service.logs import LOGGER
from service.pipeline import Pipeline

OPENING_SECONDS = 1_800.0
"""In which a snapshot has to be verified and opened: half an hour reads more than a hundred gigabytes."""

log = logging.getLogger(LOGGER)


class Publisher:
    """Runs publishings. For one event loop.

    A change that was accepted before a publishing is asked for is in it. Whoever asks while another one waits for its
    turn shares that one, since it has not looked at the inbox yet.
    """

    def __init__(self, index_dir: Path, pipeline: Pipeline, builder: Builder) -> None:
        """`pipeline` serves what `builder` builds in `index_dir`."""
        self._index_dir = index_dir
        self._pipeline = pipeline
        self._builder = builder
        self._turn = asyncio.Lock()
        self._waiting: _Run | None = None
        self._last: _Run | None = None
        self._failed: _Run | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def last(self) -> Publishing | None:
        """The one that is under way, else the last."""
        return self._last.told if self._last else None

    @property
    def last_failure(self) -> Publishing | None:
        """The last one that failed."""
        return self._failed.told if self._failed else None

    async def publish(self, wait: bool) -> Publishing:
        """Begin, or share, a publishing. With `wait` it is served when this returns.

        Raises `IndexBusy` where another program is writing to the index; with `wait`, `PublishFailed` too.
        """
        if self._waiting is None and not self._turn.locked():
            await asyncio.to_thread(_require_free, self._index_dir)
        if self._waiting is None:
            self._waiting = self._begun()
        run = self._waiting
        if wait:
            await run.over.wait()
            if run.error is not None:
                raise run.error
        else:
            await asyncio.sleep(0)
        return run.told

    async def close(self) -> None:
        """Break off what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
            await asyncio.wait([task])

    def _begun(self) -> _Run:
        run = _Run()
        task = asyncio.create_task(self._attempt(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def _attempt(self, run: _Run) -> None:
        try:
            async with self._turn:
                self._waiting, self._last = None, run
                await self._publish(run)
        except ServiceError as error:
            run.fail(error)
        except asyncio.CancelledError:
            run.fail(Unavailable("The service is being stopped."))
            raise
        except Exception:
            log.exception("publishing failed")
            run.fail(PublishFailed("An internal error; the log of the service has it."))
        if run.error is not None:
            self._failed = run
            log.error("publishing failed", extra={"fields": {"publishing": run.told.id, "detail": run.told.detail}})

    async def _publish(self, run: _Run) -> None:
        run.tell(state="building")
        built = await self._builder.build(run.step)
        run.tell(
            state="opening",
            snapshot=built.snapshot,
            sequence=built.sequence,
            left_out=built.left_out,
            detail=built.warning,
        )
        try:
            await self._pipeline.wait_for(built.snapshot, OPENING_SECONDS)
        except ServiceError as error:
            raise PublishFailed(f"The snapshot {built.snapshot} is published, but not served: {error}") from error
        run.succeed()


class _Run:
    """One publishing; `told` is what is known of it, `over` is set once it has ended, well or with `error`."""

    def __init__(self) -> None:
        self.told = Publishing(id=uuid.uuid4().hex, state="waiting", requested_at=datetime.now(UTC))
        self.over = asyncio.Event()
        self.error: ServiceError | None = None
        self._steps: dict[str, BuildingStep] = {}

    def tell(self, **fields: Any) -> None:
        self.told = msgspec.structs.replace(self.told, **fields)

    def step(self, step: Step) -> None:
        self._steps[step.what] = BuildingStep(step.what, step.unit, step.done, step.expected)
        self.tell(steps=tuple(self._steps.values()))

    def succeed(self) -> None:
        self.tell(state="served", finished_at=datetime.now(UTC))
        self.over.set()

    def fail(self, error: ServiceError) -> None:
        self.error = error
        self.tell(state="failed", finished_at=datetime.now(UTC), detail=str(error))
        self.over.set()


def _require_free(index_dir: Path) -> None:
    """Raise `IndexBusy` where another program is writing to the index, `Unavailable` where the disk refuses."""
    try:
        with writer_lock(index_dir, "looking whether it may publish"):
            return
    except IndexLocked as error:
        raise IndexBusy(str(error)) from error
    except SnapshotError as error:
        raise Unavailable(str(error)) from error
