"""The text of an article as HTML to read, with the characters that an answer quotes highlighted.

Every character of the text stays in the page, in its order, so that offsets into the text are offsets into the page.
Marks of Markdown are taken for what they are, as far as that is sure: headings, lists, quotations, code, emphasis, and
addresses, which stay text, because no link of the service comes from an article's text. The marks themselves are there
too, and the style sheet hides them. A library that renders Markdown would lose the offsets, and lets HTML through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from typing import Literal

Kind = Literal["blank", "heading", "item", "quotation", "code", "text"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The characters of an article that are highlighted: offsets into its text, half-open."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the text without its end; `said` is where its own marks are over."""

    kind: Kind
    start: int
    said: int
    end: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters that look the same: `tag` is an element, or empty; `sign` tells marks of Markdown from words."""

    start: int
    end: int
    tag: str = ""
    sign: bool = False


_LINES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("heading", re.compile(r"#{1,6}[ \t]+(?=\S)")),
    ("item", re.compile(r"[ \t]*[-*+•][ \t]+(?=\S)")),
    ("quotation", re.compile(r"[ \t]*>[ \t]?(?=\S)")),
)
_WHOLE_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r"[ \t]*(```|~~~)")
_TAGS = {"heading": "h2", "quotation": "blockquote", "code": "pre", "text": "p"}

_INLINE = re.compile(
    r"(?P<strong>\*\*(?=\S)[^*\n]+(?<=\S)\*\*|__(?=\S)[^_\n]+(?<=\S)__)"
    r"|(?P<em>(?<!\w)(?P<e>[*_])(?=[^\s*_])[^*_\n]+(?<=\S)(?P=e)(?!\w))"
    r"|(?P<code>`[^`\n]+`)"
    r"|(?P<link>!?\[(?P<label>[^\[\]\n]*)\]\((?P<address>[^()\s]*)\))"
    r"|(?P<escape>\\(?=[!-/:-@\[-`{-~]))"
)


def mark_of(text: str, length: int) -> Mark | None:
    """The mark that `text`, as in `120-260`, asks for in an article of `length` characters; None where it is none."""
    found = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9})", text)
    start, end = (int(found[1]), int(found[2])) if found else (0, 0)
    return Mark(start, end) if start < end <= length else None


def article_html(text: str, mark: Mark | None) -> str:
    """The text as elements with the part of each that `mark` covers in a `<mark>`, the first of them with an id."""
    parts = []
    for kind, lines in groupby(_lines(text), key=lambda line: line.kind):
        if kind == "heading":
            parts += [_element(text, [line], mark, "h2") for line in lines]
        elif kind == "item":
            items = "".join(_element(text, [line], mark, "li") for line in lines)
            parts.append(f"<ul>{items}</ul>")
        elif kind != "blank":
            parts.append(_element(text, list(lines), mark, _TAGS[kind]))
    return "\n".join(parts)


def _lines(text: str) -> Iterator[_Line]:
    start, fenced = 0, False
    for line in _WHOLE_LINES.findall(text):
        end = start + len(line.rstrip("\n"))
        fence = _FENCE.match(line)
        yield _Line("code", start, start, end) if fenced or fence else _line(text, start, end)
        fenced ^= fence is not None
        start += len(line)


def _line(text: str, start: int, end: int) -> _Line:
    if not text[start:end].strip():
        return _Line("blank", start, start, end)
    for kind, pattern in _LINES:
        if found := pattern.match(text, start, end):
            return _Line(kind, start, found.end(), end)
    return _Line("text", start, start, end)


def _element(text: str, lines: list[_Line], mark: Mark | None, tag: str) -> str:
    runs = [run for line in lines for run in _runs(text, line)]
    inner = "".join(_marked(text, list(_cut(runs, mark)), mark))
    return f'<{tag} dir="auto">{inner}</{tag}>'


def _runs(text: str, line: _Line) -> Iterator[_Run]:
    """What a line is made of, its end included, which the style sheet shows as one."""
    if line.said > line.start:
        yield _Run(line.start, line.said, sign=True)
    if line.kind == "code":
        yield _Run(line.start, line.end)
    else:
        yield from _inline(text, line.said, line.end)
    yield _Run(line.end, min(line.end + 1, len(text)))


def _inline(text: str, start: int, end: int) -> Iterator[_Run]:
    for found in _INLINE.finditer(text, start, end):
        yield _Run(start, found.start())
        start = found.end()
        match found.lastgroup:
            case "strong":
                yield from _within(found, 2, "strong")
            case "em":
                yield from _within(found, 1, "em")
            case "code":
                yield from _within(found, 1, "code")
            case "link":
                yield from _link(found)
            case _:
                yield _Run(found.start(), found.end(), sign=True)
    yield _Run(start, end)


def _within(found: re.Match[str], width: int, tag: str) -> Iterator[_Run]:
    """What stands between two marks of `width` characters."""
    start, end = found.span()
    yield _Run(start, start + width, sign=True)
    yield _Run(start + width, end - width, tag)
    yield _Run(end - width, end, sign=True)


def _link(found: re.Match[str]) -> Iterator[_Run]:
    """The words of a link, and its address behind them where that is one of the web."""
    label, closing = found.span("label"), found.end("label")
    yield _Run(found.start(), label[0], sign=True)
    yield _Run(*label)
    if found["address"].startswith(("http://", "https://")):
        yield _Run(closing, closing + 1, sign=True)
        yield _Run(closing + 1, found.end(), "small")
    else:
        yield _Run(closing, found.end(), sign=True)


def _cut(runs: list[_Run], mark: Mark | None) -> Iterator[_Run]:
    """The runs without empty ones, none of which is partly inside the mark."""
    for run in runs:
        inside = [] if mark is None else [min(max(place, run.start), run.end) for place in (mark.start, mark.end)]
        places = [run.start, *inside, run.end]
        for start, end in pairwise(places):
            if start < end:
                yield _Run(start, end, run.tag, run.sign)


def _marked(text: str, runs: list[_Run], mark: Mark | None) -> Iterator[str]:
    inside = [run for run in runs if mark and mark.start <= run.start < mark.end]
    while inside and not text[inside[-1].start : inside[-1].end].strip():
        inside.pop()
    for run in runs:
        if mark and inside and run is inside[0]:
            # only the first part can be the one that the address leads to
            yield '<mark id="mark" tabindex="-1">' if _is_first(text, mark, run) else "<mark>"
        yield _shown(text, run)
        if inside and run is inside[-1]:
            yield "</mark>"


def _is_first(text: str, mark: Mark, run: _Run) -> bool:
    return not text[mark.start : run.start].strip()


def _shown(text: str, run: _Run) -> str:
    words = escape(text[run.start : run.end])
    if run.sign:
        return f'<span class="sign">{words}</span>'
    return f"<{run.tag}>{words}</{run.tag}>" if run.tag else words
