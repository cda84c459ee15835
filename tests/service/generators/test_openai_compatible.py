"""What becomes of a server that fails, in each way that one can."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest
from fake_openai import (
    DONE,
    OK,
    Request,
    Script,
    Write,
    answer,
    delta,
    event,
    fake_openai,
    finish,
    raw,
    refuse,
    slow,
    usage,
)

from service.contracts.answers import Usage
from service.errors import GeneratorTimeout, GeneratorUnavailable, PromptTooLong, ServiceError
from service.generators import Delta, Message, Prompt
from service.generators.openai_compatible import OpenAICompatibleGenerator

pytestmark = pytest.mark.anyio

KEY = "sk-a-secret-key"
PROMPT = Prompt((Message("user", "Wie heißt die Stadt?"),), (), 20, ("\n\n",))


async def ask(script: Script, *, token_timeout: float = 30.0) -> tuple[list[Delta], list[Request]]:
    async with fake_openai(script) as server:
        generator = OpenAICompatibleGenerator(server.base_url, "some-model", KEY, token_timeout=token_timeout)
        await generator.start()
        try:
            return [delta async for delta in generator.stream(PROMPT)], server.requests
        finally:
            await generator.close()


async def test_the_request_is_greedy_and_names_model_and_key() -> None:
    deltas, (request,) = await ask(raw(delta("Köln"), usage(9, 2, 4), DONE))
    assert deltas == [Delta("Köln"), Delta("", Usage(prompt_tokens=9, completion_tokens=2, cached_tokens=4))]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "Wie heißt die Stadt?"}],
        "max_tokens": 20,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
        "stop": ["\n\n"],
    }


async def test_text_is_the_same_however_the_network_cuts_it() -> None:
    stream = b": hello\r\n\r\n" + delta("Ä🍎\u2028b") + delta("c") + DONE
    deltas, _ = await ask(raw(*(stream[at : at + 1] for at in range(len(stream)))))
    assert "".join(delta.text for delta in deltas) == "Ä🍎\u2028bc"


async def test_a_server_that_ignores_stop_strings_is_cut_at_them() -> None:
    deltas, _ = await ask(raw(delta("one\n"), delta("\ntwo"), delta("three"), usage(1, 5, 0), DONE))
    assert "".join(delta.text for delta in deltas) == "one"
    assert deltas[-1].usage == Usage(1, 5, 0)


async def test_a_server_that_counts_nothing_makes_a_usage_of_zeros() -> None:
    deltas, _ = await ask(raw(event({"choices": [{"delta": {"role": "assistant"}}]}), delta("x"), DONE))
    assert deltas == [Delta("x"), Delta("", Usage())]


@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls"])
async def test_an_answer_may_end_for_any_reason_but_one_and_tells_of_its_limit(reason: str) -> None:
    deltas, _ = await ask(raw(delta("Köln"), finish(reason), usage(9, 2, 0), DONE))
    assert deltas == [Delta("Köln"), Delta("", Usage(9, 2, 0, "length" if reason == "length" else "stop"))]


async def test_events_without_a_choice_or_with_an_empty_one_say_nothing() -> None:
    nothing = [event({"choices": []}), event({}), event({"choices": [{"delta": {"content": None}}]}), delta("")]
    deltas, _ = await ask(raw(nothing[0], delta("a"), *nothing, delta("b"), DONE))
    assert deltas == [Delta("a"), Delta("b"), Delta("", Usage())]


async def test_of_several_choices_the_first_is_heard() -> None:
    both = event({"choices": [{"delta": {"content": "one"}}, {"delta": {"content": "two"}}]})
    deltas, _ = await ask(raw(both, DONE))
    assert deltas[0] == Delta("one")


async def test_what_a_model_says_of_its_refusal_is_no_answer() -> None:
    refusal = event({"choices": [{"delta": {"refusal": "I can't help with that."}}]})
    deltas, _ = await ask(raw(refusal, finish("stop"), DONE))
    assert deltas == [Delta("", Usage())]


async def test_reasoning_and_calls_of_tools_are_no_answer() -> None:
    thought = event({"choices": [{"delta": {"reasoning_content": "Hm.", "tool_calls": [{"id": "1"}]}}]})
    deltas, _ = await ask(raw(thought, delta("Köln"), DONE))
    assert deltas == [Delta("Köln"), Delta("", Usage())]


async def test_slow_tokens_may_take_longer_than_one_may() -> None:
    started = time.monotonic()
    pieces = [delta(letter) for letter in "abcdef"]
    deltas, _ = await ask(slow(*pieces, DONE, pause=0.1), token_timeout=0.4)
    assert "".join(delta.text for delta in deltas) == "abcdef"
    assert time.monotonic() - started > 0.4


async def test_a_type_with_a_parameter_or_none_is_still_a_stream() -> None:
    body = delta("Köln") + DONE
    for content_type in ("text/event-stream; charset=utf-8", "application/octet-stream"):
        deltas, _ = await ask(answer(content_type, body))
        assert deltas[0] == Delta("Köln")


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (
            answer("text/html; charset=utf-8", b"<h1>Sign in</h1>"),
            GeneratorUnavailable,
            "text/html; charset=utf-8 instea",
        ),
        (answer("application/json", b'{"choices": []}'), GeneratorUnavailable, "application/json instead of a stream"),
        (raw(delta("a"), finish("content_filter"), DONE), GeneratorUnavailable, "content filter"),
        (raw(event([1, 2]), DONE), GeneratorUnavailable, "not a chat completion"),
        (raw(event({"choices": [{"delta": {"content": 7}}]}), DONE), GeneratorUnavailable, "not a chat completion"),
        (raw(delta("a"), event({"error": "context_length_exceeded"})), PromptTooLong, "does not fit"),
        (raw(delta("a")), GeneratorUnavailable, "broke off in the middle"),
        (raw(), GeneratorUnavailable, "broke off in the middle"),
        (raw(delta("a"), b"data: {"), GeneratorUnavailable, "broke off in the middle"),
        (raw(b"data: {not json\n\n"), GeneratorUnavailable, "not a chat completion"),
        (raw(b'data: {"choices": 3}\n\n'), GeneratorUnavailable, "not a chat completion"),
        (raw(b"data: \xff\xfe\n\n"), GeneratorUnavailable, "not a chat completion"),
        (raw(delta("a"), event({"error": {"message": "out of memory"}})), GeneratorUnavailable, "HTTP 500"),
        (refuse(401), GeneratorUnavailable, "refused the API key"),
        (refuse(403), GeneratorUnavailable, "refused the API key"),
        (refuse(404), GeneratorUnavailable, "no such model"),
        (refuse(302, headers="Location: http://127.0.0.1:9/\r\n"), GeneratorUnavailable, "HTTP 302"),
        (refuse(429, headers="Retry-After: 7\r\n"), GeneratorUnavailable, r"busy .*try again in 7 s"),
        (refuse(429), GeneratorUnavailable, r"busy .*try again later"),
        (refuse(500), GeneratorUnavailable, "HTTP 500"),
        (refuse(503), GeneratorUnavailable, "HTTP 503"),
        (refuse(400, "This model's maximum context length is 8 tokens"), PromptTooLong, "does not fit"),
        (refuse(400, "context_length_exceeded"), PromptTooLong, "does not fit"),
    ],
)
async def test_a_failure_has_its_own_error(script: Script, error: type[ServiceError], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        await ask(script)
    assert type(raised.value) is error


async def test_something_that_is_no_http_server() -> None:
    async def script(request: Request, write: Write) -> None:
        await write(b"\x00\x01\x02 not http\r\n\r\n")

    with pytest.raises(GeneratorUnavailable, match="broke off"):
        await ask(script)


@pytest.mark.alone
@pytest.mark.parametrize("pieces", [(), (delta("a"),)])
async def test_a_stall_times_out(pieces: tuple[bytes, ...]) -> None:
    started = time.monotonic()
    with pytest.raises(GeneratorTimeout, match=r"sent nothing for 0\.2 s"):
        await ask(raw(*pieces, then_hang=True), token_timeout=0.2)
    assert time.monotonic() - started < 2


@pytest.mark.alone
async def test_comments_do_not_keep_a_stalled_answer_alive() -> None:
    async def script(request: Request, write: Write) -> None:
        await write(OK)
        for _ in range(100):
            await write(b": still here\n\n")
            await asyncio.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(GeneratorTimeout):
        await ask(script, token_timeout=0.3)
    assert time.monotonic() - started < 2


async def test_an_address_where_nobody_listens() -> None:
    async with fake_openai(raw()) as server:
        url = server.base_url
    generator = OpenAICompatibleGenerator(url, "m")
    await generator.start()
    with pytest.raises(GeneratorUnavailable, match=r"127\.0\.0\.1 can't be reached"):
        await anext(generator.stream(PROMPT))
    await generator.close()


async def test_closing_the_iterator_closes_the_connection() -> None:
    async with fake_openai(raw(delta("a"), then_hang=True)) as server:
        generator = OpenAICompatibleGenerator(server.base_url, "m")
        await generator.start()
        deltas = generator.stream(PROMPT)
        assert (await anext(deltas)).text == "a"
        await deltas.aclose()
        async with asyncio.timeout(0.5):
            await server.cut_off.wait()
        await generator.close()


async def test_the_key_shows_neither_in_errors_nor_in_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="service")
    with pytest.raises(GeneratorUnavailable) as raised:
        await ask(refuse(401, f"Incorrect API key provided: {KEY}"))
    assert KEY not in str(raised.value)
    assert "Incorrect API key provided: ***" in caplog.text
    assert KEY not in caplog.text
