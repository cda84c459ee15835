"""Counting requests in sliding windows, in the memory of this process.

A window of 60 seconds that slides counts those of the current minute and of the one before, as much of it as still lies
in the last 60 seconds: two numbers a caller and limit, and no burst of twice the limit where two minutes meet.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import RateLimiter, SlidingWindowCounterRateLimiter

PLACES = 100_000
"""Windows that are kept, about 20 MB. Beyond that those that were left alone longest are forgotten."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One request of `who`, to be counted against `limit`."""

    who: str
    limit: RateLimitItem


@dataclass(frozen=True, slots=True)
class Standing:
    """How `claim` stands once counted: whether it was `granted`, what is left, and the seconds until more is."""

    claim: Claim
    granted: bool
    remaining: int
    reset: float


class Counts(Protocol):
    """Where requests are counted."""

    async def take(self, claims: Sequence[Claim]) -> list[Standing]:
        """Count one request against each claim in turn, up to the first that is not granted, which ends the list."""
        ...

    def warning(self) -> str:
        """What an operator should look at; empty where all is well."""
        ...

    async def watch(self) -> None:
        """Look after what counts, until cancelled."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class LocalCounts:
    """Counts of this process alone."""

    def __init__(self, places: int = PLACES, clock: Callable[[], float] = time.monotonic) -> None:
        self._windows = SlidingWindowCounterRateLimiter(BoundedStorage(places, clock))

    async def take(self, claims: Sequence[Claim]) -> list[Standing]:
        """See `Counts`."""
        return await take(self._windows, claims)

    def warning(self) -> str:
        """Nothing can go wrong."""
        return ""

    async def watch(self) -> None:
        """There is nothing to look after."""

    async def close(self) -> None:
        """There are no connections."""


async def take(windows: RateLimiter, claims: Sequence[Claim]) -> list[Standing]:
    """Count one request against each claim in turn, up to the first that is not granted, which ends the list."""
    standings: list[Standing] = []
    for claim in claims:
        granted = await windows.hit(claim.limit, claim.who)
        moment, remaining = await windows.get_window_stats(claim.limit, claim.who)
        reset = max(0.0, moment - time.time())
        # A window of Redis has just begun where none of it seems left: the rest of dividing its length by itself.
        standings.append(Standing(claim, granted, remaining, reset or (claim.limit.get_expiry() if granted else 0.0)))
        if not granted:
            break
    return standings


class BoundedStorage(MemoryStorage):
    """Storage of `limits` for sliding windows that costs the same however many callers there are, and has an end.

    The library's own looks at every key that it has whenever it counts: 13 ms a request with 50,000 of them.
    """

    def __init__(self, places: int, clock: Callable[[], float]) -> None:
        super().__init__()
        self._places = places
        self._clock = clock
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` in the window of `expiry` seconds, unless that would be more than `limit`."""
        window, share = self._at(key, expiry)
        if int(window.previous * share + window.current) + amount > limit:
            return False
        window.current += amount
        self._windows[key] = window
        self._windows.move_to_end(key)
        if len(self._windows) > self._places:
            self._windows.popitem(last=False)
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count before and seconds for which it still weighs, count now and seconds for which it will."""
        window, share = self._at(key, expiry)
        return window.previous, share * expiry if window.previous else 0.0, window.current, (1 + share) * expiry

    def _at(self, key: str, expiry: int) -> tuple[_Window, float]:
        """The window of now, and the share of the one before that is not over yet."""
        number, passed = divmod(self._clock(), expiry)
        window = self._windows.get(key) or _Window(int(number))
        window.move_to(int(number))
        return window, 1 - passed / expiry


@dataclass(slots=True)
class _Window:
    number: int
    previous: int = 0
    current: int = 0

    def move_to(self, number: int) -> None:
        if number != self.number:
            self.previous = self.current if number == self.number + 1 else 0
            self.current, self.number = 0, number
