"""Who may do what. The one place that decides it, whatever protocol a request comes by."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from service.access.key_file import KeyFile
from service.access.keys import SCOPES, Key, Scope, hash_of, looks_like_one
from service.client_address import subnet
from service.errors import AdministrationOff, Forbidden, OriginRefused, SettingsError, Unauthorized
from service.setting_checks import KEY_CHARACTERS
from service.settings import Settings

Kind = Literal["anonymous", "key", "site"]
Page = Literal["none", "own", "foreign"]

CREATE = "scripts/keys.py create NAME"
_SEND = "Send it as Authorization: Bearer <key>."
_OPEN: frozenset[Scope] = frozenset({"ask", "search"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and what they may do.

    `name` is the id of the key, or the address of a caller without one. `address` is where the request came from.
    `per_minute` and `per_day` are the requests that the key allows, None where it leaves that to the settings.
    `origins` are the foreign origins whose pages may use the key.
    """

    name: str
    kind: Kind
    scopes: frozenset[Scope]
    address: str = ""
    per_minute: int | None = None
    per_day: int | None = None
    origins: frozenset[str] = frozenset()

    @property
    def share(self) -> str:
        """Who gets one fair share of the service: a key, each visitor of a site's pages, each caller without a key.

        The last two by address, of IPv6 by network: a caller there has as many addresses as they like.
        """
        match self.kind:
            case "key":
                return self.name
            case "site":
                return f"{self.name} {subnet(self.address)}"
            case "anonymous":
                return subnet(self.address)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows of who sent it.

    `keys` and `site_keys` are what was sent as an API key and as a site key. `page` tells whether a web page sent the
    request, and whether that is one of the service; `origin` is the page's, empty where it is not told. `reads` says
    that the method is safe. `local` says that a program of this machine sent it, and no proxy passed it on.
    """

    keys: tuple[bytes, ...] = ()
    site_keys: tuple[bytes, ...] = ()
    page: Page = "none"
    origin: str = ""
    reads: bool = False
    local: bool = True


class Access:
    """Who is let in, by the settings and by the keys as they are now."""

    def __init__(self, settings: Settings) -> None:
        self._host = settings.host
        self._local = is_loopback(settings.host)
        self._anonymous = settings.anonymous
        self._admin_key = settings.admin_key
        self._file = KeyFile(settings.keys)

    def caller(self, shown: Credentials, address: str) -> Caller:
        """Who sent the request. Raises `Unauthorized`, `OriginRefused`, `KeysUnavailable`."""
        found = self._found(shown, address)
        if shown.page == "foreign" and not shown.reads and found.kind != "site":
            raise OriginRefused(
                "The page that sent this belongs to another site, which takes a site key for its origin."
            )
        return found

    def require(self, caller: Caller, *scopes: Scope) -> None:
        """Raise unless `caller` has one of `scopes`: `Unauthorized` where a key would help, else `Forbidden`.

        `AdministrationOff` where the scope `admin` is missing and nobody has it.
        """
        if not caller.scopes.isdisjoint(scopes):
            return
        if "admin" in scopes and not self.is_administered():
            raise AdministrationOff(
                f"Set FUNDSTELLE_ADMIN_KEY to a key of at least {KEY_CHARACTERS} characters and restart the service, "
                f"or make a key with {CREATE} --scope admin. {_SEND}"
            )
        wanted = " or ".join(scopes)
        if caller.kind == "anonymous":
            raise Unauthorized(f"This takes a key with the scope {wanted}. {_SEND}")
        raise Forbidden(f"This takes the scope {wanted}; the key {caller.name} has {', '.join(sorted(caller.scopes))}.")

    def origins(self) -> frozenset[str]:
        """The foreign origins whose pages may use one site key or another. Raises `KeysUnavailable`."""
        return frozenset(origin for key in self._file.current().active(_now()) for origin in key.origins)

    def is_administered(self) -> bool:
        """Whether there is a key that may administer. Raises `KeysUnavailable`."""
        return bool(self._admin_key) or any("admin" in key.scopes for key in self._file.current().active(_now()))

    def needs_key(self) -> bool:
        """Whether nobody may ask without a key, not even a program of this machine."""
        return not self._without_key(Credentials())

    def problem(self) -> str:
        """Why nobody is let in, for whoever runs the service; empty where all is well."""
        return self._file.problem()

    def check(self) -> None:
        """Raise `SettingsError` where the keys can't be read, or where nobody could ask."""
        if self.problem():
            raise SettingsError(f"the keys can't be read: {self.problem()}")
        if self.needs_key() and not self._has_keys():
            why = "FUNDSTELLE_ANONYMOUS is never" if self._local else f"others can reach {self._host}"
            raise SettingsError(
                f"{why} and there is no key: make one with {CREATE}, or set FUNDSTELLE_ANONYMOUS=allowed to let "
                "everybody ask and read without one"
            )

    def _found(self, shown: Credentials, address: str) -> Caller:
        keys = self._file.current()
        given = _one_key(shown)
        open_to_all = self._without_key(shown)
        if not given:
            return Caller(address, "anonymous", open_to_all, address)
        if key := keys.find(given, _now()):
            _check_use(key, shown)
            scopes, origins = frozenset(key.scopes), frozenset(key.origins)
            return Caller(key.id, key.kind, scopes, address, key.per_minute, key.per_day, origins)
        if not shown.site_keys and self._is_admin_key(given):
            return Caller("admin", "key", frozenset(SCOPES), address)
        # Clients of other services can't do without a key and send any: it is ignored where no key means anything.
        if looks_like_one(given) or not open_to_all or self._has_keys():
            raise Unauthorized(f"The key is not valid: it is wrong, revoked or expired. {_SEND}")
        return Caller(address, "anonymous", open_to_all, address)

    def _without_key(self, shown: Credentials) -> frozenset[Scope]:
        """What a caller without a key may do."""
        if self._local and self._anonymous != "never" and shown.local:
            return _OPEN | {"metrics"}
        return _OPEN if self._anonymous == "allowed" else frozenset()

    def _is_admin_key(self, given: bytes) -> bool:
        expected = (self._admin_key or "").encode()
        return bool(expected) and hmac.compare_digest(hash_of(given), hash_of(expected))

    def _has_keys(self) -> bool:
        return bool(self._admin_key) or any(self._file.current().active(_now()))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a service that listens on `host`. A name but `localhost` may be anything."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _one_key(shown: Credentials) -> bytes:
    """The key that was sent, the more particular header first; empty where there is none."""
    given = [key for key in shown.site_keys or shown.keys if key]
    if len(given) > 1:
        raise Unauthorized("More than one key was sent: send one.")
    return given[0] if given else b""


def _check_use(key: Key, shown: Credentials) -> None:
    """Raise where the key is not sent the way that its kind is."""
    if key.kind == "key":
        if shown.site_keys:
            raise Unauthorized(f"This is no site key and must not be on a web page. {_SEND}")
    elif shown.page == "foreign" and shown.origin not in key.origins:
        raise OriginRefused("The site key does not work on pages of this origin.")
    elif shown.page == "none" and not shown.reads:
        raise OriginRefused("A site key works in web pages only: a program takes an API key.")


def _now() -> datetime:
    return datetime.now(UTC)
