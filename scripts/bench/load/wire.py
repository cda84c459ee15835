"""A client that costs next to nothing: HTTP/1.1 over a socket, so that what is timed is the service.

A whole request is one piece of bytes, made beforehand. Responses are read as the service writes them: with a length, or
in chunks, which streams come in.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

STREAM = {"Accept": "text/event-stream"}
SECONDS = 120.0
"""After which a response counts as hanging."""
IDLE_SECONDS = 3.0
"""After which an unused connection is not used again: uvicorn closes them after 5."""
_HIGH_WATER = 1 << 20


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `headers` have names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def document(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


def request(
    method: str, path: str, content: Any = None, headers: Mapping[str, str] | None = None, *, key: str = ""
) -> bytes:
    """The bytes of a request. `content` is sent as JSON, bytes as they are; `key` is an API key."""
    body = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
    lines = {"Host": "127.0.0.1", **({"Content-Type": "application/json"} if body else {})}
    lines |= {"Authorization": f"Bearer {key}"} if key else {}
    lines |= {"Content-Length": str(len(body))} if body or method != "GET" else {}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**lines, **(headers or {})}.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class Connection:
    """One connection to the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.used = 0.0

    @classmethod
    async def to(cls, port: int) -> Connection:
        """A new one to `port` of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=_HIGH_WATER))

    async def head(self, asked: bytes) -> Response:
        """Send a request and return the head of its response, without a body."""
        self._writer.write(asked)
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        return Response(int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs})

    async def pieces(self, head: Response) -> AsyncGenerator[bytes, None]:
        """The body that follows `head`, as it comes."""
        if head.headers.get("transfer-encoding") != "chunked":
            yield await self._reader.readexactly(int(head.headers.get("content-length", 0)))
            return
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)

    async def exchange(self, asked: bytes) -> Response:
        """Send a request and return the whole response. Raises TimeoutError, OSError, EOFError."""
        async with asyncio.timeout(SECONDS):
            head = await self.head(asked)
            body = b"".join([piece async for piece in self.pieces(head)])
            return Response(head.status, head.headers, body)

    async def until(self, asked: bytes, mark: bytes) -> Response:
        """Send a request and return the response as far as it has come when its body holds `mark`, or when it ends."""
        async with asyncio.timeout(SECONDS):
            head, body = await self.head(asked), b""
            async for piece in self.pieces(head):
                body += piece
                if mark in body:
                    break
            return Response(head.status, head.headers, body)

    def leave(self) -> None:
        """Close the connection, whatever is under way on it."""
        self._writer.transport.abort()


@dataclass(slots=True)
class Pool:
    """Connections that are used again, as many as there are requests at a time."""

    port: int
    free: list[Connection] = field(default_factory=list)

    async def exchange(self, asked: bytes) -> Response:
        """Send a request on a free connection; see `Connection.exchange`."""
        connection = self._used_lately() or await Connection.to(self.port)
        try:
            response = await connection.exchange(asked)
        except BaseException:
            connection.leave()
            raise
        if response.headers.get("connection") == "close":
            connection.leave()
        else:
            connection.used = asyncio.get_running_loop().time()
            self.free.append(connection)
        return response

    def _used_lately(self) -> Connection | None:
        """The free connection that was used last; those that the service may be closing just now are left."""
        now = asyncio.get_running_loop().time()
        if self.free and now - self.free[-1].used < IDLE_SECONDS:
            return self.free.pop()
        self.close()
        return None

    def close(self) -> None:
        """Close all connections that are free."""
        while self.free:
            self.free.pop().leave()


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[Connection, None]:
    """A connection that is closed behind the block."""
    connection = await Connection.to(port)
    try:
        yield connection
    finally:
        connection.leave()


def events(body: bytes) -> Sequence[str]:
    """The names of the events of a stream, in order."""
    return [line[7:].decode() for line in body.split(b"\n") if line.startswith(b"event: ")]
