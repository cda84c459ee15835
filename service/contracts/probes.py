"""What the probes answer: whether the process lives, and whether it can serve."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Health(Struct, frozen=True):
    """The process lives and serves HTTP; says nothing of what it can answer."""

    status: Annotated[Literal["alive"], Meta(description="Always the same.")] = "alive"


class Readiness(Struct, frozen=True):
    """The service can be asked."""

    status: Annotated[
        Literal["ready", "degraded"],
        Meta(description="`degraded` where the language model is down: searching and quoting work."),
    ]
    parts: Annotated[dict[str, bool], Meta(description="Each part of the service and whether it is up.")]
    snapshot: Annotated[str, Meta(description="Id of the index snapshot that questions are answered from.")]
    warnings: Annotated[
        tuple[str, ...], Meta(description="What an operator should look at; answers are right all the same.")
    ] = ()
