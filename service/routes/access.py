"""Who asks, for handlers; and the guard of every route that not everybody may use."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from service.access import SCOPES, Caller, Scope, require
from service.errors import Forbidden, Unauthorized
from service.settings import Settings

CALLER = "caller"
ACCESS_ERRORS = (Unauthorized, Forbidden)
"""What a guarded route may refuse before its handler runs; for the `errors` of its `opt`."""


@dataclass(frozen=True)
class Needs:
    """A guard that lets callers pass who have one of `scopes`. Litestar runs it before it reads a body."""

    scopes: tuple[Scope, ...]

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Raises `Unauthorized`, `Forbidden`, `AdministrationOff`."""
        settings: Settings = connection.app.state.settings
        require(caller(connection), *self.scopes, administered=settings.admin_key is not None)


def needs(*scopes: Scope) -> Needs:
    """The guard of a route that takes one of `scopes`."""
    return Needs(scopes)


def caller(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Who sent the request. The same for all of it, however often this is asked."""
    state = connection.scope.setdefault("state", {})
    if CALLER not in state:
        state[CALLER] = _identified(connection)
    found: Caller = state[CALLER]
    return found


def _identified(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    settings: Settings = connection.app.state.settings
    address = connection.client.host if connection.client else ""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    if settings.admin_key and scheme.lower() == "bearer":
        if not _same(given.strip(), settings.admin_key):
            raise Unauthorized("The key is not known.")
        return Caller("admin", "key", frozenset(SCOPES), address)
    return Caller(address, "anonymous", frozenset({"ask", "search", "metrics"}), address)


def _same(given: str, expected: str) -> bool:
    """Compares hashes, in constant time: how long it takes tells neither how much is right nor how long the key is."""
    return hmac.compare_digest(*(hashlib.sha256(key.encode("utf-8", "replace")).digest() for key in (given, expected)))
