"""What is known of the served snapshot, and of the attempts to serve another: for `/readyz`, operators and metrics."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

RETRY_SECONDS = 60.0
"""After which a snapshot that could not be opened is tried again without being asked for."""
RETRY_TIMES = 10.0
"""And at the earliest after so many times as long as the attempt took."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt to serve another snapshot that failed. `snapshot` is None where none was named that could be read."""

    snapshot: str | None
    at: datetime
    message: str

    @classmethod
    def now(cls, snapshot: str | None, message: str) -> Failure:
        """One that has just happened."""
        return cls(snapshot, datetime.now(UTC), message)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a snapshot holds, and how its searches fall short of what was required; `created_at` is UTC."""

    created_at: datetime
    articles: int
    passages: int
    sentences: int
    shortfalls: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator should know of it."""
        empty = () if self.articles else ("the served snapshot has no articles: every question is refused",)
        return (*empty, *self.shortfalls)


@dataclass(frozen=True, slots=True)
class Status:
    """What is served. `open` is every snapshot that is in memory, the served one last; times are UTC.

    `failure` is the last of `failures` attempts to serve another snapshot that failed, `warning` what is wrong now,
    empty where the published snapshot is served. `contents` is None where nothing is served.
    """

    snapshot: str | None
    since: datetime | None
    open: tuple[str, ...]
    swaps: int
    attempted_at: datetime | None
    failure: Failure | None
    warning: str
    failures: int = 0
    contents: Contents | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that an operator should look at."""
        return (*([self.warning] if self.warning else []), *(self.contents.notes if self.contents else ()))


class Attempts:
    """What became of the attempts to serve a snapshot."""

    def __init__(self) -> None:
        self._served: str | None = None
        self._since: datetime | None = None
        self._swaps = -1
        self._failures = 0
        self._attempted_at: datetime | None = None
        self._began = 0.0
        self._failure: Failure | None = None
        self._lasting: Failure | None = None
        self._retry_at = 0.0

    def begin(self) -> None:
        """A snapshot is being opened."""
        self._attempted_at = datetime.now(UTC)
        self._began = time.monotonic()

    def serve(self, snapshot: str) -> None:
        """It is served from now on. Every one but the first is a swap."""
        self._served, self._since = snapshot, datetime.now(UTC)
        self._swaps += 1

    def succeed(self) -> None:
        """What is published is served."""
        self._lasting = None

    def fail(self, failure: Failure) -> None:
        """The attempt failed. The log has a line for each failure, not for each attempt."""
        before, self._failure, self._lasting = self._lasting, failure, failure
        self._failures += 1
        now = time.monotonic()
        self._retry_at = now + max(RETRY_SECONDS, RETRY_TIMES * (now - self._began))
        if before is None or (before.snapshot, before.message) != (failure.snapshot, failure.message):
            log.error("%s", self.warning())

    def rests(self, named: str | None) -> bool:
        """Whether the published snapshot `named` is not worth trying yet, since it has just failed."""
        lasting = self._lasting
        if lasting is None or lasting.snapshot is None or lasting.snapshot != named:
            return False
        return time.monotonic() < self._retry_at

    def warning(self) -> str:
        """What an operator should look at; empty where nothing is wrong."""
        if self._lasting is None:
            return ""
        instead = f"{self._served} is served instead" if self._served else "nothing is served"
        return f"the published snapshot can't be served, {instead}: {self._lasting.message}"

    def status(self, open_now: tuple[str, ...], contents: Contents | None = None) -> Status:
        """Everything that is known; `open_now` is what is in memory, `contents` what the served snapshot holds."""
        return Status(
            self._served,
            self._since,
            open_now,
            max(0, self._swaps),
            self._attempted_at,
            self._failure,
            self.warning(),
            self._failures,
            contents,
        )
