from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from service.threads import Threads


@pytest.fixture
def threads() -> Iterator[Threads]:
    pool = Threads(2, "test")
    yield pool
    pool.close()


def test_idle_threads_have_nothing_to_wait_for(threads: Threads) -> None:
    threads.begin(int).result(5)
    called: list[str] = []
    threads.when_idle(lambda: called.append(threading.current_thread().name))
    assert called == [threading.current_thread().name]


def test_what_is_under_way_and_what_is_in_the_queue_is_waited_for_and_what_comes_later_is_not(threads: Threads) -> None:
    allowed = [threading.Event() for _ in range(4)]
    under_way = [threads.begin(event.wait, 10) for event in allowed[:3]]
    called = threading.Event()
    threads.when_idle(called.set)
    later = threads.begin(allowed[3].wait, 10)
    for event, future in zip(allowed[:3], under_way, strict=True):
        assert not called.is_set()
        event.set()
        assert future.result(5)
    assert called.wait(5)
    assert not later.done()
    allowed[3].set()


def test_work_that_fails_or_is_called_off_has_ended_too(threads: Threads) -> None:
    allowed = threading.Event()

    def fail() -> None:
        allowed.wait(10)
        raise ValueError("no")

    failing = [threads.begin(fail) for _ in range(2)]
    queued = threads.begin(int)
    called = threading.Event()
    threads.when_idle(called.set)
    assert queued.cancel()
    allowed.set()
    assert called.wait(5)
    assert [str(future.exception(5)) for future in failing] == ["no", "no"]


def test_a_thousand_things_to_wait_for_are_not_too_many(threads: Threads) -> None:
    allowed = threading.Event()
    for _ in range(2000):
        threads.begin(allowed.wait, 10)
    called = threading.Event()
    threads.when_idle(called.set)
    allowed.set()
    assert called.wait(10)


def test_threads_beside_others_are_idle_together_with_them(threads: Threads) -> None:
    others = Threads(1, "other", beside=threads)
    allowed, called = threading.Event(), threading.Event()
    others.begin(allowed.wait, 10)
    threads.when_idle(called.set)
    assert not called.wait(0.05)
    allowed.set()
    assert called.wait(5)
    others.close()
