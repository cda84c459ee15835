"""The pipeline under more questions than its language model can write answers to."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path

import pytest

from service.answering.admission import Admission
from service.answering.answer import AnswerPipeline
from service.answering.writing import Limits
from service.contracts.answers import Answer, AskRequest, SearchRequest
from service.errors import Busy, DeadlineExceeded, GeneratorUnavailable
from service.events import Done, Sources
from service.generators import Delta, Generator, Prompt
from service.load import Load
from service.verification.abstain import Abstention
from tests.service.collection import NEVER, ScriptedGenerator, WordIndex, running
from tests.service.restartable import restartable, signalled, starts
from tests.service.waiting import eventually

pytestmark = pytest.mark.anyio

SAID = "The bridge in Porthaven cost 14.3 million euros [2]."
QUESTION = "How much did the harbour bridge in Porthaven cost?"


def behind(
    index: Path, generator: Generator, admission: Admission | None = None, seconds: float = 60.0
) -> AbstractAsyncContextManager[AnswerPipeline]:
    """A running pipeline with `admission` in front of its language model."""
    source = WordIndex(index, Abstention(NEVER))
    return running(AnswerPipeline(source, generator, Limits(100, seconds, 8), 0.0, admission or Admission()))


class Slow(ScriptedGenerator):
    """Reads for so many seconds before it writes, and knows how many answers it writes at once."""

    def __init__(self, reading: float = 3600.0) -> None:
        super().__init__(SAID)
        self.reading = reading
        self.running = 0
        self.most = 0

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if prompt.evidence:
                await asyncio.sleep(self.reading)
            async with aclosing(super().stream(prompt)) as deltas:
                async for delta in deltas:
                    yield delta
        finally:
            self.running -= 1


def asked(number: int = 0, mode: str = "generate", timeout: float | None = None) -> AskRequest:
    """A question that nobody asked before."""
    words = f"{QUESTION} {'?' * number}"
    return AskRequest(words, mode=mode, timeout=timeout)  # type: ignore[arg-type]


@asynccontextmanager
async def waiting(pipeline: AnswerPipeline, count: int, client: str = "") -> AsyncIterator[list[asyncio.Task[Answer]]]:
    """So many questions under way, of `client` or each of one of its own."""
    tasks = [
        asyncio.create_task(pipeline.ask(asked(number + 1), client or f"client-{number}")) for number in range(count)
    ]
    await eventually(lambda: pipeline.load().running + pipeline.load().waiting == count and pipeline.load().running > 0)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def at_rest(pipeline: AnswerPipeline) -> bool:
    load = pipeline.load()
    held = pipeline._serving._leases._served
    return (load.running, load.waiting) == (0, 0) and held is not None and held.leases == 0


@pytest.mark.alone
async def test_what_was_found_is_told_while_the_model_is_busy_with_another_question(index: Path) -> None:
    async with behind(index, Slow()) as pipeline, waiting(pipeline, 3):
        await pipeline.search(SearchRequest("warm"))
        started = time.perf_counter()
        async with aclosing(pipeline.answer(asked(), "late")) as events:
            first = await anext(events)
            assert time.perf_counter() - started < 0.25
            assert isinstance(first, Sources)
            assert first.passages[0].article_id == "harbour.md"
            assert (pipeline.load().running, pipeline.load().waiting) == (1, 3)


async def test_searching_quoting_and_repeated_questions_do_not_wait_for_the_model(index: Path) -> None:
    generator = Slow(reading=0.0)
    async with behind(index, generator, Admission(1, 0, 1)) as pipeline:
        before = await pipeline.ask(asked())
        generator.reading = 3600.0
        async with waiting(pipeline, 1), asyncio.timeout(2):
            assert (await pipeline.search(SearchRequest(QUESTION))).passages
            assert (await pipeline.ask(asked(mode="extract"))).status == "answered"
            again = await pipeline.ask(asked(timeout=30))
            assert again.answer == before.answer == "The bridge in Porthaven cost 14.3 million euros."
            with pytest.raises(Busy):
                await pipeline.ask(asked(9))


@pytest.mark.alone
async def test_a_search_does_not_wait_for_the_work_on_answers(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(*_: object) -> tuple[()]:
        compared.append(threading.current_thread().name)
        time.sleep(0.8)
        return ()

    monkeypatch.setattr("service.answering.part_by_part.disagreements", compare)
    async with behind(index, Slow(reading=0.0), Admission(4, 0, 4)) as pipeline:
        await pipeline.search(SearchRequest("warm"))
        asking = [asyncio.create_task(pipeline.ask(asked(number + 1))) for number in range(4)]
        await eventually(lambda: len(compared) == 2)
        started = time.perf_counter()
        assert (await pipeline.search(SearchRequest(QUESTION))).passages
        assert time.perf_counter() - started < 0.4
        await asyncio.gather(*asking)
    assert {name.split("_")[0] for name in compared} == {"check"}


@pytest.mark.alone
async def test_a_question_beyond_the_bound_is_refused_before_it_is_searched_for(index: Path) -> None:
    async with behind(index, Slow(), Admission(1, 2, 2)) as pipeline, waiting(pipeline, 3):
        started = time.perf_counter()
        with pytest.raises(Busy) as refusal:
            await anext(pipeline.answer(asked(9), "another"))
        assert time.perf_counter() - started < 0.1
        assert int(refusal.value.headers["Retry-After"]) >= 1
        assert pipeline.load() == Load(running=1, slots=1, waiting=2, places=2, refused=1, restarts=0, generating=True)


async def test_no_more_answers_are_written_at_once_than_there_are_slots(index: Path) -> None:
    generator = Slow(reading=0.02)
    async with behind(index, generator, Admission(2, 20, 20)) as pipeline:
        answers = await asyncio.gather(*(pipeline.ask(asked(number + 1)) for number in range(8)))
        assert {answer.status for answer in answers} == {"answered"}
        assert generator.most == 2
        assert at_rest(pipeline)


@pytest.mark.parametrize("place", [0, 2])
async def test_who_leaves_while_answered_or_queued_makes_room_at_once(index: Path, place: int) -> None:
    generator = Slow()
    async with behind(index, generator, Admission(1, 2, 3)) as pipeline, waiting(pipeline, 3) as tasks:
        await eventually(lambda: generator.running == 1)
        tasks[place].cancel()
        await asyncio.wait([tasks[place]])
        load = pipeline.load()
        assert load.running + load.waiting == 2
        await eventually(lambda: pipeline.load().running == 1 and generator.running == 1, seconds=0.5)
        newcomer = asyncio.create_task(pipeline.ask(asked(9), "new"))
        await eventually(lambda: pipeline.load().waiting == 2, seconds=0.5)
        newcomer.cancel()
        await asyncio.wait([newcomer])


async def test_a_stream_that_is_closed_after_its_sources_gives_its_place_back(index: Path) -> None:
    async with behind(index, Slow()) as pipeline, waiting(pipeline, 1):
        events = pipeline.answer(asked(9), "another")
        assert isinstance(await anext(events), Sources)
        assert pipeline.load().waiting == 1
        await events.aclose()
        assert pipeline.load().waiting == 0


@pytest.mark.alone
async def test_the_time_of_an_answer_counts_from_its_request_waiting_included(index: Path) -> None:
    async with behind(index, Slow(), seconds=30) as pipeline, waiting(pipeline, 1):
        started = time.perf_counter()
        with pytest.raises(DeadlineExceeded, match=r"within 0\.2 s"):
            await pipeline.ask(asked(9, timeout=0.2), "another")
        assert 0.2 <= time.perf_counter() - started < 1
        assert (pipeline.load().running, pipeline.load().waiting) == (1, 0)


async def test_the_limit_of_the_service_holds_for_who_would_wait_longer(index: Path) -> None:
    async with behind(index, Slow(), seconds=0.2) as pipeline:
        with pytest.raises(DeadlineExceeded, match=r"within 0\.2 s"):
            await pipeline.ask(asked(9, timeout=3000))
        assert at_rest(pipeline)


async def test_the_reader_s_own_pace_is_not_cut_by_the_limit(index: Path) -> None:
    async with behind(index, Slow(reading=0.0), seconds=0.5) as pipeline:
        async with aclosing(pipeline.answer(asked())) as events:
            assert isinstance(await anext(events), Sources)
            await asyncio.sleep(0.7)
            with pytest.raises(DeadlineExceeded):
                await anext(events)
        assert at_rest(pipeline)


async def test_questions_may_be_read_by_another_task_each_time(index: Path) -> None:
    async with behind(index, Slow(reading=0.0), seconds=5) as pipeline:
        events = pipeline.answer(asked())
        told = []
        with pytest.raises(StopAsyncIteration):
            while True:
                told.append(await asyncio.create_task(anext(events)))  # type: ignore[arg-type]
        assert [type(event).__name__ for event in told] == ["Sources", "Released", "Done"]


async def test_of_200_questions_of_which_half_are_cut_off_nothing_is_left(index: Path) -> None:
    chance = random.Random(7)
    generator = Slow(reading=0.004)
    others = asyncio.all_tasks()
    async with behind(index, generator, Admission(2, 40, 20)) as pipeline:
        served = asyncio.all_tasks()

        async def ask(number: int) -> str:
            await asyncio.sleep(chance.random() * 2)
            client = chance.choice("abcd")
            answered = pipeline.ask(asked(number + 1, chance.choice(("generate",) * 4 + ("extract",))), client)
            if number % 2:
                return (await answered).status
            try:
                async with asyncio.timeout(chance.random() * 0.1):
                    return (await answered).status
            except TimeoutError:
                return "left"

        async with asyncio.timeout(40):
            outcomes = await asyncio.gather(*(ask(number) for number in range(200)), return_exceptions=True)
        counts = {kind: outcomes.count(kind) for kind in ("answered", "left")}
        assert {type(outcome) for outcome in outcomes} <= {str, Busy}
        assert counts["answered"] > 30
        assert counts["left"] > 20
        assert at_rest(pipeline)
        assert generator.running == 0
        assert generator.most <= 2
        assert asyncio.all_tasks() <= served
        assert not pipeline._admission._held
        assert not pipeline._admission._queue
    assert asyncio.all_tasks() <= others


@pytest.mark.alone
async def test_while_the_model_can_not_be_started_only_what_needs_it_fails_and_says_so(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = restartable(tmp_path, monkeypatch)
    async with behind(index, generator) as pipeline:
        assert pipeline.load().generating
        starts(tmp_path, "fail")
        signalled(generator)
        await eventually(lambda: generator.health().outage > 0)
        load = pipeline.load()
        assert (load.generating, load.waiting) == (False, 0)
        assert dict(pipeline.ready()) == {"index": True, "generator": False}
        started = time.perf_counter()
        with pytest.raises(GeneratorUnavailable, match='mode "extract" and /v1/search still work') as refusal:
            await anext(pipeline.answer(asked()))
        assert time.perf_counter() - started < 0.1
        assert int(refusal.value.headers["Retry-After"]) >= 1
        assert (await pipeline.ask(asked(mode="extract"))).status == "answered"
        assert (await pipeline.search(SearchRequest(QUESTION))).passages
        starts(tmp_path, "serve")
        await eventually(generator.ready, seconds=60)
        assert (await pipeline.ask(asked(timeout=20))).status == "refused"
        assert pipeline.load().restarts == 1


async def test_questions_that_wait_when_the_model_goes_down_for_long_do_not_wait_on(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = restartable(tmp_path, monkeypatch)
    async with behind(index, generator) as pipeline:
        starts(tmp_path, "fail")
        held = pipeline._admission.place("holder")
        place = held.__enter__()
        await place.turn()
        tasks = [asyncio.create_task(pipeline.ask(asked(number + 1))) for number in range(3)]
        await eventually(lambda: pipeline.load().waiting == 3)
        signalled(generator)
        await eventually(lambda: generator.health().outage > 0)
        held.__exit__(None, None, None)
        async with asyncio.timeout(1):
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [GeneratorUnavailable] * 3
        assert at_rest(pipeline)


async def test_done_is_told_last(index: Path) -> None:
    async with behind(index, Slow(reading=0.0)) as pipeline:
        events = [event async for event in pipeline.answer(asked())]
        assert isinstance(events[-1], Done)
        assert "queue" in events[-1].answer.timings_ms
