"""Ranking figures against trec_eval, and by hand where trec_eval has no say."""

from __future__ import annotations

import math

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from service.evaluation.metrics.ranking import first_ranks, ndcg, recall_at, reciprocal_rank
from service.evaluation.metrics.regions import Region

MEASURES = {"recall.1,3,5,10", "recip_rank", "ndcg_cut.10"}

ranks_of_groups = st.lists(st.integers(1, 30), min_size=1, max_size=8, unique=True).flatmap(
    lambda found: st.integers(0, 4).map(lambda missing: (*found, *[None] * missing))
)


def trec_eval(ranks: tuple[int | None, ...], depth: int = 30) -> dict[str, float]:
    """What trec_eval says of a run in which the groups stand at `ranks` among documents that are not relevant."""
    run = {f"junk{rank}": float(-rank) for rank in range(1, depth + 1) if rank not in ranks}
    run |= {f"group{number}": float(-rank) for number, rank in enumerate(ranks) if rank is not None}
    wanted = {"q": {f"group{number}": 1 for number in range(len(ranks))}}
    measured: dict[str, float] = pytrec_eval.RelevanceEvaluator(wanted, MEASURES).evaluate({"q": run})["q"]
    return measured


@given(ranks_of_groups)
def test_recall_and_ndcg_are_those_of_trec_eval(ranks: tuple[int | None, ...]) -> None:
    expected = trec_eval(ranks)

    assert {f"recall_{k}": recall_at(ranks, k) for k in (1, 3, 5, 10)} == pytest.approx(
        {f"recall_{k}": expected[f"recall_{k}"] for k in (1, 3, 5, 10)}
    )
    assert ndcg(ranks, 10) == pytest.approx(expected["ndcg_cut_10"])


@given(ranks_of_groups)
def test_the_reciprocal_rank_is_that_of_trec_eval_down_to_its_depth(ranks: tuple[int | None, ...]) -> None:
    expected = trec_eval(ranks)["recip_rank"]

    assert reciprocal_rank(ranks, 30) == pytest.approx(expected)
    assert reciprocal_rank(ranks, 10) == pytest.approx(expected if expected >= 0.1 else 0.0)


def test_a_group_is_found_where_any_of_its_places_is_first_overlapped() -> None:
    groups = [[Region("a", 0, 5), Region("b", 10, 20)], [Region("c", 0, 1)], [Region("a", 50, 60)]]
    ranked = [Region("x", 0, 100), Region("b", 19, 30), Region("a", 0, 5), Region("a", 55, 56)]

    assert first_ranks(ranked, groups) == (2, None, 4)


def test_touching_is_not_overlapping() -> None:
    assert first_ranks([Region("a", 5, 9), Region("a", 0, 2)], [[Region("a", 2, 5)]]) == (None,)


def test_one_passage_with_two_groups_is_a_perfect_ranking_and_no_better() -> None:
    assert first_ranks([Region("a", 0, 9)], [[Region("a", 0, 1)], [Region("a", 2, 3)]]) == (1, 1)
    assert ndcg((1, 1), 10) == 1.0
    assert ndcg((2, 2), 10) == pytest.approx((1 / math.log2(3) + 1 / math.log2(4)) / (1 + 1 / math.log2(3)))
    assert recall_at((1, 1), 1) == 1.0


@given(st.lists(st.one_of(st.none(), st.integers(1, 20)), min_size=1, max_size=12))
def test_ndcg_is_a_share_whatever_the_ranks(ranks: list[int | None]) -> None:
    assert 0.0 <= ndcg(ranks, 10) <= 1.0
