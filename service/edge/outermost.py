"""The outermost layer of the service: what every response has, whichever route or error it comes from."""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from time import perf_counter
from typing import Any
from urllib.parse import unquote

from service.access.callers import Caller
from service.contracts.answers import Problem
from service.edge import page_policies
from service.edge.openai_errors import rendered
from service.edge.problems import internal, problem
from service.edge.stopping import DETAIL
from service.errors import ServiceError, ShuttingDown
from service.logs import LOGGER, REQUEST

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = "request_id"
CALLER = "caller"
"""In `scope["state"]`: the `Caller` of the request, or the `ServiceError` for want of one."""
PROBLEM = "problem"
"""In `scope["state"]`: the type of the problem that the request met, once that is known."""
RESPONSE_HEADERS = "response_headers"
"""In `scope["state"]`: headers (name to value) that the response gets, whatever becomes of the request."""

_WHOLE_ADDRESS = re.compile(rb"https?://([^/]*)(/.*)?", re.IGNORECASE)
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
UNMATCHED = "unmatched"
"""The route of a request that no route is for."""
OTHER = "other"
"""Stands for a method that is none of `METHODS`: logs, metrics and traces have no word that a client makes up."""

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
    page_policies.HEADER.lower().encode(): page_policies.NO_PAGE.encode(),
}
"""What a response has unless its route sets the header itself."""

logger = logging.getLogger(LOGGER)


class Edge:
    """Gives each request an id, each response its headers, and the log a line; serves HEAD as GET without the body.

    The id is the client's `X-Request-Id` where that is 1 to 64 letters, digits, dots, dashes and underscores, else a
    new one. It is found in `scope["state"]`.
    """

    def __init__(self, app: App, paths: Collection[str] = (), *, texts: bool = False) -> None:
        """`paths` are those that are served and have no parameter. With `texts`, the log has every path as it came."""
        self._app = app
        self._paths = frozenset(paths)
        self._texts = texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _address_here(scope)
        response = _Response(send, _request_id(scope), scope["path"], head=scope["method"] == "HEAD")
        scope.setdefault("state", {}).update({REQUEST_ID: response.request_id, RESPONSE_HEADERS: response.headers})
        # Each request has a task of its own, so that this is set for nothing else.
        REQUEST.set(response.request_id)
        method = known_method(scope)
        if response.head:
            scope["method"] = "GET"
        started = perf_counter()
        try:
            await self._app(scope, receive, response.send)
        except ServiceError as error:
            await response.send_problem(problem(error, response.request_id), error.headers)
        except asyncio.CancelledError:
            # The server's doing when its time to stop is over; it would say "Internal Server Error".
            if response.has_begun:
                raise
            await response.send_problem(problem(ShuttingDown(DETAIL), response.request_id))
        except Exception:
            # Raised again it would go to the server, which logs what it says and answers in plain text.
            logger.exception("failed")
            await response.send_problem(internal(response.request_id))
        finally:
            milliseconds = round((perf_counter() - started) * 1000, 1)
            line = {"method": method, "path": self._shown(scope, response)}
            fields = {**line, "status": response.status, "ms": milliseconds, **_client(scope)}
            logger.info("request", extra={"fields": fields})

    def _shown(self, scope: Scope, response: _Response) -> str:
        """The path for the log: what a client makes up may be a question, so only where something is there."""
        template = scope.get("path_template") or UNMATCHED
        found = "{" in template and response.status < 400
        return response.path if self._texts or found or response.path in self._paths else template


class _Response:
    """One response on its way out. `status` is 499 until one is sent: the client left, or the service was stopped."""

    def __init__(self, send: Send, request_id: str, path: str, *, head: bool) -> None:
        self.request_id = request_id
        self.path = path
        self.head = head
        self.status = 499
        self.headers: dict[str, str] = {}
        self._send = send

    @property
    def has_begun(self) -> bool:
        """Whether the client got its status."""
        return self.status != 499

    async def send(self, message: Message) -> None:
        """Pass a message on, with what every response has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._headers(message.get("headers", ()))}
        elif self.head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def send_problem(self, document: Problem, headers: Mapping[str, str] | None = None) -> None:
        """End as a problem. Where a response has begun already, the server cuts the connection instead."""
        if self.has_begun:
            return
        self.headers.update(headers or {})
        body, media_type = rendered(self.path, document)
        kind = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": document.status, "headers": kind})
        await self.send({"type": "http.response.body", "body": body})

    def _headers(self, given: Any) -> list[tuple[bytes, bytes]]:
        headers = [(name.lower(), value) for name, value in given]
        added = {name.lower().encode(): value.encode() for name, value in self.headers.items()}
        present = {name for name, _ in headers}
        headers += [(name, value) for name, value in {**HEADERS, **added}.items() if name not in present]
        return [*map(_with_head, _varied(headers)), (b"x-request-id", self.request_id.encode())]


def known_method(scope: Scope) -> str:
    """The request's method, or `OTHER`."""
    method: str = scope["method"]
    return method if method in METHODS else OTHER


def _varied(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """`Vary` names the origin beside what the route named: pages of some origins may read what others may not."""
    by = [value for name, value in headers if name == b"vary"]
    return [*(header for header in headers if header[0] != b"vary"), (b"vary", b", ".join([*by, b"Origin"]))]


def _with_head(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """`Allow` names HEAD beside GET: the routes don't know that they serve it."""
    name, value = header
    if name != b"allow":
        return header
    methods = set(value.decode().replace(" ", "").split(","))
    return name, ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods)).encode()


def _address_here(scope: Scope) -> None:
    """Take a whole address for a target apart: that has to be accepted, and goes before `Host` (RFC 9112, 3.2.2)."""
    whole = None if scope["path"].startswith("/") else _WHOLE_ADDRESS.fullmatch(scope["raw_path"])
    if whole is None:
        return
    host, path = whole[1], whole[2] or b"/"
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    scope.update(raw_path=path, path=unquote(path.decode("ascii")), headers=[(b"host", host), *others])


def _client(scope: Scope) -> dict[str, str]:
    """Who asked, where that is known: the id of a key or an address, never a key."""
    caller = scope["state"].get(CALLER)
    return {"client": caller.name} if isinstance(caller, Caller) else {}


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.fullmatch(value):
            return str(value.decode())
    return uuid.uuid4().hex
