"""Answers through any server that speaks the OpenAI chat completion protocol."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx

from service.errors import GeneratorUnavailable, SettingsError
from service.generators.base import Delta, Health, Prompt
from service.generators.chat import ChatClient
from service.generators.config import GeneratorConfig

CONNECT_TIMEOUT = 10.0


class OpenAICompatibleGenerator:
    """The model `model` of the server at `base_url` (with its `/v1`, where it has one).

    `token_timeout` is how many seconds may pass without a token. The length of a prompt is left to the server to judge,
    whose refusal becomes `PromptTooLong`; a server that counts no tokens makes a usage of zeros.
    """

    def __init__(
        self, base_url: str, model: str, api_key: str = "", *, name: str = "", token_timeout: float = 120.0
    ) -> None:
        self.name = name or model
        self._base_url = base_url.rstrip("/") + "/"
        self._model = model
        self._api_key = api_key
        self._token_timeout = token_timeout
        self._http: httpx.AsyncClient | None = None

    async def start(self) -> None:
        """Open the connection pool. The server is not called: it may come up later."""
        if self._http is None:
            self._http = httpx.AsyncClient(
                base_url=self._base_url,
                headers={"Authorization": f"Bearer {self._api_key}"} if self._api_key else {},
                timeout=httpx.Timeout(self._token_timeout, connect=CONNECT_TIMEOUT),
            )

    async def close(self) -> None:
        """Close the connections."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    def ready(self) -> bool:
        """Whether it was started; whether the server answers shows in the next answer."""
        return self._http is not None

    def health(self) -> Health:
        """Nothing is known of it: the server is somebody else's."""
        return Health()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """Generate; see `Generator.stream`."""
        if self._http is None:
            raise GeneratorUnavailable("the language model was not started")
        chat = ChatClient(
            self._http,
            server=f"the server {httpx.URL(self._base_url).host}",
            token_timeout=self._token_timeout,
            extra={"model": self._model},
            secret=self._api_key,
        )
        async with aclosing(chat.stream(prompt)) as deltas:
            async for delta in deltas:
                yield delta


def from_config(config: GeneratorConfig) -> OpenAICompatibleGenerator:
    """A generator for `config.model` at `config.base_url`."""
    if not config.base_url.startswith(("http://", "https://")) or not config.model:
        raise SettingsError("openai_compatible needs the base URL of a server (http://...) and the name of a model")
    return OpenAICompatibleGenerator(
        config.base_url, config.model, config.api_key, name=config.name, token_timeout=config.token_timeout
    )
