"""Who may do what. The one place that decides it, whatever protocol the request comes by."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal, get_args

from service.errors import AdministrationOff, Forbidden, Unauthorized
from service.settings import KEY_CHARACTERS

Scope = Literal["ask", "search", "metrics", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
Kind = Literal["anonymous", "key", "site"]

HOW_TO_SEND = "Send a key as Authorization: Bearer <key>."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and what they may do.

    `name` is the id of the key, or the address of a caller without one. `address` is where the request came from.
    `per_minute` and `per_day` are the requests that the key allows, None where it leaves that to the settings.
    """

    name: str
    kind: Kind
    scopes: frozenset[Scope]
    address: str = ""
    per_minute: int | None = None
    per_day: int | None = None

    @property
    def share(self) -> str:
        """Who gets one fair share of the service: a key, or each visitor of the pages that have one site key."""
        return f"{self.name} {self.address}" if self.kind == "site" else self.name


def require(caller: Caller, *scopes: Scope, administered: bool = True) -> None:
    """Raise unless `caller` has one of `scopes`: `Unauthorized` where a key would help, else `Forbidden`.

    Where nobody has the scope `admin` (not `administered`) and that is what is asked for, `AdministrationOff`.
    """
    if not caller.scopes.isdisjoint(scopes):
        return
    wanted = " or ".join(scopes)
    if not administered and "admin" in scopes:
        raise AdministrationOff(
            f"Set FUNDSTELLE_ADMIN_KEY to a key of at least {KEY_CHARACTERS} characters and restart the service, or "
            "make a key with scripts/keys.py create NAME --scope admin; send it as Authorization: Bearer <key>."
        )
    if caller.kind == "anonymous":
        raise Unauthorized(f"This takes a key with the scope {wanted}. {HOW_TO_SEND}")
    raise Forbidden(f"This takes a key with the scope {wanted}; {caller.name} has {', '.join(sorted(caller.scopes))}.")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a service that listens on `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
