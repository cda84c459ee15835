from __future__ import annotations

import pytest

from service.contract import Turn
from service.follow_up import standalone_query

HISTORY = (Turn("user", "Who founded Scale AI?"), Turn("assistant", "Alexandr Wang founded it."))


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("And how many people went with him?", "en"),
        ("When did he leave?", "en"),
        ("Und wie hoch war er 2024?", "de"),
        ("Wie viele sind es heute?", "de"),
        ("Warum?", "de"),
    ],
)
def test_a_question_that_refers_back_is_searched_with_what_it_refers_to(question: str, language: str) -> None:
    query = standalone_query(question, language, HISTORY)
    assert query == f"Who founded Scale AI? Alexandr Wang founded it. {question}"


@pytest.mark.parametrize(
    ("question", "language"),
    [("Who runs Labelbox?", "en"), ("Welche Firmen beliefert Mercor?", "de")],
)
def test_a_question_that_stands_alone_is_searched_alone(question: str, language: str) -> None:
    assert standalone_query(question, language, HISTORY) == question


def test_without_history_every_question_stands_alone() -> None:
    assert standalone_query("And then?", "en", ()) == "And then?"
