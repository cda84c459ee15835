"""Lines and what they are: text -> blocks (headings, list items, prose), by offsets.

A line break ends a block unless the text was wrapped at a fixed width, as mails and feeds are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

HEADING_CHARACTERS = 90
"""A longer line is no heading."""
HEADING_WORDS = 14
"""Nor is one of more words."""
HEADINGS_IN_A_ROW = 4
"""More lines in a row that look like headings are a list."""
TITLE_CHARACTERS = 120
"""Where a title is cut."""

LABEL_WORDS = 5
"""Capital letters of more words are a title."""

WRAP_MIN_WIDTH = 50
"""Lines of a wrapped paragraph are at least so wide, counted in characters,"""
WRAP_MAX_WIDTH = 120
"""and at most so wide."""
WRAP_SHARE = 0.7
"""Of its lines, so many have no room for the first word of the next one."""
WRAPPED_CHARACTERS = 45
"""A line of at least this length that ends within a sentence goes on in the next."""

_LINE = re.compile(r"[^\n\r\u2028\u2029\x0b\x0c\x85]+")
_BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029\x0b\x0c\x85]")
_MARKDOWN_HEADING = re.compile(r"#{1,6}[ \t]+")
_IN_COLUMNS = re.compile(r"\S(?:\t|[ \xa0]{2,})[ \t\xa0]*\S|\S\s+[|>›»/]\s+\S|\+\+\+")
_CLOSING_HASHES = re.compile(r"[ \t]+#+$")
_BULLET = re.compile(r"(?:[-*+•·–—▪◦‣●○■►>][ \t\xa0]+)+(?:\[[ xX]\][ \t]+)?")
_NUMBERED = re.compile(r"(?:\d{1,3}|[a-z])[.)][ \t]+\S")
_SENTENCE_END = (".", "!", ";", ",", "…", ".“", ".”", '."', "!“", "!”", '!"')


class Kind(Enum):
    """What a block is."""

    HEADING = auto()
    ITEM = auto()
    PROSE = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """`text[start:end]` without surrounding white space and markers; `after_gap` where a blank line precedes it."""

    start: int
    end: int
    kind: Kind
    after_gap: bool


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    after_gap: bool
    kind: Kind | None
    """None where the line alone doesn't tell."""


def blocks(text: str) -> list[Block]:
    """The blocks of `text` in order, disjoint; together they hold all that is neither white space nor a marker."""
    found: list[Block] = []
    paragraph: list[_Line] = []
    for line in _lines(text):
        if line.after_gap and paragraph:
            found.extend(_joined(text, paragraph))
            paragraph = []
        paragraph.append(line)
    found.extend(_joined(text, paragraph))
    return _without_lonely_headings(found)


def is_heading_like(line: str) -> bool:
    """Whether a line could be a heading: short, beginning like one, without the end of a sentence."""
    if not 2 <= len(line) <= HEADING_CHARACTERS or line.endswith(_SENTENCE_END):
        return False
    first = line.lstrip("„“”\"'»«‚‘(¿¡*_")[:1]
    return (first.isupper() or first.isdigit() or not first.islower()) and line.count(" ") < HEADING_WORDS


def title_of(block: str) -> str:
    """A title made of the beginning of a text: its first line, cut at a word where it is too long."""
    line = " ".join((_BREAK.split(block.strip(), maxsplit=1)[0]).split())
    line = _CLOSING_HASHES.sub("", _MARKDOWN_HEADING.sub("", line))
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + " …"


def is_label(block: str) -> bool:
    """Whether a text begins with a line that stands above titles: a menu, a path, a ticker, the name of a section."""
    line = _BREAK.split(block.strip(), maxsplit=1)[0]
    words = line.split()
    return bool(_IN_COLUMNS.search(line)) or len(words) == 1 or (line.isupper() and len(words) <= LABEL_WORDS)


def _lines(text: str) -> Iterator[_Line]:
    """The lines that hold anything but white space."""
    previous = 0
    for match in _LINE.finditer(text):
        start, end = trim(text, match.start(), match.end())
        if start == end:
            continue
        breaks = _BREAK.findall(text, previous, start)
        yield _line(text, start, end, after_gap=len(breaks) > 1)
        previous = end


def _line(text: str, start: int, end: int, *, after_gap: bool) -> _Line:
    heading = _MARKDOWN_HEADING.match(text, start, end)
    if heading and heading.end() < end:
        closing = _CLOSING_HASHES.search(text, max(heading.end(), end - 10), end)
        return _Line(heading.end(), closing.start() if closing else end, after_gap, Kind.HEADING)
    bullet = _BULLET.match(text, start, end)
    if bullet and bullet.end() < end:
        return _Line(bullet.end(), end, after_gap, Kind.ITEM)
    return _Line(start, end, after_gap, Kind.ITEM if _NUMBERED.match(text, start, end) else None)


def _joined(text: str, paragraph: Sequence[_Line]) -> Iterator[Block]:
    """The blocks of lines without a blank line between them, wrapped lines put together."""
    if not paragraph:
        return
    width = _wrap_width(text, paragraph)
    first = last = paragraph[0]
    for line in paragraph[1:]:
        if _continues(text, last, line, width):
            last = line
            continue
        yield _block(text, first, last)
        first = last = line
    yield _block(text, first, last)


def _wrap_width(text: str, paragraph: Sequence[_Line]) -> int:
    """The width at which the lines were wrapped, 0 where they were not."""
    width = max(line.end - line.start for line in paragraph)
    if len(paragraph) < 3 or not WRAP_MIN_WIDTH <= width <= WRAP_MAX_WIDTH:
        return 0
    full = sum(_is_full(text, line, after, width) for line, after in pairwise(paragraph))
    return width if full >= WRAP_SHARE * (len(paragraph) - 1) else 0


def _is_full(text: str, line: _Line, after: _Line, width: int) -> bool:
    """Whether the first word of the line after would not have fitted on this one."""
    word = text[after.start : after.start + width].split(maxsplit=1)[0]
    return line.end - line.start + 1 + len(word) > width


def _continues(text: str, line: _Line, after: _Line, width: int) -> bool:
    if after.kind is not None or line.kind is Kind.HEADING:
        return False
    if bool(width) and _is_full(text, line, after, width):
        return True
    last, first = text[line.end - 1], text[after.start]
    return line.end - line.start >= WRAPPED_CHARACTERS and last not in ".!?:…" and (first.islower() or last == ",")


def _block(text: str, first: _Line, last: _Line) -> Block:
    kind = first.kind
    if kind is None:
        heading = first is last and is_heading_like(text[first.start : min(first.end, first.start + 200)])
        kind = Kind.HEADING if heading and first.end - first.start <= HEADING_CHARACTERS else Kind.PROSE
    return Block(first.start, last.end, kind, first.after_gap)


def _without_lonely_headings(found: Sequence[Block]) -> list[Block]:
    """Heading-like lines that nothing follows, or that come in long rows, are no headings but lines of a list."""
    kept: list[Block] = []
    run: list[Block] = []
    for block in found:
        if block.kind is Kind.HEADING:
            run.append(block)
            continue
        kept.extend(_headings(run))
        run = []
        kept.append(block)
    kept.extend(Block(line.start, line.end, Kind.PROSE, line.after_gap) for line in run)
    return kept


def _headings(run: Sequence[Block]) -> list[Block]:
    if len(run) <= HEADINGS_IN_A_ROW:
        return list(run)
    return [*(Block(line.start, line.end, Kind.PROSE, line.after_gap) for line in run[:-1]), run[-1]]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` moved inwards over white space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
