"""Source sentences made by hand, for what compares sources with one another."""

from __future__ import annotations

from datetime import date
from itertools import count

from index.types import ArticleInfo
from service.search.evidence import Evidence, Place

_ROWS = count()


def source(
    text: str, language: str = "en", day: date | None = None, *, title: str = "", before: str = "", copies: int = 0
) -> Evidence:
    """A sentence that stands alone in an article of its own, which `copies` others have as well."""
    row = next(_ROWS)
    article = _article(f"{row}.md", title, language, day)
    places = [Place(_article(f"{row}-{n}.md", title, language, day), 0, len(text), text) for n in range(copies)]
    lines = [title, "", *([before] if before else [])]
    return Evidence(
        row=row,
        article=article,
        start=0,
        end=len(text),
        text=text,
        language=language,
        context="\n".join([*lines, text]),
        passage="\n".join([*lines, text]),
        cosine=0.5,
        also_at=tuple(places),
    )


def _article(name: str, title: str, language: str, day: date | None) -> ArticleInfo:
    return ArticleInfo(name, title, None, day, language, "0" * 64)
