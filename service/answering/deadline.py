"""The time that an answer has, from its request to its last word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from service.errors import DeadlineExceeded

T = TypeVar("T")


async def within(seconds: float, items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """`items`, all of them within `seconds` from the first call. Raises `DeadlineExceeded`, and closes `items` always.

    The time counts only while an item is waited for, by the task that does: a timeout around a `yield` would cancel
    whatever the reader is doing when it runs out.
    """
    end = asyncio.get_running_loop().time() + seconds
    async with aclosing(items):
        while True:
            timeout = asyncio.timeout_at(end)
            try:
                async with timeout:
                    item = await anext(items)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                if not timeout.expired():
                    raise
                raise DeadlineExceeded(f"The answer was not there within {seconds:g} s.") from error
            yield item
