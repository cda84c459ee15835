"""A scripted server that speaks the OpenAI chat completion protocol on loopback, or fails to in a chosen way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Write = Callable[[bytes], Awaitable[None]]
Script = Callable[["Request", Write], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, object]


@dataclass
class FakeServer:
    """A running server: its base URL, what it was asked, and how many answers were cut off by the client."""

    base_url: str
    script: Script
    requests: list[Request] = field(default_factory=list)
    cut_off: asyncio.Event = field(default_factory=asyncio.Event)
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            request = await _read(reader)
            self.requests.append(request)
            watch = asyncio.ensure_future(reader.read())
            answer = asyncio.ensure_future(self.script(request, write))
            await asyncio.wait((watch, answer), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                self.cut_off.set()
                answer.cancel()
            watch.cancel()
            await asyncio.gather(watch, answer, return_exceptions=True)
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    # The key is compared as it was sent.
    original = dict(line.split(": ", 1) for line in head[1:] if line)
    headers["authorization"] = original.get("Authorization", original.get("authorization", ""))
    body = await reader.readexactly(int(headers["content-length"]))
    return Request(head[0].split()[1], headers, json.loads(body))


@asynccontextmanager
async def fake_openai(script: Script) -> AsyncIterator[FakeServer]:
    """Serve `script` on a free port of loopback."""
    fake = FakeServer("", script)
    server = await asyncio.start_server(fake._serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    fake.base_url = f"http://{host}:{port}/v1"
    try:
        yield fake
    finally:
        server.close()
        if fake.serving:
            await asyncio.wait(fake.serving, timeout=2)


def event(chunk: object) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def delta(text: str) -> bytes:
    """One piece of an answer."""
    return event({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]})


def finish(reason: str) -> bytes:
    """The end of a choice and why it ended."""
    return event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})


def usage(prompt: int, completion: int, cached: int) -> bytes:
    """The usage, which comes last."""
    details = {"cached_tokens": cached}
    tokens = {"prompt_tokens": prompt, "completion_tokens": completion, "prompt_tokens_details": details}
    return event({"choices": [], "usage": tokens})


DONE = b"data: [DONE]\n\n"


def raw(*pieces: bytes, then_hang: bool = False) -> Script:
    """Write exactly these bytes after a successful head, each on its own."""

    async def script(request: Request, write: Write) -> None:
        await write(OK)
        for piece in pieces:
            await write(piece)
            await asyncio.sleep(0.001)
        if then_hang:
            await asyncio.sleep(60)

    return script


def answer(content_type: str, body: bytes) -> Script:
    """Answer with a whole document and success."""

    async def script(request: Request, write: Write) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: {content_type}\r\n"
        await write(head.encode() + b"Connection: close\r\n\r\n" + body)

    return script


def slow(*pieces: bytes, pause: float) -> Script:
    """Write a stream with `pause` seconds before each piece."""

    async def script(request: Request, write: Write) -> None:
        await write(OK)
        for piece in pieces:
            await asyncio.sleep(pause)
            await write(piece)

    return script


def refuse(status: int, message: str = "no", headers: str = "") -> Script:
    """Answer with an error status; `headers` are whole lines."""

    async def script(request: Request, write: Write) -> None:
        body = json.dumps({"error": {"message": message}}).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        await write(head.encode() + body)

    return script


def echo(prompt_limit: int = 500, pause: float = 0.02) -> Script:
    """A tiny model: repeats the last message, one word a token, and honours limits, stops and cancellation."""

    async def script(request: Request, write: Write) -> None:
        messages = request.body["messages"]
        assert isinstance(messages, list)
        words = str(messages[-1]["content"]).split(" ")
        if len(words) > prompt_limit:
            message = f"This model's maximum context length is {prompt_limit} tokens"
            return await refuse(400, message)(request, write)
        count = int(str(request.body["max_tokens"]))
        written = [words[i % len(words)] + " " for i in range(count)]
        await write(OK)
        for word in written:
            await write(delta(word))
            await asyncio.sleep(pause)
        await write(finish("length") + usage(len(words), count, 0) + DONE)

    return script
