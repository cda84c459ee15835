"""Generated text, cut into sentences while it comes."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from itertools import pairwise

from index.sentences import sentence_spans
from index.types import Span
from service.generators import Delta
from service.language_model.repetition import goes_in_circles

_MARK_AHEAD = re.compile(r"[\[(]\d+[\])]")
_MARKS_AT_END = re.compile(r"(?:\s|\[[\d,; –-]+\])+\Z")
_DIGITS = tuple("0123456789")
_NEXT = "Xenon"
"""A word that may be part of a name: only behind what surely ends a sentence does it begin one."""


async def sentences(
    deltas: AsyncIterator[Delta],
    language: str,
    *,
    on_delta: Callable[[Delta], None],
    on_cut_off: Callable[[str], None],
) -> AsyncGenerator[str, None]:
    """The sentences of a generated text, each as soon as the next one has begun. `on_delta` sees every piece before.

    The last one goes to `on_cut_off` instead where the limit of tokens came before its end. A text that goes round in
    circles ends there: nothing else would come.
    """
    buffer, cut_off = "", False
    async for delta in deltas:
        on_delta(delta)
        cut_off = delta.usage is not None and delta.usage.finish_reason == "length"
        buffer += delta.text
        *complete, buffer = _split(buffer, language)
        for sentence in complete:
            yield sentence
        if goes_in_circles(buffer):
            break
    if not buffer.strip():
        return
    if cut_off and not _is_whole(buffer, language):
        on_cut_off(buffer)
    else:
        yield buffer


def _is_whole(text: str, language: str) -> bool:
    """Whether `text` is a sentence to its end. A point behind a figure may be the middle of another ("14.3")."""
    text = _MARKS_AT_END.sub("", text)
    if not text:
        return True
    return not text[:-1].endswith(_DIGITS) and len(_split(f"{text} {_NEXT}", language)) > 1


def _split(text: str, language: str) -> list[str]:
    """`text` in sentences; a mark like `[2]` stays with the sentence before it. The last one may be unfinished."""
    if not text.strip():
        return [text]
    starts = [span.start for span in sentence_spans(text, Span(0, len(text)), language)]
    starts = [start for start in starts if not _MARK_AHEAD.match(text, start)]
    edges = [0, *starts[1:], len(text)]
    return [text[begin:end] for begin, end in pairwise(edges)]
