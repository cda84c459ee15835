from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from service.contracts.answers import AskRequest
from service.quoting import quotable as quoting
from service.quoting.quotable import (
    LEAST_LIKENESS,
    MOST_CHARACTERS,
    answers,
    as_told,
    gives_reason,
    like_in_own_language,
    stands_alone,
)
from service.search.evidence import Evidence
from service.search.finding import Asked, Finder, understood
from tests.service.sources import source

COST = "How much did the bridge in Porthaven cost?"
FITS = source("The bridge in Porthaven cost 14.3 million euros.")


def asked(question: str) -> Asked:
    return understood(AskRequest(question=question))


def test_a_sentence_about_what_is_asked_that_has_what_is_asked_for_is_an_answer() -> None:
    assert answers(FITS, asked(COST))
    assert stands_alone(FITS, asked(COST))


@pytest.mark.parametrize(
    ("question", "item"),
    [
        ("Wie viel kostete die Brücke in Porthaven?", FITS),
        (COST, replace(FITS, cosine=LEAST_LIKENESS - 0.01)),
        (COST, source("The bridge in Hallstrom cost 20 million euros.")),
        (COST, source("The bridge in Porthaven was drawn by Brunvald.")),
        ("Did the bridge in Porthaven cost more than planned?", FITS),
        (
            "Which rare birds nest below the bridge in Porthaven?",
            source("The bridge in Porthaven was drawn by Brunvald."),
        ),
        ("Why did Ada Maurer leave Tessera?", source("Ada Maurer of Tessera expects much because rivals shrink.")),
        ("Why did Tessera close the yard?", source("Tessera closed the yard through an agent.")),
    ],
    ids=[
        "another language",
        "not like it",
        "another subject",
        "no amount",
        "wants a yes or no",
        "less than half of it",
        "nothing of it but names",
        "no reason in so many words",
    ],
)
def test_other_sentences_are_no_answer(question: str, item: Evidence) -> None:
    assert not answers(item, asked(question))


@pytest.mark.parametrize(
    ("question", "item"),
    [
        ("Wie viel kostete die Brücke in Porthaven?", FITS),
        (COST, source("It cost 14.3 million euros.")),
        (COST, source("The bridge, " + "which is long, " * 20 + "cost 14.3 million euros.")),
        (COST, source("The bridge in Porthaven was drawn by Brunvald.")),
        ("Did the bridge in Porthaven cost more than planned?", FITS),
    ],
    ids=["another language", "leans on what came before", "too long", "no amount", "wants a yes or no"],
)
def test_what_does_not_read_as_an_answer_is_not_put_in_its_place(question: str, item: Evidence) -> None:
    assert not stands_alone(item, asked(question))


def test_the_bound_of_length_is_what_a_reader_sees() -> None:
    text = "The bridge in Porthaven cost 14.3 million euros"
    filled = text + " a" * ((MOST_CHARACTERS - len(text)) // 2)
    assert stands_alone(source(filled), asked(COST))
    assert not stands_alone(source(filled + " and so on"), asked(COST))


WHY = "Why did Castellmar sell the Marlin?"


@pytest.mark.parametrize(
    ("question", "sentence", "language", "gives"),
    [
        (WHY, "Castellmar sold the Marlin because it needed money.", "en", True),
        (WHY, "Castellmar verkaufte die Marlin, da Geld fehlte.", "de", True),
        (WHY, "Castellmar fürchtete, dass die Marlin sinkt.", "de", True),
        (WHY, "Castellmar sold the Marlin in May.", "en", False),
        (WHY, "Hallstrom sold the Marlin because it needed money.", "en", False),
        ("When did Castellmar sell the Marlin?", "Castellmar sold the Marlin because it was old.", "en", False),
    ],
)
def test_a_reason_is_given_of_what_was_asked_about_in_either_language(
    question: str, sentence: str, language: str, gives: bool
) -> None:
    assert gives_reason(source(sentence, language), asked(question)) is gives


def test_a_sentence_in_the_other_language_is_led_in() -> None:
    assert as_told(source("Geld fehlte.", "de"), "en") == "A German article says: “Geld fehlte.”"
    assert as_told(source("Money lacked."), "de") == "In einem englischen Artikel steht: „Money lacked.“"
    assert as_told(source("Money lacked."), "en") == "Money lacked."


def test_a_reason_for_another_thing_does_not_stand_for_a_source_in_the_other_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def all_alike(items: Sequence[Evidence], finder: Finder) -> np.ndarray:
        return np.ones((len(items), len(items)), dtype=np.float32)

    monkeypatch.setattr(quoting, "likeness", all_alike)
    question = asked("Why do engineers find the design of the bridge in Porthaven risky?")
    german = source("Ingenieure finden das Design der Brücke in Porthaven riskant, weil der Boden weich ist.", "de")
    other = source("Porthaven does not want the design of the bridge anew because engineers fear the cost.")
    same = source("Engineers call the design of the bridge in Porthaven risky because the ground is soft.")
    finder = cast("Finder", None)
    assert answers(other, question)
    assert gives_reason(other, question)
    assert like_in_own_language(german, question, [german, other], finder) is None
    assert like_in_own_language(german, question, [german, other, same], finder) is same
