"""How soon a client sees what was found, before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from scripts.bench.load.figures import Figure, faults, spread
from scripts.bench.load.stand import Stand
from scripts.bench.load.wire import connected, events

PART = "sources"
SETTINGS: Mapping[str, str] = {"SLOTS": "1"}
IDLE_P50, BUSY_P50 = 80.0, 250.0
"""Milliseconds."""
READING, WRITING = 5.0, 5.0
"""Seconds of an answer of the fake model that another one is busy with. It takes no processor time; a real one does."""


async def measure(stand: Stand, times: int) -> list[Figure]:
    """`times` questions while the language model is idle, and as many while it is at another answer."""
    idle: list[float] = []
    wrong: list[str] = []
    for _ in range(times):
        idle.append(await _seconds(stand, wrong))
        await stand.idle()
    if stand.model:
        stand.model.speed.reading, stand.model.speed.writing = READING, WRITING
    async with _busy(stand):
        busy = [await _seconds(stand, wrong) for _ in range(times)]
    return [
        *spread(PART, "language model idle", idle, IDLE_P50),
        *spread(PART, "language model busy", busy, BUSY_P50),
        *faults(PART, wrong),
    ]


async def _seconds(stand: Stand, wrong: list[str]) -> float:
    """From the request of a new question to its sources; the client leaves then."""
    loop = asyncio.get_running_loop()
    async with connected(stand.port) as connection:
        asked = stand.stream()
        began = loop.time()
        response = await connection.until(asked, b"\n\n")
        took = loop.time() - began
    if response.status != 200 or events(response.body) != ["sources"]:
        wrong.append(f"status {response.status}, events {', '.join(events(response.body))}")
    return took


@asynccontextmanager
async def _busy(stand: Stand) -> AsyncGenerator[None, None]:
    """The language model is kept at one answer after the other."""
    asking = asyncio.create_task(_keep_asking(stand))
    try:
        await stand.until(model_running=1)
        yield
    finally:
        asking.cancel()
        await asyncio.wait({asking})


async def _keep_asking(stand: Stand) -> None:
    while True:
        async with connected(stand.port) as connection:
            await connection.exchange(stand.stream(stand.keys[0]))
