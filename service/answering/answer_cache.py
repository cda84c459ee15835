"""Answers to questions that were asked before, word for word, of the same snapshot."""

from __future__ import annotations

import secrets
from collections import OrderedDict

import msgspec

from service.contracts.answers import Answer, AskRequest, Usage


class AnswerCache:
    """Keeps the `size` answers that were asked for last; none with a size of 0. For one event loop."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[tuple[str, bytes], Answer] = OrderedDict()

    def find(self, snapshot: str, request: AskRequest, milliseconds: float) -> Answer | None:
        """The answer that was given before, under an id of its own, with the time that this one took and no tokens."""
        key = _key(snapshot, request)
        known = self._answers.get(key)
        if known is None:
            return None
        self._answers.move_to_end(key)
        usage = Usage(finish_reason=known.usage.finish_reason)
        return msgspec.structs.replace(
            known, id=secrets.token_hex(12), timings_ms={"total": round(milliseconds, 2)}, usage=usage
        )

    def keep(self, snapshot: str, request: AskRequest, answer: Answer) -> None:
        """Remember a complete answer."""
        self._answers[_key(snapshot, request)] = answer
        while len(self._answers) > self._size:
            self._answers.popitem(last=False)

    def forget(self, snapshot: str) -> None:
        """Drop what was answered from a snapshot that is not served any more."""
        for key in [key for key in self._answers if key[0] == snapshot]:
            del self._answers[key]


def _key(snapshot: str, request: AskRequest) -> tuple[str, bytes]:
    """All that an answer depends on: how long somebody would have waited for it is nothing of that."""
    return snapshot, msgspec.json.encode(msgspec.structs.replace(request, timeout=None))
