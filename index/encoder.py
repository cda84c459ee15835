"""The seam between a model that encodes texts and the embedder that has it do so."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoded(NamedTuple):
    """A text: its unit vector `(dim,)`, its tokens int64 `(tokens,)`, and a vector for each, `(tokens, dim)`.

    The tokens include special ones and those of the prompt, but no padding; their vectors have any length.
    """

    vector: Vectors
    ids: NDArray[np.int64]
    tokens: Vectors


class Encoder(Protocol):
    """A model in memory. One thread calls it at a time, on as many cores as PyTorch was told to use."""

    prompts: dict[str, str]
    dim: int
    max_length: int
    """Tokens after which a text is cut, special ones and prompt included; 0 where there is no limit."""
    special_tokens: int
    """How many are put around a text."""

    def token_ids(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, without special ones, prompt and limit."""
        ...

    def pieces(self) -> list[str]:
        """What each token of the vocabulary stands for; nothing for special ones."""
        ...

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm: one batch, padded to its longest, each text behind `prompt`."""
        ...

    def encode_tokens(self, texts: list[str], prompt: str) -> list[Encoded]:
        """As `encode`, with the tokens."""
        ...
