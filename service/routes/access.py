"""Who asks, for handlers; and the guard of every route that not everybody may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from service.access.callers import Access, Caller
from service.access.keys import Scope
from service.access.limiting import COUNTED
from service.edge.outermost import CALLER
from service.errors import Forbidden, KeysUnavailable, OriginRefused, ServiceError, Unauthorized
from service.routes.limited import count

ACCESS_ERRORS = (Unauthorized, Forbidden, OriginRefused, KeysUnavailable)
"""What a guarded route may refuse before its handler runs; for the `errors` of its `opt`."""


@dataclass(frozen=True)
class Needs:
    """A guard that counts what is to be counted and lets callers pass who have one of `scopes`.

    Litestar runs it before it reads a body. It copies the whole handler for each guard, so that one does both.
    """

    scopes: tuple[Scope, ...]

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Raises what `caller` and `Access.require` raise, and `RateLimited`."""
        access: Access = connection.app.state.access
        found = caller(connection)
        access.require(found, *self.scopes)
        if self.counts:
            await count(connection, found)

    @property
    def counts(self) -> bool:
        """Whether requests count."""
        return not COUNTED.isdisjoint(self.scopes)


def needs(*scopes: Scope) -> Needs:
    """The guard of a route that takes one of `scopes`."""
    return Needs(scopes)


def caller(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Who sent the request. Raises what `Access.caller` raised."""
    found: Caller | ServiceError = connection.scope["state"][CALLER]
    if isinstance(found, ServiceError):
        raise found
    return found
