from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from service import prompt
from service.errors import GeneratorUnavailable
from service.generators import Delta, Prompt
from service.warming import Warming
from tests.service.collection import ScriptedGenerator

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
    await warming.end()
    assert generator.read_before == [prompt.beginning()]


async def test_a_question_breaks_it_off_and_waits_until_the_model_is_free() -> None:
    generator = _Slow()
    warming = Warming(generator)
    warming.begin()
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await warming.end()
        await warming.end()
    assert generator.closed


async def test_a_model_that_fails_meanwhile_is_told_of_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    warming = Warming(_Broken())
    warming.begin()
    await asyncio.sleep(0)
    await warming.end()
    assert "could not be warmed up" in caplog.text
    assert "it died" in caplog.text
