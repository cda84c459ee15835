"""Which part of a long source sentence carries a claim: clauses that have its values and names and mean the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index.quantities import quantities, same_value
from index.types import Span
from service.comparing.stated import is_hedged
from service.search.evidence import Evidence
from service.texts.clauses import clauses
from service.texts.names import mentions, names
from service.texts.plain_text import plain

Near = Callable[[Sequence[str]], NDArray[np.float32]]
"""How near in meaning texts of one language are to a claim, float32 `(n,)`."""

LONG = 200
"""Characters from which on a sentence is worth cutting: a shorter one is read at a glance."""
LEAST_WORDS = 5
"""A quote of fewer words does not speak for itself."""
MOST_TRIED = 4
"""Parts that are compared in meaning, the shortest first: each costs the time of embedding it."""

STEM = 5
"""Letters that the forms of one word share, roughly."""

_LONG_WORD = re.compile(rf"\w{{{STEM},}}")
_TURNS = re.compile(
    r"\b(?:not|no|never|nor|neither|without|unless|if|deni\w+|reject\w+|\w+n['’]t|former\w*|"
    r"nicht|kein\w*|nie|niemals|weder|ohne|sofern|falls|wenn|dementier\w*|bestr[ei]i?t\w*|ehemalig\w*)\b",
    re.IGNORECASE,
)
"""What turns or bounds a statement: a quote must not leave it out."""


def shortest_quotes(
    claim: str, language: str, cited: Sequence[Evidence], embed: Callable[[Sequence[str]], NDArray[np.float32]]
) -> tuple[Evidence, ...]:
    """What to show of the sentences `cited` for `claim`, a sentence in `language`.

    `embed` gives unit vectors, float32 `(n, dim)`; it is called only where a sentence is long.
    """

    def near(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = embed([claim, *texts])
        similarities: NDArray[np.float32] = vectors[1:] @ vectors[0]
        return similarities

    return tuple(carrying(claim, language, source, near) for source in cited)


def carrying(claim: str, language: str, source: Evidence, near: Near) -> Evidence:
    """`source`, cut to the shortest part that carries `claim`, a sentence in `language`; whole where that is in doubt.

    The part is one run of whole clauses with every quantity, name and longer word of the claim that the sentence has,
    at least as near to the claim as the whole. No denial, condition or doubt is cut off.
    """
    if len(source.text) < LONG or plain(claim).endswith(source.shown()):
        return source
    parts = list(_parts(claim, language, source))[:MOST_TRIED]
    if not parts:
        return source
    whole, *scores = near([source.shown(), *(plain(source.text[part.start : part.end]) for part in parts)])
    for part, score in zip(parts, scores, strict=True):
        if score >= whole:
            return cut(source, part)
    return source


def cut(source: Evidence, part: Span) -> Evidence:
    """`source` with nothing but `source.text[part]` of its sentence, at its true place."""
    return replace(
        source, start=source.start + part.start, end=source.start + part.end, text=source.text[part.start : part.end]
    )


def _parts(claim: str, language: str, source: Evidence) -> Iterator[Span]:
    """The runs of clauses, less than all, that have what the claim needs; the shortest first."""
    found = clauses(source.text)
    runs = [Span(found[i].start, found[j].end) for i in range(len(found)) for j in range(i, len(found))]
    values, named = _needed_quantities(claim, language, source), _needed_names(claim, language, source)
    words = _stems(claim) & _stems(source.shown())
    for run in sorted(runs, key=lambda run: (run.end - run.start, run.start)):
        text = source.text[run.start : run.end].rstrip(",;:–—- ")
        rest = source.text[: run.start] + " " + source.text[run.end :]
        if not rest.strip() or len(text.split()) < LEAST_WORDS:
            continue
        if _TURNS.search(rest) or is_hedged(rest, rest, source.language) or not words <= _stems(plain(text)):
            continue
        if _has(plain(text), source.language, values, named):
            yield Span(run.start, run.start + len(text))


def _stems(text: str) -> set[str]:
    """What the longer words of `text` begin with, which their forms share, and often their translations, too."""
    return {word[:STEM] for word in _LONG_WORD.findall(text.casefold())}


def _needed_quantities(claim: str, language: str, source: Evidence) -> list[tuple[float, str]]:
    said = quantities(claim, language)
    stated = quantities(source.shown(), source.language)
    return [(one.value, one.unit) for one in stated if any(same_value(one, other) for other in said)]


def _needed_names(claim: str, language: str, source: Evidence) -> list[str]:
    return [name for name in names(claim, language) if mentions(source.shown(), name)]


def _has(text: str, language: str, values: Sequence[tuple[float, str]], wanted: Sequence[str]) -> bool:
    stated = {(quantity.value, quantity.unit) for quantity in quantities(text, language)}
    return stated.issuperset(values) and all(mentions(text, name) for name in wanted)
