"""What the process that builds tells the service: one JSON line a message on its standard output."""

from __future__ import annotations

from msgspec import Struct

from index.vector_kinds import VectorOptions

VECTORS = VectorOptions()


class Order(Struct, frozen=True):
    """The one line that it is given on its standard input: what to build, and with which model."""

    index: str
    models: str
    embedding: str
    hub: bool
    threads: int
    keep: int
    vectors: VectorOptions = VECTORS


class Step(Struct, frozen=True, tag=True):
    """How far a step is. `expected` is None where nothing is known of its end."""

    what: str
    unit: str
    done: int
    expected: int | None


class Built(Struct, frozen=True, tag=True):
    """A snapshot is published, or was before; the last message.

    `sequence` is the number of the last change in it, `left_out` are articles that have nothing to index.
    """

    snapshot: str
    sequence: int
    left_out: tuple[str, ...] = ()
    warning: str = ""


class Busy(Struct, frozen=True, tag=True):
    """Another program is writing to the index; the last message."""

    detail: str


class Failed(Struct, frozen=True, tag=True):
    """Nothing was published, because of `detail`; the last message."""

    detail: str


Message = Step | Built | Busy | Failed
