"""The layer that counts requests, inside the edge and around everything that may refuse one."""

from __future__ import annotations

from time import perf_counter

from service.edge import PROBLEM, App, Message, Receive, Scope, Send
from service.errors import ServiceError
from service.metrics import UNMATCHED, Metrics


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
            if response.status == 499:
                response.status, scope["state"][PROBLEM] = _answered(error)
            raise
        finally:
            # The router names the route in the scope, where it finds one.
            route = scope.get("path_template") or UNMATCHED
            seconds = perf_counter() - started
            problem = scope["state"].get(PROBLEM, "")
            self._metrics.end_request(route, scope["method"], response.status, seconds, problem)


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


def _answered(error: Exception) -> tuple[int, str]:
    """The status and the type of the problem that the edge makes of `error`."""
    kind = type(error) if isinstance(error, ServiceError) else ServiceError
    return kind.status, kind.type
