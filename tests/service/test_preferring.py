from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.evidence import Evidence
from service.preferring import prefer
from tests.service.sources import source

PLAN = source("The bridge in Porthaven could cost 12 million euros.")
FIRM = source("The bridge in Porthaven cost 14.3 million euros.")
OTHER = source("The office of Brunvald drew the bridge.")
ELSEWHERE = source("The bridge in Hallstrom cost 20 million euros.")
WORTH = source("Brunvald is worth 20 million euros.")


def apart(*evidence: Evidence) -> list[Evidence]:
    """With rows that are no neighbours."""
    return [replace(item, row=10 * place) for place, item in enumerate(evidence)]


def test_a_plan_goes_behind_the_firm_report() -> None:
    plan, other, firm, last = apart(PLAN, OTHER, FIRM, ELSEWHERE)
    assert prefer([plan, other, firm, last]) == (other, firm, plan, last)


def test_a_plan_stays_where_nothing_firm_is_about_the_same() -> None:
    evidence = apart(PLAN, OTHER, ELSEWHERE, WORTH)
    assert prefer(evidence) == tuple(evidence)


def test_neighbours_stay_together() -> None:
    lead, plan, firm = (replace(item, row=row) for item, row in ((OTHER, 4), (PLAN, 5), (FIRM, 9)))
    assert prefer([lead, plan, firm]) == (firm, lead, plan)


def test_what_comes_later_already_is_left_there() -> None:
    evidence = apart(FIRM, OTHER, PLAN)
    assert prefer(evidence) == tuple(evidence)


@given(st.lists(st.sampled_from([PLAN, FIRM, OTHER, ELSEWHERE, WORTH]), max_size=6))
def test_nothing_is_lost_and_nothing_moves_twice(chosen: list[Evidence]) -> None:
    evidence = apart(*chosen)
    once = prefer(evidence)
    assert sorted(item.row for item in once) == sorted(item.row for item in evidence)
    assert prefer(once) == once
