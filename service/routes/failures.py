"""What becomes of an exception: a problem document, whichever it is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from service.contract import Problem
from service.errors import BadRequest, MethodNotAllowed, NotFound, NotReady, ServiceError
from service.logs import LOGGER
from service.problems import MEDIA_TYPE, encode, internal, problem
from service.routes.request import request_id

logger = logging.getLogger(LOGGER)


def on_service_error(request: Request[Any, Any, Any], error: ServiceError) -> Response[bytes]:
    """The problem that the error says it is."""
    fields = {"id": request_id(request), "type": error.type, "status": error.status}
    # A probe that comes every second while models load is no news.
    level = logging.ERROR if error.status >= 500 and not isinstance(error, NotReady) else logging.DEBUG
    logger.log(level, "problem", extra={"fields": fields})
    return _response(problem(error, request_id(request)), error.headers)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the router refuses: an unknown path, a method that is not served, a malformed `Host`."""
    if error.status_code >= 500:
        return on_unforeseen(request, error)
    return _response(problem(_refusal(request, error), request_id(request)), error.headers or {})


def on_unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """An internal error, of which the client gets the request's id and the log the place."""
    logger.error("unforeseen", exc_info=error, extra={"fields": {"id": request_id(request)}})
    return _response(internal(request_id(request)))


HANDLERS = {ServiceError: on_service_error, HTTPException: on_http_error, Exception: on_unforeseen}


def _refusal(request: Request[Any, Any, Any], error: HTTPException) -> ServiceError:
    if error.status_code == 404:
        return NotFound("Nothing is served at this path; /openapi.json lists what is.")
    if error.status_code == 405:
        return MethodNotAllowed(f"{request.method} is not served at this path; the Allow header names what is.")
    return BadRequest(error.detail)


def _response(document: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(encode(document), status_code=document.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))
