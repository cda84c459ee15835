from __future__ import annotations

import pytest

from service.contracts.answers import AskRequest
from service.quoting.looked_up import looked_up
from service.search.evidence import Evidence
from service.search.finding import understood
from tests.service.sources import source

WHY = "Why did Castellmar close the yard?"
GIVEN = "Castellmar closed the yard because its cranes had rusted."
WHY_NOT = "Warum will Castellmar die Fähre Marlin noch nicht verkaufen?"
HELD_BACK = "Castellmar hat den Verkauf der Fähre Marlin verschoben, da Zweifel am Preis bestehen."


def told(question: str, *candidates: Evidence) -> str:
    """What a reader is told, empty where nothing is found."""
    found = looked_up(understood(AskRequest(question)), candidates)
    return found.text if found else ""


def test_a_source_that_says_what_is_asked_about_and_why_is_quoted() -> None:
    assert told(WHY, source(GIVEN)) == GIVEN
    german = source("Castellmar schloss die Werft, weil die Kräne rosteten.", "de")
    assert told(WHY, german) == f"A German article says: “{german.text}”"
    assert told(WHY, german, source(GIVEN)) == GIVEN


def test_why_something_is_not_done_yet_is_told_by_why_it_was_postponed() -> None:
    assert told(WHY_NOT, source(HELD_BACK, "de")) == HELD_BACK


def test_a_german_question_whose_names_stand_side_by_side_names_two() -> None:
    question = "Warum verließ Ada Wering Castellmar?"
    given = "Castellmar-Gründerin und Leiterin Ada Wering hat die Firma verlassen, um ein Museum zu leiten."
    assert told(question, source(given, "de")) == given


def test_what_a_reason_fears_leaves_open_nothing_of_what_it_is_one_for() -> None:
    given = "Ostrava, ein Kunde von Castellmar, und Vexil ziehen sich zurück, weil Pläne zu Rivalen gelangen könnten."
    assert told("Warum verlässt Ostrava Castellmar?", source(given, "de")) == given


@pytest.mark.parametrize(
    ("question", "sentence", "language"),
    [
        (WHY, "Castellmar closed the yard in May.", "en"),
        (WHY, "Castellmar opened a school because children had asked for it.", "en"),
        (WHY, "Castellmar did not close the yard because its workers went on strike.", "en"),
        (WHY, "Castellmar plans to close the yard because its cranes have rusted.", "en"),
        (WHY, "Petrelline closed the yard because its cranes had rusted.", "en"),
        ("Warum hat Castellmar die Fähre Marlin verkauft?", HELD_BACK, "de"),
        (WHY_NOT, "Castellmar hat die Fähre Marlin verkauft, weil Zweifel bestanden.", "de"),
        ("Who closed the yard of Castellmar?", GIVEN, "en"),
    ],
)
def test_no_reason_for_anything_else_is_told(question: str, sentence: str, language: str) -> None:
    assert told(question, source(sentence, language)) == ""
