"""HTML that can't be broken out of: whatever is not `Html` already is escaped where it enters a tag."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

VOID = frozenset({"br", "input", "meta"})
"""Elements without an end tag. (Elements of SVG always get one.)"""

Attribute = str | int | float | bool | None


class Html(str):
    """Markup that goes into the page as it is. Only this module and files of this package make it."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: Attribute) -> Html:
    """One element. In names of attributes `_` stands for `-`, and one at the end is left out (`class_`).

    True is an attribute without a value; None and False leave it out. Numbers are rounded to two digits.
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening if name in VOID else f"{opening}{join(children)}</{name}>")


def join(parts: Iterable[str], between: str = "") -> Html:
    """Parts one after the other."""
    return Html(text(between).join(map(text, parts)))


def text(content: str) -> Html:
    """Content as text; markup as it is."""
    return content if isinstance(content, Html) else Html(escape(content, quote=False))


def table(caption: str, head: Iterable[str], rows: Iterable[Iterable[str]], **attributes: Attribute) -> Html:
    """A table whose first column heads its rows."""
    body = (
        tag("tr", *(tag("td", cell) if column else tag("th", cell, scope="row") for column, cell in enumerate(row)))
        for row in rows
    )
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in head))),
        tag("tbody", *body),
        **attributes,
    )


def fold(summary: str, *children: str, **attributes: Attribute) -> Html:
    """What opens on demand, with and without JavaScript."""
    return tag("details", tag("summary", summary), *children, **attributes)


def _attribute(name: str, value: Attribute) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    shown = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f' {name}="{escape(shown)}"'
