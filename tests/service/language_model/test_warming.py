from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from service.contracts.answers import AskRequest
from service.errors import GeneratorUnavailable
from service.generators import Delta, Health, Prompt
from service.language_model import prompt
from service.language_model.warming import Warming
from tests.service.collection import ScriptedGenerator, pipeline_over, published
from tests.service.waiting import A_MINUTE, eventually

pytestmark = pytest.mark.anyio


class _Slow(ScriptedGenerator):
    """Never comes to an end by itself; knows whether it was closed."""

    closed = False

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        self.prompts.append(prompt)
        try:
            await asyncio.sleep(60)
            yield Delta("late")
        finally:
            self.closed = True


async def test_who_waits_for_it_is_let_go_by_its_end_by_a_question_and_by_the_time() -> None:
    read, slow = Warming(ScriptedGenerator("x")), Warming(_Slow())
    await slow.done(0)
    for warming in (read, slow):
        warming.begin()
    await read.done(3600)
    await slow.done(0)
    waiting = asyncio.create_task(slow.done(3600))
    await asyncio.sleep(0)
    assert not waiting.done()
    await slow.end()
    await waiting
    await read.close()
    await slow.close()


class _Reading(ScriptedGenerator):
    """Reads what all prompts begin with until it is told that it has read it, and other prompts at once."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.has_read = asyncio.Event()

    async def stream(self, asked: Prompt) -> AsyncGenerator[Delta, None]:
        if asked == prompt.beginning():
            await self.has_read.wait()
        async for delta in super().stream(asked):
            yield delta


@pytest.mark.parametrize("by", ["reading", "asking"])
async def test_a_pipeline_has_started_when_the_model_has_read_or_somebody_asks_it(tmp_path: Path, by: str) -> None:
    generator = _Reading("The bridge cost 14.3 million euros.")
    pipeline = pipeline_over(published(tmp_path), generator)
    starting = asyncio.create_task(pipeline.start())
    await eventually(lambda: all(pipeline.ready().values()))
    await asyncio.sleep(0.05)
    assert not starting.done()
    if by == "reading":
        generator.has_read.set()
    else:
        asked = AskRequest("How much did the harbour bridge in Porthaven cost?")
        assert (await pipeline.ask(asked)).status == "answered"
    async with asyncio.timeout(A_MINUTE / 2):
        await starting
    await pipeline.close()


class _Broken(ScriptedGenerator):
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        raise GeneratorUnavailable("it died")
        yield Delta("")


async def test_the_model_reads_just_what_all_prompts_begin_with() -> None:
    generator = ScriptedGenerator("x")
    warming = Warming(generator)
    warming.begin()
    for _ in range(10):
        await asyncio.sleep(0)
    await warming.close()
    assert generator.read_before == [prompt.beginning()]


async def test_a_question_breaks_it_off_and_waits_until_the_model_is_free() -> None:
    generator = _Slow()
    warming = Warming(generator)
    warming.begin()
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await warming.end()
        await warming.end()
    await warming.close()
    assert generator.closed


async def test_a_model_that_fails_meanwhile_is_told_of_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    warming = Warming(_Broken())
    warming.begin()
    await asyncio.sleep(0)
    await warming.close()
    assert "could not be warmed up" in caplog.text
    assert "it died" in caplog.text


class _Restarted(ScriptedGenerator):
    """Was started again `restarts` times, is `up` or on its way, and `idle` or asked."""

    restarts = 0
    up = True
    idle = True

    def health(self) -> Health:
        return Health(self.restarts)

    def ready(self) -> bool:
        return self.up


async def test_a_model_that_was_started_again_reads_once_more_as_soon_as_it_is_up_unless_somebody_asks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.language_model.warming.LOOK_SECONDS", 0.005)
    generator = _Restarted("x")
    warming = Warming(generator, lambda: generator.idle)
    warming.begin()
    read = []
    for state in ((True, True, 0), (False, True, 1), (True, True, 1), (True, False, 2), (True, True, 2)):
        generator.up, generator.idle, generator.restarts = state
        await asyncio.sleep(0.05)
        read.append(len(generator.read_before))
    await warming.close()
    assert read == [1, 1, 2, 2, 2]
