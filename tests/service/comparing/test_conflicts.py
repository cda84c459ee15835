from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from service.comparing.conflicts import Claim, FoundConflict, Similar, conflicts
from service.search.evidence import Evidence
from service.texts.names import names
from tests.service.sources import source

JUNE, JULY = date(2025, 6, 3), date(2025, 7, 10)


def alike(sources: Sequence[Evidence]) -> NDArray[np.float32]:
    return np.ones((len(sources), len(sources)), dtype=np.float32)


def apart(sources: Sequence[Evidence]) -> NDArray[np.float32]:
    return np.eye(len(sources), dtype=np.float32)


def found(
    question: str, answer: Evidence, *others: Evidence, language: str = "en", similar: Similar = alike
) -> tuple[FoundConflict, ...]:
    """The conflicts of an answer that quotes `answer`."""
    claim = Claim(answer.shown(), answer.language, (answer,))
    return conflicts(question, language, names(question, language), [claim], [answer, *others], similar)


def told(found: Sequence[FoundConflict]) -> list[list[tuple[str, str]]]:
    return [[(value.stated[0].words, value.status) for value in conflict.values] for conflict in found]


COST = "How much did the bridge in Porthaven cost?"
KOSTEN = "Wie viel hat die Brücke in Porthaven gekostet?"

DIFFERENT = [
    (COST, "en", "The bridge in Porthaven cost 14.3 million euros.", "en", "Porthaven paid 15.1 million euros for it."),
    (
        COST,
        "en",
        "The bridge in Porthaven cost 14.3 million euros.",
        "de",
        "Die Brücke in Porthaven kostete 16 Mio. Euro.",
    ),
    (
        KOSTEN,
        "de",
        "Die Brücke in Porthaven kostete 14,3 Mio. Euro.",
        "de",
        "Porthaven zahlte dafür 18,2 Millionen Euro.",
    ),
    (
        KOSTEN,
        "de",
        "Die Brücke in Porthaven kostete 14,3 Mio. Euro.",
        "en",
        "Porthaven paid €20 million for its bridge.",
    ),
    (
        "What share of Castellmar does Brunvald hold?",
        "en",
        "Brunvald holds a stake of 49 percent in Castellmar.",
        "de",
        "Brunvald hält einen Anteil von 51 Prozent an Castellmar.",
    ),
    (
        "How many jobs will Castellmar cut?",
        "en",
        "Castellmar will cut 200 jobs.",
        "de",
        "Castellmar streicht 250 Stellen.",
    ),
    (
        "Wie viele Arbeitsplätze fallen bei Castellmar weg?",
        "de",
        "Bei Castellmar fallen etwa 200 Arbeitsplätze weg.",
        "de",
        "Castellmar hat 350 Stellen gestrichen.",
    ),
    (
        "How many people work for Castellmar?",
        "en",
        "About 1,500 people work for Castellmar.",
        "de",
        "Castellmar beschäftigt rund 2.300 Mitarbeiter.",
    ),
    (
        "Wie viele Menschen wurden bei dem Unfall in Porthaven verletzt?",
        "de",
        "In Porthaven wurden 12 Menschen verletzt, es gab 12 Verletzte.",
        "de",
        "Bei dem Unfall in Porthaven gab es 17 Verletzte.",
    ),
    (
        "What was the revenue of Castellmar in 2024?",
        "en",
        "Castellmar had a revenue of $870 million in 2024.",
        "en",
        "In 2024, revenue of Castellmar was $910 million.",
    ),
    (
        "How high is the fine for Castellmar?",
        "en",
        "Castellmar got a fine of $3 million.",
        "de",
        "Die Strafe für Castellmar beträgt 4 Millionen Dollar.",
    ),
    (
        "When was Castellmar founded?",
        "en",
        "Castellmar was founded in 1931.",
        "de",
        "Castellmar wurde 1934 gegründet.",
    ),
    (
        "When does the bridge in Porthaven open?",
        "en",
        "The bridge in Porthaven opens on 3 June 2025.",
        "en",
        "The bridge in Porthaven opens on 13 June 2025.",
    ),
]
SAME = {
    "another period": (
        "What was the revenue of Castellmar?",
        "Castellmar had a revenue of $870 million in 2024.",
        "Castellmar had a revenue of $990 million in 2025.",
    ),
    "a price of another year": (
        "How much did Brunvald pay for ships?",
        "Brunvald paid $14 million for ships in 2023.",
        "Brunvald paid $19 million for ships in 2024.",
    ),
    "a sentence that has the value of the answer, too": (
        COST,
        "The bridge in Porthaven cost 14.3 million euros.",
        "The bridge in Porthaven cost 14.3 million euros, and 16 million euros with the lamps.",
    ),
    "another quarter": (
        "What was the profit of Castellmar?",
        "Castellmar made a profit of $87 million in the first quarter.",
        "Castellmar made a profit of $99 million in the second quarter.",
    ),
    "a year that only one of them names": (
        "What was the revenue of Castellmar?",
        "Castellmar had a revenue of $870 million in 2024.",
        "Castellmar has a revenue of $990 million.",
    ),
    "a valuation and no price": (
        "How much did Brunvald pay for its stake in Castellmar?",
        "Brunvald paid 14.3 million euros for its stake in Castellmar.",
        "Brunvald says that Castellmar is worth 29 million euros.",
    ),
    "revenue and no contract": (
        "How large was the contract of Castellmar?",
        "Castellmar got a contract of $99 million.",
        "Castellmar has revenues of $120 million.",
    ),
    "staff and no cuts": (
        "How many jobs will Castellmar cut?",
        "Castellmar will cut 200 jobs.",
        "Castellmar has 500 employees.",
    ),
    "a change and no stake": (
        "What share of Castellmar does Brunvald hold?",
        "Brunvald holds a stake of 49 percent in Castellmar.",
        "Brunvald says that prices of Castellmar rose by 12 percent.",
    ),
    "another firm": (
        COST,
        "The bridge in Porthaven cost 14.3 million euros.",
        "The bridge in Hallstrom cost 20 million euros.",
    ),
    "another firm in a clause of its own": (
        "How much did Brunvald pay for Castellmar?",
        "Brunvald paid 14.3 million euros for Castellmar.",
        "Brunvald, which paid 19 million euros for Hallstrom, is buying Castellmar.",
    ),
    "another currency": (
        COST,
        "The bridge in Porthaven cost 14.3 million euros.",
        "The bridge in Porthaven cost 16.5 million dollars.",
    ),
    "a rounded value": (
        COST,
        "The bridge in Porthaven cost 14.3 million euros.",
        "The bridge in Porthaven cost about 14 million euros.",
    ),
    "a value rounded without a word": (
        COST,
        "The bridge in Porthaven cost 14.3 million euros.",
        "The bridge in Porthaven cost 14 million euros.",
    ),
    "another spelling": (
        COST,
        "The bridge in Porthaven cost 14.3 million euros.",
        "The bridge in Porthaven cost €14,300,000.",
    ),
    "room left by a bound": (
        "Why did Porthaven build its bridge?",
        "The bridge in Porthaven cost 14.3 million euros.",
        "The bridge in Porthaven cost more than 10 million euros.",
    ),
    "two values of one sentence": (
        "What was the revenue of Castellmar?",
        "Castellmar had a revenue of 870 million and 910 million euros.",
        "Castellmar had a revenue of 870 million and 910 million euros.",
    ),
    "a coarser date": (
        "When does the bridge in Porthaven open?",
        "The bridge in Porthaven opens on 3 June 2025.",
        "The bridge in Porthaven opens in June.",
    ),
    "a date that nobody asked for": (
        COST,
        "Porthaven paid 14.3 million euros for the bridge in June 2024.",
        "Porthaven paid 14.3 million euros for the bridge in May 2024.",
    ),
    "a price beside the percentage asked for": (
        "What percentage of Castellmar did Brunvald buy?",
        "Brunvald bought 49 percent of Castellmar for $14 million.",
        "Brunvald bought 49 percent of Castellmar for $19 million.",
    ),
    "a count of other things": (
        "How many ships does Castellmar have?",
        "Castellmar has 40 ships.",
        "Castellmar has 70 cranes.",
    ),
    "a number that belongs to a name": (
        "How many ships does Castellmar have?",
        "Castellmar has 40 ships.",
        "Castellmar has Orca 70 ships.",
    ),
    "a valuation of before": (
        "How much is Castellmar worth?",
        "Castellmar is now worth $29 million.",
        "Castellmar was worth $14 million before the deal.",
    ),
    "a figure that is known from the question": (
        "Why did Porthaven pay 14.3 million euros for its bridge?",
        "Porthaven paid 14.3 million euros because steel is dear.",
        "Porthaven paid 15.9 million euros for its bridge.",
    ),
}


@pytest.mark.parametrize(("question", "language", "answer", "other_language", "other"), DIFFERENT)
def test_another_value_for_the_same_thing_is_a_conflict(
    question: str, language: str, answer: str, other_language: str, other: str
) -> None:
    title = "Bridge in Porthaven"
    first, second = source(answer, language, title=title), source(other, other_language, title=title)
    (conflict,) = found(question, first, second, language=language)
    assert [value.status for value in conflict.values] == ["disputed", "disputed"]
    assert [value.sources for value in conflict.values] == [(first,), (second,)]
    assert not conflict.listed


@pytest.mark.parametrize("case", SAME)
def test_what_differs_for_another_reason_is_no_conflict(case: str) -> None:
    question, answer, other = SAME[case]
    assert told(found(question, source(answer), source(other))) == []


def test_statements_that_are_far_from_each_other_are_no_conflict() -> None:
    answer = source("The bridge in Porthaven cost 14.3 million euros.")
    other = source("Porthaven paid 15.1 million euros for it.")
    assert found(COST, answer, other, similar=apart) == ()


def test_values_that_are_far_apart_need_sentences_that_are_nearer() -> None:
    def somewhat(sources: Sequence[Evidence]) -> NDArray[np.float32]:
        return np.full((len(sources), len(sources)), 0.4, dtype=np.float32)

    answer = source("The bridge in Porthaven cost 14.3 million euros.")
    near, far = "The bridge in Porthaven cost 16 million euros.", "The bridge in Porthaven cost 143 million euros."
    assert len(found(COST, answer, source(near), similar=somewhat)) == 1
    assert found(COST, answer, source(far), similar=somewhat) == ()
    assert len(found(COST, answer, source(far))) == 1


def test_nothing_is_compared_where_all_sources_agree() -> None:
    def never(sources: Sequence[Evidence]) -> NDArray[np.float32]:
        raise AssertionError("compared")

    answer = source("The bridge in Porthaven cost 14.3 million euros.")
    assert found(COST, answer, source("Die Brücke in Porthaven kostete 14,3 Mio. Euro.", "de"), similar=never) == ()


def test_dates_in_one_article_are_those_of_different_events() -> None:
    question = "When did Castellmar open the dock?"
    opened, closed = "In March 2025 Castellmar opened the dock.", "In July 2025 Castellmar used the dock."
    first = source(opened)
    assert len(found(question, first, source(closed))) == 1
    assert found(question, first, replace(source(closed), article=first.article)) == ()


def test_a_plan_is_superseded_by_a_firm_report() -> None:
    answer = source("The bridge in Porthaven cost 14.3 million euros.", day=JULY)
    plan = source("The bridge in Porthaven could cost 12 million euros.", day=JUNE)
    assert told(found(COST, answer, plan)) == [[("14.3 million euros", "current"), ("12 million euros", "superseded")]]


def test_a_vague_early_report_is_told_as_superseded_where_the_amount_was_asked_for() -> None:
    answer = source("Die Brücke in Porthaven kostete 14,3 Mio. Euro.", "de")
    rumour = source("Die Brücke in Porthaven soll mehr als 10 Mio. Euro kosten.", "de")
    (conflict,) = found(KOSTEN, answer, rumour, language="de")
    assert told([conflict]) == [[("14,3 Mio. Euro", "current"), ("10 Mio. Euro", "superseded")]]
    assert not conflict.outdated and not conflict.disputed


def test_without_days_hedging_alone_tells_which_report_stands() -> None:
    answer = source("The bridge in Porthaven could cost 12 million euros.")
    later = source("The bridge in Porthaven cost 14.3 million euros.")
    (conflict,) = found(COST, answer, later)
    assert told([conflict]) == [[("12 million euros", "superseded"), ("14.3 million euros", "current")]]
    assert conflict.outdated


def test_a_doubt_that_comes_later_than_a_firm_report_supersedes_nothing() -> None:
    answer = source("The bridge in Porthaven cost 14.3 million euros.", day=JUNE)
    doubt = source("The bridge in Porthaven could cost 17 million euros.", day=JULY)
    assert told(found(COST, answer, doubt)) == [[("14.3 million euros", "disputed"), ("17 million euros", "disputed")]]


def test_a_later_count_supersedes_an_earlier_one() -> None:
    question = "How many people were injured in Porthaven?"
    early = source("There were 12 injured in Porthaven.", day=JUNE)
    late = source("There were 17 injured in Porthaven.", day=JULY)
    assert told(found(question, early, late)) == [[("12", "superseded"), ("17", "current")]]


def test_who_asks_for_what_came_of_it_is_spared_earlier_rumours() -> None:
    answer = source("The bridge in Porthaven cost 14.3 million euros.")
    rumour = source("The bridge in Porthaven could cost 12 million euros.")
    assert found("How much did the bridge in Porthaven finally cost?", answer, rumour) == ()


def test_copies_of_a_report_are_one_source_of_it() -> None:
    answer = source("The bridge in Porthaven cost 14.3 million euros.")
    other = source("The bridge in Porthaven cost 16 million euros.", copies=3)
    (conflict,) = found(COST, answer, other)
    assert [len(value.sources) for value in conflict.values] == [1, 1]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "What sums do the reports name for the bridge in Porthaven?"),
        ("en", "Which costs were reported for the bridge in Porthaven?"),
        ("de", "Welche Kosten wurden für die Brücke in Porthaven genannt?"),
        ("de", "Welche Summen nennen die Artikel für die Brücke in Porthaven?"),
    ],
)
def test_who_asks_for_all_values_gets_rounded_and_vague_ones_too(language: str, question: str) -> None:
    answer = source("The bridge in Porthaven cost 14.3 million euros.", day=JULY)
    others = [
        source("The bridge in Porthaven cost about 14 million euros.", day=JULY),
        source("Die Brücke in Porthaven dürfte mehr als 10 Mio. Euro kosten.", "de", JUNE),
        source("The bridge in Porthaven cost 14,300,000 euros.", day=JULY),
    ]
    (conflict,) = found(question, answer, *others, language=language)
    assert conflict.listed
    assert told([conflict]) == [
        [("14.3 million euros", "disputed"), ("14 million euros", "disputed"), ("10 Mio. Euro", "superseded")]
    ]
    assert [len(value.sources) for value in conflict.values] == [2, 1, 1]


def test_the_day_of_a_value_is_that_of_its_latest_report() -> None:
    answer = source("The bridge in Porthaven cost 14.3 million euros.", day=JULY)
    others = [source("The bridge in Porthaven cost 16 million euros.", day=day) for day in (JUNE, None)]
    (conflict,) = found(COST, answer, *others)
    assert [value.published_at for value in conflict.values] == [JULY, JUNE]
