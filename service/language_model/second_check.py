"""A stricter check of sentences that the rules have passed, by the language model or by a model of its own.

Both say how likely the cited sentences bear a sentence out. docs/second-check.md says what they cost and bring.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

import numpy as np

from index.errors import ModelError
from index.rerank import load_cross_encoder
from service.generators import Generator, Token
from service.language_model import prompt
from service.search.evidence import Evidence

LEAST_AGREEMENT = 0.5
"""How likely the cited sentences must bear a sentence out."""
ENTAILED = "entailment"
"""What models of natural language inference call a sentence that follows from another."""


class SecondCheck(Protocol):
    """Judges sentences by their meaning."""

    name: str

    async def agreement(self, sentence: str, cited: Sequence[Evidence]) -> float:
        """How likely `cited` bear `sentence` out, in [0, 1]."""
        ...


class AskingTheModel:
    """Asks the language model whether the sources say a sentence, yes or no."""

    def __init__(self, generator: Generator) -> None:
        self.name = generator.name
        self._generator = generator

    async def agreement(self, sentence: str, cited: Sequence[Evidence]) -> float:
        """The chance of a yes against that of a no, from the first token; 1 or 0 by the word where none is told.

        Raises what `Generator.stream` raises.
        """
        text, tokens = "", list[Token]()
        async with aclosing(self._generator.stream(prompt.whether_stated(sentence, cited))) as deltas:
            async for delta in deltas:
                text += delta.text
                tokens += delta.tokens
        return _chance_of_yes(tokens[0]) if tokens else float(_begins(text, prompt.YES))


class Entailment:
    """A cross-encoder for natural language inference, such as are trained on XNLI. Calls take turns."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Load the model in `folder`; it computes on `threads` cores.

        Raises `ModelNotFound` where there is no such folder, `ModelError` where the model in it judges something else.
        """
        self._model = load_cross_encoder(folder, threads=threads)
        labels = {name.casefold(): number for number, name in self._model.labels.items()}
        if ENTAILED not in labels:
            raise ModelError(f"{folder} tells {', '.join(sorted(labels)) or 'nothing'} apart, not {ENTAILED}")
        self.name = self._model.name
        self._entailed = labels[ENTAILED]
        self._turn = asyncio.Lock()

    async def agreement(self, sentence: str, cited: Sequence[Evidence]) -> float:
        """The probability that the sentence follows from what is cited and its context."""
        premise = "\n".join(dict.fromkeys(item.context for item in cited))
        async with self._turn:
            (logits,) = await asyncio.to_thread(self._model.scores, [(premise, sentence)], raw=True)
        weights = np.exp(logits - logits.max())
        return float(weights[self._entailed] / weights.sum())


def _chance_of_yes(first: Token) -> float:
    candidates = first.candidates or ((first.text, first.logprob),)
    yes, no = (_chance_of(word, candidates) for word in (prompt.YES, prompt.NO))
    return yes / (yes + no) if yes + no else 0.0


def _chance_of(word: str, candidates: Sequence[tuple[str, float]]) -> float:
    return sum(math.exp(logprob) for text, logprob in candidates if _begins(text, word))


def _begins(text: str, word: str) -> bool:
    return text.strip().casefold().startswith(word.casefold())
