"""Where the clauses of a sentence lie, by marks and joining words: no parser, and never inside a number."""

from __future__ import annotations

import re

from index.types import Span

_EDGE = re.compile(
    r"[,;:](?=\s)|\s[–—-](?=\s)|(?=\s\()|\)(?=[\s,;:.])|"
    r"(?=\s(?:while|whereas|which|who|although|but|after|before|because|"
    r"während|wobei|obwohl|aber|nachdem|bevor|weil|sondern)\s)"
)
"""Between two clauses: the mark belongs to the one before, the word to the one after."""
_PAIRS = {"„": "“”", "“": "”", "«": "»", "»": "«"}
LEAST_WORDS = 3
"""A piece of fewer words is no clause of its own but goes with the one before it."""


def clauses(text: str) -> list[Span]:
    """The clauses of the sentence `text`, in order, without the white space around them; they cover all its words."""
    quoted = quotations(text)
    cuts = [match.end() for match in _EDGE.finditer(text) if not any(q.start < match.end() < q.end for q in quoted)]
    found: list[Span] = []
    start = 0
    for end in [*cuts, len(text)]:
        piece = trimmed(text, start, end)
        if piece is None or (len(text[piece.start : piece.end].split()) < LEAST_WORDS and end != len(text)):
            continue
        found.append(piece)
        start = end
    return found


def clause_of(text: str, start: int, end: int) -> str:
    """The clauses of `text` that `text[start:end]` lies in, as one text."""
    touched = [clause for clause in clauses(text) if clause.start < end and start < clause.end]
    return text[touched[0].start : touched[-1].end] if touched else text


def quotations(text: str) -> list[Span]:
    """What stands in quotation marks in `text`, with the marks; an opening mark without its other half is none."""
    found: list[Span] = []
    position = 0
    while position < len(text):
        closing = '"' if text[position] == '"' else _PAIRS.get(text[position], "")
        ends = [text.find(mark, position + 1) for mark in closing]
        end = min((place for place in ends if place > 0), default=0)
        if end:
            found.append(Span(position, end + 1))
            position = end
        position += 1
    return found


def trimmed(text: str, start: int, end: int) -> Span | None:
    """`text[start:end]` without the white space around it; None where nothing else is there."""
    piece = text[start:end]
    if not piece.strip():
        return None
    return Span(start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()))
