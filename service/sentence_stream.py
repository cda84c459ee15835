"""Generated text, cut into sentences while it comes."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from itertools import pairwise

from index.sentences import sentence_spans
from index.types import Span
from service.generators import Delta

_MARK_AHEAD = re.compile(r"[\[(]\d+[\])]")


async def sentences(
    deltas: AsyncIterator[Delta], language: str, *, on_delta: Callable[[Delta], None]
) -> AsyncGenerator[str, None]:
    """The sentences of a generated text, each as soon as the next one has begun. `on_delta` sees every piece before."""
    buffer = ""
    async for delta in deltas:
        on_delta(delta)
        buffer += delta.text
        *complete, buffer = _split(buffer, language)
        for sentence in complete:
            yield sentence
    if buffer.strip():
        yield buffer


def _split(text: str, language: str) -> list[str]:
    """`text` in sentences; a mark like `[2]` stays with the sentence before it. The last one may be unfinished."""
    if not text.strip():
        return [text]
    starts = [span.start for span in sentence_spans(text, Span(0, len(text)), language)]
    starts = [start for start in starts if not _MARK_AHEAD.match(text, start)]
    edges = [0, *starts[1:], len(text)]
    return [text[begin:end] for begin, end in pairwise(edges)]
