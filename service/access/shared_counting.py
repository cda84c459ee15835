"""Counting requests in Redis, so that several processes and hosts have one count. The only file that imports redis.

Where Redis fails, each process counts by itself: a limit then holds in each of them, callers are served on, and the log
and /readyz say so. The windows are Redis' own, so the clocks of the hosts need not agree.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, cast

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError

from service.access.counting import Claim, LocalCounts, Standing, take
from service.logs import LOGGER

SECONDS = 0.5
"""That counting may take, after which Redis counts as down."""
WATCH_SECONDS = 1.0
"""Between looks whether Redis is there."""
CONNECTIONS = 16
PREFIX = "fundstelle"
_LOOK = Claim("look", RateLimitItemPerMinute(1_000_000, namespace=""))

logger = logging.getLogger(LOGGER)


class SharedCounts:
    """Counts in Redis, and meanwhile in this process where Redis does not answer."""

    def __init__(self, url: str) -> None:
        # Connections that Redis has closed meanwhile, by a restart, are opened anew once; nothing is waited for.
        retry = Retry(NoBackoff(), 1, supported_errors=(NotConnected,))
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=SECONDS,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=retry,
        )
        self._client = Redis.from_pool(self._pool)
        storage = RedisStorage(
            f"async+{url}", implementation="redispy", key_prefix=PREFIX, connection_pool=cast(Any, self._pool)
        )
        self._windows = SlidingWindowCounterRateLimiter(storage)
        self._local = LocalCounts()
        self._down = False

    async def take(self, claims: Sequence[Claim]) -> list[Standing]:
        """See `Counts`. Does not ask Redis while it is known to be down."""
        if not self._down:
            try:
                async with asyncio.timeout(SECONDS):
                    return await take(self._windows, claims)
            except (RedisError, OSError) as error:
                self._lost(error)
        return await self._local.take(claims)

    def warning(self) -> str:
        """That callers are counted by each process."""
        return "Redis does not answer: limits hold in each process by itself" if self._down else ""

    async def watch(self) -> None:
        """Look whether Redis counts, also while nobody asks, until cancelled.

        One that is full or a replica answers and does not count: to ask whether it is there would not do.
        """
        while True:
            try:
                async with asyncio.timeout(SECONDS):
                    await take(self._windows, (_LOOK,))
            except (RedisError, OSError) as error:
                self._lost(error)
            else:
                self._found()
            await asyncio.sleep(WATCH_SECONDS)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _lost(self, error: Exception) -> None:
        if not self._down:
            self._down = True
            fields = {"error": type(error).__name__, "detail": str(error)}
            logger.warning("Redis does not answer, limits hold in each process by itself", extra={"fields": fields})

    def _found(self) -> None:
        if self._down:
            self._down = False
            logger.info("Redis answers again, limits are shared")
