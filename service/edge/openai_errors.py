"""Errors as OpenAI's clients know them: by the HTTP status, and by `{"error": {message, type, param, code}}`."""

from __future__ import annotations

import re

import msgspec

from service.contracts.answers import Problem
from service.contracts.openai import ChatError, ChatProblem
from service.edge import problems

MEDIA_TYPE = "application/json"

_PATHS = re.compile(r"/v1/(?:chat|models|completions|embeddings|responses|moderations|audio|images|files)(?:/.*)?")
"""Those that are not served too: clients ask for them, and understand no other error."""
_PLACE = re.compile(r"at `\$\.?([^`]+)`")
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
"""What clients look for, whichever of our errors has that status."""


def is_openai(path: str) -> bool:
    """Whether clients of OpenAI's API are served at `path`."""
    return _PATHS.fullmatch(path) is not None


def chat_error(problem: Problem) -> ChatError:
    """`problem` in OpenAI's words. `param` is the field that its detail names."""
    place = _PLACE.search(problem.detail)
    code = _CODES.get(problem.status, problem.type.removeprefix(problems.TYPE_PREFIX).replace("-", "_"))
    return ChatError(ChatProblem(problem.detail, _class(problem.status), place[1] if place else None, code))


def rendered(path: str, problem: Problem) -> tuple[bytes, str]:
    """The body that tells `problem` to whoever asked at `path`, and its media type."""
    if is_openai(path):
        return msgspec.json.encode(chat_error(problem)), MEDIA_TYPE
    return problems.encode(problem), problems.MEDIA_TYPE


def _class(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"
