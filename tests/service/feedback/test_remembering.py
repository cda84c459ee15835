"""Answers are kept behind their backs: whoever asked and however, and whatever the disk does."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.answering import opening
from service.app import compose
from service.around import Around
from service.contracts.answers import Answer, AskRequest
from service.errors import FeedbackUnavailable, GeneratorUnavailable
from service.events import Done, Event, Sources
from service.feedback.intake import store_of
from service.feedback.remembering import WAITING, Remembering
from service.feedback.store import FeedbackStore, Remembered
from service.pipeline import Pipeline
from service.settings import Settings
from tests.service.fakes import FakePipeline, refused

QUESTION = AskRequest(question="Who?")


class Shelf(FeedbackStore):
    """Keeps answers in memory, once it is `free`, unless it is `broken`."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"), 30)
        self.kept: list[Remembered] = []
        self.writings: list[int] = []
        self.pruned: list[datetime] = []
        self.broken = False
        self.free = threading.Event()
        self.free.set()

    def keep(self, answers: Sequence[Remembered]) -> None:
        assert self.free.wait(10)
        if self.broken:
            raise FeedbackUnavailable("feedback.sqlite: disk full")
        self.kept += answers
        self.writings.append(len(answers))

    def prune(self, now: datetime) -> int:
        self.pruned.append(now)
        if self.broken:
            raise FeedbackUnavailable("feedback.sqlite: disk full")
        return 0


def number(count: int) -> str:
    """An id as the service makes them."""
    return f"{count:024x}"


class Numbering(FakePipeline):
    """Gives each answer an id of its own."""

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        async with aclosing(super().answer(request, client)) as events:
            async for event in events:
                name = number(len(self.asked))
                yield Done(msgspec.structs.replace(event.answer, id=name)) if isinstance(event, Done) else event


def run(work: Callable[[Remembering], Awaitable[Any]], store: Shelf, pipeline: FakePipeline | None = None) -> Any:
    """What `work` returns, with a pipeline that is started before and closed after."""

    async def session() -> Any:
        remembering = Remembering(pipeline or Numbering(), store)
        await remembering.start()
        try:
            return await work(remembering)
        finally:
            await remembering.close()

    return asyncio.run(session())


def test_an_answer_is_kept_with_its_question_however_it_is_asked_for() -> None:
    store = Shelf()

    async def ask(pipeline: Remembering) -> list[Event]:
        assert (await pipeline.ask(QUESTION)).id == number(1)
        async with aclosing(pipeline.answer(QUESTION)) as events:
            return [event async for event in events]

    events = run(ask, store)
    assert [type(event) for event in events] == [Sources, Done]
    assert [(one.id, one.content.request, one.content.answer) for one in store.kept] == [
        (number(count), QUESTION, refused("Who?").answer) for count in (1, 2)
    ]


def test_an_answer_that_is_had_at_once_is_kept_too() -> None:
    class Keeping(FakePipeline):
        def kept(self, request: AskRequest, client: str = "") -> Answer | None:
            return refused("Who?")

    shelf, asked = Shelf(), []

    async def run() -> None:
        pipeline = Remembering(Keeping(), shelf)
        await pipeline.start()
        asked.append(pipeline.kept(QUESTION))
        await pipeline.close()

    asyncio.run(run())
    assert asked == [refused("Who?")]
    assert [(one.id, one.content.request) for one in shelf.kept] == [(asked[0].id, QUESTION)]


def test_who_stops_listening_at_the_last_event_is_answered_too() -> None:
    store = Shelf()

    async def leave(pipeline: Remembering) -> None:
        async with aclosing(pipeline.answer(QUESTION)) as events:
            async for event in events:
                if isinstance(event, Done):
                    break

    run(leave, store)
    assert [one.id for one in store.kept] == [number(1)]


def test_what_was_not_answered_is_not_kept() -> None:
    store, pipeline = Shelf(), Numbering()

    async def leave_and_fail(remembering: Remembering) -> None:
        async with aclosing(remembering.answer(QUESTION)) as events:
            assert isinstance(await anext(events), Sources)
        pipeline.fault = GeneratorUnavailable("It died.")
        with pytest.raises(GeneratorUnavailable):
            await remembering.ask(QUESTION)

    run(leave_and_fail, store, pipeline)
    assert store.kept == []


def test_no_answer_waits_for_the_disk_and_closing_writes_what_waits() -> None:
    store = Shelf()
    store.free.clear()

    async def ask(pipeline: Remembering) -> float:
        begun = time.perf_counter()
        for _ in range(20):
            await pipeline.ask(QUESTION)
        seconds = time.perf_counter() - begun
        store.free.set()
        return seconds

    assert run(ask, store) < 1.0
    assert [one.id for one in store.kept] == [number(count) for count in range(1, 21)]


def test_answers_in_quick_succession_are_written_together_and_the_first_at_once() -> None:
    store = Shelf()

    async def ask(pipeline: Remembering) -> list[int]:
        await pipeline.ask(QUESTION)
        await asyncio.sleep(0.05)
        at_once = list(store.writings)
        for _ in range(5):
            await pipeline.ask(QUESTION)
            await asyncio.sleep(0.01)
        return at_once

    assert run(ask, store) == [1]
    assert store.writings == [1, 5]


def test_of_answers_that_can_not_be_written_only_so_many_wait() -> None:
    store = Shelf()
    store.free.clear()

    async def ask(pipeline: Remembering) -> None:
        await pipeline.ask(QUESTION)
        await asyncio.sleep(0.05)
        for _ in range(WAITING + 5):
            await pipeline.ask(QUESTION)
        store.free.set()

    run(ask, store)
    assert len(store.kept) == 1 + WAITING
    assert store.kept[-1].id == number(WAITING + 6)


def test_no_answer_fails_by_the_disk_and_what_could_not_be_written_is_written_later(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.feedback.remembering.AGAIN_SECONDS", 0.05)
    store = Shelf()
    store.broken = True

    async def ask(pipeline: Remembering) -> list[str]:
        first = await pipeline.ask(QUESTION)
        await asyncio.sleep(0.12)
        second = await pipeline.ask(QUESTION)
        store.broken = False
        return [first.id, second.id]

    with caplog.at_level(logging.INFO):
        assert run(ask, store) == [number(1), number(2)]
    assert [one.id for one in store.kept] == [number(1), number(2)]
    told = {record.message: vars(record)["fields"] for record in caplog.records}
    assert told["answers could not be kept for feedback"] == {"reason": "feedback.sqlite: disk full", "answers": 1}
    assert told["old answers could not be deleted"] == {"reason": "feedback.sqlite: disk full"}
    assert told["answers are kept for feedback again"] == {"answers": 2}
    assert len([one for one in caplog.records if one.message == "answers could not be kept for feedback"]) == 1
    assert "Who?" not in caplog.text


def test_what_is_too_old_is_deleted_from_the_start_on() -> None:
    store = Shelf()
    run(lambda pipeline: asyncio.sleep(0.05), store)
    assert len(store.pruned) == 1


@pytest.mark.alone
def test_closing_does_not_wait_for_a_disk_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.feedback.remembering.CLOSING_SECONDS", 0.1)
    store, pipeline = Shelf(), Numbering()
    store.free.clear()
    begun = time.perf_counter()
    run(lambda remembering: remembering.ask(QUESTION), store, pipeline)
    assert time.perf_counter() - begun < 2.0
    assert pipeline.closed == 1
    store.free.set()


def test_around_has_all_of_a_pipeline() -> None:
    def methods(kind: type) -> dict[str, str]:
        public = {name: value for name, value in vars(kind).items() if inspect.isfunction(value) and name[0] != "_"}
        return {name: str(inspect.signature(value)) for name, value in public.items()}

    assert {"answer", "ask", "article", "load"} < methods(Pipeline).keys()
    assert methods(Around) == methods(Pipeline)


def test_the_pipeline_of_the_settings_remembers_unless_feedback_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = FakePipeline()
    monkeypatch.setattr(opening, "open_pipeline", lambda settings, begins: opened)
    assert compose(Settings(index=tmp_path, feedback_days=0)) is opened
    assert isinstance(compose(Settings(index=tmp_path)), Remembering)


def test_the_file_is_beside_the_index_unless_another_is_named(tmp_path: Path) -> None:
    stores = [store_of(Settings(index=tmp_path, feedback=name)) for name in (None, f"{tmp_path}/other.sqlite")]
    assert [store.path.name for store in stores if store] == ["feedback.sqlite", "other.sqlite"]
    assert {store.path.parent for store in stores if store} == {tmp_path}
    assert store_of(Settings(index=tmp_path, feedback_days=0)) is None
