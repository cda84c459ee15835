"""Answers with a GGUF model through llama.cpp, in a process of its own that is restarted when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec

from service.errors import GeneratorTimeout, GeneratorUnavailable, PromptTooLong, SettingsError
from service.generators.base import Delta, Health, Message, Prompt
from service.generators.chat import ChatClient
from service.generators.config import GeneratorConfig
from service.generators.llama_process import Address, LlamaProcess, ServerOptions
from service.generators.llama_reading import Reader

BATCH = 64
"""Tokens read at once. Cancelling waits for one batch; larger ones are no faster on a CPU."""
PROMPT_CACHE_MIB = 128
"""Memory for the state of earlier prompts, so that two kinds of prompt in turn do not drive each other out."""
DEATH_NOTICE = 1.0
"""Seconds in which a process that broke off turns out to be dead, or not."""

_SERVER = "the language model process"
# With temperature 0 this is greedy decoding. The cache spares the start that two prompts have in common.
_SAMPLING: dict[str, object] = {"seed": 0, "top_k": 1, "repeat_penalty": 1.0, "cache_prompt": True}
# While it reads, the server notices only where it has something to send that nobody listens any more, so it tells after
# every batch how far it is. That is also a sign of life.
_PROGRESS = {"return_progress": True}
# What the model might have said instead tells how sure it is; twenty candidates hold nearly all of the probability.
_LIKELIHOODS = {"logprobs": True, "top_logprobs": 20}


class _Defaults(msgspec.Struct, frozen=True):
    n_ctx: int


class _Props(msgspec.Struct, frozen=True):
    default_generation_settings: _Defaults


class _Templated(msgspec.Struct, frozen=True):
    prompt: str


class _Tokens(msgspec.Struct, frozen=True):
    tokens: list[int]


def _without_tokens(texts: Sequence[str]) -> dict[str, object]:
    """llama.cpp forbids every token of a text, whether it begins a word or goes on with one."""
    return {"logit_bias": [[text, False] for text in texts]}


def _with_cached(delta: Delta, cached: int | None) -> Delta:
    """`delta` with what was known of the prompt before any of it was read."""
    if delta.usage is None or cached is None:
        return delta
    return replace(delta, usage=msgspec.structs.replace(delta.usage, cached_tokens=cached))


class _Connection:
    """A running server: its client, and the tokens that prompt and answer may have together."""

    def __init__(self, address: Address, token_timeout: float) -> None:
        self._http = httpx.AsyncClient(
            base_url=address.url,
            headers={"Authorization": f"Bearer {address.api_key}", "Content-Type": "application/json"},
            timeout=httpx.Timeout(token_timeout, connect=5.0),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=4),
        )
        self.chat = ChatClient(
            self._http,
            server=_SERVER,
            token_timeout=token_timeout,
            extra=_SAMPLING | _LIKELIHOODS | _PROGRESS,
            forbid=_without_tokens,
        )
        self.reader = Reader(self._post)
        self.context = 0

    async def warm(self) -> None:
        """Wait until the model answers, read its limits and run it once."""
        await self._get("/health")
        props = msgspec.json.decode(await self._get("/props"), type=_Props)
        self.context = props.default_generation_settings.n_ctx
        prompt = Prompt((Message("user", "?"),), (), max_tokens=1)
        async with aclosing(self.chat.stream(prompt)) as deltas:
            async for _ in deltas:
                pass

    async def tokens(self, prompt: Prompt) -> list[int]:
        """The tokens of `prompt` in the model's own chat template."""
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        templated = msgspec.json.decode(await self._post("/apply-template", {"messages": messages}), type=_Templated)
        body = {"content": templated.prompt, "add_special": True, "parse_special": True}
        return msgspec.json.decode(await self._post("/tokenize", body), type=_Tokens).tokens

    async def stream(self, prompt: Prompt, tokens: list[int]) -> AsyncGenerator[Delta, None]:
        """The answer to `prompt`, whose `tokens` are read before, portion by portion."""
        cached = await self.reader.read(tokens)
        async with aclosing(self.chat.stream(prompt)) as deltas:
            async for delta in deltas:
                yield _with_cached(delta, cached)
        self.reader.remember(tokens)

    async def close(self) -> None:
        await self._http.aclose()

    async def _get(self, path: str) -> bytes:
        return await self._send(self._http.build_request("GET", path))

    async def _post(self, path: str, body: object) -> bytes:
        return await self._send(self._http.build_request("POST", path, content=msgspec.json.encode(body)))

    async def _send(self, request: httpx.Request) -> bytes:
        with self.chat.failures():
            response = await self._http.send(request, stream=True)
            try:
                await self.chat.check(response)
                return await response.aread()
            finally:
                await response.aclose()


class LlamaCppGenerator:
    """A GGUF model. `context` is the tokens of prompt and answer together, `slots` how many answers run at once.

    `token_timeout` is how many seconds may pass without a token before the process counts as hung and is replaced.
    """

    def __init__(
        self,
        model: Path,
        *,
        name: str,
        threads: int,
        context: int = 2048,
        slots: int = 1,
        startup_timeout: float = 120.0,
        token_timeout: float = 120.0,
        batch: int = BATCH,
        prompt_cache_mib: int = PROMPT_CACHE_MIB,
    ) -> None:
        self.name = name
        self._options = ServerOptions(str(model.absolute()), threads, context, slots, batch, prompt_cache_mib)
        self._startup_timeout = startup_timeout
        self._token_timeout = token_timeout
        self._slots = asyncio.Semaphore(slots)
        self._process: LlamaProcess | None = None
        self._connection: _Connection | None = None

    @property
    def slots(self) -> int:
        """How many answers run at once."""
        return self._options.slots

    @property
    def pid(self) -> int | None:
        """Process id of the server, None while there is none."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Load the model and warm it up."""
        if self._process is not None:
            return
        if not Path(self._options.model).is_file():
            raise GeneratorUnavailable(f"there is no GGUF file {self._options.model}; fetch it or name another one")
        process = LlamaProcess(self._options, startup_timeout=self._startup_timeout, on_up=self._connect)
        await process.start()
        self._process = process

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            await process.close()
        await self._disconnect()

    def ready(self) -> bool:
        """Whether the server runs and has answered."""
        return self._process is not None and self._process.is_up()

    def health(self) -> Health:
        """How often the process was started again, and whether that takes longer now."""
        return Health(self._process.restarts, self._process.outage()) if self._process is not None else Health()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """Generate; see `Generator.stream`."""
        async with self._slots:
            try:
                connection, tokens = await self._admit(prompt)
                async with aclosing(connection.stream(prompt, tokens)) as deltas:
                    async for delta in deltas:
                        yield delta
            except GeneratorTimeout:
                if self._process is not None:
                    self._process.kill()
                raise

    async def _admit(self, prompt: Prompt) -> tuple[_Connection, list[int]]:
        """The running server, and the tokens of `prompt` once it is clear that they fit it."""
        connection = await self._running()
        try:
            tokens = await connection.tokens(prompt)
        except GeneratorUnavailable:
            # The process may have died since its last answer, without anyone having noticed before this request.
            if self._process is None or not await self._process.wait_down(DEATH_NOTICE):
                raise
            connection = await self._running()
            tokens = await connection.tokens(prompt)
        if len(tokens) + prompt.max_tokens > connection.context:
            raise PromptTooLong(
                f"the prompt has {len(tokens)} tokens and the answer may have {prompt.max_tokens}, "
                f"together more than the {connection.context} of the model's context"
            )
        return connection, tokens

    async def _running(self) -> _Connection:
        if self._process is None:
            raise GeneratorUnavailable("the language model was not started")
        process = self._process
        if process.outage() or not await process.wait_up(process.patience()) or self._connection is None:
            raise GeneratorUnavailable("the language model is being started again", process.outage())
        return self._connection

    async def _connect(self, address: Address) -> None:
        await self._disconnect()
        self._connection = _Connection(address, self._token_timeout)
        await self._connection.warm()

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def from_config(config: GeneratorConfig) -> LlamaCppGenerator:
    """A generator for the GGUF file `config.model`."""
    if not config.model.endswith(".gguf"):
        raise SettingsError(f"llama_cpp needs the path of a GGUF file, not {config.model!r}")
    return LlamaCppGenerator(
        Path(config.model),
        name=config.name or Path(config.model).stem,
        threads=config.threads,
        context=config.context,
        slots=config.slots,
        startup_timeout=config.startup_timeout,
        token_timeout=config.token_timeout,
    )
