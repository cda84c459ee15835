"""Where the sources of one search differ from an answer that was made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.types import SentenceHit
from service.asked_values import wanted
from service.conflicts import Claim, FoundConflict, conflicts
from service.evidence import Evidence, every
from service.finding import Asked, Finder, Finding, filters_of


def disagreements(
    finder: Finder, finding: Finding, released: Sequence[tuple[str, tuple[Evidence, ...]]]
) -> tuple[FoundConflict, ...]:
    """What the sentences of the search say otherwise than `released`, each sentence with what it cites.

    Where all values are asked for, what was released is searched for as well: other reports sound like it.
    """
    asked = finding.asked
    hits: Sequence[SentenceHit] = finding.found.sentences
    if wanted(asked.request.question).everything and released:
        filters = filters_of(asked.request.filters, asked.request.as_of)
        hits = _joined(finder.retriever.search([released[0][0]], 1, filters).sentences, hits)
    claims = [Claim(text, _language(text, cited, asked), cited) for text, cited in released]
    return conflicts(
        asked.request.question,
        asked.language,
        asked.names,
        claims,
        every(hits, finder.snapshot),
        lambda sources: _alike(sources, finder),
    )


def _joined(hits: Sequence[SentenceHit], more: Sequence[SentenceHit]) -> list[SentenceHit]:
    return list({hit.row: hit for hit in (*hits, *more)}.values())


def _language(text: str, cited: Sequence[Evidence], asked: Asked) -> str:
    """A quote is in its source's language, whatever was asked in."""
    return next((source.language for source in cited if text.endswith(source.shown())), asked.language)


def _alike(sources: Sequence[Evidence], finder: Finder) -> NDArray[np.float32]:
    """Cosines of the sentences without their languages' means, float32 `(n, n)`."""
    vectors = finder.retriever.embed_alone([source.row for source in sources])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    cosines: NDArray[np.float32] = vectors @ vectors.T
    return cosines
