"""What becomes of questions while the process of the language model fails, with one that fails on request."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.errors import GeneratorTimeout, GeneratorUnavailable
from service.generators import Health, llama_process
from service.generators.llama_cpp import LlamaCppGenerator
from tests.service.restartable import answer, logged, restartable, says, signalled, starts
from tests.service.waiting import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
async def generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LlamaCppGenerator]:
    made = restartable(tmp_path, monkeypatch)
    await made.start()
    yield made
    await made.close()


@pytest.mark.alone
async def test_killed_in_mid_answer_that_answer_fails_at_once_and_the_next_one_waits_for_the_restart(
    generator: LlamaCppGenerator,
) -> None:
    assert generator.health() == Health(restarts=0, outage=0.0)
    started = time.monotonic()
    with pytest.raises(GeneratorUnavailable, match="broke off in the middle of an answer"):
        await answer(generator, "die")
    assert time.monotonic() - started < 1
    assert await answer(generator) == "0 1 "
    assert generator.health() == Health(restarts=1, outage=0.0)


@pytest.mark.alone
async def test_while_it_can_not_be_started_questions_fail_at_once_and_say_when_to_come_back(
    generator: LlamaCppGenerator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    starts(tmp_path, "fail")
    waiting = asyncio.create_task(answer(generator, "hang"))
    await eventually(lambda: logged(tmp_path) == ["began", "ended", "began"])
    signalled(generator)
    with pytest.raises(GeneratorUnavailable):
        await waiting
    early = asyncio.create_task(answer(generator))
    await eventually(lambda: generator.health().outage >= 1)
    with pytest.raises(GeneratorUnavailable, match="being started again"):
        await early
    asked = time.monotonic()
    with pytest.raises(GeneratorUnavailable, match="being started again") as refusal:
        await answer(generator)
    assert time.monotonic() - asked < 0.1
    assert int(refusal.value.headers["Retry-After"]) >= 1
    assert "SIGKILL, which is how a system that has no memory left ends a process" in caplog.text
    assert "no memory left for the context" in caplog.text
    starts(tmp_path, "serve")
    await eventually(generator.ready, seconds=60)
    assert await answer(generator) == "0 1 "
    assert generator.health() == Health(restarts=1, outage=0.0)


async def test_attempts_to_start_it_become_rarer(
    generator: LlamaCppGenerator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if seconds >= llama_process.BACKOFF_FIRST:
            slept.append(seconds)
        await sleep(0.001)

    starts(tmp_path, "fail")
    monkeypatch.setattr(llama_process, "BACKOFF_LONGEST", 0.5)
    monkeypatch.setattr(llama_process.asyncio, "sleep", noted)
    signalled(generator)
    await eventually(lambda: len(slept) == 5)
    assert slept == [0.1, 0.2, 0.4, 0.5, 0.5]


async def test_for_a_model_that_loads_slowly_no_question_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_process, "PATIENCE", 0.2)
    generator = restartable(tmp_path, monkeypatch, "0.5")
    await generator.start()
    signalled(generator)
    await eventually(lambda: not generator.ready())
    assert 1.0 <= generator.health().outage < 10
    with pytest.raises(GeneratorUnavailable, match="being started again"):
        await answer(generator)
    await eventually(generator.ready)
    assert await answer(generator) == "0 1 "
    await generator.close()


@pytest.mark.alone
async def test_a_restart_that_is_late_is_not_waited_for(
    generator: LlamaCppGenerator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_process, "LATENESS", 0.2)
    starts(tmp_path, "30")
    signalled(generator)
    await eventually(lambda: not generator.ready())
    asked = time.monotonic()
    with pytest.raises(GeneratorUnavailable, match="being started again"):
        await answer(generator)
    assert 0.2 < time.monotonic() - asked < 6
    assert generator.health().outage == 1.0


@pytest.mark.parametrize("error", [GeneratorTimeout("it sent nothing"), OSError("no process left"), ValueError("?")])
async def test_whatever_keeps_it_from_starting_it_is_tried_again(
    generator: LlamaCppGenerator, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn, failed = llama_process.LlamaProcess._spawn, []

    async def failing(process: llama_process.LlamaProcess) -> llama_process.Address:
        if not failed:
            failed.append(error)
            raise error
        return await spawn(process)

    monkeypatch.setattr(llama_process.LlamaProcess, "_spawn", failing)
    signalled(generator)
    await eventually(lambda: generator.health().restarts == 1)
    assert failed == [error]
    assert await answer(generator) == "0 1 "


@pytest.mark.alone
@pytest.mark.parametrize("moment", ["before", "during"])
async def test_one_that_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    generator = restartable(tmp_path, monkeypatch, token_timeout=0.4)
    await generator.start()
    hanging = generator.pid
    if moment == "before":
        signalled(generator, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(GeneratorTimeout, match=r"sent nothing for 0\.4 s"):
        await answer(generator, "hang")
    assert time.monotonic() - began < 1
    assert await answer(generator) == "0 1 "
    assert generator.pid not in (None, hanging)
    await generator.close()


async def test_a_long_prompt_that_is_being_read_is_no_hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = restartable(tmp_path, monkeypatch, token_timeout=0.4)
    await generator.start()
    assert await answer(generator, "read 0.9") == ""
    assert generator.health().restarts == 0
    await generator.close()


async def test_a_process_that_says_much_in_one_line_is_heard_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = restartable(tmp_path, monkeypatch, "noise")
    await generator.start()
    assert await answer(generator) == "0 1 "
    await generator.close()


@pytest.mark.alone
@pytest.mark.parametrize("what", ["read 5", "count 500"])
async def test_who_leaves_while_the_prompt_is_read_or_the_answer_written_stops_the_process(
    generator: LlamaCppGenerator, tmp_path: Path, what: str
) -> None:
    before = logged(tmp_path)
    leaving = asyncio.create_task(answer(generator, what))
    await eventually(lambda: len(logged(tmp_path)) > len(before))
    await asyncio.sleep(0.05)
    leaving.cancel()
    left = time.monotonic()
    await asyncio.wait([leaving])
    assert await answer(generator) == "0 1 "
    assert time.monotonic() - left < 0.5
    await eventually(lambda: logged(tmp_path)[len(before) :].count("left") == 1, seconds=0.5)


async def test_a_question_that_is_closed_before_it_began_takes_no_slot(generator: LlamaCppGenerator) -> None:
    for _ in range(3):
        deltas = generator.stream(says("count 500"))
        await anext(deltas)
        await deltas.aclose()
    assert await answer(generator) == "0 1 "
