"""Errors as a client sees them: RFC 9457 problem documents.

`type` is `urn:fundstelle:problem:<type>`, the same on every host and in every release; `instance` is the id of the
request, which the log has too.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from service.contracts.answers import Problem
from service.errors import ServiceError, SettingsError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:fundstelle:problem:"


def problem(error: ServiceError, request_id: str) -> Problem:
    """The document for `error`."""
    return Problem(
        type=problem_type(type(error)),
        title=error.title,
        status=error.status,
        detail=str(error),
        instance=request_id,
        errors=error.errors,
    )


def problem_type(error: type[ServiceError]) -> str:
    """The stable URI of a kind of error."""
    return TYPE_PREFIX + error.type


def encode(document: Problem) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document)


def internal(request_id: str) -> Problem:
    """The document for an error that nobody foresaw. Says nothing about it: the log does."""
    return problem(
        ServiceError(f"Something went wrong here; the log of the service has it as {request_id}."), request_id
    )


def served_errors() -> list[type[ServiceError]]:
    """Every kind of error that a client may see, by status and type."""
    kinds = {kind for kind in _kinds(ServiceError) if not issubclass(kind, SettingsError)}
    return sorted(kinds, key=lambda kind: (kind.status, kind.type))


def _kinds(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)
