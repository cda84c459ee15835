"""Open-loop load: when each request is to be sent is fixed beforehand, and its time counts from then.

A client that waits for each response before it sends the next request would send fewer of them just when the service
is slow, and leave out what is to be measured.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from itertools import accumulate
from typing import Any


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """Seconds from the beginning at which requests are sent: `rate` a second on average, at random (Poisson)."""
    chosen = random.Random(seed)  # noqa: S311 - moments, not keys
    return list(accumulate(chosen.expovariate(rate) for _ in range(round(rate * seconds))))


TICK = 0.001
"""Seconds. The event loop sleeps whole ones, rounded up: the rest of the way to a moment is gone awake."""


async def sent(moments: Sequence[float], send: Callable[[int, float], Coroutine[Any, Any, None]]) -> None:
    """Call `send` at each of `moments` with its number and the time of the loop that it was meant for; wait for all."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number, moment in enumerate(moments):
            meant = began + moment
            await asyncio.sleep(max(0.0, meant - loop.time() - TICK))
            while loop.time() < meant:
                await asyncio.sleep(0)
            group.create_task(send(number, meant))
