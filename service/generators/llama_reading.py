"""Has a llama.cpp server read a prompt a portion at a time, so that whoever leaves need not wait for the whole of it.

The server looks for a closed connection once a second, or when it has something to send, and has begun its next batch
by then. A portion is a request of its own, which ends by itself; what is read stays in the prompt cache.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

LEAST = 32
"""Tokens of a portion at least; a slow machine reads fewer much slower. docs/generators.md has the figures."""
SECONDS = 0.4
"""What reading a portion may take on a machine that reads more tokens than `LEAST` in it."""
KNOWN = 16
"""Prompts, or beginnings of them, of which it is known that the server has read them lately."""

Post = Callable[[str, object], Awaitable[bytes]]


class _Timings(msgspec.Struct, frozen=True):
    cache_n: int = 0


class _Completion(msgspec.Struct, frozen=True):
    timings: _Timings = _Timings()


class Reader:
    """Reads prompts with the server that `post` sends a path and a body to. `clock` tells seconds."""

    def __init__(self, post: Post, clock: Callable[[], float] = time.perf_counter) -> None:
        self._post = post
        self._clock = clock
        self._portion = LEAST
        self._known: deque[list[int]] = deque(maxlen=KNOWN)

    async def read(self, tokens: list[int]) -> int | None:
        """Read `tokens` but for the last portion; how many of them the server knew, None where it was not asked.

        Raises what `post` raises.
        """
        done = max((_common(known, tokens) for known in self._known), default=0)
        cached = None
        try:
            while len(tokens) - done > self._portion:
                end = done + self._portion
                began = self._clock()
                found = await self._part(tokens[:end])
                self._learn(end - found, self._clock() - began)
                cached = found if cached is None else cached
                done = end
        finally:
            self._known.append(tokens[:done])
        return cached

    def remember(self, tokens: list[int]) -> None:
        """Keep that the server has read all of `tokens`."""
        self._known.append(tokens)

    def _learn(self, count: int, seconds: float) -> None:
        """Take from a portion of which `count` tokens were new how many can be read in time."""
        if count >= LEAST:
            self._portion = max(LEAST, int(count / max(seconds, 1e-3) * SECONDS))

    async def _part(self, tokens: list[int]) -> int:
        """Have the server read `tokens`; how many it knew."""
        body = {"prompt": tokens, "n_predict": 0, "cache_prompt": True}
        return msgspec.json.decode(await self._post("/completion", body), type=_Completion).timings.cache_n


def _common(one: list[int], other: list[int]) -> int:
    """How many tokens two prompts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
