"""Two collections of made-up articles about the same towns: none has a figure of another, or at the same place.

`swaps.py` publishes them in turn.
"""

from __future__ import annotations

import hashlib
import random

from index.types import Article

COLLECTIONS = ("spring", "autumn")
SYLLABLES = ("bar", "dun", "fal", "gor", "hel", "kam", "lor", "mun", "nes", "pel", "ros", "tor", "vel", "wen")


def towns(count: int) -> list[str]:
    """So many made-up names, always the same ones."""
    chosen = random.Random(6)  # noqa: S311 - names, not keys
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chosen.sample(SYLLABLES, 3)).capitalize()] = None
    return list(found)


def text_of(collection: str, town: str) -> str:
    """What the article about a town says: other figures, at other places, in each collection."""
    shift = "" if collection == COLLECTIONS[0] else f"The council of {town} met on a cold morning in autumn. "
    return (
        f"{shift}The harbour bridge of {town} cost {figure(collection, town)} million euros. "
        f"It is {400 + number(collection, town, 'length') % 300} metres long and leads across the river. "
        f"Its painters worked for {2 + number(collection, town, 'paint') % 9} summers. "
        "The ferry that it replaces lies in the museum now."
    )


def figure(collection: str, town: str) -> str:
    """The price of a town's bridge, which no other town and no other collection has."""
    return f"{10 + number(collection, town, 'price') % 90_000 / 100:.2f}"


def number(collection: str, town: str, what: str) -> int:
    """Some number that is always the same."""
    return int.from_bytes(hashlib.sha256(f"{collection} {town} {what}".encode()).digest()[:4])


def article(collection: str, town: str) -> Article:
    """The article about a town."""
    text = text_of(collection, town)
    return Article(
        id=f"towns/{town}.md",
        title=f"The bridge of {town}",
        text=text,
        url=None,
        published_at=None,
        language="en",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
