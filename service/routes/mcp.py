"""The tools for language models, over the Model Context Protocol. Guards are the service's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from litestar import Request, asgi
from litestar.types import Receive as LitestarReceive
from litestar.types import Scope as LitestarScope
from litestar.types import Send as LitestarSend

from service.access import keys
from service.access.callers import Access
from service.edge.body import check_headers, decode_body, read_body
from service.edge.outermost import Message, Receive, Scope, Send
from service.edge.stopping import Stopping
from service.edge.streams import ClientLeft, unless_left
from service.errors import MethodNotAllowed, ServiceError, SettingsError
from service.mcp.errors import MEDIA_TYPE, rpc_error
from service.mcp.tools import TOOLS, Tool
from service.routes.access import caller
from service.routes.failures import told
from service.routes.limited import count
from service.routes.request import indexed_pipeline
from service.settings import Settings
from service.version import version

if TYPE_CHECKING:
    from service.mcp.server import McpServer, Outcome

PATH = "/mcp"
METHOD = "POST"
ANY: tuple[keys.Scope, ...] = ("ask", "search")
"""Who has one of these scopes has a tool to call."""


def open_mcp(settings: Settings) -> McpServer | None:
    """The server that `settings` want, if any. Raises `SettingsError` where what it takes is not installed."""
    if settings.mcp == "off":
        return None
    try:
        from service.mcp.server import McpServer
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"FUNDSTELLE_MCP on needs {error.name}, which is not installed: "
            f"{sys.executable} -m pip install 'fundstelle[mcp]'"
        ) from error
    return McpServer(Tools(), version())


@asgi(PATH, copy_scope=True)
async def mcp(scope: LitestarScope, receive: LitestarReceive, send: LitestarSend) -> None:
    """One message of a client. What is refused before the protocol is spoken is told in its words all the same."""
    request: Request[Any, Any, Any] = Request(scope)
    if request.method == "OPTIONS":
        await _respond(cast(Send, send), 204, {"Allow": f"OPTIONS, {METHOD}"})
        return
    message = None
    try:
        _check(request)
        body = await _body(request, cast(Receive, receive))
        message = decode_body(body, Any)
        await _admit(request, message)
    except ServiceError as error:
        await _refuse(request, cast(Send, send), error, message)
        return
    server: McpServer = request.app.state.mcp
    await server.serve(cast(Scope, scope), _again(body, cast(Receive, receive)), cast(Send, send), message)


class Tools:
    """The pipeline of the service as a `Toolbox`."""

    def offered(self, scope: Scope) -> Iterator[Tool[Any, Any]]:
        """The tools that the caller has a scope for."""
        scopes = caller(_request(scope)).scopes
        return (tool for tool in TOOLS.values() if not scopes.isdisjoint(tool.scopes))

    async def call(self, scope: Scope, tool: Tool[Any, Any], arguments: Mapping[str, Any], gone: Receive) -> Outcome:
        """What `tool` gives. An error of the service is told as one, so that a language model can make sense of it."""
        from service.mcp.server import Outcome

        request = _request(scope)
        stopping: Stopping = request.app.state.stopping
        try:
            given = tool.checked(arguments)
            work = tool.call(indexed_pipeline(request), given, caller(request).share)
            return Outcome(*await unless_left(work, gone, stopping))
        except ClientLeft:
            raise
        except Exception as error:  # noqa: BLE001 - the SDK would tell what an unforeseen error says
            problem = told(request, error)
            seconds = error.headers.get("Retry-After") if isinstance(error, ServiceError) else None
            again = f" Try again in {seconds} seconds." if seconds else ""
            return Outcome(f"{problem.title}: {problem.detail}{again}", problem=problem)


def _request(scope: Scope) -> Request[Any, Any, Any]:
    return Request(cast(LitestarScope, scope))


def _check(request: Request[Any, Any, Any]) -> None:
    """What is refused before the body is read. Raises `MethodNotAllowed`, and what a route's guard raises."""
    if request.method != METHOD:
        raise MethodNotAllowed("Messages of the Model Context Protocol are sent by POST; there are no streams to open.")
    access: Access = request.app.state.access
    access.require(caller(request), *ANY)


async def _body(request: Request[Any, Any, Any], receive: Receive) -> bytes:
    check_headers(request.headers)
    settings: Settings = request.app.state.settings
    return await read_body(receive, request.app.state.stopping, settings.body_timeout)


async def _admit(request: Request[Any, Any, Any], message: Any) -> None:
    """Whether the caller may call the tool that `message` calls, which is then counted; other messages are not.

    Raises `Unauthorized`, `Forbidden`, `RateLimited`.
    """
    match message:
        case {"method": "tools/call", "params": {"name": str(name)}}:
            if tool := TOOLS.get(name):
                access: Access = request.app.state.access
                access.require(caller(request), *tool.scopes)
        case {"method": "tools/call"}:
            pass
        case _:
            return
    await count(request, caller(request))


async def _refuse(request: Request[Any, Any, Any], send: Send, error: ServiceError, message: Any) -> None:
    problem = told(request, error)
    allow = {"Allow": f"OPTIONS, {METHOD}"} if isinstance(error, MethodNotAllowed) else {}
    headers = {"Content-Type": MEDIA_TYPE, **error.headers, **allow}
    await _respond(send, problem.status, headers, rpc_error(problem, message))


async def _respond(send: Send, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return messages.pop() if messages else await receive()

    return read
