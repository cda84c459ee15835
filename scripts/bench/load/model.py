"""What stands for a language model: a server with OpenAI's protocol that quotes the first source, as fast as wanted."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

PIECE = 7
"""Characters of a token."""
_SOURCE = re.compile(r"^\[1\] (.*)$", re.MULTILINE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class Speed:
    """Seconds that the model reads a prompt for, and that it writes an answer for."""

    reading: float = 0.0
    writing: float = 0.0


class FakeModel:
    """Any number of answers at a time; `speed` holds for those that begin from then on."""

    def __init__(self) -> None:
        self.speed = Speed()
        self.asked = 0
        self.running = 0
        self.port = 0

    @property
    def url(self) -> str:
        """What FUNDSTELLE_LLM_BASE_URL has to be."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, begun: threading.Event, over: asyncio.Event) -> None:
        """Serve until `over`; `begun` is set when `port` is known."""
        async with await asyncio.start_server(self._answer, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            begun.set()
            await over.wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            asked = json.loads(await reader.readexactly(int(length[1]) if length else 0))
        except (asyncio.IncompleteReadError, ConnectionError):
            # Whoever was about to ask was told meanwhile that nobody wants to know.
            writer.close()
            return
        self.running += 1
        telling, leaving = asyncio.create_task(self._tell(writer, asked)), asyncio.create_task(reader.read())
        await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        self.running -= 1
        for task in (telling, leaving):
            task.cancel()
        for ended in await asyncio.gather(telling, leaving, return_exceptions=True):
            if isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
                raise ended
        writer.transport.abort() if not telling.done() or telling.cancelled() else writer.close()

    async def _tell(self, writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        said, speed = said_to(asked), self.speed
        if asked["max_tokens"] > 1:
            self.asked += 1
            await asyncio.sleep(speed.reading)
        pieces = [said[start : start + PIECE] for start in range(0, len(said), PIECE)]
        writer.write(_HEAD)
        for piece in pieces:
            writer.write(_event({"choices": [{"delta": {"content": piece}}]}))
            await asyncio.sleep(speed.writing / len(pieces))
        usage = {"prompt_tokens": len(str(asked)) // 4, "completion_tokens": len(pieces)}
        writer.write(_event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage}))
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()


def said_to(asked: dict[str, Any]) -> str:
    """The first source of the last question, with its mark; `Yes` to whatever has no sources."""
    sources = [m["content"] for m in asked["messages"] if m["role"] == "user" and m["content"].startswith("Sources:")]
    found = _SOURCE.search(sources[-1]) if asked["max_tokens"] > 1 and sources else None
    return f"{found[1]} [1]" if found else "Yes"


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


@contextmanager
def fake_model() -> Iterator[FakeModel]:
    """A model that is served from a thread of its own as long as the block lasts."""
    model, begun = FakeModel(), threading.Event()
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(model.serve(begun, over),))
    thread.start()
    begun.wait()
    try:
        yield model
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
