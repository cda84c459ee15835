from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, MutableMapping
from contextlib import aclosing
from typing import Any

import pytest

from service.edge.stopping import Stopping
from service.edge.streams import ClientLeft, begun, kept_alive, unless_left
from service.errors import GeneratorUnavailable, ShuttingDown

LEFT = {"type": "http.disconnect"}
BODY = {"type": "http.request", "body": b"", "more_body": False}


class Making:
    """Events with a pause before each, and what became of them."""

    def __init__(self, *events: int | Exception, pause: float = 0.0) -> None:
        self.events = events
        self.pause = pause
        self.made = 0
        self.task: asyncio.Task[Any] | None = None
        self.ended_in: asyncio.Task[Any] | None = None

    async def __call__(self) -> AsyncGenerator[int, None]:
        self.task = asyncio.current_task()
        try:
            async with asyncio.timeout(60):
                for event in self.events:
                    await asyncio.sleep(self.pause)
                    if isinstance(event, Exception):
                        raise event
                    self.made += 1
                    yield event
        finally:
            self.ended_in = asyncio.current_task()


async def stays() -> MutableMapping[str, Any]:
    await asyncio.sleep(3600)
    raise AssertionError


async def leaves() -> MutableMapping[str, Any]:
    await asyncio.sleep(0.02)
    return LEFT


async def told(making: Making, seconds: float = 60.0, stopping: Stopping | None = None) -> list[int | None]:
    feed = await begun(making(), stays, stopping or Stopping())
    return [event async for event in kept_alive(feed, seconds)]


def test_events_come_in_order() -> None:
    assert asyncio.run(told(Making(1, 2, 3))) == [1, 2, 3]
    assert asyncio.run(told(Making())) == []


def test_silence_is_told_and_ends_with_the_next_event() -> None:
    events = asyncio.run(told(Making(1, 2, pause=0.1), seconds=0.04))
    assert events[0] == 1
    assert events[-1] == 2
    assert 1 <= len(events[1:-1]) <= 2
    assert set(events[1:-1]) == {None}


def test_one_task_makes_all_events_and_closes_what_makes_them() -> None:
    async def run() -> None:
        making = Making(*range(5))
        feed = await begun(making(), stays, Stopping())
        async with aclosing(kept_alive(feed, 60)) as events:
            assert await anext(events) == 0
        assert making.ended_in is making.task is not asyncio.current_task()

    asyncio.run(run())


def test_a_slow_reader_does_not_hold_up_the_making() -> None:
    async def run() -> None:
        making, stopping = Making(*range(100)), Stopping()
        feed = await begun(making(), stays, stopping)
        assert await stopping.idle(5.0)
        assert making.made == 100
        assert [event async for event in kept_alive(feed, 60)] == list(range(100))

    asyncio.run(run())


def test_what_fails_instead_of_the_first_event_is_raised_before_there_is_a_stream() -> None:
    async def run() -> None:
        with pytest.raises(GeneratorUnavailable, match="died"):
            await begun(Making(GeneratorUnavailable("died"), 1)(), stays, Stopping())

    asyncio.run(run())


def test_what_fails_later_is_raised_after_all_that_came_before() -> None:
    async def run() -> None:
        feed = await begun(Making(1, 2, KeyError("late"))(), stays, Stopping())
        await asyncio.sleep(0.05)
        taken = []
        with pytest.raises(KeyError, match="late"):
            async for event in kept_alive(feed, 60):
                taken.append(event)  # noqa: PERF401 - it must be kept what came before the error
        assert taken == [1, 2]

    asyncio.run(run())


def test_closing_stops_the_making_at_once() -> None:
    async def run() -> None:
        making = Making(1, 2, pause=0.05)
        feed = await begun(making(), stays, Stopping())
        async with aclosing(kept_alive(feed, 60)) as events:
            await anext(events)
        assert (making.made, making.ended_in is not None) == (1, True)

    asyncio.run(run())


def test_a_client_that_leaves_before_the_first_event_stops_the_making() -> None:
    async def run() -> None:
        making, stopping = Making(1, pause=60), Stopping()
        with pytest.raises(ClientLeft):
            await begun(making(), leaves, stopping)
        assert (making.ended_in is not None, stopping.under_way) == (True, 0)

    asyncio.run(run())


async def later(value: int, seconds: float, ended: list[int]) -> int:
    try:
        await asyncio.sleep(seconds)
        return value
    finally:
        ended.append(value)


def test_work_is_done_or_broken_off_with_its_client() -> None:
    ended: list[int] = []

    async def run() -> None:
        assert await unless_left(later(1, 0.0, ended), stays, Stopping()) == 1
        with pytest.raises(ClientLeft):
            await unless_left(later(2, 60, ended), leaves, Stopping())

    asyncio.run(run())
    assert ended == [1, 2]


def test_who_gets_a_result_at_once_is_not_watched() -> None:
    watched = []

    async def receive() -> MutableMapping[str, Any]:
        watched.append(1)
        return await stays()

    async def result() -> int:
        return 1

    async def events() -> AsyncGenerator[int, None]:
        yield 1
        yield 2

    async def run() -> int:
        feed = await begun(events(), receive, Stopping())
        assert [event async for event in kept_alive(feed, 60)] == [1, 2]
        return await unless_left(result(), receive, Stopping())

    assert (asyncio.run(run()), watched) == (1, [])


def test_what_else_a_client_sends_does_not_end_its_work() -> None:
    messages = [BODY, BODY]

    async def chatters() -> MutableMapping[str, Any]:
        return messages.pop() if messages else await stays()

    assert asyncio.run(unless_left(later(1, 0.05, []), chatters, Stopping())) == 1


def test_work_that_is_cancelled_from_outside_is_ended_before_it_is_over() -> None:
    ended: list[int] = []

    async def run() -> None:
        work = asyncio.create_task(unless_left(later(1, 60, ended), stays, Stopping()))
        await asyncio.sleep(0.02)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert ended == [1]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_nothing_begins_where_the_end_has_begun() -> None:
    ended: list[int] = []

    async def run() -> None:
        stopping, making = Stopping(), Making(1)
        stopping.begin()
        with pytest.raises(ShuttingDown):
            await unless_left(later(1, 0.0, ended), stays, stopping)
        with pytest.raises(ShuttingDown):
            await begun(making(), stays, stopping)
        assert (ended, making.task) == ([], None)

    asyncio.run(run())


def test_what_is_under_way_goes_on_until_it_is_cut() -> None:
    async def run() -> None:
        stopping = Stopping()
        whole = asyncio.create_task(unless_left(later(1, 60, []), stays, stopping))
        feed = await begun(Making(1, 2, pause=0.02)(), stays, stopping)
        unbegun = asyncio.create_task(begun(Making(1, pause=60)(), stays, stopping))
        await asyncio.sleep(0)
        stopping.begin()
        assert [event async for event in kept_alive(feed, 60)] == [1, 2]
        assert not await stopping.idle(0.02)
        assert stopping.under_way == 2
        stopping.cut()
        for task in (whole, unbegun):
            with pytest.raises(ShuttingDown):
                await task
        assert await stopping.idle(0.0)

    asyncio.run(run())


def test_a_stream_that_is_cut_tells_what_it_has_and_then_why_it_ends() -> None:
    async def run() -> None:
        stopping = Stopping()
        feed = await begun(Making(1, 2, pause=0.01)(), stays, stopping)
        await asyncio.sleep(0.005)
        stopping.cut()
        taken: list[int | None] = []
        with pytest.raises(ShuttingDown, match="being stopped"):
            async for event in kept_alive(feed, 60):
                taken.append(event)  # noqa: PERF401 - it must be kept what came before the error
        assert taken == [1]

    asyncio.run(run())


def test_following_an_answer_costs_little() -> None:
    async def run() -> float:
        stopping = Stopping()
        started = time.perf_counter()
        for _ in range(200):
            feed = await begun(Making(1, 2, 3)(), stays, stopping)
            assert [event async for event in kept_alive(feed, 60)] == [1, 2, 3]
        return (time.perf_counter() - started) / 200

    assert asyncio.run(run()) < 0.02
