"""The layer that counts requests, inside the edge and around everything that may refuse one."""

from __future__ import annotations

import re
from time import perf_counter

from service.edge import App, Message, Receive, Scope, Send
from service.errors import ServiceError
from service.metrics import OTHER, UNMATCHED, Metrics
from service.problems import TYPE_PREFIX, served_errors

_TYPE = re.compile(rb'"type":"' + TYPE_PREFIX.encode() + rb'([a-z-]+)"')
_TYPES = frozenset(kind.type for kind in served_errors())
_WITHIN = 200
"""Bytes in which a problem document names its type."""


class Watched:
    """Tells `metrics` of each request: its route's template, method, status, seconds, and which problem it met."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        response = _Response(send)
        self._metrics.begin_request()
        started = perf_counter()
        try:
            await self._app(scope, receive, response.send)
        except Exception as error:
            response.fail(error)
            raise
        finally:
            # The router names the route in the scope, where it finds one.
            route = scope.get("path_template") or UNMATCHED
            seconds = perf_counter() - started
            self._metrics.end_request(route, scope["method"], response.status, seconds, response.problem)


class _Response:
    """One response on its way out. `status` is 499 until one is sent: the client left, or the service was stopped."""

    def __init__(self, send: Send) -> None:
        self.status = 499
        self.problem = ""
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif self.status >= 400 and not self.problem:
            self.problem = _problem(message.get("body", b""))
        await self._send(message)

    def fail(self, error: Exception) -> None:
        """The edge will answer with `error` as a problem, where nothing was sent yet."""
        if self.status == 499:
            kind = type(error) if isinstance(error, ServiceError) else ServiceError
            self.status, self.problem = kind.status, kind.type


def _problem(body: bytes) -> str:
    found = _TYPE.search(body[:_WITHIN])
    if found is None:
        return ""
    kind = found[1].decode()
    return kind if kind in _TYPES else OTHER
