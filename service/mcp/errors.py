"""Errors as clients of the Model Context Protocol know them: by the HTTP status, and as JSON-RPC's error objects."""

from __future__ import annotations

from typing import Any

import msgspec

from service.contracts.answers import Problem
from service.edge.problems import problem_type
from service.errors import InvalidBody

MEDIA_TYPE = "application/json"
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INTERNAL_ERROR = -32603


def rpc_error(problem: Problem, message: Any = None) -> bytes:
    """`problem` as the answer to `message`, None where that was not read. `data` is the problem itself."""
    error = {"code": _code(problem), "message": problem.detail, "data": problem}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": _id(message), "error": error})


def _code(problem: Problem) -> int:
    if problem.type == problem_type(InvalidBody):
        return PARSE_ERROR
    return INTERNAL_ERROR if problem.status >= 500 else INVALID_REQUEST


def _id(message: Any) -> str | int | None:
    """The id of a request, null where it has none that JSON-RPC allows."""
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, str) or type(found) is int else None
