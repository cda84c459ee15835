from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.answering import rehearsing
from service.answering.leases import Opened
from service.answering.rehearsing import Rehearsal
from service.contracts.answers import AskRequest
from service.search.finding import Finder
from service.threads import Threads
from tests.service.collection import NEVER, ScriptedGenerator, WordIndex, pipeline_over, published

pytestmark = pytest.mark.anyio


class Held:
    """A snapshot on loan, and how often it is."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self.times = 0
        self.now = 0

    @contextmanager
    def lease(self) -> Iterator[Opened]:
        self.times, self.now = self.times + 1, self.now + 1
        try:
            yield self._opened
        finally:
            self.now -= 1


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(WordIndex(published(tmp_path), NEVER).open())


def test_it_finds_for_a_question_of_each_language_and_checks_what_it_finds(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr(rehearsing, "verify", lambda sentence, language, *_, **__: checked.append(language))
    with held.lease() as opened:
        found = [opened.finder.find(AskRequest(question)) for question in rehearsing.QUESTIONS]
        done = list(rehearsing.steps(opened.finder))

    assert [finding.asked.language for finding in found] == ["en", "de"]
    assert checked == [item.language for finding in found for item in finding.evidence] != []
    assert len(done) == len(checked) + 4


async def test_no_step_begins_once_somebody_asks(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(finder: Finder) -> Iterator[bool]:
        for number in range(1_000_000):
            begun.append(number)
            loop.call_soon_threadsafe(asked.set)
            yield True

    monkeypatch.setattr(rehearsing, "steps", endless)
    threads = Threads(1, "test")
    rehearsal = Rehearsal(held.lease, threads)
    rehearsal.begin()
    async with asyncio.timeout(60):
        await asked.wait()
        rehearsal.end()
        await rehearsal.close()
    await threads.run(int)
    known = len(begun)
    await asyncio.sleep(0.05)
    threads.close()

    assert len(begun) == known
    assert (held.times, held.now) == (1, 0)


async def test_what_fails_is_logged_and_stops_nothing(held: Held, caplog: pytest.LogCaptureFixture) -> None:
    threads = Threads(1, "test")
    threads.close()
    rehearsal = Rehearsal(held.lease, threads)
    rehearsal.begin()
    await asyncio.sleep(0)
    await rehearsal.close()

    assert "the first answer will take longer" in caplog.text
    assert held.now == 0


async def test_a_pipeline_rehearses_after_its_start_and_ends_it_for_the_first_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Rehearsal, "begin", lambda self: told.append("begin"))
    monkeypatch.setattr(Rehearsal, "end", lambda self: told.append("end"))
    pipeline = pipeline_over(published(tmp_path), ScriptedGenerator("The bridge cost 14.3 million euros."))
    await pipeline.start()
    await pipeline.ask(AskRequest("How much did the harbour bridge in Porthaven cost?"))

    assert told == ["begin", "end"]
    await pipeline.close()
