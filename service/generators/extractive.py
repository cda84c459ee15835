"""Answers without a language model: the evidence sentences, word for word."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from service.contracts.answers import Usage
from service.errors import GeneratorUnavailable
from service.generators.base import Delta, Health, Prompt
from service.generators.config import GeneratorConfig


class ExtractiveGenerator:
    """Repeats the evidence sentences, best first, each with its mark, `Text. [1]`. Without evidence it says nothing."""

    name = "extractive"

    def __init__(self) -> None:
        self._started = False

    async def start(self) -> None:
        """Nothing needs loading."""
        self._started = True

    async def close(self) -> None:
        """Nothing needs freeing."""
        self._started = False

    def ready(self) -> bool:
        """Whether it was started."""
        return self._started

    def health(self) -> Health:
        """Nothing can fail."""
        return Health()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """The evidence, one sentence a piece and a line, then a usage of zero tokens."""
        if not self._started:
            raise GeneratorUnavailable("the extractive generator was not started")
        for number, text in enumerate(prompt.evidence, start=1):
            yield Delta(f"{text.strip()} [{number}]\n")
        yield Delta("", Usage())


def from_config(config: GeneratorConfig) -> ExtractiveGenerator:
    """It needs no configuration."""
    return ExtractiveGenerator()
