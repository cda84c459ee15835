"""How high the gold evidence is ranked.

What is retrieved is a ranking of passages (or sentences), what is wanted are evidence groups. A group is found at the
rank of the first passage that overlaps any of its places; further passages that bear it out count for nothing.
With one group, which is the rule, recall@k is the success rate at k.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from service.evaluation.metrics.regions import Groups, Region, groups_met

Ranks = Sequence[int | None]


def first_ranks(ranked: Sequence[Region], groups: Groups) -> tuple[int | None, ...]:
    """For each group the rank, from 1, of the first region that overlaps it; None where none does."""
    ranks: list[int | None] = [None] * len(groups)
    for rank, region in enumerate(ranked, start=1):
        for group in groups_met(region, groups):
            if ranks[group] is None:
                ranks[group] = rank
    return tuple(ranks)


def recall_at(ranks: Ranks, k: int) -> float:
    """Share of the groups that are found among the first `k`. Manning et al. 2008, section 8.4; `recall` of trec_eval.

    `ranks` must not be empty.
    """
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def reciprocal_rank(ranks: Ranks, depth: int) -> float:
    """1 / rank of the first relevant one, 0 where none is among the first `depth`. Voorhees 1999 (TREC-8 QA track)."""
    found = [rank for rank in ranks if rank is not None and rank <= depth]
    return 1 / min(found) if found else 0.0


def ndcg(ranks: Ranks, depth: int) -> float:
    """Normalised discounted cumulative gain of the groups among the first `depth`, gain 1 a group, discount log2.

    Järvelin and Kekäläinen 2002. Where one passage holds several groups, each further one counts as if found one rank
    later, so that the ideal ranking is 1, 2, 3, ... and the value is at most 1. `ranks` must not be empty.
    """
    gained = sum(_discount(rank) for rank in _one_at_a_time(ranks) if rank <= depth)
    return gained / sum(_discount(rank) for rank in range(1, min(len(ranks), depth) + 1))


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _one_at_a_time(ranks: Ranks) -> list[int]:
    """The ranks that were found, ascending, no two alike."""
    found: list[int] = []
    for rank in sorted(rank for rank in ranks if rank is not None):
        found.append(max(rank, found[-1] + 1) if found else rank)
    return found
