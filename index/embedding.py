"""The seam between texts and vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. Questions and documents are embedded differently, so they are two methods."""

    dim: int
    name: str
    """The model's name, as responses report it."""

    def identity(self) -> Mapping[str, str | int | bool]:
        """What two embedders must share for their vectors to be comparable: model, SHA-256 of its files, prompts, ..."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the model's special tokens and prompt."""
        ...

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm, in the order of `texts`. `progress` is told how many more are done."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm."""
        ...
