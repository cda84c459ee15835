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
    return table_of(caption, head, (row_of(*row) for row in rows), **attributes)


def table_of(caption: str, head: Iterable[str], rows: Iterable[Html], **attributes: Attribute) -> Html:
    """A table of rows made by `row_of`."""
    columns = (tag("th", cell, scope="col", role="columnheader") for cell in head)
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *columns, role="row"), role="rowgroup"),
        tag("tbody", *rows, role="rowgroup"),
        role="table",
        **attributes,
    )


def row_of(heading: str, *cells: str, **attributes: Attribute) -> Html:
    """A row of a table. Roles are said because styles that fold tables on narrow screens take them away."""
    headed = tag("th", heading, scope="row", role="rowheader")
    return tag("tr", headed, *(tag("td", cell, role="cell") for cell in cells), role="row", **attributes)


def wide(content: Html) -> Html:
    """What may be wider than the page, and is moved by itself then, with the keyboard too."""
    return tag("div", content, class_="wide", tabindex=0, role="group")


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
