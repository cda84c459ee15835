"""OpenAI's chat completions and models, for front ends and clients that were made for them."""

from __future__ import annotations

import time
from functools import partial

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from service.contracts.openai import ChatChunk, ChatCompletion, ChatError, ChatRequest, Model, ModelList
from service.edge import openai_answers
from service.edge.openai_answers import Chunks, Frame
from service.edge.openai_errors import chat_error
from service.edge.openapi import Parameter
from service.edge.sse import message
from service.errors import ServiceError, UnknownModel, UnsupportedRequest
from service.events import Done, Event, told_again
from service.routes import openai_examples
from service.routes.access import ACCESS_ERRORS, needs
from service.routes.answers import ANSWER_ERRORS
from service.routes.request import BODY_LIMIT, GuardedRequest, client_of, indexed_pipeline
from service.routes.streaming import at_once, kept, streamed, whole

LAST = "[DONE]"
CHAT_BYTES = 1024**2
"""A conversation of many turns is longer than a question. Most of it is left out, and must not be refused."""


@post(
    "/v1/chat/completions",
    status_code=200,
    guards=[needs("ask")],
    summary="Answer a question in OpenAI's format",
    opt={
        BODY_LIMIT: CHAT_BYTES,
        "errors": (*ANSWER_ERRORS, UnknownModel, UnsupportedRequest),
        "body_examples": openai_examples.CHAT,
        "response_examples": openai_examples.COMPLETION,
        "events": {"message": (ChatChunk, ChatError)},
        "transcripts": openai_examples.STREAM,
        "last": LAST,
    },
)
async def chat_completions(data: JSONBody[ChatRequest], request: GuardedRequest) -> Response[ChatCompletion]:
    """The last message of the user is the question, the messages before it are its history.

    Messages of `system` and `developer` are accepted and not used. Each sentence of the answer ends with marks such as
    `[1]`; `annotations` has the source of each, `fundstelle` the whole answer as `POST /v1/ask` gives it.

    With `stream`, each sentence is a chunk as soon as it is verified. A stream ends with `[DONE]`, or where it fails
    with an error as its last data.
    """
    asked = openai_answers.question_of(data)
    frame = Frame(int(time.time()), data.model, str(request.base_url).rstrip("/"))
    pipeline = indexed_pipeline(request)
    known = kept(request, pipeline, asked)
    if data.stream:
        written = partial(_written, Chunks(frame, usage=_wants_usage(data)))
        if known:
            return at_once(map(written, told_again(known)))
        events = pipeline.answer(asked, client_of(request))
        return await streamed(request, events, written, lambda problem: message(chat_error(problem)))
    answer = known if known else await whole(request, pipeline.ask(asked, client_of(request)))
    return Response(openai_answers.completion(answer, frame))


@get(
    "/v1/models",
    guards=[needs("ask")],
    summary="List the models of OpenAI's format",
    opt={"errors": (*ACCESS_ERRORS, ServiceError), "response_examples": openai_examples.MODELS},
)
async def list_models() -> ModelList:
    """The ways to answer that `model` of a chat completion can ask for."""
    return openai_answers.models()


@get(
    "/v1/models/{model:path}",
    guards=[needs("ask")],
    summary="Look up a model of OpenAI's format",
    opt={
        "errors": (*ACCESS_ERRORS, UnknownModel, ServiceError),
        "parameters": (Parameter("model", "The id of the model.", "fundstelle"),),
        "response_examples": openai_examples.MODEL,
    },
)
async def read_model(model: FromPath[str]) -> Model:
    """One of the models that are listed. Names of other services' models have slashes: they are looked for, too."""
    return openai_answers.model(model.removeprefix("/"))


def _wants_usage(data: ChatRequest) -> bool:
    return bool(data.stream_options and data.stream_options.include_usage)


def _written(chunks: Chunks, event: Event) -> bytes:
    written = b"".join(map(message, chunks.of(event)))
    return written + f"data: {LAST}\n\n".encode() if isinstance(event, Done) else written
