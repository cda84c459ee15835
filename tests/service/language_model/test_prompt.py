from __future__ import annotations

import re

import pytest

from service.contracts.answers import Turn
from service.language_model import prompt
from tests.service.verification.test_verify import CUSTOMERS, REVENUE


def test_evidence_is_numbered_in_order_and_the_language_is_named() -> None:
    built = prompt.build("Wer kauft?", "de", (), (CUSTOMERS, REVENUE), max_tokens=50)
    user = built.messages[-1].content
    assert user == (
        "Sources:\n[1] Zu den Kunden zählen Tessera und Quillon.\n"
        "[2] Nordholz erzielte 2024 einen Umsatz von 870 Millionen Dollar.\n\n"
        "Question: Wer kauft?\nAnswer in German:"
    )
    assert built.evidence == (CUSTOMERS.text, REVENUE.text)
    assert built.max_tokens == 50


def test_the_start_of_every_prompt_is_the_same_so_that_it_is_computed_once() -> None:
    first = prompt.build("Wer?", "de", (), (CUSTOMERS,), max_tokens=50)
    second = prompt.build("Who?", "en", (Turn("user", "Hi"),), (REVENUE,), max_tokens=50)
    start = prompt.beginning().messages
    assert first.messages[: len(start)] == second.messages[: len(start)] == start


def test_the_examples_hold_a_refusal_and_an_answer_in_each_language_that_cites() -> None:
    examples = prompt.beginning().messages[1:]
    asked, answers = examples[::2], [message.content for message in examples[1::2]]
    kinds = {
        (message.content.rpartition("in ")[2], prompt.says_not_stated(answer))
        for message, answer in zip(asked, answers, strict=True)
    }
    assert kinds == {("English:", False), ("German:", True), ("German:", False)}
    assert all(prompt.says_not_stated(answer) or re.search(r"\[[1-4]\]\.\Z", answer) for answer in answers)
    assert [message.role for message in examples] == ["user", "assistant"] * len(answers)


def test_the_last_exchange_stands_before_the_question_as_if_asked_of_the_same_sources() -> None:
    history = (Turn("user", "Oldest"), Turn("assistant", "Old"), Turn("user", "Who?"), Turn("assistant", "x" * 1000))
    built = prompt.build("And?", "en", history, (REVENUE,), max_tokens=50)
    asked = built.messages[len(prompt.beginning().messages) :]
    assert [(message.role, message.content) for message in asked] == [
        ("user", f"Sources:\n[1] {REVENUE.text}\n\nQuestion: Who?\nAnswer in English:"),
        ("assistant", "x" * 300),
        ("user", "Question: And?\nAnswer in English:"),
    ]


def test_a_question_that_was_never_answered_is_asked_together_with_the_next() -> None:
    built = prompt.build("And when?", "en", (Turn("user", "Who left?"),), (REVENUE,), max_tokens=50)
    assert built.messages[-1].content.endswith("Question: Who left? And when?\nAnswer in English:")
    assert len(built.messages) == len(prompt.beginning().messages) + 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("It cost 5 euros [2].", "It cost 5 euros."),
        ("It cost [1, 3] 5 euros. [2]", "It cost 5 euros."),
        ("**Meta** bought `Scale` (1).", "Meta bought Scale."),
        ("- A bullet\n  on two lines [1]", "A bullet on two lines"),
        ("In [2024] it rose [2]", "In [2024] it rose"),
        ("Wang (28) left [1].", "Wang (28) left."),
    ],
)
def test_marks_and_markup_are_taken_off(said: str, sentence: str) -> None:
    assert prompt.without_marks(said) == sentence


@pytest.mark.parametrize(("said", "found"), [("NOT STATED.", True), ("Not stated [1]", True), ("It is stated.", False)])
def test_the_models_own_refusal_is_recognised(said: str, found: bool) -> None:
    assert prompt.says_not_stated(said) is found


def test_an_unknown_language_is_asked_for_in_words() -> None:
    assert prompt.language_name("fr") == "French"
    assert prompt.language_name("qx") == "the language of the question"
