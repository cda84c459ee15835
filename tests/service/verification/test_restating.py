"""A reason that only says the question once more is none."""

from __future__ import annotations

import pytest

from service.verification.answer_type import missing
from service.verification.restating import restates

FALL = "Weshalb ist die Aktie von Tessera so eingebrochen?"
CLOSED = "Why did Tessera close the yard?"


@pytest.mark.parametrize(
    ("question", "sentence", "language"),
    [
        (FALL, "Die Aktie von Tessera ist so eingebrochen, weil sie um mehr als 20 Prozent gefallen ist.", "de"),
        ("Weshalb sprach Maurer von einem Irrtum?", "Maurer sprach davon, da ihm ein „Irrtum“ unterlaufen war.", "de"),
        ("Warum wird der Zug ersetzt?", "Weil er ersetzt wird, fährt der Zug nicht.", "de"),
        (CLOSED, "Tessera closed the yard because the yard was closed.", "en"),
        (CLOSED, "Because Tessera closed it.", "en"),
        ("Why did the price rise?", "The price rose due to a rise of 5 percent.", "en"),
        ("Why did Tessera not pay?", "Tessera did not pay because it was not paid.", "en"),
    ],
)
def test_what_the_question_says_itself_is_no_reason(question: str, sentence: str, language: str) -> None:
    assert restates(sentence, question, language)
    assert missing(question, sentence, language) in ("reason", "news")


@pytest.mark.parametrize(
    ("question", "sentence", "language"),
    [
        (FALL, "Die Aktie von Tessera ist eingebrochen, weil der größte Kunde ging.", "de"),
        (FALL, "Die Aktie von Tessera ist um 20 Prozent gefallen.", "de"),
        ("Warum wurde Maurer ersetzt?", "Maurer wurde ersetzt, weil Brunvald besser passte.", "de"),
        (CLOSED, "Tessera closed the yard because it was not closed at night.", "en"),
        (CLOSED, "Tessera closed the yard because its cranes had rusted.", "en"),
        ("Why was the yard cheap?", "It was cheap because it cost 5 euros.", "en"),
        ("When did Tessera close the yard?", "It closed the yard because it closed the yard.", "en"),
    ],
)
def test_what_the_question_does_not_say_may_be_a_reason(question: str, sentence: str, language: str) -> None:
    assert not restates(sentence, question, language)
