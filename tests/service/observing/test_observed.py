"""What is told of questions and searches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from service.contracts.answers import AskRequest, SearchRequest
from service.errors import GeneratorTimeout, GeneratorUnavailable
from service.events import Done, Released, Sources
from service.observing.observed import Kind, Observed, Outcome
from tests.service.collection import ScriptedGenerator, pipeline_over
from tests.service.fakes import FakePipeline

pytestmark = pytest.mark.anyio

COST = "The bridge cost 14.3 million euros."


class Told:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.begun: list[Kind] = []
        self.outcomes: list[Outcome] = []

    def __call__(self, kind: Kind) -> Callable[[Outcome], None]:
        self.begun.append(kind)
        return self.outcomes.append

    @property
    def only(self) -> Outcome:
        (outcome,) = self.outcomes
        return outcome


async def test_an_answer_is_told_with_its_times_and_stages(index: Path) -> None:
    told = Told()
    pipeline = Observed(pipeline_over(index, ScriptedGenerator(COST)), [told])
    await pipeline.start()
    try:
        answer = await pipeline.ask(AskRequest("What did the harbour bridge in Porthaven cost?"), "key-1")
    finally:
        await pipeline.close()
    outcome = told.only
    assert answer.status == "answered"
    assert (outcome.kind, outcome.result, outcome.reason, outcome.client) == ("ask", "answered", "", "key-1")
    assert outcome.answer is answer
    assert outcome.sources is not None and outcome.first_sentence is not None
    assert 0 < outcome.sources <= outcome.first_sentence <= outcome.seconds
    stages = {"embed", "search", "queue", "read", "generate", "verify", "compare"}
    assert {stage.name for stage in outcome.stages} == stages
    assert all(stage.start >= 0 and stage.start + stage.seconds <= outcome.seconds for stage in outcome.stages)


async def test_an_answer_that_is_kept_is_had_at_once_and_told_like_any_other(index: Path) -> None:
    told, request = Told(), AskRequest("What did the harbour bridge in Porthaven cost?")
    pipeline = Observed(pipeline_over(index, ScriptedGenerator(COST)), [told])
    await pipeline.start()
    try:
        assert pipeline.kept(request, "key-1") is None
        assert told.begun == []
        first = await pipeline.ask(request, "key-1")
        again = pipeline.kept(request, "key-2")
    finally:
        await pipeline.close()
    assert again is not None and again.id != first.id
    assert (again.answer, again.citations, again.passages) == (first.answer, first.citations, first.passages)
    _, outcome = told.outcomes
    assert (outcome.kind, outcome.result, outcome.client, outcome.answer) == ("ask", "answered", "key-2", again)
    assert outcome.sources is not None and outcome.first_sentence is not None


async def test_a_stream_whose_steps_run_in_tasks_of_their_own_tells_its_stages(index: Path) -> None:
    told = Told()
    pipeline = Observed(pipeline_over(index, ScriptedGenerator(COST)), [told])
    await pipeline.start()
    try:
        events = pipeline.answer(AskRequest("What did the harbour bridge in Porthaven cost?"))
        kinds = [type(event) async for event in each_in_a_task(events)]
    finally:
        await pipeline.close()
    assert kinds == [Sources, Released, Done]
    assert {"embed", "search", "generate"} <= {stage.name for stage in told.only.stages}


async def each_in_a_task(events: AsyncGenerator[object, None]) -> AsyncGenerator[object, None]:
    async with aclosing(events):
        while (event := await asyncio.create_task(step(events))) is not None:
            yield event


async def step(events: AsyncGenerator[object, None]) -> object:
    return await anext(events, None)


async def test_a_refusal_is_told_with_its_reason() -> None:
    told = Told()
    await Observed(FakePipeline(), [told]).ask(AskRequest("Who?"))
    assert (told.only.result, told.only.reason, told.only.first_sentence) == ("refused", "not_in_sources", None)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (GeneratorTimeout("slow"), "generator-timeout"),
        (GeneratorUnavailable("dead"), "generator-unavailable"),
        (RuntimeError("unforeseen"), "internal"),
    ],
)
async def test_a_failure_is_told_with_its_type_and_goes_on_its_way(fault: Exception, reason: str) -> None:
    told, pipeline = Told(), FakePipeline()
    pipeline.fault = fault
    with pytest.raises(type(fault)):
        await Observed(pipeline, [told]).ask(AskRequest("Who?"))
    with pytest.raises(type(fault)):
        await Observed(pipeline, [told]).search(SearchRequest("Who?"))
    assert told.begun == ["ask", "search"]
    assert [(outcome.result, outcome.reason) for outcome in told.outcomes] == [("failed", reason)] * 2


async def test_who_leaves_is_told_as_having_left() -> None:
    told, pipeline = Told(), FakePipeline()
    pipeline.seconds = 60
    asking = asyncio.create_task(Observed(pipeline, [told]).ask(AskRequest("Who?")))
    while not pipeline.asked:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    async with aclosing(Observed(pipeline, [told]).answer(AskRequest("Who?"))) as events:
        assert isinstance(await anext(events), Sources)
    assert [outcome.result for outcome in told.outcomes] == ["left", "left"]


async def test_who_stops_listening_at_the_end_has_an_answer() -> None:
    told = Told()
    async with aclosing(Observed(FakePipeline(), [told]).answer(AskRequest("Who?"))) as events:
        assert [type(await anext(events)) for _ in range(2)] == [Sources, Done]
    assert told.only.result == "refused"


async def test_a_search_is_told_with_its_stages(index: Path) -> None:
    told = Told()
    pipeline = Observed(pipeline_over(index, ScriptedGenerator()), [told])
    await pipeline.start()
    try:
        await pipeline.search(SearchRequest("Porthaven"))
    finally:
        await pipeline.close()
    assert (told.only.kind, told.only.result) == ("search", "found")
    assert [stage.name for stage in told.only.stages] == ["embed", "search"]
