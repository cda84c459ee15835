from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from service.comparing.conflict_wording import note
from service.comparing.listing import listed
from service.search.evidence import Evidence
from service.texts.names import names
from tests.service.sources import source

FERRY = "Castellmar bought the ferry Marlin for 14 million euros."
RUMOUR = "Castellmar could pay 12 million euros for the ferry Marlin."
GERMAN = "Die Reederei Castellmar zahlte 15 Millionen Euro für die Fähre Marlin."
QUESTION = "Which sums were reported for Castellmar's purchase of the Marlin?"


def alike(sources: Sequence[Evidence]) -> NDArray[np.float32]:
    return np.ones((len(sources), len(sources)), dtype=np.float32)


def values(question: str, *sources: Evidence, language: str = "en") -> str:
    """What a reader is told, empty where nothing is listed."""
    found = listed(question, language, names(question, language), sources, sources, alike)
    return note(found, language) if found else ""


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        "What amounts did Castellmar pay for the Marlin?",
        "Which figures were given for Castellmar's purchase of the Marlin?",
        "Which prices do the articles give for Castellmar's purchase of the Marlin?",
    ],
)
def test_the_values_of_what_was_asked_for_are_listed(question: str) -> None:
    told = values(question, source(FERRY), source(GERMAN, "de"))
    assert told == "The articles give different values: 14 million euros and €15 million."


def test_a_german_question_gets_a_german_list_with_what_came_of_it_first() -> None:
    question = "Welche Summen wurden für den Kauf der Marlin durch Castellmar genannt?"
    told = values(question, source(FERRY, day=date(2025, 6, 3)), source(RUMOUR, day=date(2025, 3, 1)), language="de")
    assert told == (
        "Die Artikel nennen verschiedene Werte: 14 Millionen Euro, in vorläufigen Berichten 12 Millionen Euro."
    )


def test_one_value_is_no_list_however_often_it_is_stated() -> None:
    again = "For 14 million euros, Castellmar bought the Marlin."
    assert values(QUESTION, source(FERRY)) == ""
    assert values(QUESTION, source(FERRY), source(again)) == ""


@pytest.mark.parametrize(
    ("question", "other"),
    [
        (QUESTION, "Castellmar bought the ferry Petrel for 9 million euros."),
        (QUESTION, "Hallstrom bought the ferry Marlin for 9 million euros."),
        (QUESTION, "Castellmar raised its revenue with the Marlin to 9 million euros."),
        ("Which sums were reported for Castellmar's revenue with the Marlin?", GERMAN),
        ("Which sums did Castellmar pay for the engine of the Marlin?", RUMOUR),
        ("Which sums are there for Castellmar and the Marlin?", RUMOUR),
        ("How much did Castellmar pay for the Marlin?", RUMOUR),
        ("Which dates were given for Castellmar's purchase of the Marlin?", RUMOUR),
    ],
)
def test_nothing_is_listed_that_was_not_asked_for(question: str, other: str) -> None:
    language = "de" if other == GERMAN else "en"
    assert values(question, source(FERRY), source(other, language)) == ""


def test_what_names_another_beside_the_one_asked_about_is_not_listed() -> None:
    other = source("Hallstrom paid 9 million euros for the Petrel.", before="Castellmar bought the ferry Marlin.")
    assert values(QUESTION, source(FERRY), other) == ""


def test_counts_and_shares_are_listed_by_what_they_measure() -> None:
    question = "Which figures were reported for the staff of Brunvald?"
    first, second = "Brunvald has 300 employees.", "At Brunvald, 340 employees work."
    assert values(question, source(first), source(second), source("Brunvald cut 40 jobs.")) == (
        "The articles give different values: 300 employees and 340 employees."
    )


def test_dates_are_listed_where_all_that_was_asked_about_stands_with_them() -> None:
    question = "Which dates were given for the opening of the harbour bridge in Porthaven?"
    first = "The opening of the harbour bridge in Porthaven is planned for 3 June 2025."
    second = "The opening of the harbour bridge in Porthaven was on 10 July 2025."
    closing = "The closing of the harbour ferry in Porthaven was on 12 August 2025."
    told = values(question, source(first), source(closing), source(second))
    assert told == "The articles give different values: 10 July 2025, and in preliminary reports 3 June 2025."
