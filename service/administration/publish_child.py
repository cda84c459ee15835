"""`python -m service.administration.publish_child`: builds and publishes one snapshot, in a process of its own.

So that neither the memory nor the work of building is the service's: it has a low priority, and all its memory
goes back when it ends. When its standard input ends its service is gone, so it ends too, at whatever point: publishing
survives that.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from index.build import BuildOptions
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.embedding_cache import EMBEDDINGS, CachedEmbedder
from index.errors import ArticleError, IndexingError, IndexLocked
from index.lazy_embedding import LazyEmbedder
from index.models import resolve, resolve_or_hub
from index.republish import republish
from index.token_cache import cached
from service.administration.publish_messages import Built, Busy, Failed, Message, Order, Step

MODEL = "model.json"
"""Beside the kept vectors, as `scripts/build_index.py` has it: what the model was when it was last loaded."""
NICENESS = 10
"""Behind answers and behind the language model (5), but not so far that a busy service never gets its next snapshot."""
SECONDS_BETWEEN_STEPS = 0.2
LEFT_OUT_TOLD = 100
"""Articles that were left out and are named."""

Tell = Callable[[Message], None]


def main(load: Callable[[Order], Embedder] | None = None) -> int:
    """Build as the order on standard input says. `load` gives the embedder where it is not the order's model."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    # Libraries may print: only messages may reach the pipe that the service reads them from.
    report = os.dup(1)
    os.dup2(2, 1)
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def tell(message: Message) -> None:
        os.write(report, msgspec.json.encode(message) + b"\n")

    tell(_outcome(order, load or _model, tell))
    return 0


def _outcome(order: Order, load: Callable[[Order], Embedder], tell: Tell) -> Message:
    left_out: list[ArticleError] = []
    try:
        embedder = load(order)
        done = republish(
            Path(order.index),
            embedder,
            on_error=left_out.append,
            progress=Reports(tell),
            options=BuildOptions(order.keep, order.vectors),
        )
        if isinstance(embedder, CachedEmbedder) and not done.unchanged:
            embedder.retire()
    except IndexLocked as error:
        return Busy(str(error))
    except IndexingError as error:
        return Failed(str(error))
    return Built(done.snapshot, done.sequence, _told(left_out), done.warning)


def _model(order: Order) -> Embedder:
    """The order's model, which is loaded only where a text has no vector yet."""
    index = Path(order.index)
    found = (resolve_or_hub if order.hub else resolve)(order.embedding, Path(order.models))

    def load() -> SentenceTransformerEmbedder:
        return SentenceTransformerEmbedder(found, threads=order.threads, hub=order.hub)

    model = LazyEmbedder(found, load, index / EMBEDDINGS / MODEL) if isinstance(found, Path) else load()
    return cached(model, index / EMBEDDINGS)


def _told(left_out: Sequence[ArticleError]) -> tuple[str, ...]:
    more = len(left_out) - LEFT_OUT_TOLD
    return (*map(str, left_out[:LEFT_OUT_TOLD]), *([f"and {more} more"] if more > 0 else []))


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


class Reports:
    """A `Progress` that is told to the service."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def step(self, what: str, unit: str) -> ReportedStep:
        """Begin a step."""
        return ReportedStep(self._tell, what, unit)


class ReportedStep:
    """A step that tells how far it is, a few times a second at the most, and at its end."""

    def __init__(self, tell: Tell, what: str, unit: str) -> None:
        self._tell = tell
        self._what = what
        self._unit = unit
        self._done = 0
        self._expected: int | None = None
        self._told_at = 0.0

    def expect(self, more: int) -> None:
        """So many more units will come."""
        self._expected = (self._expected or 0) + more

    def advance(self, done: int = 1) -> None:
        """So many more units are done."""
        self._done += done
        if time.monotonic() - self._told_at >= SECONDS_BETWEEN_STEPS:
            self._report()

    def __enter__(self) -> Self:
        self._report()
        return self

    def __exit__(self, *error: object) -> None:
        self._report()

    def _report(self) -> None:
        self._told_at = time.monotonic()
        self._tell(Step(self._what, self._unit, self._done, self._expected))


if __name__ == "__main__":
    sys.exit(main())
