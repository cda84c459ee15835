"""Which snapshot is served when, whatever is published meanwhile."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from index.errors import SnapshotCorrupt, SnapshotMismatch, SnapshotMissing
from service import index_status
from service.answering import serving as serving_module
from service.answering.leases import Opened
from service.answering.serving import Serving
from service.errors import IndexUnavailable, SettingsError
from service.threads import Threads
from tests.service.shelf import Shelf, torn
from tests.service.waiting import eventually

pytestmark = pytest.mark.anyio

OFTEN = 0.005


@dataclass
class Served:
    serving: Serving
    readers: Threads
    forgotten: list[str] = field(default_factory=list)


@asynccontextmanager
async def served(shelf: Shelf, seconds: float = 0.0) -> AsyncGenerator[Served]:
    readers = Threads(2, "readers")
    forgotten: list[str] = []
    serving = Serving(shelf, readers, forgotten.append, seconds)
    await serving.start()
    try:
        yield Served(serving, readers, forgotten)
    finally:
        readers.close()
        await serving.close()


async def test_what_is_published_at_the_start_is_served() -> None:
    async with served(Shelf("a")) as it:
        status = it.serving.status()
        assert (status.snapshot, status.open, status.swaps, status.warning) == ("a", ("a",), 0, "")
        assert status.failure is None
        assert status.since is not None and status.attempted_at is not None
        assert status.attempted_at <= status.since


async def test_a_reload_serves_what_is_published_then_and_closes_what_was_before() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        assert await it.serving.reload() == "a"
        shelf.publish("b")
        assert await it.serving.reload() == "b"
        with it.serving.lease() as leased:
            assert leased.id == "b"
        status = it.serving.status()
        assert (status.snapshot, status.open, status.swaps) == ("b", ("b",), 1)
        assert [(volume.id, volume.closed) for volume in shelf.volumes] == [("a", 1), ("b", 0)]
        assert it.forgotten == ["a"]
    assert shelf.volumes[1].closed == 1
    assert shelf.tried == ["a", "b"]


async def test_an_older_snapshot_that_is_gone_back_to_is_served() -> None:
    shelf = Shelf("b")
    async with served(shelf) as it:
        shelf.publish("a")
        assert await it.serving.reload() == "a"


async def test_another_snapshot_is_found_without_being_asked_for() -> None:
    shelf = Shelf("a")
    async with served(shelf, OFTEN) as it:
        shelf.publish("b")
        await eventually(lambda: it.serving.status().snapshot == "b")
        await asyncio.sleep(5 * OFTEN)
    assert shelf.tried == ["a", "b"]


async def test_without_an_interval_nobody_looks() -> None:
    shelf = Shelf("a")
    async with served(shelf, 0.0) as it:
        shelf.publish("b")
        await asyncio.sleep(0.05)
        assert it.serving.status().snapshot == "a"


async def test_the_one_before_serves_while_the_next_is_opened() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.allowed.clear()
        shelf.publish("b")
        reloading = asyncio.create_task(it.serving.reload())
        await eventually(lambda: shelf.tried == ["a", "b"])
        with it.serving.lease() as leased:
            assert leased.id == "a"
        shelf.allowed.set()
        assert await reloading == "b"


async def test_a_snapshot_is_closed_when_the_last_request_and_the_last_thread_have_left_it() -> None:
    shelf, allowed = Shelf("a"), threading.Event()
    async with served(shelf) as it:
        with it.serving.lease():
            shelf.publish("b")
            await it.serving.reload()
            # a client that leaves ends its lease, but not the search that was begun for it
            reading = it.readers.begin(allowed.wait, 10)
            assert it.serving.status().open == ("a", "b")
        assert it.serving.status().open == ("b",)
        assert shelf.volumes[0].closed == 0
        allowed.set()
        assert reading.result(5)
        await eventually(lambda: shelf.volumes[0].closed == 1)


async def test_what_a_broken_off_answer_holds_in_a_cycle_is_freed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_module, "COLLECTED_AFTER", 0.01)
    shelf = Shelf("a")

    class Held:
        """Stands for what an answer reads; a cycle keeps it."""

    gc.collect()
    gc.disable()
    try:
        async with served(shelf) as it:
            held = Held()
            held.itself = held  # type: ignore[attr-defined]
            kept = weakref.ref(held)
            del held
            shelf.publish("b")
            await it.serving.reload()
            await eventually(lambda: kept() is None)
    finally:
        gc.enable()


async def test_a_third_snapshot_is_not_opened_before_the_last_answer_from_the_first_has_ended() -> None:
    shelf = Shelf("a")
    async with served(shelf, OFTEN) as it:
        with it.serving.lease():
            shelf.publish("b")
            await eventually(lambda: it.serving.status().snapshot == "b")
            shelf.publish("c")
            with pytest.raises(IndexUnavailable, match="The snapshot c is not open"):
                await it.serving.wait_for("c", 10 * OFTEN)
            assert (it.serving.status().open, shelf.tried) == (("a", "b"), ["a", "b"])
        await eventually(lambda: it.serving.status().open == ("c",))
        assert it.serving.status().warning == ""


async def test_one_that_does_not_verify_is_not_served_and_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf("a")
    with caplog.at_level(logging.WARNING):
        async with served(shelf, OFTEN) as it:
            shelf.publish("b", torn("b"))
            await eventually(lambda: bool(it.serving.status().warning))
            with pytest.raises(IndexUnavailable, match=r"b/articles\.sqlite: the file is missing"):
                await it.serving.reload()
            await asyncio.sleep(10 * OFTEN)
            status = it.serving.status()
            with it.serving.lease() as leased:
                assert leased.id == "a"
    said = "the published snapshot can't be served, a is served instead: b/articles.sqlite: the file is missing"
    assert [record.getMessage() for record in caplog.records] == [said]
    assert (status.snapshot, status.swaps, status.warning) == ("a", 0, said)
    assert status.failure and (status.failure.snapshot, status.failure.message) == ("b", str(torn("b")))
    assert shelf.tried == ["a", "b", "b"], "read once by itself, once because that was asked for"


async def test_one_that_failed_is_tried_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_status, "RETRY_SECONDS", 0.02)
    shelf = Shelf("a")
    async with served(shelf, OFTEN) as it:
        shelf.publish("b", torn("b"))
        await eventually(lambda: shelf.tried.count("b") >= 3)
        shelf.broken.clear()
        await eventually(lambda: it.serving.status().snapshot == "b")
        await eventually(lambda: not it.serving.status().warning)
        status = it.serving.status()
        assert status.failure and status.failure.snapshot == "b"


@pytest.mark.parametrize("better", ["a", "c"])
async def test_a_warning_ends_when_what_is_published_is_served_and_the_failure_is_remembered(better: str) -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.publish("b", torn("b"))
        with suppress(IndexUnavailable):
            await it.serving.reload()
        shelf.publish(better)
        assert await it.serving.reload() == better
        status = it.serving.status()
        assert (status.warning, status.failure is None) == ("", False)


async def test_where_current_is_unreadable_the_one_before_serves() -> None:
    shelf = Shelf("a")
    async with served(shelf, OFTEN) as it:
        shelf.current = SnapshotCorrupt("CURRENT: b'' is not the id of a snapshot")
        await eventually(lambda: bool(it.serving.status().warning))
        status = it.serving.status()
        assert status.failure and (status.failure.snapshot, status.snapshot) == (None, "a")
        shelf.publish("b")
        await eventually(lambda: it.serving.status().snapshot == "b")


async def test_vectors_of_another_embedder_are_refused_in_words() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.publish("b", SnapshotMismatch("b: its vectors were made by another embedder"))
        with pytest.raises(IndexUnavailable, match="another embedder"):
            await it.serving.reload()
        assert it.serving.status().snapshot == "a"


async def test_an_error_that_nobody_foresaw_neither_ends_the_service_nor_the_watching() -> None:
    shelf = Shelf("a")
    async with served(shelf, OFTEN) as it:
        shelf.publish("b", ZeroDivisionError("where the body is buried"))
        await eventually(lambda: "an internal error" in it.serving.status().warning)
        assert "buried" not in it.serving.status().warning
        shelf.publish("c")
        await eventually(lambda: it.serving.status().snapshot == "c")


async def test_one_that_is_replaced_and_deleted_while_it_is_opened_is_no_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.allowed.clear()
        shelf.publish("b", torn("b"))
        reloading = asyncio.create_task(it.serving.reload())
        await eventually(lambda: "b" in shelf.tried)
        shelf.publish("c")
        shelf.allowed.set()
        assert await reloading == "c"
        assert it.serving.status().failure is None
    assert caplog.records == []


async def test_requests_to_reload_that_come_together_open_it_once() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.publish("b")
        assert await asyncio.gather(*(it.serving.reload() for _ in range(5))) == ["b"] * 5
    assert shelf.tried == ["a", "b"]


async def test_what_was_asked_for_is_served_although_whoever_asked_has_left() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.allowed.clear()
        shelf.publish("b")
        reloading = asyncio.create_task(it.serving.reload())
        await eventually(lambda: "b" in shelf.tried)
        reloading.cancel()
        shelf.allowed.set()
        await eventually(lambda: it.serving.status().snapshot == "b")
    assert [volume.closed for volume in shelf.volumes] == [1, 1]


async def test_whoever_waits_for_a_snapshot_is_told_what_is_served_then() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.publish("b")
        assert await it.serving.wait_for("b", 5) == "b"
        shelf.publish("c")
        assert await it.serving.wait_for("b", 5) == "c"
        shelf.publish("a")
        with pytest.raises(IndexUnavailable, match="b was gone back from: a is served"):
            await it.serving.wait_for("b", 5)


async def test_waiting_has_an_end_and_the_snapshot_is_served_later_all_the_same() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.allowed.clear()
        shelf.publish("b")
        with pytest.raises(IndexUnavailable, match=r"The snapshot b is not open after 0\.02 s yet"):
            await it.serving.wait_for("b", 0.02)
        shelf.allowed.set()
        await eventually(lambda: it.serving.status().snapshot == "b")


async def test_at_the_start_the_newest_that_verifies_stands_in_for_a_damaged_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf = Shelf("c", broken={"c": torn("c")}, sound="b")
    async with served(shelf, OFTEN) as it:
        status = it.serving.status()
        await asyncio.sleep(5 * OFTEN)
    said = "the published snapshot can't be served, b is served instead: c/articles.sqlite: the file is missing"
    assert (status.snapshot, status.warning, status.swaps) == ("b", said, 0)
    assert status.failure and status.failure.snapshot == "c"
    assert [record.getMessage() for record in caplog.records] == [said]
    assert shelf.tried == ["c"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (torn("c"), IndexUnavailable),
        (SnapshotMismatch("c: another embedder"), IndexUnavailable),
        (IndexUnavailable("no model e5"), IndexUnavailable),
        (SettingsError("calibration: not JSON"), SettingsError),
    ],
)
async def test_a_start_without_a_snapshot_fails_and_says_why(error: Exception, kind: type[Exception]) -> None:
    shelf = Shelf("c", broken={"c": error})
    serving = Serving(shelf, Threads(1, "readers"), print, OFTEN)
    with pytest.raises(kind, match="nothing is sound" if isinstance(error, SnapshotCorrupt) else str(error)):
        await serving.start()
    assert not serving.ready()
    await serving.close()


async def test_an_older_snapshot_does_not_stand_in_for_one_of_another_embedder() -> None:
    shelf = Shelf("c", broken={"c": SnapshotMismatch("c: another embedder")}, sound="b")
    with pytest.raises(IndexUnavailable, match="another embedder"):
        async with served(shelf):
            pass


async def test_where_nothing_was_published_the_start_says_so() -> None:
    with pytest.raises(IndexUnavailable, match="nothing is sound"):
        async with served(Shelf(SnapshotMissing("no snapshot was published here"))):
            pass


async def test_what_is_still_being_opened_when_the_service_ends_is_closed() -> None:
    shelf = Shelf("a")
    async with served(shelf) as it:
        shelf.allowed.clear()
        shelf.publish("b")
        reloading = asyncio.create_task(it.serving.reload())
        await eventually(lambda: "b" in shelf.tried)
    assert [volume.closed for volume in shelf.volumes] == [1]
    shelf.allowed.set()
    await eventually(lambda: [volume.closed for volume in shelf.volumes] == [1, 1])
    with pytest.raises(asyncio.CancelledError):
        await reloading


async def test_a_request_that_outlives_the_service_closes_what_it_read() -> None:
    shelf = Shelf("a")
    readers = Threads(1, "readers")
    serving = Serving(shelf, readers, print, 0.0)
    await serving.start()
    with serving.lease() as leased:
        assert isinstance(leased, Opened)
        readers.close()
        await serving.close()
        assert (shelf.volumes[0].closed, serving.ready()) == (0, False)
    assert shelf.volumes[0].closed == 1
