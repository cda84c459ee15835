"""Counting a request before its body is read."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from service.client_address import Sender
from service.door import SENDER
from service.edge import RESPONSE_HEADERS
from service.limiting import COUNTED, Limiter
from service.routes.access import Needs, caller


async def within_limits(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of all routes: it counts for those that take the scope `ask` or `search`.

    Whatever the response is, it tells how the caller stands. Raises `RateLimited`, and what `caller` raises.
    """
    if not counts(handler):
        return
    state = connection.scope["state"]
    sender: Sender = state[SENDER]
    limiter: Limiter = connection.app.state.limiter
    state[RESPONSE_HEADERS].update(await limiter.count(caller(connection), local=sender.local))


def counts(handler: BaseRouteHandler) -> bool:
    """Whether requests to the handler count."""
    return any(isinstance(guard, Needs) and not COUNTED.isdisjoint(guard.scopes) for guard in handler.guards or ())
