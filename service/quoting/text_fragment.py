"""Links to the very words of a page: `#:~:text=[prefix-,]start[,end][,-suffix]`.

https://wicg.github.io/scroll-to-text-fragment/ has the syntax. A browser that doesn't know it opens the page as usual.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from index.types import Span
from service.texts.plain_text import plain

CONTEXT = 60
"""Characters around a quote at most, without those of a word that would be cut."""
LONGEST = 300
"""Characters of a quote that is named in full; of a longer one, first and last words."""
END_WORDS = 6
"""Words at either end of a long quote, and of its context."""

# Not `urlsplit`, which raises where a host is malformed: an article may name any address.
_WEB_ADDRESS = re.compile(r"https?:", re.IGNORECASE)
_LINE_END = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")


def prefix_of(text: str, place: Span) -> str:
    """The characters of `text` just before `place`, at most `CONTEXT`, from the beginning of a word."""
    start = max(0, place.start - CONTEXT)
    if start and not _is_edge(text, start):
        space = re.search(r"\s", text[start : place.start])
        start = start + space.end() if space else place.start
    return text[start : place.start]


def suffix_of(text: str, place: Span) -> str:
    """The characters of `text` just behind `place`, at most `CONTEXT`, up to the end of a word."""
    end = min(len(text), place.end + CONTEXT)
    if end < len(text) and not _is_edge(text, end):
        ahead = text[place.end : end]
        spaces = [match.start() for match in re.finditer(r"\s", ahead)]
        end = place.end + spaces[-1] if spaces else place.end
    return text[place.end : end]


def fragment_url(url: str | None, text: str, place: Span) -> str | None:
    """`url` with a fragment that leads to `text[place]`; None where there is no web address, or no words to find.

    The words around are named only where the quote alone would lead elsewhere: what a page shows there may differ.
    """
    if url is None or not _WEB_ADDRESS.match(url):
        return None
    words = plain(text[place.start : place.end])
    if not words:
        return None
    parts = [_encoded(part) for part in _ends(words, text[place.start : place.end])]
    if plain(text).count(words) > 1:
        before = _LINE_END.split(prefix_of(text, place))[-1].split()[-END_WORDS:]
        behind = _LINE_END.split(suffix_of(text, place))[0].split()[:END_WORDS]
        prefix, suffix = plain(" ".join(before)), plain(" ".join(behind))
        parts = [*([_encoded(prefix) + "-"] if prefix else []), *parts, *(["-" + _encoded(suffix)] if suffix else [])]
    page = url.split(":~:")[0]
    return f"{page}{'' if '#' in page else '#'}:~:text={','.join(parts)}"


def _ends(words: str, quoted: str) -> list[str]:
    """What names a quote: all of it, or its first and its last words where it is long or goes over several lines."""
    split = words.split()
    whole = len(words) <= LONGEST and not _LINE_END.search(quoted.strip())
    if whole or len(split) <= 2 * END_WORDS:
        return [words]
    return [" ".join(split[:END_WORDS]), " ".join(split[-END_WORDS:])]


def _encoded(part: str) -> str:
    """Percent-encoded, with what has a meaning in the syntax: dash, comma and ampersand."""
    return quote(part, safe="").replace("-", "%2D")


def _is_edge(text: str, place: int) -> bool:
    return text[place - 1].isspace() or text[place].isspace()
