"""How sure a language model was of what it wrote, from the probabilities of its tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

from service.generators import Token
from service.language_model.prompt import NOT_STATED

_YES, _NO = frozenset(["yes", "ja"]), frozenset(["no", "nein", "ne"])
"""How both begin, in German and English; "ne" is how models cut "Nein"."""


class Sureness:
    """Hears every token of an answer. Backends that tell no probabilities count as sure of everything."""

    def __init__(self) -> None:
        self.not_stated = 0.0
        """How likely the answer would have begun with the words for "not stated", in [0, 1]."""
        self.opposite = 0.0
        """How likely an answer that begins with yes or no would have begun with the other of the two, in [0, 1]."""
        self._logprob = 0.0
        self._tokens = 0

    def hear(self, tokens: Sequence[Token]) -> None:
        """Take in the tokens that came next."""
        for token in tokens:
            if not self._tokens:
                self.not_stated = _begins_refusal(token)
                self.opposite = _opposite(token)
            self._logprob += token.logprob
            self._tokens += 1

    @property
    def tells(self) -> bool:
        """Whether any probability was told."""
        return self._tokens > 0

    @property
    def likelihood(self) -> float:
        """The geometric mean of the probabilities of all tokens so far, in (0, 1]."""
        return math.exp(self._logprob / self._tokens) if self._tokens else 1.0


def _begins_refusal(token: Token) -> float:
    chances = (math.exp(logprob) for text, logprob in token.candidates if _is_beginning(text.strip()))
    return min(1.0, sum(chances))


def _is_beginning(text: str) -> bool:
    return bool(text) and NOT_STATED.startswith(text)


def _opposite(token: Token) -> float:
    """Of the chances that `token`, a yes or a no, had to be either, the part of the other; 0 for other words."""
    chances = [
        sum(math.exp(logprob) for text, logprob in token.candidates if text.strip().casefold() in words)
        for words in (_YES, _NO)
    ]
    own = next((n for n, words in enumerate((_YES, _NO)) if token.text.strip().casefold() in words), None)
    return 0.0 if own is None or not sum(chances) else chances[1 - own] / sum(chances)
