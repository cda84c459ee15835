"""Questions at the edges of the contract, through the whole pipeline: an answer, a refusal, or a clear error."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from service.contracts.answers import (
    QUESTION_CHARACTERS,
    Answer,
    AskRequest,
    FilterRequest,
    SearchRequest,
    SearchResponse,
    Turn,
)
from tests.service.collection import ScriptedGenerator, pipeline_over


def ask(index: Path, request: AskRequest) -> Answer:
    async def run() -> Answer:
        pipeline = pipeline_over(index, ScriptedGenerator())
        await pipeline.start()
        try:
            return await pipeline.ask(request)
        finally:
            await pipeline.close()

    return asyncio.run(run())


def search(index: Path, request: SearchRequest) -> SearchResponse:
    async def run() -> SearchResponse:
        pipeline = pipeline_over(index, ScriptedGenerator())
        await pipeline.start()
        try:
            return await pipeline.search(request)
        finally:
            await pipeline.close()

    return asyncio.run(run())


def decoded(**fields: object) -> AskRequest:
    return msgspec.json.decode(msgspec.json.encode(fields), type=AskRequest)


def test_a_question_of_the_longest_allowed_length_is_answered_from_the_sources(index: Path) -> None:
    question = "What did the 420 metres long bridge cost? " + "the bridge " * 178
    request = decoded(question=question[:QUESTION_CHARACTERS], mode="extract")
    assert len(request.question) == QUESTION_CHARACTERS == 2000
    answer = ask(index, request)
    assert answer.query == request.question
    assert answer.passages[0].article_id == "harbour.md"


def test_a_longer_question_is_refused_by_the_contract_with_the_limit() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"length <= 2000 - at `\$\.question`"):
        decoded(question="x" * (QUESTION_CHARACTERS + 1))


@pytest.mark.parametrize("question", [" ", "\n\t", "\u00a0\u2003"])
def test_a_blank_question_is_refused_by_the_contract(question: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="more than white space"):
        decoded(question=question)


def test_half_a_character_is_refused_by_the_contract() -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(b'{"question": "a\\ud83d"}', type=AskRequest)


@pytest.mark.parametrize("question", ["Сколько стоил мост в Осло?", "桥花了多少钱?", "كم تكلفة الجسر؟"])
def test_a_question_in_another_script_is_no_failure(index: Path, question: str) -> None:
    answer = ask(index, AskRequest(question, mode="extract"))
    assert (answer.status == "refused") == (answer.reason is not None)
    assert len(answer.passages) == 2
    assert {citation.article_id for citation in answer.citations} <= {"harbour.md", "museum.md"}


@pytest.mark.parametrize("filters", [FilterRequest(languages=("xx",)), FilterRequest(article_ids=("nowhere.md",))])
def test_where_the_filters_admit_nothing_the_question_is_refused_and_nothing_is_found(
    index: Path, filters: FilterRequest
) -> None:
    answer = ask(index, AskRequest("What did the bridge cost?", filters=filters, mode="extract"))
    assert (answer.status, answer.reason) == ("refused", "no_relevant_source")
    assert (answer.passages, answer.citations, answer.sentences) == ((), (), ())
    assert search(index, SearchRequest("What did the bridge cost?", filters=filters)).passages == ()


def test_the_query_that_was_searched_with_is_returned(index: Path) -> None:
    history = (
        Turn("user", "Who designed the harbour bridge in Porthaven?"),
        Turn("assistant", "The engineering office Brunvald designed it."),
    )
    leaning = ask(index, AskRequest("And what did it cost?", history=history, mode="extract"))
    assert leaning.query == (
        "Who designed the harbour bridge in Porthaven? The engineering office Brunvald designed it. "
        "And what did it cost?"
    )
    alone = ask(index, AskRequest("Was kostet der Eintritt ins Museum?", history=history, mode="extract"))
    assert alone.query == "Was kostet der Eintritt ins Museum?"
