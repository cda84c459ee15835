"""Server-sent events on the wire: how they are written, and a response of them that ends when its client leaves."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from service.edge.body import Receive
from service.edge.outermost import Send
from service.edge.streams import done_before_leaving, ended

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which clients skip."""

_QUALITY = re.compile(r"[01](\.\d{0,3})?")

HEADERS = {
    "content-type": f"{MEDIA_TYPE}; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}
"""`X-Accel-Buffering` has nginx, and what understands it, pass each event on as it comes."""


def event(name: str, content: msgspec.Struct) -> bytes:
    """One event, whose data is one line of JSON."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), _line(content))


def message(content: msgspec.Struct) -> bytes:
    """One event without a name, as OpenAI's format has them."""
    return b"data: %s\n\n" % _line(content)


def _line(content: msgspec.Struct) -> bytes:
    """JSON without any character that some reader of lines takes for the end of one, as Python's `splitlines` does."""
    line = msgspec.json.encode(content)
    for ending in ("\x85", "\u2028", "\u2029"):
        line = line.replace(ending.encode(), f"\\u{ord(ending):04x}".encode())
    return line


def is_preferred(accept: str) -> bool:
    """Whether the header `Accept` prefers events to JSON, which is what it gets where it has no preference.

    What is named exactly goes before what a wildcard stands for, and of two that are named alike the first.
    """
    ranges = [_media_range(item) for item in accept.split(",")]
    events, json = _weight(ranges, "text", "event-stream"), _weight(ranges, "application", "json")
    return events[0] > 0 and events > json


async def respond(receive: Receive, send: Send, chunks: AsyncGenerator[bytes, None]) -> None:
    """Send a response of `chunks`, each as it comes. `chunks` is closed on return: also where the client left."""
    sending = asyncio.create_task(_sent(send, chunks))
    try:
        if await done_before_leaving(sending, receive):
            sending.result()
    finally:
        await ended(sending)


async def _sent(send: Send, chunks: AsyncGenerator[bytes, None]) -> None:
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    async with aclosing(chunks):
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _media_range(item: str) -> tuple[str, str, float]:
    """Type, subtype and quality, which is 1 where none is given that makes sense."""
    name, *parameters = (part.strip().lower() for part in item.split(";"))
    kind, _, subtype = name.partition("/")
    quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
    return kind, subtype, float(quality) if _QUALITY.fullmatch(quality) else 1.0


def _weight(ranges: Sequence[tuple[str, str, float]], kind: str, subtype: str) -> tuple[float, int, int]:
    """Quality, exactness and place of the range that says most exactly how welcome a media type is."""
    exactness = {(kind, subtype): 2, (kind, "*"): 1, ("*", "*"): 0}
    matching = [
        (exactness[range_[:2]], -place, range_[2]) for place, range_ in enumerate(ranges) if range_[:2] in exactness
    ]
    exact, place, quality = max(matching, default=(0, 0, 0.0))
    return quality, exact, place
