"""Who may administer: whoever has the admin key. The one place that decides it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from service.errors import AdministrationOff, Unauthorized
from service.settings import KEY_CHARACTERS, Settings


def admin_only(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard, which Litestar runs before it reads a body. Raises `AdministrationOff`, `Unauthorized`."""
    del handler
    settings: Settings = connection.app.state.settings
    if settings.admin_key is None:
        raise AdministrationOff(
            f"Set FUNDSTELLE_ADMIN_KEY to a key of at least {KEY_CHARACTERS} characters, restart the service, and send "
            "the key as Authorization: Bearer <key>."
        )
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _same(given.strip(), settings.admin_key):
        raise Unauthorized("Send the admin key as Authorization: Bearer <key>.")


def _same(given: str, expected: str) -> bool:
    """Compares hashes, in constant time: how long it takes tells neither how much is right nor how long the key is."""
    return hmac.compare_digest(*(hashlib.sha256(key.encode("utf-8", "replace")).digest() for key in (given, expected)))
