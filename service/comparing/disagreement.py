"""Where the sources of one search differ from an answer that was made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.quantities import quantities
from index.types import SentenceHit
from service.comparing.asked_values import wanted
from service.comparing.conflicts import Claim, FoundConflict, conflicts, units_said
from service.comparing.listing import listed
from service.search.evidence import Evidence, every
from service.search.finding import Asked, Finder, Finding, filters_of


def disagreements(
    finder: Finder, finding: Finding, released: Sequence[tuple[str, tuple[Evidence, ...]]]
) -> tuple[FoundConflict, ...]:
    """What the sentences of the search say otherwise than `released`, each sentence with what it cites.

    Where all values are asked for, what was released is searched for as well: other reports sound like it.
    """
    asked = finding.asked
    question = asked.request.question
    claims = [Claim(text, _language(text, cited, asked), cited) for text, cited in released]
    said = units_said(question, asked.language, claims)
    if not said:
        return ()
    hits: Sequence[SentenceHit] = finding.found.sentences
    if wanted(question).everything:
        filters = filters_of(asked.request.filters, asked.request.as_of)
        hits = _joined(finder.retriever.search([released[0][0]], 1, filters).sentences, hits)
    stating = [hit for hit in hits if _may_state(hit, said)]
    return conflicts(
        question,
        asked.language,
        asked.names,
        claims,
        every(stating, finder.snapshot),
        lambda sources: likeness(sources, finder),
    )


def listing(finder: Finder, finding: Finding) -> FoundConflict | None:
    """The values that a question for several of them asks for, as the sentences of the search state them."""
    asked = finding.asked
    question = asked.request.question
    candidates = every(finding.found.sentences, finder.snapshot)
    return listed(
        question, asked.language, asked.names, finding.evidence, candidates, lambda sources: likeness(sources, finder)
    )


def _may_state(hit: SentenceHit, units: frozenset[tuple[str, str]]) -> bool:
    """Whether the sentence has a quantity of one of `units`: only those are worth looking at, and few have one."""
    stated = {quantity.unit for quantity in quantities(hit.text, hit.sentence.language)}
    return any(bool(stated) if kind in ("date", "count") else unit in stated for kind, unit in units)


def _joined(hits: Sequence[SentenceHit], more: Sequence[SentenceHit]) -> list[SentenceHit]:
    return list({hit.row: hit for hit in (*hits, *more)}.values())


def _language(text: str, cited: Sequence[Evidence], asked: Asked) -> str:
    """A quote is in its source's language, whatever was asked in."""
    return next((source.language for source in cited if text.endswith(source.shown())), asked.language)


def likeness(sources: Sequence[Evidence], finder: Finder) -> NDArray[np.float32]:
    """Cosines of the sentences without their languages' means, float32 `(n, n)`."""
    vectors = finder.retriever.embed_alone([source.row for source in sources])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    cosines: NDArray[np.float32] = vectors @ vectors.T
    return cosines
