from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.comparing.preferring import prefer, without_replaced
from service.contracts.answers import AskRequest
from service.search.evidence import Evidence
from service.search.finding import understood
from tests.service.sources import source

PLAN = source("The bridge in Porthaven could cost 12 million euros.")
FIRM = source("The bridge in Porthaven cost 14.3 million euros.")
OTHER = source("The office of Brunvald drew the bridge.")
ELSEWHERE = source("The bridge in Hallstrom cost 20 million euros.")
WORTH = source("Brunvald is worth 20 million euros.")
REPORTED = source("As the gazette Nordlicht has it, the bridge in Porthaven could cost 12 million euros.")
AS_PLANNED = source("The bridge in Porthaven could cost 14.3 million euros.")


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


def test_who_reports_a_plan_does_not_make_it_one_about_something_else() -> None:
    rumour, other, firm = apart(REPORTED, OTHER, FIRM)
    assert prefer([rumour, other, firm]) == (rumour, other, firm)
    assert prefer([rumour, other, firm], ["porthaven"]) == (other, firm, rumour)


def left(question: str, *evidence: Evidence) -> tuple[Evidence, ...]:
    return without_replaced(evidence, understood(AskRequest(question=question)))


def test_a_question_for_one_value_is_asked_without_the_plans_whose_outcome_is_known() -> None:
    question = "How much did the bridge in Porthaven cost?"
    assert left(question, REPORTED, FIRM, OTHER) == (FIRM, OTHER)
    assert left(question, AS_PLANNED, FIRM) == (FIRM,)
    assert left(question, PLAN, OTHER, ELSEWHERE) == (PLAN, OTHER, ELSEWHERE)


def test_a_question_about_plans_or_about_every_value_is_asked_with_them() -> None:
    for question in (
        "How much could the bridge in Porthaven cost, as was planned?",
        "Which prices were reported for the bridge in Porthaven?",
        "Who drew the bridge in Porthaven?",
    ):
        assert left(question, PLAN, FIRM) == (PLAN, FIRM)


@given(st.lists(st.sampled_from([PLAN, FIRM, OTHER, ELSEWHERE, WORTH]), max_size=6))
def test_nothing_is_lost_and_nothing_moves_twice(chosen: list[Evidence]) -> None:
    evidence = apart(*chosen)
    once = prefer(evidence)
    assert sorted(item.row for item in once) == sorted(item.row for item in evidence)
    assert prefer(once) == once
