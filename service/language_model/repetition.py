"""Whether a text goes round in circles, as small language models do where they have nothing to say."""

from __future__ import annotations

TIMES = 3
"""A run of words that follows upon itself so often is no sentence any more."""
FEWEST_WORDS = 6
"""Words in such a circle altogether: "very, very, very" is none."""
LONGEST_RUN = 12
"""Words of the longest run that is looked for."""


def goes_in_circles(text: str) -> bool:
    """Whether `text` somewhere says the same run of words `TIMES` times on end, whatever the marks between them."""
    words = [word.strip(".,;:!?") for word in text.casefold().split()]
    return any(_is_circle(words, length, start) for length in range(1, LONGEST_RUN + 1) for start in range(len(words)))


def _is_circle(words: list[str], length: int, start: int) -> bool:
    times = max(TIMES, -(-FEWEST_WORDS // length))
    circle = words[start : start + length * times]
    return len(circle) == length * times and circle[length:] == circle[:-length]
