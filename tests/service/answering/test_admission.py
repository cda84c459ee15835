"""The queue in front of the language model: its bound, its turns, and what is left of a question that leaves."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from service.answering.admission import Admission, Place
from service.errors import Busy

pytestmark = pytest.mark.anyio


class Clock:
    """Stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


class Visitor:
    """A question that waits for its turn, has it until it is told to go on, and leaves."""

    def __init__(self, admission: Admission, client: str, order: list[str], name: str = "") -> None:
        self.done = asyncio.Event()
        self.task = asyncio.create_task(self._visit(admission, client, order, name or client))

    async def _visit(self, admission: Admission, client: str, order: list[str], name: str) -> None:
        with admission.place(client) as place:
            await place.turn()
            order.append(name)
            await self.done.wait()


def state(admission: Admission) -> tuple[int, int]:
    return admission.running, admission.waiting


async def one_after_the_other(visitors: list[Visitor], order: list[str], names: list[str]) -> None:
    """End turns in the order in which they were had, until all have had one."""
    by_name = dict(zip(names, visitors, strict=True))
    for number in range(len(visitors)):
        await settle()
        assert len(order) == number + 1
        by_name[order[number]].done.set()
    await asyncio.gather(*(visitor.task for visitor in visitors))


async def test_a_question_that_finds_the_model_free_has_its_turn_at_once() -> None:
    admission = Admission(slots=1, places=2, each=3)
    with admission.place("a") as place:
        assert state(admission) == (0, 1)
        await place.turn()
        await place.turn()
        assert state(admission) == (1, 0)
        place.end_turn()
        assert state(admission) == (0, 1)
    assert state(admission) == (0, 0)


@pytest.mark.alone
async def test_beyond_the_bound_a_question_is_refused_before_anything_is_done_for_it() -> None:
    admission = Admission(slots=1, places=2, each=9)
    order: list[str] = []
    visitors = [Visitor(admission, name, order) for name in "abc"]
    await settle()
    assert state(admission) == (1, 2)
    started = time.perf_counter()
    with pytest.raises(Busy, match="2 questions wait for an answer already") as refusal, admission.place("d"):
        pass
    assert time.perf_counter() - started < 0.1
    assert int(refusal.value.headers["Retry-After"]) >= 1
    assert (admission.refused, *state(admission)) == (1, 1, 2)
    await one_after_the_other(visitors, order, list("abc"))
    assert order == ["a", "b", "c"]
    with admission.place("d"):
        assert state(admission) == (0, 1)


async def test_one_client_may_not_have_the_whole_queue() -> None:
    admission = Admission(slots=1, places=8, each=2)
    with admission.place("a"), admission.place("a"), admission.place("b"):
        with pytest.raises(Busy, match="2 questions of yours"), admission.place("a"):
            pass
        with admission.place("b"):
            assert admission.waiting == 4
    with admission.place("a"):
        assert admission.waiting == 1


async def test_turns_go_round_the_clients() -> None:
    admission = Admission(slots=1, places=20, each=20)
    order: list[str] = []
    names = ["a1", "a2", "a3", "b1", "b2", "c1"]
    visitors = [Visitor(admission, name[0], order, name) for name in names]
    await one_after_the_other(visitors, order, names)
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_a_client_that_has_its_turn_does_not_keep_a_newcomer_waiting_for_a_second_one() -> None:
    admission = Admission(slots=2, places=20, each=20)
    order: list[str] = []
    first = [Visitor(admission, "a", order, name) for name in ("a1", "a2", "a3", "a4")]
    await settle()
    assert order == ["a1", "a2"]
    newcomer = Visitor(admission, "b", order)
    await settle()
    first[0].done.set()
    await settle()
    assert order == ["a1", "a2", "b"]
    for visitor in (*first, newcomer):
        visitor.done.set()
    await asyncio.gather(*(visitor.task for visitor in (*first, newcomer)))


async def test_as_many_turns_at_once_as_there_are_slots() -> None:
    admission = Admission(slots=3, places=20, each=20)
    order: list[str] = []
    visitors = [Visitor(admission, "a", order, str(number)) for number in range(5)]
    await settle()
    assert state(admission) == (3, 2)
    visitors[1].done.set()
    await settle()
    assert state(admission) == (3, 1)
    for visitor in visitors:
        visitor.done.set()
    await asyncio.gather(*(visitor.task for visitor in visitors))
    assert state(admission) == (0, 0)


async def test_a_question_that_leaves_the_queue_frees_its_place_at_once() -> None:
    admission = Admission(slots=1, places=1, each=9)
    order: list[str] = []
    first, second = Visitor(admission, "a", order), Visitor(admission, "b", order)
    await settle()
    second.task.cancel()
    await asyncio.wait([second.task])
    assert state(admission) == (1, 0)
    third = Visitor(admission, "c", order)
    await settle()
    first.done.set()
    third.done.set()
    await asyncio.gather(first.task, third.task)
    assert order == ["a", "c"]


async def test_a_turn_that_comes_in_the_moment_in_which_its_question_leaves_goes_to_the_next() -> None:
    admission = Admission(slots=1, places=9, each=9)
    order: list[str] = []
    with admission.place("a") as place:
        await place.turn()
        leaving, staying = Visitor(admission, "b", order), Visitor(admission, "c", order)
        await settle()
        place.end_turn()
        leaving.task.cancel()
        await settle()
        assert order == ["c"]
    staying.done.set()
    await staying.task
    assert state(admission) == (0, 0)


async def test_a_question_that_was_called_off_a_moment_before_the_turn_is_passed_over() -> None:
    admission = Admission(slots=1, places=9, each=9)
    order: list[str] = []
    first, second, third = (Visitor(admission, name, order) for name in "abc")
    await settle()
    second.task.cancel()
    first.done.set()
    await settle()
    assert order == ["a", "c"]
    third.done.set()
    await third.task
    assert state(admission) == (0, 0)


@asynccontextmanager
async def answered(admission: Admission, clock: Clock, seconds: list[float]) -> AsyncIterator[Place]:
    """An admission that has seen answers of so many seconds, and now has a question at the model."""
    for each in seconds:
        with admission.place("x") as place:
            await place.turn()
            clock.now += each
    with admission.place("x") as place:
        await place.turn()
        yield place


@pytest.mark.parametrize(
    ("seconds", "waiting", "wanted"),
    [([], 4, 20), ([2.0, 4.0], 4, 6), ([2.0, 4.0], 3, 6), ([0.01], 2, 1), ([600.0], 4, 300)],
)
async def test_how_long_to_wait_goes_by_how_long_answers_took_and_how_many_wait(
    seconds: list[float], waiting: int, wanted: int
) -> None:
    clock = Clock()
    admission = Admission(slots=1, places=waiting, each=99, clock=clock)
    async with answered(admission, clock, seconds):
        held = [admission.place(str(number)) for number in range(waiting)]
        for place in held:
            place.__enter__()
        with pytest.raises(Busy) as refusal, admission.place("y"):
            pass
        for place in held:
            place.__exit__(None, None, None)
    assert refusal.value.headers == {"Retry-After": str(wanted)}


async def test_a_question_whose_time_can_not_suffice_is_refused_at_once() -> None:
    clock = Clock()
    admission = Admission(slots=1, places=99, each=99, clock=clock)
    order: list[str] = []
    async with answered(admission, clock, [5.0] * 8):
        visitors = [Visitor(admission, "a", order, str(number)) for number in range(4)]
        await settle()
        with pytest.raises(Busy, match="could not begin within 19 s"), admission.place("a", 19.0):
            pass
        with admission.place("a", 21.0), admission.place("b", 1.0):
            assert admission.waiting == 6
    for visitor in visitors:
        visitor.task.cancel()
    await asyncio.wait([visitor.task for visitor in visitors])


async def test_with_few_answers_known_or_some_that_needed_no_model_no_question_is_refused_for_its_time() -> None:
    for seconds, without in (([5.0] * 7, 0), ([5.0] * 8, 2)):
        clock = Clock()
        admission = Admission(slots=1, places=99, each=99, clock=clock)
        order: list[str] = []
        for _ in range(without):
            with admission.place("x"):
                pass
        async with answered(admission, clock, seconds):
            visitors = [Visitor(admission, "a", order, str(number)) for number in range(4)]
            await settle()
            with admission.place("a", 0.1):
                assert admission.waiting == 5
        for visitor in visitors:
            visitor.task.cancel()
        await asyncio.wait([visitor.task for visitor in visitors])


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_is_cut_off_when_nothing_is_left_behind(seed: int) -> None:
    chance = random.Random(seed)
    admission = Admission(slots=1 + seed % 3, places=12, each=6)

    async def visit(client: str) -> None:
        await asyncio.sleep(chance.random() * 0.02)
        with admission.place(client) as place:
            await asyncio.sleep(chance.random() * 0.002)
            if chance.random() < 0.8:
                await place.turn()
            assert admission.running <= admission.slots
            await asyncio.sleep(chance.random() * 0.004)

    tasks = [asyncio.create_task(visit(chance.choice("abcde"))) for _ in range(100)]
    for task in tasks:
        if chance.random() < 0.5:
            await asyncio.sleep(chance.random() * 0.001)
            task.cancel()
    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {type(None), Busy, asyncio.CancelledError}
    assert state(admission) == (0, 0)
    assert not admission._held
    assert not admission._running
    assert not admission._queue
