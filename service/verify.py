"""Whether a sentence is borne out by source sentences, and by which: no sentence is released without this.

The check needs no language model. A claim holds where its quantities are stated by the cited sentences (by value,
across languages), its names are mentioned there or just before them, and its meaning is near theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from index.quantities import Quantity, quantities, same_value
from service.evidence import Evidence
from service.names import mentions, names, speaks_of_a_name
from service.plain_text import plain

MOST_CITATIONS = 3
"""A sentence that needs more sources than this together is not one claim."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`cited` are positions in the evidence, the smallest set that bears the claim out; empty where none does.

    `reason` then says why: `quantity`, `name`, `premise` or `meaning`, with what was missing.
    """

    cited: tuple[int, ...]
    reason: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Claim:
    quantities: tuple[Quantity, ...]
    names: tuple[str, ...]


def verify(
    sentence: str,
    language: str,
    question_names: Sequence[str],
    evidence: Sequence[Evidence],
    similarities: NDArray[np.float32],
    *,
    least_similarity: float,
) -> Verdict:
    """Check `sentence` (citation marks removed) against `evidence`.

    `question_names` are the names that the question asks about: what bears the answer out must be about them too.
    `similarities` is float32 `(len(evidence),)`: how near in meaning each piece of evidence is to the sentence.
    """
    if not evidence:
        return Verdict((), "meaning: there is no evidence", 0.0)
    best = float(similarities.max())
    claim = _Claim(tuple(quantities(sentence, language)), tuple(names(sentence, language)))
    if missing := _stated_nowhere(claim, evidence):
        return Verdict((), missing, best)
    wanted = tuple(dict.fromkeys([*claim.names, *question_names]))
    if best < least_similarity:
        return Verdict((), f"meaning: nearest evidence at {best:.2f}, at least {least_similarity:.2f} is needed", best)
    near = [int(i) for i in np.argsort(-similarities, kind="stable") if similarities[i] >= least_similarity / 2]
    cited = _smallest_set(claim.quantities, wanted, near, evidence, subjects=frozenset(question_names))
    if not cited:
        return Verdict((), "premise: no source says this of what was asked about", best)
    return Verdict(cited, "", float(similarities[list(cited)].mean()))


def states(evidence: Evidence, quantity: Quantity) -> bool:
    """Whether the evidence states the value, or its article's date makes the year plain."""
    published = evidence.article.published_at
    if not quantity.unit and published is not None and quantity.value == published.year:
        return True
    text = plain(evidence.text)
    return any(same_value(quantity, stated) for stated in quantities(text, evidence.language))


def _stated_nowhere(claim: _Claim, evidence: Sequence[Evidence]) -> str:
    for quantity in claim.quantities:
        if not any(states(item, quantity) for item in evidence):
            return f"quantity: no source states {quantity.value:g} {quantity.unit}".rstrip()
    for name in claim.names:
        if not any(mentions(_where_named(item), name) for item in evidence):
            return f"name: no source mentions {name}"
    return ""


def _where_named(item: Evidence) -> str:
    """The text in which the names that a sentence is about may stand.

    A sentence without a name of its own speaks of what its passage is about. One with names speaks of those, unless
    others stand just before it.
    """
    return item.context if speaks_of_a_name(plain(item.text), item.language, item.passage) else item.passage


def _smallest_set(
    wanted: Sequence[Quantity],
    wanted_names: Sequence[str],
    near: Sequence[int],
    evidence: Sequence[Evidence],
    *,
    subjects: frozenset[str],
) -> tuple[int, ...]:
    """The fewest of `near` (nearest first) that together state and mention all that is wanted; empty where none do.

    A value or a new name counts only from a sentence that mentions all `subjects`: one firm's figure or chief and
    another firm's name, each from a sentence of its own, make no statement.
    """
    mentions_it = {i: {name for name in wanted_names if mentions(_where_named(evidence[i]), name)} for i in near}
    apt = [i for i in near if subjects <= mentions_it[i]]
    mentions_it = {i: named if i in apt else named & subjects for i, named in mentions_it.items()}
    states_it = {i: {n for n, value in enumerate(wanted) if i in apt and states(evidence[i], value)} for i in near}
    for size in range(1, min(MOST_CITATIONS, len(near)) + 1):
        for chosen in combinations(near, size):
            stated = set().union(*(states_it[i] for i in chosen))
            mentioned = set().union(*(mentions_it[i] for i in chosen))
            if len(stated) == len(wanted) and mentioned >= set(wanted_names):
                return tuple(chosen)
    return ()
