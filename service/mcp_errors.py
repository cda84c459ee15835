"""Errors as clients of the Model Context Protocol know them: by the HTTP status, and as JSON-RPC's error objects."""

from __future__ import annotations

from typing import Any

import msgspec

from service.contract import Problem

MEDIA_TYPE = "application/json"
INVALID_REQUEST = -32600
INTERNAL_ERROR = -32603


def rpc_error(problem: Problem, message: Any = None) -> bytes:
    """`problem` as the answer to `message`, None where that was not read. `data` is the problem itself."""
    code = INTERNAL_ERROR if problem.status >= 500 else INVALID_REQUEST
    error = {"code": code, "message": problem.detail, "data": problem}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": _id(message), "error": error})


def _id(message: Any) -> str | int | None:
    """The id of a request, null where it has none that JSON-RPC allows."""
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, str) or type(found) is int else None
