"""The Model Context Protocol over streamable HTTP, by the official SDK: the only module that imports it.

Each request is served by itself, so that any process may serve it. What the SDK has against DNS rebinding is left off:
hosts and origins were checked at the door, by the settings.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import msgspec
from mcp import MCPError, types
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from service.contracts.answers import Problem
from service.edge.body import BODY_BYTES
from service.edge.outermost import App, Message, Receive, Scope, Send
from service.edge.streams import ClientLeft
from service.mcp.tools import TOOLS, Tool

SESSION = b"mcp-session-id"
INSTRUCTIONS = (
    "Answers questions from one collection of articles, and refuses those that the articles do not answer. Every "
    "sentence of an answer cites the exact characters of an article that bear it out; read_article shows them."
)
PROBLEM = "fundstelle/problem"
"""In the metadata of a result that is an error: the problem document."""
CANCELLED = -32800
"""What the SDK ends a request with that its client took back."""

Context = ServerRequestContext[Any, Any]
_Call = tuple[bytes, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call of a tool came to: words, and values; or, in words too, the problem that it met."""

    text: str
    values: Mapping[str, Any] | None = None
    problem: Problem | None = None


class Toolbox(Protocol):
    """What serves the calls. `scope` is that of the HTTP request which brought the call."""

    def offered(self, scope: Scope) -> Iterable[Tool[Any, Any]]:
        """The tools that the caller may use."""
        ...

    async def call(self, scope: Scope, tool: Tool[Any, Any], arguments: Mapping[str, Any], gone: Receive) -> Outcome:
        """Call `tool`. Where `gone` tells of a disconnect, the work ends and `ClientLeft` is raised."""
        ...


class McpServer:
    """Serves the messages of clients of either generation: those that shake hands first, and those that don't.

    A client of the first kind takes a call back with a message of its own, which names the session of the call. The
    name of a session means nothing beyond that: another process that gets such a message has nothing to end.
    """

    def __init__(self, toolbox: Toolbox, version: str) -> None:
        self._toolbox = toolbox
        self._version = version
        self._calls: dict[_Call, asyncio.Event] = {}
        self._app: App | None = None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve for as long as the block lasts."""
        server: Server[Any] = Server(
            "fundstelle",
            title="Fundstelle",
            version=self._version,
            instructions=INSTRUCTIONS,
            get_tool_input_schema=_input_schema,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )
        manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=BODY_BYTES)
        async with manager.run():
            self._app = manager.handle_request
            try:
                yield
            finally:
                self._app = None

    async def serve(self, scope: Scope, receive: Receive, send: Send, message: Any) -> None:
        """Answer `message`, which is what the body of the request holds; `receive` gives the body once more."""
        assert self._app is not None, "the application serves nothing before it is started"
        match message:
            case {"method": "notifications/cancelled", "params": {"requestId": request_id}}:
                self._cancel(_session(scope), request_id)
            case {"method": "initialize"}:
                send = _with_session(send)
        await self._app(scope, receive, send)

    def _cancel(self, session: bytes | None, request_id: Any) -> None:
        if session and isinstance(request_id, str | int) and (gone := self._calls.get((session, request_id))):
            gone.set()

    async def _list_tools(self, context: Context, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in self._toolbox.offered(_scope(context))])

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"There is no tool {params.name}.")
        scope = _scope(context)
        session, gone = _session(scope), asyncio.Event()
        call = (session, context.request_id) if session else None
        if call:
            self._calls[call] = gone
        try:
            return _result(await self._toolbox.call(scope, tool, params.arguments or {}, _disconnect(gone)))
        except ClientLeft as error:
            raise MCPError(CANCELLED, "Request cancelled") from error
        finally:
            if call:
                self._calls.pop(call, None)


def _input_schema(name: str) -> Mapping[str, Any] | None:
    """What the SDK else makes the whole list of tools for, at each call."""
    tool = TOOLS.get(name)
    return None if tool is None else tool.input_schema()


def _described(tool: Tool[Any, Any]) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema(),
        output_schema=tool.output_schema(),
        annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _result(outcome: Outcome) -> types.CallToolResult:
    text = types.TextContent(type="text", text=outcome.text)
    if outcome.problem is None:
        return types.CallToolResult(content=[text], structured_content=outcome.values)
    return types.CallToolResult(content=[text], is_error=True, _meta={PROBLEM: msgspec.to_builtins(outcome.problem)})


def _scope(context: Context) -> Scope:
    """The scope of the HTTP request that brought the message, which the SDK keeps a request of its own around."""
    assert context.request is not None, "a message came over HTTP"
    scope: Scope = context.request.scope
    return scope


def _disconnect(gone: asyncio.Event) -> Receive:
    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    return receive


def _session(scope: Scope) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == SESSION), None)


def _with_session(send: Send) -> Send:
    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (SESSION, uuid4().hex.encode())]}
        await send(message)

    return named
