"""How soon a client sees what was found, before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from scripts.bench.load.figures import Figure, faults, spread
from scripts.bench.load.stand import Stand
from scripts.bench.load.wire import SECONDS, connected, events

PART = "sources"
SETTINGS: Mapping[str, str] = {"SLOTS": "1"}
IDLE_P50, BUSY_P50 = 80.0, 250.0
"""Milliseconds."""
READING, WRITING = 5.0, 5.0
"""Seconds of an answer of the fake model that another one is busy with. It takes no processor time; a real one does."""

QUIET = 0.2
"""Seconds after an answer in which nothing of it is left to be done: it is written down behind its client's back."""


async def measure(stand: Stand, times: int) -> list[Figure]:
    """`times` questions while the language model is idle, and as many while it is at another answer."""
    idle: list[float] = []
    wrong: list[str] = []
    for _ in range(times):
        idle.append(await _seconds(stand, wrong, whole=True))
        await asyncio.sleep(QUIET)
    if stand.model:
        stand.model.speed.reading, stand.model.speed.writing = READING, WRITING
    async with _busy(stand):
        busy = [await _seconds(stand, wrong, whole=False) for _ in range(times)]
    return [
        *spread(PART, "language model idle", idle, IDLE_P50),
        *spread(PART, "language model busy", busy, BUSY_P50),
        *faults(PART, wrong),
    ]


async def _seconds(stand: Stand, wrong: list[str], *, whole: bool) -> float:
    """From the request of a new question to its sources; the client leaves then unless it wants the `whole` answer."""
    loop = asyncio.get_running_loop()
    async with connected(stand.port) as connection, asyncio.timeout(SECONDS):
        asked = stand.stream()
        began = loop.time()
        head = await connection.head(asked)
        pieces = connection.pieces(head)
        first = await anext(pieces)
        took = loop.time() - began
        if whole:
            async for _ in pieces:
                pass
        await pieces.aclose()
    if head.status != 200 or events(first) != ["sources"]:
        wrong.append(f"status {head.status}, events {', '.join(events(first))}")
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
