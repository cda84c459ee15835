"""Which parts of an article are content. Boilerplate is skipped, never cut out, so that offsets stay true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from index.layout import Kind, blocks
from index.sentences import split
from index.types import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or a heading, `text[start:end]`. `opens_block` at the beginning of a block, `after_gap` after a blank
    line. `skipped_by` names the rule that takes it for boilerplate, empty where it is content.
    """

    start: int
    end: int
    kind: Kind
    opens_block: bool
    after_gap: bool
    skipped_by: str = ""


def content_spans(text: str) -> list[Span]:
    """The spans of `text` that are content, in order, disjoint, without surrounding white space."""
    spans: list[Span] = []
    adjacent = False
    for piece in pieces(text):
        if piece.skipped_by:
            adjacent = False
            continue
        if adjacent:
            spans[-1] = Span(spans[-1].start, piece.end)
        else:
            spans.append(Span(piece.start, piece.end))
        adjacent = True
    return spans


def pieces(text: str) -> Iterator[Piece]:
    """All headings and sentences of `text` in order, with what is thought of them."""
    for block in blocks(text):
        opens = True
        for start, end in split(text, block.start, block.end):
            yield Piece(start, end, block.kind, opens, block.after_gap and opens)
            opens = False
