r"""Reads server-sent events off a byte stream, as the chat completion protocol uses them.

Own parser because lines end at `\n`, `\r\n` or `\r` only: `str.splitlines`, and so httpx's `aiter_lines`, also splits
at U+2028 and U+0085, which are legal inside JSON strings.
Format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator

_LINE_END = re.compile(rb"\r\n|\n|\r")


async def lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The complete lines of `chunks`, without their ends. A last line that has no end is left out."""
    buffer = b""
    async for chunk in chunks:
        # A \r at the very end may be half of a \r\n: it waits for the next chunk.
        *complete, buffer = _split(buffer + chunk)
        for line in complete:
            yield line


def _split(buffer: bytes) -> list[bytes]:
    if not buffer.endswith(b"\r"):
        return _LINE_END.split(buffer)
    *complete, rest = _LINE_END.split(buffer[:-1])
    return [*complete, rest + b"\r"]


async def events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    r"""The data of each event, its lines joined by `\n`. Comments, names, ids and an unfinished event are dropped."""
    data: list[bytes] = []
    async for line in lines(chunks):
        if not line and data:
            yield b"\n".join(data)
            data = []
        elif line.startswith(b"data:"):
            data.append(line.removeprefix(b"data:").removeprefix(b" "))
