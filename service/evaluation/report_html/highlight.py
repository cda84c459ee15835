"""Places of an article cut out with what stands around them: which characters are cited, gold evidence, or both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

CONTEXT = 120
"""Characters that are shown before and after a marked place, less what is cut off a word."""


@dataclass(frozen=True, slots=True)
class Place:
    """Characters `[start, end)` of a text; `label` is that of the citation, None for gold evidence."""

    start: int
    end: int
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Successive characters that share the citations they lie in and whether they are gold evidence."""

    text: str
    labels: tuple[int, ...]
    gold: bool
    begins: tuple[int, ...]
    """Labels of the citations that begin here."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`text[start:end]` in pieces; `first` and `last` where nothing but white space stands before and after it."""

    start: int
    end: int
    first: bool
    last: bool
    pieces: tuple[Piece, ...]

    @property
    def cited(self) -> bool:
        """Whether a citation lies in it."""
        return any(piece.labels for piece in self.pieces)


def excerpts(text: str, places: Iterable[Place], context: int = CONTEXT) -> tuple[Excerpt, ...]:
    """Every place in `text` with its surroundings, in the order of the text.

    Places whose surroundings meet share an excerpt. Places that reach beyond the text are shown as far as it goes.
    """
    inside = [Place(max(place.start, 0), min(place.end, len(text)), place.label) for place in places]
    inside = sorted((place for place in inside if place.start < place.end), key=lambda place: (place.start, place.end))
    windows: list[tuple[int, int]] = []
    for place in inside:
        start, end = _window(text, place, context)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
        else:
            windows.append((start, end))
    return tuple(
        Excerpt(start, end, not text[:start].strip(), not text[end:].strip(), _pieces(text, start, end, inside))
        for start, end in windows
    )


def _window(text: str, place: Place, context: int) -> tuple[int, int]:
    """The place with `context` characters on both sides, less words that would be cut and white space at the ends."""
    start, end = max(place.start - context, 0), min(place.end + context, len(text))
    while 0 < start < place.start and not text[start - 1].isspace():
        start += 1
    while place.end < end < len(text) and not text[end].isspace():
        end -= 1
    while start < place.start and text[start].isspace():
        start += 1
    while place.end < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _pieces(text: str, start: int, end: int, places: Sequence[Place]) -> tuple[Piece, ...]:
    here = [place for place in places if place.start < end and place.end > start]
    bounds = sorted({start, end, *(place.start for place in here), *(place.end for place in here)})
    return tuple(_piece(text, low, high, here) for low, high in pairwise(bounds))


def _piece(text: str, start: int, end: int, places: Sequence[Place]) -> Piece:
    over = [place for place in places if place.start <= start and end <= place.end]
    return Piece(
        text[start:end],
        tuple(sorted({place.label for place in over if place.label is not None})),
        any(place.label is None for place in over),
        tuple(sorted({place.label for place in over if place.label is not None and place.start == start})),
    )
