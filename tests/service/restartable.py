"""A llama.cpp generator whose process has no model and fails on request."""

from __future__ import annotations

import json
import os
import signal
from contextlib import aclosing
from pathlib import Path

import pytest

from service.generators import Message, Prompt, llama_process
from service.generators.llama_cpp import LlamaCppGenerator
from tests.service import fake_llama


def starts(folder: Path, how: str) -> Path:
    """Have the next process start so; the file that it is told in."""
    gguf = folder / "model.gguf"
    gguf.write_text(json.dumps({"start": how}))
    return gguf


def restartable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, how: str = "serve", token_timeout: float = 30.0
) -> LlamaCppGenerator:
    """A generator that is not started yet."""
    monkeypatch.setattr(llama_process, "CHILD", Path(str(fake_llama.__file__)))
    return LlamaCppGenerator(
        starts(folder, how), name="fake", threads=1, startup_timeout=60.0, token_timeout=token_timeout
    )


def says(what: str) -> Prompt:
    """A prompt that has the process do what it says."""
    return Prompt((Message("user", what),), ("evidence",), 16)


async def answer(generator: LlamaCppGenerator, what: str = "count 2") -> str:
    """What the process writes."""
    async with aclosing(generator.stream(says(what))) as deltas:
        return "".join([delta.text async for delta in deltas])


def signalled(generator: LlamaCppGenerator, number: int = signal.SIGKILL) -> None:
    """Send the process a signal."""
    assert generator.pid is not None
    os.kill(generator.pid, number)


def logged(folder: Path) -> list[str]:
    """What became of the answers so far."""
    log = folder / fake_llama.LOG
    return log.read_text().split() if log.exists() else []
