from __future__ import annotations

from dataclasses import replace

import pytest

from service.contracts.answers import AskRequest
from service.quoting.looked_up import looked_up
from service.search.evidence import Evidence
from service.search.finding import understood
from tests.service.sources import source

PRICE = "How much did Castellmar pay for the Marlin?"
GERMAN_PRICE = "Die Reederei Castellmar zahlte 15 Millionen Euro für die Marlin."
CHIEF = "Who became chief executive of Castellmar after Ada Brunvald left?"


def told(question: str, *candidates: Evidence) -> str:
    """What a reader is told, empty where nothing is found."""
    found = looked_up(understood(AskRequest(question)), candidates)
    return found.text if found else ""


def test_a_value_in_the_other_language_is_told_in_that_of_the_question() -> None:
    assert told(PRICE, source(GERMAN_PRICE, "de")) == "According to the articles: €15 million."
    question = "Wie viel zahlte Castellmar für die Marlin?"
    assert told(question, source("Castellmar paid $15 million for the Marlin.")) == (
        "Laut den Artikeln: 15 Millionen Dollar."
    )


def test_a_sentence_that_is_read_alone_in_the_language_of_the_question_is_quoted() -> None:
    sentence = "Castellmar paid 15 million euros for the Marlin."
    assert told(PRICE, source(GERMAN_PRICE, "de"), source(sentence)) == sentence


def test_a_date_of_another_event_is_not_that_of_the_one_asked_for() -> None:
    dated = "Nach der Übernahme der Marlin 2014 ist es für Castellmar die größte Investition."
    assert told("Wann hat Castellmar investiert?", source(dated, "de")) == ""
    assert told("Wann hat Castellmar investiert?", source("Seit Mai 2014 investiert Castellmar.", "de")) != ""


def test_a_count_of_former_ones_is_not_that_of_all() -> None:
    question = "How many employees does Castellmar have?"
    assert told(question, source("This is the view of two former Castellmar employees.")) == ""
    assert told(question, source("Castellmar has 530 employees.")) != ""


def test_a_sentence_that_leans_on_the_one_before_gives_its_value_alone() -> None:
    leaning = source("It paid 15 million euros for the Marlin.", before="Castellmar is a shipping company.")
    assert told(PRICE, leaning) == "According to the articles: 15 million euros."


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("When was Castellmar founded?", "Castellmar wurde 1904 in Porthaven gegründet.", "1904"),
        ("How many jobs did Castellmar cut?", "Castellmar baute 200 Stellen ab.", "200"),
        ("How high is the revenue of Castellmar?", "Castellmar hat einen Umsatz von 3 Millionen Euro.", "€3 million"),
    ],
)
def test_dates_counts_and_figures_that_are_named_are_found_too(question: str, sentence: str, answer: str) -> None:
    assert told(question, source(sentence, "de")) == f"According to the articles: {answer}."


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (PRICE, "Castellmar paid 15 million euros for the Petrel."),
        (PRICE, "Castellmar paid Hallstrom 15 million euros."),
        (PRICE, "Castellmar could pay 15 million euros for the Marlin."),
        (PRICE, "Castellmar did not pay 15 million euros for the Marlin."),
        (PRICE, "The owner of the Marlin paid Castellmar 15 million euros."),
        (PRICE, "Castellmar sold 49 percent of the Marlin."),
        (
            "How much did Castellmar pay for the engine of the Marlin?",
            "Castellmar paid 15 million euros for the Marlin.",
        ),
        (
            "How much did Castellmar pay for the Marlin in 2024?",
            "Castellmar paid 15 million euros for the Marlin in 2025.",
        ),
        ("How much of the Marlin did Castellmar buy?", "Castellmar bought the Marlin for 15 million euros."),
        ("How large is the Marlin that Castellmar bought?", "Castellmar bought the large Marlin for 15 million euros."),
        ("When and where was Castellmar founded?", "Castellmar was founded in 1904."),
        ("When was Castellmar founded?", "Castellmar, founded by Brunvald, bought its first ferry in 1920."),
        ("How many points did Castellmar win in three minutes?", "Castellmar won in three minutes."),
        ("Did Castellmar pay 15 million euros for the Marlin?", "Castellmar paid 15 million euros for the Marlin."),
    ],
)
def test_nothing_is_told_where_anything_of_the_question_is_left_open(question: str, sentence: str) -> None:
    assert told(question, source(sentence)) == ""


def test_values_that_differ_are_not_told_as_if_one_were_right() -> None:
    assert told(PRICE, source(GERMAN_PRICE, "de"), source("Castellmar paid 14 million euros for the Marlin.")) == ""


def test_who_holds_an_office_is_told_in_the_words_of_the_source() -> None:
    german = source("Jonas Hallstrom, bisher Finanzchef, wird neuer Chef von Castellmar.", "de")
    assert told(CHIEF, german) == (
        "A German article says: “Jonas Hallstrom, bisher Finanzchef, wird neuer Chef von Castellmar.”"
    )
    english = "Jonas Hallstrom takes over as chief executive of Castellmar."
    assert told(CHIEF, source(english)) == english


@pytest.mark.parametrize(
    "sentence",
    [
        "Ada Brunvald was chief executive of Castellmar.",
        "Jonas Hallstrom, former chief executive of Castellmar, retired.",
        "Jonas Hallstrom is not the chief executive of Castellmar.",
        "Jonas Hallstrom could become chief executive of Castellmar.",
        "Jonas Hallstrom is finance chief of Castellmar.",
        "Jonas Hallstrom, chief executive of Petrelline, praised Castellmar.",
        "Jonas Hallstrom takes over as chief executive.",
        "Castellmar chief executive Ada Brunvald joins Petrel Platforms.",
    ],
)
def test_no_other_office_or_person_is_told(sentence: str) -> None:
    assert told(CHIEF, source(sentence)) == ""


def test_other_languages_are_left_alone() -> None:
    french = replace(source(GERMAN_PRICE, "de"), language="fr")
    assert told(PRICE, french) == ""
