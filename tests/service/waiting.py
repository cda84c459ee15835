"""Waiting until something is so. A minute only guards against hanging: the machine may be busy with something else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

A_MINUTE = 60.0


def until(happens: Callable[[], bool], seconds: float = A_MINUTE) -> None:
    """Return as soon as it happens."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


async def eventually(happens: Callable[[], bool], seconds: float = A_MINUTE) -> None:
    """The same, while the event loop goes on."""
    async with asyncio.timeout(seconds):
        while not happens():
            await asyncio.sleep(0.002)
