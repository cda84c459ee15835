"""The client side of the OpenAI chat completion protocol: shared by every backend that speaks it.

Failures become the service's errors here and nowhere else. No message holds the key or what the server said about it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any

import httpx
import msgspec

from service.contracts.answers import Usage
from service.errors import GeneratorTimeout, GeneratorUnavailable, PromptTooLong, Unavailable
from service.generators.base import Delta, Prompt, Token, finished
from service.generators.sse import events
from service.generators.stop import StopFilter

log = logging.getLogger(__name__)

_BODY_LIMIT = 4_000
_NO_STREAM = ("text/html", "application/json")
_TOO_LONG = ("context_length_exceeded", "exceed_context_size", "maximum context length", "context size")


class _Details(msgspec.Struct, frozen=True):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Content(msgspec.Struct, frozen=True):
    content: str | None = None


class _Candidate(msgspec.Struct, frozen=True):
    token: str
    logprob: float


class _Token(msgspec.Struct, frozen=True):
    token: str
    logprob: float
    top_logprobs: tuple[_Candidate, ...] = ()


class _Logprobs(msgspec.Struct, frozen=True):
    content: tuple[_Token, ...] | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Content = _Content()
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, frozen=True):
    """One event of a streamed chat completion, as far as it is used."""

    choices: tuple[_Choice, ...] = ()
    usage: _Usage | None = None
    error: Any = None


class ChatClient:
    """Streams chat completions of one server.

    `client` has the base URL, the key and the connect timeout; `server` names the server in errors; `extra` is added to
    every request body; `forbid` makes of the texts that a prompt forbids what the server understands;
    `token_timeout` is how many seconds may pass without a token.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        server: str,
        token_timeout: float,
        extra: Mapping[str, object],
        forbid: Callable[[Sequence[str]], Mapping[str, object]] = lambda _: {},
        secret: str = "",
    ) -> None:
        self._client = client
        self._server = server
        self._token_timeout = token_timeout
        self._extra = dict(extra)
        self._forbid = forbid
        self._secret = secret

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """The answer to `prompt`, then its usage. Closing the iterator closes the connection."""
        stop = StopFilter(prompt.stop)
        usage, cut_off = Usage(), False
        async with aclosing(self._chunks(self._body(prompt))) as chunks:
            async for chunk in chunks:
                cut_off = cut_off or any(choice.finish_reason == "length" for choice in chunk.choices[:1])
                text = stop.feed("".join(choice.delta.content or "" for choice in chunk.choices[:1]))
                if chunk.usage is not None:
                    usage = _usage(chunk.usage)
                tokens = _tokens(chunk)
                if text or tokens:
                    yield Delta(text, tokens=tokens)
        yield Delta(stop.flush(), finished(usage, cut_off=cut_off and not stop.stopped))

    def _body(self, prompt: Prompt) -> bytes:
        body: dict[str, object] = {
            "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
            "max_tokens": prompt.max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if prompt.stop:
            body["stop"] = list(prompt.stop)
        return msgspec.json.encode({**body, **self._extra, **(self._forbid(prompt.never) if prompt.never else {})})

    async def _chunks(self, body: bytes) -> AsyncGenerator[_Chunk, None]:
        with self.failures():
            request = self._client.build_request("POST", "chat/completions", content=body)
            request.headers["Content-Type"] = "application/json"
            async with asyncio.timeout(self._token_timeout):
                response = await self._client.send(request, stream=True)
            try:
                await self.check(response)
                self._check_type(response.headers.get("Content-Type", ""))
                async with aclosing(events(response.aiter_bytes())) as stream:
                    while (data := await self._next(stream)) != b"[DONE]":
                        yield self._decode(data)
            finally:
                await response.aclose()

    async def _next(self, stream: AsyncIterator[bytes]) -> bytes:
        async with asyncio.timeout(self._token_timeout):
            try:
                return await anext(stream)
            except StopAsyncIteration:
                raise GeneratorUnavailable(f"{self._server} broke off in the middle of an answer; try again") from None

    def _decode(self, data: bytes) -> _Chunk:
        try:
            chunk = msgspec.json.decode(data, type=_Chunk)
        except msgspec.MsgspecError:
            raise GeneratorUnavailable(
                f"{self._server} sent something that is not a chat completion; check the base URL"
            ) from None
        if chunk.error is not None:
            raise self._refusal(500, msgspec.json.encode(chunk.error))
        if any(choice.finish_reason == "content_filter" for choice in chunk.choices):
            raise GeneratorUnavailable(f"{self._server} broke off an answer by its content filter")
        return chunk

    async def check(self, response: httpx.Response) -> None:
        """Raise the service's error for a response that is not a success."""
        if response.is_success:
            return
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) >= _BODY_LIMIT:
                break
        raise self._refusal(response.status_code, body[:_BODY_LIMIT], response.headers.get("Retry-After", ""))

    def _check_type(self, content_type: str) -> None:
        """Some servers name no type for a stream, or a wrong one; a page or a document it is never."""
        if content_type.partition(";")[0].strip().lower() in _NO_STREAM:
            raise GeneratorUnavailable(
                f"{self._server} answered with {content_type} instead of a stream; check the base URL"
            )

    def _refusal(self, status: int, body: bytes, retry_after: str = "") -> Unavailable:
        said = body.decode(errors="replace")
        if self._secret:
            said = said.replace(self._secret, "***")
        log.warning("%s refused with %s", self._server, status)
        # It may quote the prompt.
        log.debug("%s said: %s", self._server, said)
        if any(mark in said for mark in _TOO_LONG):
            return PromptTooLong(f"the prompt does not fit the context of {self._server}")
        return GeneratorUnavailable(f"{self._server} {_reason(status, retry_after)}")

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turns failures of the connection into the service's errors."""
        try:
            yield
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout):
            raise GeneratorTimeout(f"{self._server} sent nothing for {self._token_timeout:g} s") from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise GeneratorUnavailable(f"{self._server} can't be reached; check that it runs") from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL):
            raise GeneratorUnavailable(f"{self._server} broke off in the middle of an answer; try again") from None


def _tokens(chunk: _Chunk) -> tuple[Token, ...]:
    content = [token for choice in chunk.choices[:1] if choice.logprobs for token in choice.logprobs.content or ()]
    return tuple(
        Token(token.token, token.logprob, tuple((other.token, other.logprob) for other in token.top_logprobs))
        for token in content
    )


def _usage(usage: _Usage) -> Usage:
    details = usage.prompt_tokens_details or _Details()
    return Usage(usage.prompt_tokens, usage.completion_tokens, details.cached_tokens or 0)


def _reason(status: int, retry_after: str) -> str:
    if status in (401, 403):
        return f"refused the API key (HTTP {status})"
    if status == 404:
        return "knows no such model or path (HTTP 404); check the base URL and the model's name"
    if status == 429:
        return f"is busy (HTTP 429); try again {f'in {retry_after} s' if retry_after.isdigit() else 'later'}"
    return f"failed (HTTP {status}); its answer is in the log"
