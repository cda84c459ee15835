"""How soon the language model is free of a client that leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from scripts.bench.load.figures import Figure, faults, percentile, spread
from scripts.bench.load.stand import Stand
from scripts.bench.load.wire import connected

PART = "leaving"
SETTINGS: Mapping[str, str] = {"SLOTS": "1"}
FREE_MS = 500.0
READING, WRITING = 1.5, 1.5
"""Seconds of an answer of the fake model."""
MOMENTS = {"while the model reads": 0.15, "while the model writes": 0.8}
"""Shares of the time of an answer. A real model that reads for longer than it writes is asked the same twice."""


async def measure(stand: Stand, times: int) -> list[Figure]:
    """Clients that leave, `times` in each state."""
    if stand.model:
        stand.model.speed.reading, stand.model.speed.writing = READING, WRITING
    whole = await _answer_seconds(stand)
    queued = [await _queued(stand) for _ in range(times)]
    found = _figures("queued", queued)
    for name, share in MOMENTS.items():
        found += _figures(name, [await _running(stand, share * whole) for _ in range(times)])
    return [*found, *faults(PART, stand.unforeseen())]


def _figures(what: str, seconds: list[float]) -> list[Figure]:
    longest = Figure(PART, f"{what}, longest", percentile(seconds, 1.0) * 1000, "ms", FREE_MS)
    return [*spread(PART, what, seconds), longest]


async def _answer_seconds(stand: Stand) -> float:
    """Seconds of a whole answer."""
    loop = asyncio.get_running_loop()
    async with connected(stand.port) as connection:
        began = loop.time()
        await connection.exchange(stand.stream())
        return loop.time() - began


async def _queued(stand: Stand) -> float:
    """Seconds after which the place in the queue is free of a client that has left."""
    await stand.idle()
    async with connected(stand.port) as first:
        await first.until(stand.stream(stand.keys[0]), b"\n\n")
        await stand.until(model_running=1)
        async with connected(stand.port) as second:
            await second.until(stand.stream(stand.keys[1]), b"\n\n")
            await stand.until(model_running=1, model_waiting=1)
        return await stand.until(model_waiting=0)


async def _running(stand: Stand, seconds: float) -> float:
    """Seconds after which the model is free of a client that has left so long after its sources."""
    await stand.idle()
    async with connected(stand.port) as connection:
        await connection.until(stand.stream(), b"\n\n")
        await stand.until(model_running=1)
        await asyncio.sleep(seconds)
    return await stand.until(model_running=0)
