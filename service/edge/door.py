"""What every request passes before it is routed: whether it was sent to a name of the service, and who sent it.

Afterwards the request says so itself, as if no proxy stood between: its client, its scheme and its `Host`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from ipaddress import ip_address

from service.access.callers import is_loopback
from service.allowed_hosts import ANY, AllowedHosts, host_name, host_patterns, only_host
from service.client_address import FORWARDING, Headers, Proxies, Sender, networks
from service.edge.outermost import RESPONSE_HEADERS, App, Receive, Scope, Send
from service.errors import BadRequest, HostNotAllowed
from service.logs import LOGGER
from service.settings import Settings

SENDER = "sender"
"""In `scope["state"]`: the `Sender` of the request."""

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""What is allowed where nothing is set and only this machine can ask. Others ask by names that nobody here knows."""

PROBES = frozenset({"/healthz", "/readyz"})
"""Asked by whatever name: an orchestrator knows a process by the address that it has just been given."""

DOOR_ERRORS = (BadRequest, HostNotAllowed)
"""What a request may be refused for at the door, wherever it was going."""

logger = logging.getLogger(LOGGER)


class Door:
    """Lets in what was sent to an allowed name, and finds out who sent it. For others it raises; the edge answers."""

    def __init__(self, app: App, hosts: AllowedHosts, proxies: Proxies) -> None:
        self._app = app
        self._hosts = hosts
        self._proxies = proxies
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises `HostNotAllowed`, and `BadRequest` for a bad `Host` or a body of two lengths."""
        if scope["type"] == "http":
            self._admit(scope)
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> None:
        headers: Headers = scope["headers"]
        _check_length(scope, headers)
        peer = scope["client"][0] if scope.get("client") else ""
        sender = self._proxies.sender(peer, headers)
        if scope["path"] not in PROBES:
            self._check(_host(headers))
            if sender.host is not None:
                self._check(sender.host)
        self._warn_of_an_unknown_proxy(peer, sender, headers)
        scope.setdefault("state", {})[SENDER] = sender
        _rewrite(scope, peer, sender)

    def _check(self, host: str | None) -> None:
        """A page of a foreign name can send any `X-Forwarded-Host`: allowing that alone would let it in."""
        if host is None and self._hosts.any:
            return
        try:
            name = host_name(host or "")
        except ValueError as error:
            raise BadRequest(f"The request's Host can't be read: {error}.") from error
        if name not in self._hosts:
            raise HostNotAllowed(
                f"This service is not asked as {name}. Where that is right, FUNDSTELLE_ALLOWED_HOSTS has to name it."
            )

    def _warn_of_an_unknown_proxy(self, peer: str, sender: Sender, headers: Headers) -> None:
        """Only of one nearby, and once: anybody can send such a header."""
        if self._warned or sender.address != peer or not any(name in FORWARDING for name, _ in headers):
            return
        if _is_nearby(peer) and not self._proxies.trusts(peer):
            self._warned = True
            logger.warning(
                "all clients of a proxy count as one, because FUNDSTELLE_TRUSTED_PROXIES does not name it",
                extra={"fields": {"proxy": peer}},
            )


def door(app: App, settings: Settings) -> Door:
    """The door that `settings` describe, in front of `app`."""
    trusted = networks(settings.trusted_proxies or "")
    return Door(app, AllowedHosts(_allowed(settings)), Proxies(trusted, settings.forwarded_header))


def _allowed(settings: Settings) -> Collection[str]:
    if settings.allowed_hosts is not None:
        return host_patterns(settings.allowed_hosts)
    if not is_loopback(settings.host):
        return (ANY,)
    return {*LOOPBACK_NAMES, host_name(f"[{settings.host}]" if ":" in settings.host else settings.host)}


def _check_length(scope: Scope, headers: Headers) -> None:
    """A proxy and the service that go by another one of two lengths would begin the next request at another byte."""
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in headers}:
        scope["state"][RESPONSE_HEADERS]["Connection"] = "close"
        raise BadRequest("The request has a Content-Length beside a Transfer-Encoding: send one of them.")


def _host(headers: Headers) -> str | None:
    try:
        return only_host([value for name, value in headers if name == b"host"])
    except ValueError as error:
        raise BadRequest(f"The request's Host can't be read: {error}.") from error


def _is_nearby(peer: str) -> bool:
    try:
        return ip_address(peer).is_private
    except ValueError:
        return False


def _rewrite(scope: Scope, peer: str, sender: Sender) -> None:
    """Have the scope tell of the sender where it told of the last proxy."""
    if sender.address != peer:
        scope["client"] = (sender.address, 0)
    if sender.scheme is not None:
        scope["scheme"] = sender.scheme
    if sender.host is not None:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope["headers"] = [(b"host", sender.host.encode("latin-1")), *others]
