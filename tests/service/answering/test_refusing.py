"""What a reader is told where there is no answer."""

from __future__ import annotations

from dataclasses import replace

from service.answering.refusing import explain
from service.contracts.answers import AskRequest
from service.search.finding import Asked
from service.texts.names import names
from tests.service.verification.test_verify import CUSTOMERS, REVENUE, evidence


def _asked(question: str, language: str) -> Asked:
    return Asked(AskRequest(question=question), language, question, tuple(names(question, language)))


def test_what_is_not_in_the_sources_comes_with_the_nearest_that_is() -> None:
    refusal = explain("not_in_sources", _asked("How high was the revenue of Nordholz in 2031?", "en"), [REVENUE])

    assert refusal.reason == "not_in_sources"
    assert refusal.nearest is REVENUE
    assert refusal.text == (
        "The articles touch on this, but they do not state an answer to the question. "
        "What comes nearest: “Nordholz erzielte 2024 einen Umsatz von 870 Millionen Dollar.” [1]"
    )


def test_where_nothing_held_that_the_model_gave_a_reader_sees_the_nearest_source_too() -> None:
    refusal = explain("unsupported", _asked("Why does Nordholz grow?", "en"), [CUSTOMERS, REVENUE])

    assert (refusal.reason, refusal.nearest) == ("unsupported", REVENUE)
    assert refusal.text == (
        "I could not give an answer that the articles bear out. "
        "What comes nearest: “Nordholz erzielte 2024 einen Umsatz von 870 Millionen Dollar.” [1]"
    )


def test_a_why_about_two_whom_no_source_brings_together_has_a_false_premise() -> None:
    asked = _asked("Warum hat Tessera die Firma Nordholz verklagt?", "de")

    refusal = explain("not_in_sources", asked, [REVENUE])

    assert refusal.reason == "false_premise"
    assert refusal.text.startswith("Was die Frage voraussetzt, steht nicht in den Artikeln. Am nächsten kommt: „Nord")


def test_a_why_about_one_whom_the_sources_know_has_none() -> None:
    assert explain("not_in_sources", _asked("Warum wächst Nordholz?", "de"), [REVENUE]).reason == "not_in_sources"


def test_a_question_for_a_fact_takes_nothing_for_granted() -> None:
    asked = _asked("Wie hoch war der Umsatz von Tessera bei Nordholz?", "de")

    assert explain("not_in_sources", asked, [REVENUE, CUSTOMERS]).reason == "not_in_sources"


def test_what_is_far_from_every_source_is_refused_without_a_quote() -> None:
    refusal = explain("no_relevant_source", _asked("Wer gewann?", "de"), [REVENUE])

    assert (refusal.reason, refusal.nearest) == ("no_relevant_source", None)
    assert refusal.text == "Dazu steht nichts in den Artikeln."


def test_a_sentence_that_is_unlike_the_question_or_says_nothing_alone_is_not_quoted() -> None:
    asked = _asked("Wie hoch war der Umsatz von Nordholz?", "de")
    far, short = replace(REVENUE, cosine=0.07), evidence("3. Nordholz")

    assert explain("not_in_sources", asked, [far, short]).nearest is None
    assert explain("not_in_sources", asked, [far, REVENUE]).nearest is REVENUE
