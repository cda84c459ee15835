"""OpenAI's own client against the service, as front ends use it: answers, streams, refusals, errors, and leaving."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import httpx
import msgspec
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from service import errors
from service.app import create_app
from service.contracts.answers import Answer, AnswerSentence, AskRequest, Usage
from service.events import Done, Event, Released, Sources
from service.settings import Settings
from tests.service.fakes import REFUSAL, FakePipeline, refused
from tests.service.threaded import served
from tests.service.told import citation

KEY = "a-key-of-the-tests-0123456789"
CONTENT = "The bridge cost 14.3 million euros. [1] It opened in June. [2][1]"
LEAVING = 0.5
"""Seconds after which the pipeline has to know that a client left."""


class TellingPipeline(FakePipeline):
    """Tells an answer of two sentences, `pause` seconds apart; with `breaks` that is raised after the first.

    A question with "refuse" in it is refused. `begun` and `ended` say how many answers were begun and ended, however.
    """

    def __init__(self) -> None:
        super().__init__({"a/ü.md": "Quote"})
        self.pause = 0.0
        self.breaks: Exception | None = None
        self.begun = 0
        self.ended = 0
        self.moment = 0.0
        self.over = threading.Event()

    async def answer(self, request: AskRequest, client: str = "") -> AsyncGenerator[Event, None]:
        self.begun += 1
        self.asked.append(request)
        try:
            if self.fault is not None:
                raise self.fault
            answer = refused(request.question) if "refuse" in request.question else told(request)
            yield Sources((), answer.id, answer.query, answer.snapshot)
            for sentence in answer.sentences:
                yield Released(sentence)
                if self.breaks is not None:
                    raise self.breaks
                await asyncio.sleep(self.pause)
            yield Done(answer)
        finally:
            self.ended += 1
            self.moment = time.monotonic()
            self.over.set()


def told(request: AskRequest) -> Answer:
    sentences = (
        AnswerSentence("The bridge cost 14.3 million euros.", (1,)),
        AnswerSentence("It opened in June.", (2, 1)),
    )
    return msgspec.structs.replace(
        refused(request.question),
        status="answered",
        reason=None,
        answer=" ".join(sentence.text for sentence in sentences),
        sentences=sentences,
        citations=(citation(1), citation(2, url="https://example.org/b")),
        usage=Usage(100, 20, 60),
    )


@pytest.fixture(scope="module")
def pipeline() -> TellingPipeline:
    return TellingPipeline()


@pytest.fixture(scope="module")
def url(pipeline: TellingPipeline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(index=tmp_path_factory.mktemp("openai"), keep_alive_seconds=0.05)
    with served(create_app(settings, pipeline)) as address:
        yield address


@pytest.fixture
def client(url: str, pipeline: TellingPipeline) -> Iterator[openai.OpenAI]:
    pipeline.fault, pipeline.breaks, pipeline.pause = None, None, 0.0
    pipeline.over.clear()
    with openai.OpenAI(base_url=f"{url}/v1", api_key="any text", max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, question: str = "What did it cost?", **options: Any) -> Any:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
    arguments: dict[str, Any] = {"model": "fundstelle", "messages": messages, "temperature": 0.7, **options}
    return client.chat.completions.create(**arguments)


def content_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def marks(content: str, annotations: Any) -> list[tuple[str, str]]:
    sources = [annotation["url_citation"] for annotation in annotations]
    return [(content[source["start_index"] : source["end_index"]], source["url"]) for source in sources]


def test_an_answer_is_a_completion_with_marks_that_are_annotated(client: openai.OpenAI, url: str) -> None:
    completion = ask(client)
    (choice,) = completion.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", CONTENT, "stop")
    assert completion.usage.total_tokens == 120
    assert completion.usage.prompt_tokens_details.cached_tokens == 60
    article = f"{url}/v1/articles/a%2F%C3%BC.md"
    annotations = [annotation.model_dump() for annotation in choice.message.annotations]
    assert marks(CONTENT, annotations) == [("[1]", article), ("[2]", "https://example.org/b"), ("[1]", article)]
    assert httpx.get(article, timeout=60).json()["text"] == "Quote"
    answer = completion.model_extra["fundstelle"]
    assert (answer["id"], answer["status"], answer["snapshot"]) == ("answer-1", "answered", "snapshot-1")
    assert completion.id == "chatcmpl-answer-1"
    assert abs(completion.created - time.time()) < 60


def test_a_stream_is_the_same_completion_sentence_by_sentence(client: openai.OpenAI) -> None:
    whole = ask(client)
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    first, last, usage = chunks[0], chunks[-2], chunks[-1]
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert [chunk.choices[0].delta.content for chunk in chunks[1:-2]] == [
        "The bridge cost 14.3 million euros. [1]",
        " It opened in June. [2][1]",
    ]
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None, None, None, "stop"]
    assert last.choices[0].delta.model_extra["annotations"] == whole.choices[0].message.model_dump()["annotations"]
    assert last.model_extra["fundstelle"] == whole.model_extra["fundstelle"]
    assert (usage.choices, usage.usage) == ([], whole.usage)
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * 4
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert {chunk.id for chunk in chunks} == {whole.id}


def test_the_client_that_puts_streams_together_has_the_message(client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "What did it cost?"}]
    with client.chat.completions.stream(model="fundstelle", messages=messages) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.content == CONTENT
    annotations = [annotation.model_dump() for annotation in message.annotations or ()]
    assert [mark for mark, _ in marks(CONTENT, annotations)] == ["[1]", "[2]", "[1]"]


def test_a_refusal_is_a_message_whether_streamed_or_not(client: openai.OpenAI) -> None:
    completion = ask(client, "refuse")
    assert completion.choices[0].message.content == REFUSAL
    assert completion.choices[0].message.annotations == []
    assert completion.model_extra["fundstelle"]["reason"] == "not_in_sources"
    chunks = list(ask(client, "refuse", stream=True))
    assert content_of(chunks) == REFUSAL
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_the_asynchronous_client_has_the_same(url: str, client: openai.OpenAI) -> None:
    async def both() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="any text", max_retries=0) as client:
            messages: Any = [{"role": "user", "content": "What did it cost?"}]
            whole = await client.chat.completions.create(model="fundstelle", messages=messages)
            stream = await client.chat.completions.create(model="fundstelle", messages=messages, stream=True)
            return whole.choices[0].message.content, content_of([chunk async for chunk in stream])

    assert asyncio.run(both()) == (CONTENT, CONTENT)


def test_a_conversation_arrives_as_a_question_with_its_history(
    client: openai.OpenAI, pipeline: TellingPipeline
) -> None:
    said = [("user", "Which bridge?"), ("assistant", "The harbour bridge. [1]"), ("user", "What did it cost?")]
    ask(client, model="fundstelle-extract", messages=[{"role": role, "content": text} for role, text in said])
    asked = pipeline.asked[-1]
    assert (asked.question, asked.mode) == ("What did it cost?", "extract")
    assert [(turn.role, turn.content) for turn in asked.history] == [said[0], ("assistant", "The harbour bridge.")]


def test_a_conversation_that_is_longer_than_any_question_is_read(client: openai.OpenAI) -> None:
    said = [{"role": "user", "content": "x" * 7_000}, {"role": "assistant", "content": "y" * 7_000}] * 40
    assert ask(client, messages=[*said, {"role": "user", "content": "Who?"}]).choices[0].message.content == CONTENT


def test_the_models_are_listed_and_looked_up(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["fundstelle", "fundstelle-extract"]
    assert client.models.retrieve("fundstelle-extract").owned_by == "fundstelle"
    for name in ("gpt-4o", "meta-llama/Llama-3.1-8B", "ft:gpt-4o:org::1"):
        said = f"There is no model '{name}'; there are fundstelle and fundstelle-extract."
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve(name)
        assert (caught.value.code, caught.value.param, caught.value.body["message"]) == ("model_not_found", None, said)


def test_what_is_not_served_of_openai_is_told_as_it_would_tell_it(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.embeddings.create(model="text-embedding-3-small", input="a")
    assert caught.value.code == "not_found"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("options", "kind", "code", "param"),
    [
        ({"model": "gpt-4o"}, openai.NotFoundError, "model_not_found", "model"),
        ({"n": 2}, openai.BadRequestError, "unsupported_request", "n"),
        ({"question": "x" * 3_000}, openai.BadRequestError, "invalid_body", "messages[1].content"),
        ({"messages": []}, openai.BadRequestError, "invalid_body", "messages"),
        ({"messages": [{"role": "robot", "content": "a"}]}, openai.BadRequestError, "invalid_body", "messages[0].role"),
    ],
)
def test_what_is_wrong_with_a_request_raises_what_it_does_at_openai(
    client: openai.OpenAI,
    options: dict[str, Any],
    kind: type[openai.APIStatusError],
    code: str,
    param: str,
    stream: bool,
) -> None:
    with pytest.raises(kind) as caught:
        ask(client, stream=stream, **options)
    assert (caught.value.code, caught.value.param, caught.value.type) == (code, param, "invalid_request_error")
    assert f"at `$.{param}`" in caught.value.message


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "kind", "code", "retry_after"),
    [
        (errors.RateLimited("Slow down.", {"Retry-After": "7"}), openai.RateLimitError, "rate_limit_exceeded", "7"),
        (errors.Busy("All places are taken.", 3), openai.InternalServerError, "busy", "3"),
        (errors.GeneratorUnavailable("It died."), openai.InternalServerError, "generator_unavailable", "1"),
        (RuntimeError("secret of the house"), openai.InternalServerError, "internal", None),
    ],
)
def test_what_fails_before_the_first_chunk_has_its_status(
    client: openai.OpenAI,
    pipeline: TellingPipeline,
    fault: Exception,
    kind: type[openai.APIStatusError],
    code: str,
    retry_after: str | None,
    stream: bool,
) -> None:
    pipeline.fault = fault
    with pytest.raises(kind) as caught:
        ask(client, stream=stream)
    assert (caught.value.code, caught.value.response.headers.get("retry-after")) == (code, retry_after)
    assert caught.value.response.headers["content-type"] == "application/json"
    assert "secret" not in str(caught.value)


def test_the_client_tries_again_where_that_may_help(url: str, client: openai.OpenAI, pipeline: TellingPipeline) -> None:
    pipeline.fault = errors.Busy("All places are taken.", 0)
    before = pipeline.begun
    with pytest.raises(openai.InternalServerError):
        ask(client.with_options(max_retries=1))
    assert pipeline.begun - before == 2


def test_a_failure_in_mid_stream_is_an_error_after_what_was_released(
    client: openai.OpenAI, pipeline: TellingPipeline
) -> None:
    pipeline.breaks = errors.GeneratorUnavailable("The language model has died.")
    chunks: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIError, match="has died") as caught:
        chunks.extend(ask(client, stream=True))
    assert type(caught.value) is openai.APIError
    assert content_of(chunks) == "The bridge cost 14.3 million euros. [1]"
    assert (caught.value.code, caught.value.type) == ("generator_unavailable", "server_error")


def test_a_stream_on_the_wire_is_as_the_format_has_it(
    client: openai.OpenAI, url: str, pipeline: TellingPipeline
) -> None:
    body = {"model": "fundstelle", "messages": [{"role": "user", "content": "What?"}], "stream": True}
    whole = httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60)
    assert whole.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in whole.text.split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    assert all(line.startswith("data: {") for line in lines[:-1])
    assert len(lines) == 5
    pipeline.breaks = RuntimeError("secret of the house")
    broken = httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60).text
    assert broken.count('"object"') == 2
    last = msgspec.json.decode(broken.rstrip().split("\n\n")[-1].removeprefix("data: "))
    assert (last["error"]["code"], last["error"]["type"]) == ("internal", "server_error")
    assert "[DONE]" not in broken
    assert "secret" not in broken


def test_a_stream_is_kept_alive_by_comments_that_the_client_skips(
    client: openai.OpenAI, url: str, pipeline: TellingPipeline
) -> None:
    pipeline.pause = 0.2
    assert content_of(list(ask(client, stream=True))) == CONTENT
    body = {"model": "fundstelle", "messages": [{"role": "user", "content": "What?"}], "stream": True}
    assert httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60).text.count(": keep-alive\n\n") >= 2


def test_sentences_arrive_before_the_answer_is_complete(client: openai.OpenAI, pipeline: TellingPipeline) -> None:
    pipeline.pause = 0.4
    begun = time.monotonic()
    moments = [time.monotonic() - begun for chunk in ask(client, stream=True) if content_of([chunk])]
    assert moments[0] < 0.3
    assert moments[1] > 0.4


def test_a_client_that_closes_its_stream_ends_the_answer(client: openai.OpenAI, pipeline: TellingPipeline) -> None:
    pipeline.pause = 30.0
    stream = ask(client, stream=True)
    assert content_of([next(stream), next(stream)]) == "The bridge cost 14.3 million euros. [1]"
    stream.close()
    left = time.monotonic()
    assert pipeline.over.wait(5)
    assert pipeline.moment - left < LEAVING
    assert pipeline.begun == pipeline.ended


def test_a_client_that_gives_up_waiting_ends_the_answer(client: openai.OpenAI, pipeline: TellingPipeline) -> None:
    pipeline.pause = 30.0
    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.3))
    left = time.monotonic()
    assert pipeline.over.wait(5)
    assert pipeline.moment - left < LEAVING


def test_a_wrong_key_is_what_the_client_calls_one(pipeline: TellingPipeline, tmp_path_factory: Any) -> None:
    settings = Settings(index=tmp_path_factory.mktemp("keyed"), admin_key=KEY)
    with served(create_app(settings, TellingPipeline())) as address:
        wrong = openai.OpenAI(base_url=f"{address}/v1", api_key="wrong", max_retries=0)
        with wrong, pytest.raises(openai.AuthenticationError) as caught:
            ask(wrong)
        assert (caught.value.code, caught.value.type) == ("invalid_api_key", "invalid_request_error")
        with openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0) as right:
            assert ask(right).choices[0].message.content == CONTENT
