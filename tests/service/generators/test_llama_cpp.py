"""The process behind llama.cpp: its death, its hanging, its end with the service, and its prompt cache."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from service.errors import GeneratorTimeout, GeneratorUnavailable, PromptTooLong
from service.generators import Delta, Message, Prompt, llama_process
from service.generators.llama_cpp import LlamaCppGenerator

pytestmark = pytest.mark.anyio

LONG = Prompt((Message("user", "Count from 1 to 500 in digits, one number a line."),), (), 900)
SHORT = Prompt((Message("user", "Say hello."),), (), 4)


async def answer(generator: LlamaCppGenerator, prompt: Prompt) -> list[Delta]:
    async with aclosing(generator.stream(prompt)) as deltas:
        return [delta async for delta in deltas]


@pytest.fixture(scope="module")
async def shared(small_llm: Path, anyio_backend: str) -> AsyncIterator[LlamaCppGenerator]:
    generator = LlamaCppGenerator(small_llm, name="small", threads=2, context=1024)
    await generator.start()
    yield generator
    await generator.close()


@pytest.fixture
async def generator(shared: LlamaCppGenerator, monkeypatch: pytest.MonkeyPatch) -> LlamaCppGenerator:
    """The shared generator, its process up."""
    assert shared._process is not None
    assert await shared._process.wait_up(60)
    return shared


def kill(generator: LlamaCppGenerator, number: int = signal.SIGKILL) -> None:
    assert generator.pid is not None
    os.kill(generator.pid, number)


@pytest.mark.alone
async def test_killed_in_mid_answer_that_answer_fails_and_the_next_one_works(generator: LlamaCppGenerator) -> None:
    first_process = generator.pid
    deltas = generator.stream(LONG)
    assert (await anext(deltas)).text
    kill(generator)
    killed = time.monotonic()
    with pytest.raises(GeneratorUnavailable, match="broke off in the middle of an answer"):
        async for _ in deltas:
            pass
    assert time.monotonic() - killed < 1
    assert "".join(delta.text for delta in await answer(generator, SHORT))
    assert generator.pid not in (None, first_process)
    assert generator.ready()


async def test_a_process_that_hangs_is_replaced(generator: LlamaCppGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = generator.pid
    assert generator._connection is not None
    deltas = generator.stream(LONG)
    assert (await anext(deltas)).text
    monkeypatch.setattr(generator._connection.chat, "_token_timeout", 0.5)
    kill(generator, signal.SIGSTOP)
    with pytest.raises(GeneratorTimeout, match=r"sent nothing for 0\.5 s"):
        async for _ in deltas:
            pass
    assert "".join(delta.text for delta in await answer(generator, SHORT))
    assert generator.pid != hanging


async def test_the_start_of_a_prompt_that_was_read_before_is_not_read_again(generator: LlamaCppGenerator) -> None:
    rules = Message("system", "Answer from the numbered sentences alone. " * 8)
    prompts = [Prompt((rules, Message("user", question)), (), 2) for question in ("Who left?", "When did it open?")]
    _, second = [(await answer(generator, prompt))[-1].usage for prompt in prompts]
    assert second is not None
    assert second.prompt_tokens - 25 < second.cached_tokens < second.prompt_tokens


async def test_prompt_and_answer_share_the_context(generator: LlamaCppGenerator) -> None:
    prompt = Prompt((Message("user", "Say hello."),), (), 1024)
    with pytest.raises(PromptTooLong, match=r"has \d+ tokens and the answer may have 1024, .* the 1024 "):
        await answer(generator, prompt)


async def test_the_process_shows_no_key_and_leads_its_own_group(generator: LlamaCppGenerator) -> None:
    pid, connection = generator.pid, generator._connection
    assert pid is not None
    assert connection is not None
    key = connection._http.headers["Authorization"].removeprefix("Bearer ")
    assert len(key) > 30
    for file in ("cmdline", "environ"):
        assert key.encode() not in Path(f"/proc/{pid}/{file}").read_bytes()
    assert os.getpgid(pid) == pid


async def test_nobody_is_served_without_the_key(generator: LlamaCppGenerator) -> None:
    assert generator._connection is not None
    http = generator._connection._http
    response = await http.post("v1/chat/completions", json={"messages": []}, headers={"Authorization": "Bearer guess"})
    assert response.status_code == 401


async def test_a_file_that_is_no_model_is_said_at_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(GeneratorUnavailable, match=r"llama\.cpp can't load .*broken\.gguf; it said: .+"):
        await LlamaCppGenerator(broken, name="x", threads=1).start()
    with pytest.raises(GeneratorUnavailable, match="there is no GGUF file"):
        await LlamaCppGenerator(tmp_path / "missing.gguf", name="x", threads=1).start()


async def test_a_model_that_loads_too_slowly_is_given_up(small_llm: Path) -> None:
    generator = LlamaCppGenerator(small_llm, name="x", threads=1, startup_timeout=0.05)
    with pytest.raises(GeneratorUnavailable, match=r"not loaded within 0\.05 s"):
        await generator.start()
    assert not generator.ready()
    assert generator.pid is None


PARENT = """
import asyncio, sys
from pathlib import Path
from service.generators.llama_cpp import LlamaCppGenerator

async def main():
    generator = LlamaCppGenerator(Path(sys.argv[1]), name="x", threads=1, context=256)
    await generator.start()
    print(generator.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_it_dies_with_the_service(small_llm: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(small_llm)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = Path(f"/proc/{int(parent.stdout.readline())}")
        assert child.is_dir()
        parent.kill()
    gone_by = time.monotonic() + 3
    while child.is_dir() and "Z" not in (child / "stat").read_text().split()[2] and time.monotonic() < gone_by:
        time.sleep(0.02)
    assert not child.is_dir() or (child / "stat").read_text().split()[2] == "Z"


def test_the_child_takes_nothing_from_this_project() -> None:
    source = llama_process.CHILD.read_text()
    assert "from service" not in source
    assert "import service" not in source
