"""What goes over the wire between a chat front end and the service, in the format of OpenAI's chat completions.

Requests name the fields that matter here; whatever else a front end sends is skipped. The format is described at
https://platform.openai.com/docs/api-reference/chat; `fundstelle` is the one field that it does not have.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from service.contracts.answers import Answer

Finish = Literal["stop", "length"]


class ContentPart(Struct, frozen=True):
    """A piece of a message. Only text is read: `text`, or `refusal` in a message of the assistant."""

    type: Annotated[str, Meta(description="`text`; anything else, such as `image_url`, is refused.")]
    text: Annotated[str | None, Meta(description="The text of a part of type `text`.")] = None
    refusal: Annotated[str | None, Meta(description="The text of a part of type `refusal`.")] = None


class ChatMessage(Struct, frozen=True):
    """One message of the conversation."""

    role: Annotated[
        Literal["system", "developer", "user", "assistant", "tool", "function"],
        Meta(description="Who said it; only what `user` and `assistant` said is used."),
    ]
    content: Annotated[
        str | tuple[ContentPart, ...] | None, Meta(description="What was said: text, or a list of parts with text.")
    ] = None


class StreamOptions(Struct, frozen=True):
    """How a stream ends."""

    include_usage: Annotated[
        bool | None, Meta(description="Whether a last chunk without choices tells the tokens used.")
    ] = None


class ResponseFormat(Struct, frozen=True):
    """What the content of the message is to be."""

    type: Annotated[
        str,
        Meta(description="`text`; `json_object` and `json_schema` are refused.", extra_json_schema={"enum": ["text"]}),
    ] = "text"


class ChatRequest(Struct, frozen=True):
    """A conversation whose last message of the user is the question. Fields that are not listed are skipped."""

    model: Annotated[str, Meta(description="One of the ids of `GET /v1/models`.")]
    messages: Annotated[
        tuple[ChatMessage, ...], Meta(min_length=1, description="The conversation so far, oldest message first.")
    ]
    stream: Annotated[bool | None, Meta(description="Whether to answer as a stream of chunks.")] = None
    stream_options: Annotated[StreamOptions | None, Meta(description="How the stream ends.")] = None
    n: Annotated[int | None, Meta(description="How many choices: 1.", extra_json_schema={"enum": [1, None]})] = None
    tool_choice: Annotated[
        str | dict[str, Any] | None,
        Meta(description="`auto` or `none`: tools are never called, so what demands one is refused."),
    ] = None
    function_call: Annotated[
        str | dict[str, Any] | None, Meta(description="The older name of `tool_choice`, with the same limits.")
    ] = None
    response_format: Annotated[ResponseFormat | None, Meta(description="Only `text`.")] = None
    modalities: Annotated[
        tuple[str, ...] | None, Meta(description="Only `text`.", extra_json_schema={"items": {"enum": ["text"]}})
    ] = None
    logprobs: Annotated[
        bool | None,
        Meta(description="`true` is refused: there are none to tell.", extra_json_schema={"enum": [False, None]}),
    ] = None


class UrlCitation(Struct, frozen=True):
    """Which source a mark in the content stands for: `content[start_index:end_index]` is the mark, such as `[1]`.

    Indices count Unicode code points, the end is exclusive.
    """

    start_index: Annotated[int, Meta(description="First character of the mark.")]
    end_index: Annotated[int, Meta(description="The character after the last one of the mark.")]
    url: Annotated[
        str, Meta(description="Leads to the quote on the web, or to the article at this service where it has no page.")
    ]
    title: Annotated[str, Meta(description="Title of the article.")]


class Annotation(Struct, frozen=True):
    """A mark in the content and its source."""

    url_citation: Annotated[UrlCitation, Meta(description="The mark and its source.")]
    type: Annotated[Literal["url_citation"], Meta(description="Always the same.")] = "url_citation"


class ChatAnswer(Struct, frozen=True):
    """The message that answers."""

    content: Annotated[str, Meta(description="The sentences with their marks, or the text of the refusal.")]
    annotations: Annotated[tuple[Annotation, ...], Meta(description="What the marks in the content stand for.")]
    role: Annotated[Literal["assistant"], Meta(description="Always the same.")] = "assistant"
    refusal: Annotated[None, Meta(description="Always null: a refusal is in `content`, where front ends show it.")] = (
        None
    )


class Choice(Struct, frozen=True):
    """The one answer."""

    message: Annotated[ChatAnswer, Meta(description="The message that answers.")]
    finish_reason: Annotated[
        Finish, Meta(description="`length` where the limit of tokens cut the language model off, else `stop`.")
    ]
    index: Annotated[int, Meta(description="Always 0.")] = 0
    logprobs: Annotated[None, Meta(description="Always null.")] = None


class PromptDetails(Struct, frozen=True):
    """More about the tokens read."""

    cached_tokens: Annotated[int, Meta(description="Tokens of the prompt that the model's cache held already.")]


class ChatUsage(Struct, frozen=True):
    """Tokens of the language model; all 0 where it was not asked."""

    prompt_tokens: Annotated[int, Meta(description="Tokens read.")]
    completion_tokens: Annotated[int, Meta(description="Tokens written.")]
    total_tokens: Annotated[int, Meta(description="Both together.")]
    prompt_tokens_details: Annotated[PromptDetails, Meta(description="More about the tokens read.")]


class ChatCompletion(Struct, frozen=True):
    """An answer, or an honest refusal, as a chat completion."""

    id: Annotated[str, Meta(description="`chatcmpl-` and the id of the answer.")]
    created: Annotated[int, Meta(description="When it was begun, in seconds since 1970.")]
    model: Annotated[str, Meta(description="As it was asked for.")]
    choices: Annotated[tuple[Choice, ...], Meta(description="Always one.")]
    usage: Annotated[ChatUsage, Meta(description="Tokens of the language model.")]
    fundstelle: Annotated[Answer, Meta(description="The same answer as `POST /v1/ask` gives it.")]
    object: Annotated[Literal["chat.completion"], Meta(description="Always the same.")] = "chat.completion"


class Delta(Struct, frozen=True, omit_defaults=True):
    """What a chunk adds to the message."""

    role: Annotated[Literal["assistant"] | UnsetType, Meta(description="In the first chunk.")] = UNSET
    content: Annotated[str | UnsetType, Meta(description="What to append to the content.")] = UNSET
    annotations: Annotated[
        tuple[Annotation, ...] | UnsetType, Meta(description="In the chunk that ends the message.")
    ] = UNSET


class ChunkChoice(Struct, frozen=True):
    """What a chunk adds to the one answer."""

    delta: Annotated[Delta, Meta(description="What it adds to the message.")]
    finish_reason: Annotated[Finish | None, Meta(description="Null until the chunk that ends the message.")] = None
    index: Annotated[int, Meta(description="Always 0.")] = 0
    logprobs: Annotated[None, Meta(description="Always null.")] = None


class ChatChunk(Struct, frozen=True):
    """A piece of a completion that is streamed."""

    id: Annotated[str, Meta(description="`chatcmpl-` and the id of the answer, in all chunks of a completion.")]
    created: Annotated[int, Meta(description="When it was begun, in seconds since 1970.")]
    model: Annotated[str, Meta(description="As it was asked for.")]
    choices: Annotated[tuple[ChunkChoice, ...], Meta(description="One, or none in the chunk that tells the usage.")]
    usage: Annotated[
        ChatUsage | UnsetType | None,
        Meta(description="Where it was asked for: null, and the tokens in the last chunk."),
    ] = UNSET
    fundstelle: Annotated[
        Answer | UnsetType,
        Meta(description="In the chunk that ends the message: the same answer as `POST /v1/ask` gives it."),
    ] = UNSET
    object: Annotated[Literal["chat.completion.chunk"], Meta(description="Always the same.")] = "chat.completion.chunk"


class Model(Struct, frozen=True):
    """A way to answer, chosen by `model` of a request."""

    id: Annotated[str, Meta(description="What to ask for.")]
    created: Annotated[int, Meta(description="Seconds since 1970; the same in every release.")]
    object: Annotated[Literal["model"], Meta(description="Always the same.")] = "model"
    owned_by: Annotated[Literal["fundstelle"], Meta(description="Always the same.")] = "fundstelle"


class ModelList(Struct, frozen=True):
    """The ways to answer."""

    data: Annotated[tuple[Model, ...], Meta(description="All of them.")]
    object: Annotated[Literal["list"], Meta(description="Always the same.")] = "list"


class ChatProblem(Struct, frozen=True):
    """What went wrong, in OpenAI's words."""

    message: Annotated[str, Meta(description="What is wrong, and what to do.")]
    type: Annotated[str, Meta(description="The class of error: `invalid_request_error`, `server_error` and others.")]
    param: Annotated[str | None, Meta(description="The field of the request that is wrong, where it is one.")]
    code: Annotated[str | None, Meta(description="Which kind of error; stable.")]


class ChatError(Struct, frozen=True):
    """An error in the format of OpenAI's API."""

    error: Annotated[ChatProblem, Meta(description="What went wrong.")]
