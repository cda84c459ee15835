"""Parts of plots, as SVG. Colours come from the style sheet, so that plots follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.evaluation.report_html.markup import Html, join, tag

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
WIDTH = 360.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a square of shares, [0, 1] by [0, 1], lies in a drawing of `WIDTH` by `height`."""

    height: float = 250.0
    left: float = 50.0
    right: float = WIDTH - 14.0
    top: float = 10.0
    below: float = 40.0

    def x(self, share: float) -> float:
        """From left to right."""
        return self.left + share * (self.right - self.left)

    def y(self, share: float) -> float:
        """From the bottom up."""
        return self.bottom - share * (self.bottom - self.top)

    @property
    def bottom(self) -> float:
        """Where the horizontal axis lies."""
        return self.height - self.below

    def axes(self, across: str, up: str, ticks: Sequence[tuple[float, str]] | None = None) -> Html:
        """Grid lines, the numbers at them and what they mean; `ticks` of the horizontal axis are `(share, words)`."""
        middle = (self.top + self.bottom) / 2
        parts = [tag("path", class_="grid", d=f"M{self.left} {self.y(s):.1f}H{self.right}") for s in SHARES]
        parts += [label(self.left - 6, self.y(s) + 4, f"{s:g}", "end") for s in SHARES]
        for share, words in ticks if ticks is not None else [(s, f"{s:g}") for s in SHARES]:
            parts.append(tag("path", class_="grid", d=f"M{self.x(share):.1f} {self.bottom}v5"))
            parts.append(label(self.x(share), self.bottom + 17, words, "middle"))
        parts.append(label((self.left + self.right) / 2, self.height - 5, across, "middle", "axis"))
        parts.append(
            tag("text", up, class_="axis", text_anchor="middle", transform=f"translate(12 {middle:.1f}) rotate(-90)")
        )
        return join(parts)


def drawing(title: str, *parts: str, height: float, width: float = WIDTH) -> Html:
    """A picture with a title for those who don't see it."""
    return tag("svg", tag("title", title), *parts, viewBox=f"0 0 {width:g} {height:g}", role="img", class_="plot")


def line(points: Iterable[tuple[float, float]], kind: str) -> Html:
    """Points joined in their order."""
    return tag("polyline", class_=f"line {kind}", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))


def dot(x: float, y: float, kind: str, radius: float = 4.0) -> Html:
    """A point."""
    return tag("circle", class_=f"dot {kind}", cx=x, cy=y, r=radius)


def whisker(start: tuple[float, float], end: tuple[float, float], kind: str) -> Html:
    """A straight stroke, as of an interval."""
    (x1, y1), (x2, y2) = start, end
    return tag("line", class_=f"whisker {kind}", x1=x1, y1=y1, x2=x2, y2=y2)


def label(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> Html:
    """Words whose `anchor` (start, middle or end) is at a point."""
    return tag("text", words, x=x, y=y, text_anchor=None if anchor == "start" else anchor, class_=kind or None)


def decades(smallest: float, largest: float) -> tuple[float, ...]:
    """The powers of ten that enclose positive numbers; at least two."""
    first, last = math.floor(math.log10(smallest)), math.ceil(math.log10(largest))
    return tuple(10.0**power for power in range(first, max(last, first + 1) + 1))
