from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from typing import Any

import pytest

from service.contracts.answers import Problem
from service.contracts.probes import Health
from service.edge.sse import KEEP_ALIVE, event, is_preferred, respond


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/event-stream", True),
        ("TEXT/Event-Stream; charset=utf-8", True),
        ("text/event-stream, */*", True),
        ("text/event-stream, application/json", True),
        ("application/json, text/event-stream", False),
        ("application/json;q=0.5, text/event-stream", True),
        ("application/json, text/event-stream;q=0.9", False),
        ("text/event-stream;q=0.9, */*;q=0.1", True),
        ("text/event-stream;q=0.1, */*;q=0.9", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=0, */*", False),
        ("text/*", True),
        ("text/html, */*;q=0.8", False),
        ("text/html", False),
        ("text/event-stream;q=1e400", True),
        ("text/event-stream;q=nan, application/json;q=0.5", True),
        ("text/event-stream;q=-1", True),
        (",;,=,text/event-stream", True),
        ("text/event-stream" + ";q=0.5" * 1000, True),
    ],
)
def test_a_stream_is_for_clients_that_want_one_more_than_json(accept: str, streams: bool) -> None:
    assert is_preferred(accept) is streams


def test_an_event_is_a_name_and_one_line_of_json() -> None:
    problem = Problem("a", "b\n\nevent: done\r", 500, "\u2028\u2029\x85\x0b\x1cü")
    written = event("error", problem)
    assert written == b'event: error\ndata: {"type":"a","title":"b\\n\\nevent: done\\r","status":500,' + (
        '"detail":"\\u2028\\u2029\\u0085\\u000b\\u001cü"}\n\n'.encode()
    )
    assert len(written.decode().splitlines()) == 3
    assert event("alive", Health()) == b'event: alive\ndata: {"status":"alive"}\n\n'
    assert KEEP_ALIVE.startswith(b":")


class Line:
    """A client and what it got. It leaves after `leaves` pieces, of which each waits until it is read."""

    def __init__(self, leaves: int = 100, stuck: bool = False) -> None:
        self.got: list[MutableMapping[str, Any]] = []
        self.left = asyncio.Event()
        self.leaves = leaves
        self.stuck = stuck

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.got.append(message)
        if len(self.got) > self.leaves:
            self.left.set()
            if self.stuck:
                await asyncio.sleep(3600)

    async def receive(self) -> MutableMapping[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}


class Chunks:
    def __init__(self, *chunks: bytes, pause: float = 0.0) -> None:
        self.chunks = chunks
        self.pause = pause
        self.closed = False

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        try:
            for chunk in self.chunks:
                yield chunk
                await asyncio.sleep(self.pause)
        finally:
            self.closed = True


def test_a_response_is_its_chunks_and_an_end() -> None:
    async def run() -> None:
        line, chunks = Line(), Chunks(b"a", b"b")
        await respond(line.receive, line.send, chunks())
        start, *bodies = line.got
        assert (start["type"], start["status"]) == ("http.response.start", 200)
        assert b"content-length" not in dict(start["headers"])
        assert [(body["body"], body["more_body"]) for body in bodies] == [(b"a", True), (b"b", True), (b"", False)]
        assert chunks.closed

    asyncio.run(run())


@pytest.mark.parametrize("stuck", [False, True])
def test_a_response_ends_with_its_client(stuck: bool) -> None:
    async def run() -> None:
        line, chunks = Line(leaves=1, stuck=stuck), Chunks(b"a", b"b", b"c", pause=0.0 if stuck else 60.0)
        async with asyncio.timeout(60):
            await respond(line.receive, line.send, chunks())
        assert len(line.got) <= 3
        assert chunks.closed
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_what_goes_wrong_while_sending_is_raised() -> None:
    async def broken(message: MutableMapping[str, Any]) -> None:
        raise RuntimeError("no")

    async def run() -> None:
        with pytest.raises(RuntimeError, match="no"):
            await respond(Line().receive, broken, Chunks(b"a")())

    asyncio.run(run())
