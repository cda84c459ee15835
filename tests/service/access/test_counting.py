"""Counting requests: one contract for the memory of a process and for Redis, and what each has of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerDay, RateLimitItemPerMinute, RateLimitItemPerSecond

from service.access.counting import Claim, Counts, LocalCounts
from service.access.shared_counting import WATCH_SECONDS, SharedCounts
from tests.service.redis_server import RedisServer, free_port
from tests.service.waiting import eventually

LOOKS = {"fundstelle:{/look/1000000/1/minute}"}
"""What looking whether Redis counts leaves there."""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=["local", "redis"])
def make(request: pytest.FixtureRequest) -> Callable[[], Counts]:
    if request.param == "local":
        return LocalCounts
    server: RedisServer = request.getfixturevalue("redis")
    server.command("FLUSHALL")
    return lambda: SharedCounts(server.url)


def counted(make: Callable[[], Counts], work: Callable[[Counts], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        counts = make()
        try:
            return await work(counts)
        finally:
            await counts.close()

    return asyncio.run(run())


def minute(amount: int, who: str = "a") -> Claim:
    return Claim(who, RateLimitItemPerMinute(amount, namespace=""))


def day(amount: int, who: str = "a") -> Claim:
    return Claim(who, RateLimitItemPerDay(amount, namespace=""))


async def granted(counts: Counts, *claims: Claim) -> bool:
    return (await counts.take(claims))[-1].granted


def test_as_many_are_granted_as_the_limit_says_to_each_caller(make: Callable[[], Counts]) -> None:
    async def work(counts: Counts) -> list[bool]:
        return [await granted(counts, minute(3, who)) for who in "aaaabaabbb"]

    assert counted(make, work) == [True] * 3 + [False, True] + [False] * 2 + [True] * 2 + [False]


def test_what_is_left_and_when_there_is_more_is_told(make: Callable[[], Counts]) -> None:
    async def work(counts: Counts) -> list[tuple[bool, int]]:
        told = []
        for _ in range(3):
            (standing,) = await counts.take([minute(2)])
            assert 0 < standing.reset <= 60
            told.append((standing.granted, standing.remaining))
        return told

    assert counted(make, work) == [(True, 1), (True, 0), (False, 0)]


def test_what_one_limit_refuses_is_not_counted_by_the_next(make: Callable[[], Counts]) -> None:
    async def work(counts: Counts) -> list[list[int]]:
        return [[s.remaining for s in await counts.take([minute(2), day(5)])] for _ in range(4)]

    assert counted(make, work) == [[1, 4], [0, 3], [0], [0]]


def test_the_last_limit_refuses_too(make: Callable[[], Counts]) -> None:
    async def work(counts: Counts) -> list[tuple[int, bool]]:
        taken = [await counts.take([minute(5), day(1)]) for _ in range(2)]
        return [(len(standings), standings[-1].granted) for standings in taken]

    assert counted(make, work) == [(2, True), (2, False)]


def test_many_at_once_get_no_more_than_the_limit(make: Callable[[], Counts]) -> None:
    async def work(counts: Counts) -> int:
        return sum(await asyncio.gather(*(granted(counts, minute(7), day(100)) for _ in range(40))))

    assert counted(make, work) == 7


def test_after_two_windows_everything_is_allowed_again(make: Callable[[], Counts]) -> None:
    limit = Claim("a", RateLimitItemPerSecond(2, namespace=""))

    async def work(counts: Counts) -> list[bool]:
        first = [await granted(counts, limit) for _ in range(4)]
        await asyncio.sleep(2.1)
        return [first.count(True) <= 4, await granted(counts, limit), await granted(counts, limit)]

    assert counted(make, work) == [True, True, True]


class Clock:
    def __init__(self) -> None:
        self.now = 600.0

    def __call__(self) -> float:
        return self.now


def test_a_window_slides_as_much_of_the_last_minute_counts_as_is_not_over() -> None:
    clock = Clock()

    async def work(counts: Counts) -> list[int]:
        taken = []
        for clock.now in (659.0, 660.0, 666.1, 690.0, 720.0, 900.0):
            taken.append(sum([await granted(counts, minute(10)) for _ in range(12)]))
        return taken

    # 10 at the end of a minute; then 10 x 53.9/60 of them still count, at its half 10 x 1/2 and the two since.
    assert counted(lambda: LocalCounts(clock=clock), work) == [10, 0, 2, 3, 5, 10]


@given(st.lists(st.floats(0, 150), max_size=60), st.integers(1, 12))
def test_it_grants_what_the_formula_grants(gaps: list[float], limit: int) -> None:
    """Against a list of all that was granted."""
    clock = Clock()
    before: list[float] = []

    async def work(counts: Counts) -> None:
        for gap in gaps:
            clock.now += gap / 20
            start = clock.now // 60 * 60
            current = sum(moment >= start for moment in before)
            previous = sum(start - 60 <= moment < start for moment in before)
            expected = int(previous * (1 - (clock.now - start) / 60) + current) < limit
            (standing,) = await counts.take([minute(limit)])
            assert standing.granted is expected
            if expected:
                before.append(clock.now)

    counted(lambda: LocalCounts(clock=clock), work)


def test_whoever_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    clock.now = 655.0

    async def work(counts: Counts) -> list[bool]:
        let_in = []
        for _ in range(20):
            while (standing := (await counts.take([minute(3)]))[0]).granted:
                clock.now += 0.7
            clock.now += standing.reset + 0.001
            let_in.append(await granted(counts, minute(3)))
        return let_in

    assert counted(lambda: LocalCounts(clock=clock), work) == [True] * 20


def test_memory_has_an_end_and_those_that_were_left_alone_longest_are_forgotten() -> None:
    async def work(counts: Counts) -> list[bool]:
        for who in "abca":
            await granted(counts, minute(2, who))
        await granted(counts, minute(2, "d"))  # b goes
        return [await granted(counts, minute(2, who)) for who in "aab"]

    assert counted(lambda: LocalCounts(places=3), work) == [False, False, True]


def test_counting_costs_the_same_however_many_callers_there_are() -> None:
    async def work(counts: Counts) -> float:
        started = time.perf_counter()
        for number in range(30_000):
            await counts.take([minute(5, str(number))])
        return time.perf_counter() - started

    # The library's own storage takes 5 ms for each of them at the end, which is minutes.
    assert counted(LocalCounts, work) < 15


def test_processes_share_what_redis_counts_and_it_forgets_in_time(redis: RedisServer) -> None:
    redis.command("FLUSHALL")

    async def run() -> list[bool]:
        one, other = SharedCounts(redis.url), SharedCounts(redis.url)
        answers = [await granted(counts, minute(3), day(9)) for counts in (one, other, one, other, one)]
        await one.close()
        await other.close()
        return answers

    assert asyncio.run(run()) == [True, True, True, False, False]
    kept = redis.keys()
    assert kept == {"fundstelle:{/a/3/1/minute}", "fundstelle:{/a/9/1/day}"}
    assert all(0 < int(redis.command(f"TTL {key}")[1:]) <= 2 * 86_400 for key in kept)


@asynccontextmanager
async def watched(url: str) -> Any:
    counts = SharedCounts(url)
    watching = asyncio.create_task(counts.watch())
    try:
        yield counts
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        await counts.close()


def test_while_redis_is_gone_each_process_counts_by_itself_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="fundstelle")

    async def run(server: RedisServer) -> None:
        async with watched(server.url) as counts:
            assert [await granted(counts, minute(2)) for _ in range(3)] == [True, True, False]
            assert counts.warning() == ""
            server.stop()
            assert [await granted(counts, minute(2)) for _ in range(3)] == [True, True, False]
            assert counts.warning() == "Redis does not answer: limits hold in each process by itself"
            await asyncio.sleep(2 * WATCH_SECONDS)
            server.start()
            await eventually(lambda: not counts.warning())
            assert [await granted(counts, minute(2)) for _ in range(3)] == [True, True, False]
            assert server.keys() - LOOKS == {"fundstelle:{/a/2/1/minute}"}

    with RedisServer(tmp_path) as server:
        asyncio.run(run(server))
    said = [(record.levelname, record.message) for record in caplog.records]
    assert said == [
        ("WARNING", "Redis does not answer, limits hold in each process by itself"),
        ("INFO", "Redis answers again, limits are shared"),
    ]
    assert str(server.port) in str(vars(caplog.records[0])["fields"])


def test_a_redis_that_answers_and_can_not_count_is_down_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, logger="fundstelle")
    monkeypatch.setattr("service.access.shared_counting.WATCH_SECONDS", 0.01)
    monkeypatch.setattr("service.access.shared_counting.SECONDS", 60.0)  # a slow machine is not what this is about

    async def run(server: RedisServer) -> None:
        async with watched(server.url) as counts:
            assert await granted(counts, minute(99))
            server.command("CONFIG SET maxmemory 1")
            for _ in range(20):
                assert await granted(counts, minute(99))
                await asyncio.sleep(0.02)
            assert counts.warning()
            server.command("CONFIG SET maxmemory 0")
            await eventually(lambda: not counts.warning())

    with RedisServer(tmp_path) as server:
        asyncio.run(run(server))
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


@pytest.mark.alone
def test_a_redis_that_hangs_holds_nobody_up_for_long(tmp_path: Path) -> None:
    async def run(server: RedisServer) -> None:
        async with watched(server.url) as counts:
            assert await granted(counts, minute(99))
            server.hang()
            started = time.monotonic()
            assert all(await asyncio.gather(*(granted(counts, minute(99)) for _ in range(50))))
            assert time.monotonic() - started < 1.5
            started = time.monotonic()
            assert await granted(counts, minute(99))
            assert time.monotonic() - started < 0.25
            server.go_on()
            await eventually(lambda: not counts.warning())

    with RedisServer(tmp_path) as server:
        asyncio.run(run(server))


def test_a_restart_of_redis_between_two_requests_goes_unnoticed(tmp_path: Path) -> None:
    async def run(server: RedisServer) -> None:
        counts = SharedCounts(server.url)
        assert await granted(counts, minute(5))
        server.stop()
        server.start()
        assert await granted(counts, minute(5))
        assert (counts.warning(), server.keys() - LOOKS) == ("", {"fundstelle:{/a/5/1/minute}"})
        await counts.close()

    with RedisServer(tmp_path) as server:
        asyncio.run(run(server))


def test_without_redis_at_the_start_limits_hold_in_the_process() -> None:
    async def run() -> None:
        async with watched(f"redis://127.0.0.1:{free_port()}/0") as counts:
            await eventually(lambda: bool(counts.warning()))
            assert [await granted(counts, minute(1)) for _ in range(2)] == [True, False]

    asyncio.run(run())
