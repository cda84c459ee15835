"""Counting a request before its body is read."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection

from service.access.callers import Caller
from service.access.limiting import Limiter
from service.client_address import Sender
from service.edge.door import SENDER
from service.edge.outermost import RESPONSE_HEADERS


async def count(connection: ASGIConnection[Any, Any, Any, Any], caller: Caller) -> None:
    """Count a request of `caller`. Whatever the response is, it tells how they stand. Raises `RateLimited`."""
    state = connection.scope["state"]
    sender: Sender = state[SENDER]
    limiter: Limiter = connection.app.state.limiter
    state[RESPONSE_HEADERS].update(await limiter.count(caller, local=sender.local))
