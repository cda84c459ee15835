"""Which clause of a source speaks of what a clause of a claim says, and which of its words it has."""

from __future__ import annotations

from collections.abc import Sequence

from index.quantities import Quantity, same_value
from service.relations.clauses import Clause, Word

LEAST_SHARED = 2
"""Words or figures that two clauses must share to be about one thing."""


def covered(claim: Clause, source: Clause) -> frozenset[Word]:
    """The words of `claim` that `source` has, in either language."""
    known = source.keys
    return frozenset(word for word in claim.content if word.keys & known)


def states(source: Clause, quantity: Quantity) -> bool:
    """Whether `source` has the value."""
    return any(same_value(quantity, stated) for stated in source.quantities)


def likeness(claim: Clause, source: Clause) -> int:
    """Words and figures that both have."""
    return len(covered(claim, source)) + sum(states(source, quantity) for quantity in claim.quantities)


def nearest(claim: Clause, sources: Sequence[Clause]) -> list[Clause]:
    """Those of `sources` that share most with `claim`; none where that is too little to be about one thing."""
    likenesses = [likeness(claim, source) for source in sources]
    most = max(likenesses, default=0)
    said = len(claim.content) + len(claim.quantities)
    if most < (LEAST_SHARED if said > LEAST_SHARED else 1):
        return []
    return [source for source, shared in zip(sources, likenesses, strict=True) if shared == most]


def alike(left: Word, right: Word) -> bool:
    """Whether two words mean alike."""
    return bool(left.keys & right.keys)


def has(claim: Clause, source: Clause, word: Word) -> bool:
    """Whether `claim` has what `word` of `source` says.

    Across languages the only verb of the claim that `source` lacks is taken for a word that no table knows.
    """
    if any(alike(word, own) for own in claim.content if not own.is_name):
        return True
    if claim.language == source.language or _is_known(word) or word.is_name:
        return False
    shared = covered(claim, source)
    lacking = [own for own in claim.content if own not in shared]
    return len(shared) >= LEAST_SHARED and len(lacking) == 1 and lacking[0].text.islower()


def _is_known(word: Word) -> bool:
    return any(key[0] == "@" for key in word.keys)
