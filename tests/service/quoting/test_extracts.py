from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from service.contracts.answers import Answer, AskRequest
from service.quoting.extracts import MOST_TRIED, extracts, in_language_of
from service.search.calibration import Calibration
from service.search.evidence import Evidence
from service.search.finding import Asked, understood
from tests.service.collection import NEVER, ScriptedGenerator, pipeline_over, published
from tests.service.sources import source

OPENED = "The city of Porthaven opened its harbour bridge on 3 June."
COST = "The harbour bridge in Porthaven cost 14.3 million euros."
ROW = "Several people quarrelled about the harbour bridge in Porthaven."
GERMAN = "Die Hafenbrücke in Porthaven kostete 14,3 Millionen Euro."


def asked(question: str) -> Asked:
    return understood(AskRequest(question=question))


def evidence(*texts: str, language: str = "en") -> tuple[Evidence, ...]:
    """Sources, each less near to the question than the one before."""
    return tuple(
        replace(source(text, language=language), cosine=0.3 - number / 100) for number, text in enumerate(texts)
    )


@pytest.mark.parametrize(
    ("question", "quotes"),
    [
        ("How much did the harbour bridge in Porthaven cost?", [COST]),
        ("When was the harbour bridge in Porthaven opened?", [OPENED]),
        ("Who quarrelled about the harbour bridge in Porthaven?", [ROW, OPENED, COST]),
        ("Is there a harbour bridge in Porthaven?", [ROW, OPENED, COST]),
        ("How much did the harbour bridge of 14.3 million euros in Porthaven earn?", []),
        ("Who manages the tax office of Porthaven and its archive?", []),
    ],
)
def test_only_what_states_the_thing_asked_for_is_quoted(question: str, quotes: list[str]) -> None:
    assert [item.text for item in extracts(asked(question), evidence(ROW, OPENED, COST))] == quotes


def test_the_nearest_come_first_and_are_few() -> None:
    found = evidence(*(f"The harbour bridge in Porthaven has room number {number}." for number in range(6)))
    chosen = extracts(asked("Who built the harbour bridge in Porthaven?"), found[::-1])
    assert chosen == found[:MOST_TRIED]


def test_a_quote_of_another_language_is_read_in_its_own() -> None:
    found = evidence(GERMAN, language="de")
    question = asked("How much did the harbour bridge in Porthaven cost?")
    assert extracts(question, found) == found
    assert in_language_of(GERMAN, question, found).language == "de"
    assert in_language_of("Nothing of it.", question, found) == question


async def quoted(index: Path, question: str, calibrated: Calibration) -> Answer:
    pipeline = pipeline_over(index, ScriptedGenerator(), calibrated=calibrated)
    await pipeline.start()
    try:
        return await pipeline.ask(AskRequest(question=question, mode="extract"))
    finally:
        await pipeline.close()


def test_a_quote_keeps_the_figures_of_its_own_language_whatever_was_asked_in(tmp_path: Path) -> None:
    answer = asyncio.run(quoted(published(tmp_path), "Wie viel kostete die Brücke in Porthaven?", NEVER))
    assert (answer.language, answer.dropped) == ("de", ())
    assert answer.answer == "The bridge cost 14.3 million euros and is 420 metres long."
    assert [citation.quote for citation in answer.citations] == [answer.answer]


def test_nothing_is_quoted_where_an_answer_is_unlikely_to_be_there(tmp_path: Path) -> None:
    index, question = published(tmp_path), "How much did the harbour bridge in Porthaven cost?"
    unlikely = Calibration(schema=1, intercept=-0.1, weights={}, points=NEVER.points)
    assert asyncio.run(quoted(index, question, NEVER)).status == "answered"
    assert asyncio.run(quoted(index, question, unlikely)).reason == "not_in_sources"
