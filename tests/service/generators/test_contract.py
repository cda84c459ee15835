"""What every generator keeps, whatever it runs on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fake_openai import echo, fake_openai
from tiny_model import SENTENCE, save_tiny_model

from service.contracts.answers import Usage
from service.errors import GeneratorUnavailable, PromptTooLong
from service.generators import Delta, Message, Prompt
from service.generators.extractive import ExtractiveGenerator
from service.generators.llama_cpp import LlamaCppGenerator
from service.generators.openai_compatible import OpenAICompatibleGenerator
from service.generators.transformers import TransformersGenerator

pytestmark = pytest.mark.anyio

CONTEXT = 2048


@dataclass(frozen=True)
class Backend:
    """A started generator, a way to make another one, and a request that it goes on answering until it is stopped."""

    generator: Any
    make: Callable[[], Any]
    request: str = "Count from 1 to 500 in digits, one number a line, without leaving any out."


async def llama_cpp(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    model: Path = request.getfixturevalue("small_llm")

    def make() -> LlamaCppGenerator:
        return LlamaCppGenerator(model, name="small", threads=2, context=CONTEXT)

    yield Backend(make(), make)


async def openai_compatible(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    async with fake_openai(echo()) as server:

        def make() -> OpenAICompatibleGenerator:
            return OpenAICompatibleGenerator(server.base_url, "echo")

        yield Backend(make(), make)


async def transformers(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    folder = save_tiny_model(request.getfixturevalue("tmp_path_factory").mktemp("tiny"))

    def make() -> TransformersGenerator:
        return TransformersGenerator(folder, context=CONTEXT)

    yield Backend(make(), make)


async def extractive(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    yield Backend(ExtractiveGenerator(), ExtractiveGenerator)


MODELS = (llama_cpp, openai_compatible, transformers)


@pytest.fixture(scope="session", params=(*MODELS, extractive), ids=lambda backend: backend.__name__)
async def backend(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[Backend]:
    async for backend in request.param(request):
        await backend.generator.start()
        yield backend
        await backend.generator.close()


@pytest.fixture
def model(backend: Backend) -> Backend:
    """A backend that has a language model."""
    if isinstance(backend.generator, ExtractiveGenerator):
        pytest.skip("it has no language model")
    return backend


def asked(text: str, max_tokens: int = 8, stop: tuple[str, ...] = ()) -> Prompt:
    messages = (Message("system", "You do what you are told."), Message("user", text))
    return Prompt(messages, ("The Ä plant opened in May.", "It closed."), max_tokens, stop)


async def answer(backend: Backend, prompt: Prompt) -> list[Delta]:
    async with aclosing(backend.generator.stream(prompt)) as deltas:
        return [delta async for delta in deltas]


def text(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


async def test_usage_comes_once_and_last(backend: Backend) -> None:
    *deltas, last = await answer(backend, asked(backend.request))
    assert all(delta.usage is None for delta in deltas)
    assert isinstance(last.usage, Usage)
    assert text([*deltas, last]).strip()


async def test_the_same_prompt_gives_the_same_text(backend: Backend) -> None:
    first, second = [text(await answer(backend, asked(backend.request, 24))) for _ in range(2)]
    assert first == second


async def test_a_model_streams_and_counts_its_tokens(model: Backend) -> None:
    *deltas, last = await answer(model, asked(model.request, max_tokens=30))
    assert len(deltas) >= 2
    assert last.usage is not None
    assert last.usage.completion_tokens == 30
    assert last.usage.prompt_tokens >= 10


@pytest.mark.alone
async def test_an_abandoned_answer_ends_within_half_a_second_and_frees_the_model(model: Backend) -> None:
    deltas = model.generator.stream(asked(model.request, max_tokens=1500))
    assert (await anext(deltas)).text
    started = time.monotonic()
    await deltas.aclose()
    assert time.monotonic() - started < 0.5
    assert text(await answer(model, asked(model.request)))
    assert time.monotonic() - started < 8


@pytest.mark.alone
async def test_a_cancelled_task_frees_the_model(model: Backend) -> None:
    task = asyncio.ensure_future(answer(model, asked(model.request, max_tokens=1500)))
    await asyncio.sleep(0.3)
    task.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 0.5
    assert text(await answer(model, asked(model.request)))
    assert time.monotonic() - started < 8


async def test_characters_of_several_tokens_arrive_whole(model: Backend) -> None:
    spoken = text(await answer(model, asked("Schreibe einen kurzen Satz über grüne Äpfel 🍎 für 2 €.", max_tokens=60)))
    assert "🍎" in spoken
    assert "Ä" in spoken or "ä" in spoken
    assert "\ufffd" not in spoken


@pytest.mark.parametrize("stop", [" ", "k."])
async def test_the_answer_ends_before_a_stop_string(model: Backend, stop: str) -> None:
    prompt = asked(SENTENCE.strip() + " 5 6", max_tokens=40)
    whole = text(await answer(model, prompt))
    cut = text(await answer(model, asked(SENTENCE.strip() + " 5 6", max_tokens=40, stop=(stop, "\x00"))))
    assert cut == whole.partition(stop)[0]


async def test_an_answer_that_its_limit_cut_off_says_so_and_one_that_ended_does_not(model: Backend) -> None:
    *_, cut_off = await answer(model, asked(model.request, max_tokens=30))
    *_, ended = await answer(model, asked(model.request, max_tokens=30, stop=(" ", "3")))
    assert (cut_off.usage and cut_off.usage.finish_reason) == "length"
    assert (ended.usage and ended.usage.finish_reason) == "stop"


async def test_two_questions_at_once_are_both_answered(model: Backend) -> None:
    one, two = await asyncio.gather(answer(model, asked(model.request)), answer(model, asked("Say 7 8 9.")))
    assert text(one).strip()
    assert text(two).strip()


async def test_a_prompt_that_does_not_fit_is_refused_not_cut(model: Backend) -> None:
    with pytest.raises(PromptTooLong, match=r"context"):
        await answer(model, asked("seven " * CONTEXT))
    assert text(await answer(model, asked(model.request)))


async def test_without_a_start_it_is_unavailable(backend: Backend) -> None:
    generator = backend.make()
    assert not generator.ready()
    with pytest.raises(GeneratorUnavailable, match="not started"):
        await anext(generator.stream(asked("?")))


async def test_it_may_be_closed_twice_and_started_again(backend: Backend) -> None:
    generator = backend.make()
    await generator.close()
    await generator.start()
    assert generator.ready()
    await generator.close()
    await generator.close()
    assert not generator.ready()
    with pytest.raises(GeneratorUnavailable, match="not started"):
        await anext(generator.stream(asked("?")))


async def test_extractive_repeats_the_evidence_with_its_marks() -> None:
    generator = ExtractiveGenerator()
    await generator.start()
    deltas = [delta async for delta in generator.stream(asked("?"))]
    assert deltas == [
        Delta("The Ä plant opened in May. [1]\n"),
        Delta("It closed. [2]\n"),
        Delta("", Usage()),
    ]
    nothing = [delta async for delta in generator.stream(Prompt((), (), 8))]
    assert nothing == [Delta("", Usage())]
