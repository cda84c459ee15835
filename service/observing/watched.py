"""The layer that counts and traces requests, inside the edge and around everything that may refuse one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Protocol

from service.edge.outermost import PROBLEM, UNMATCHED, App, Message, Receive, Scope, Send, known_method
from service.errors import ServiceError
from service.observing.metrics import Metrics

Answered = Callable[[str, int, str], None]
"""Told of the response to a request: its route's template, its status, and the type of the problem that it is."""


class RequestTraces(Protocol):
    """Where the spans of requests come from."""

    def request(self, scope: Scope) -> AbstractContextManager[Answered]:
        """The span of a request, for as long as the block lasts."""
        ...


class Watched:
    """Tells `metrics`, and `traces` where there are any, of each request and of its response."""

    def __init__(self, app: App, metrics: Metrics, traces: RequestTraces | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._traces.request(scope) if self._traces else nullcontext(_untold) as answered:
            await self._serve(scope, receive, send, answered)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, answered: Answered) -> None:
        response = _Response(send)
        self._metrics.begin_request()
        started = perf_counter()
        try:
            await self._app(scope, receive, response.send)
        except Exception as error:
            if response.status == 499:
                response.status, scope["state"][PROBLEM] = _answered(error)
            raise
        finally:
            # The router names the route in the scope, where it finds one.
            route = scope.get("path_template") or UNMATCHED
            seconds = perf_counter() - started
            problem = scope["state"].get(PROBLEM, "")
            self._metrics.end_request(route, known_method(scope), response.status, seconds, problem)
            answered(route, response.status, problem)


class _Response:
    """One response on its way out. `status` is 499 until one is sent: the client left, or the service was stopped."""

    def __init__(self, send: Send) -> None:
        self.status = 499
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _untold(route: str, status: int, problem: str) -> None:
    """Where there are no traces."""


def _answered(error: Exception) -> tuple[int, str]:
    """The status and the type of the problem that the edge makes of `error`."""
    kind = type(error) if isinstance(error, ServiceError) else ServiceError
    return kind.status, kind.type
