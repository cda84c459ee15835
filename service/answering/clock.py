"""Where the time of an answer goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, float, float], None]
"""Told of each stage: its name, when it began and when it ended, as `time.perf_counter` counts."""

LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)
"""Who is told of the stages of the clocks that are made here."""


class Clock:
    """Adds up the seconds of named stages, and runs from its making for the total."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}
        self._listener = LISTENER.get()

    def add(self, stage: str, seconds: float) -> None:
        """Add to a stage, which has just ended."""
        self._stages[stage] = self._stages.get(stage, 0.0) + seconds
        if self._listener is not None:
            ended = time.perf_counter()
            self._listener(stage, ended - seconds, ended)

    @contextmanager
    def measured(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to a stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - started)

    def mark(self, stage: str) -> None:
        """Set a stage to the time since the start, the first time only."""
        self._stages.setdefault(stage, time.perf_counter() - self._started)

    def milliseconds(self) -> dict[str, float]:
        """Each stage, and `total` since the start, in milliseconds."""
        stages = {**self._stages, "total": time.perf_counter() - self._started}
        return {stage: round(seconds * 1000, 2) for stage, seconds in stages.items()}
