"""The seam between the pipeline and a language model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

import msgspec

from service.contracts.answers import Usage


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message. `role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked of a generator.

    `messages` is for language models. `evidence` are the numbered source sentences that the messages hold, in the same
    order (number 1 first): a generator without a language model answers from these alone. `never` are texts that the
    model is kept from writing, where the backend can do that; others don't heed it.
    """

    messages: tuple[Message, ...]
    evidence: tuple[str, ...]
    max_tokens: int
    stop: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """One token that was written, and what the model might have written in its place. Natural logarithms throughout."""

    text: str
    logprob: float
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of generated text. The last one of a stream carries `usage` (and may have no text).

    A usage whose `finish_reason` is `length` says that the model was not done when it reached `Prompt.max_tokens`.
    `tokens` are those that came since the last piece, from backends that tell; the text of the piece may lag behind.
    """

    text: str
    usage: Usage | None = None
    tokens: tuple[Token, ...] = ()


def finished(usage: Usage, *, cut_off: bool) -> Usage:
    """`usage` with why the model ended: at the limit of tokens, or of itself."""
    return msgspec.structs.replace(usage, finish_reason="length" if cut_off else "stop")


@dataclass(frozen=True, slots=True)
class Health:
    """How a generator has fared since it was started first.

    `restarts` is how often it had to be started again. `outage` is in how many seconds it may be worth asking it, 0
    where a question that is asked now is answered now, or after a short wait for a restart.
    """

    restarts: int = 0
    outage: float = 0.0


class Generator(Protocol):
    """A language model, or what stands in for one.

    Generation is greedy (temperature 0): the same prompt gives the same text.
    """

    name: str
    """Which model answers, as the response reports it."""

    async def start(self) -> None:
        """Make ready to answer. Raises `GeneratorUnavailable` with what to do where that fails."""
        ...

    async def close(self) -> None:
        """Stop and free everything; may be called twice."""
        ...

    def ready(self) -> bool:
        """Whether a call to `stream` made now would be served."""
        ...

    def health(self) -> Health:
        """How often it failed, and whether that goes on."""
        ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """Generate. Closing the iterator (`aclose`) or cancelling the task stops the model at once and frees its slot.

        Raises `GeneratorUnavailable` (not running, died while answering), `GeneratorTimeout` (no token for too long),
        `PromptTooLong` (does not fit the model's context; never cut silently).
        """
        ...
