"""What becomes of an exception: a problem document, or OpenAI's error where its clients are served."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from service.contracts.answers import Problem
from service.edge import page_policies
from service.edge.openai_errors import rendered
from service.edge.outermost import PROBLEM
from service.edge.problems import internal, problem
from service.edge.streams import ClientLeft
from service.errors import BadRequest, Busy, MethodNotAllowed, NotFound, NotReady, ServiceError, ShuttingDown
from service.logs import LOGGER
from service.pages.site import preferred, problem_page
from service.routes.request import request_id

LEFT = 499
"""The status that the log has for a request whose client left."""

_FORESEEN = (Busy, NotReady, ShuttingDown)

logger = logging.getLogger(LOGGER)


def on_service_error(request: Request[Any, Any, Any], error: ServiceError) -> Response[bytes]:
    """The problem that the error says it is."""
    return _response(request, told(request, error), error.headers)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the router refuses: an unknown path, a method that is not served, a malformed `Host`."""
    if error.status_code >= 500:
        return on_unforeseen(request, error)
    return _response(request, _problem(request, _refusal(request, error)), error.headers or {})


def on_unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """An internal error, of which the client gets the request's id and the log the place."""
    return _response(request, told(request, error))


def on_client_left(request: Request[Any, Any, Any], error: ClientLeft) -> Response[bytes]:
    """Nothing that anybody gets: the log tells such a request by its status."""
    return Response(b"", status_code=LEFT)


HANDLERS = {
    ServiceError: on_service_error,
    HTTPException: on_http_error,
    ClientLeft: on_client_left,
    Exception: on_unforeseen,
}


def told(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """What a client is told of `error`, which goes into the log."""
    if not isinstance(error, ServiceError):
        request.scope["state"][PROBLEM] = ServiceError.type
        logger.error("unforeseen", exc_info=error)
        return internal(request_id(request))
    logger.log(_level(error), "problem", extra={"fields": {"type": error.type, "status": error.status}})
    return _problem(request, error)


def _problem(request: Request[Any, Any, Any], error: ServiceError) -> Problem:
    request.scope["state"][PROBLEM] = error.type
    return problem(error, request_id(request))


def _level(error: ServiceError) -> int:
    """Errors are what somebody has to look after.

    A probe that comes every second while models load is no news, nor are those who were asking at the end, nor each
    question of a burst: the metrics count them.
    """
    return logging.ERROR if error.status >= 500 and not isinstance(error, _FORESEEN) else logging.DEBUG


def _refusal(request: Request[Any, Any, Any], error: HTTPException) -> ServiceError:
    if error.status_code == 404:
        return NotFound("Nothing is served at this path; /openapi.json lists what is.")
    if error.status_code == 405:
        return MethodNotAllowed(f"{request.method} is not served at this path; the Allow header names what is.")
    return BadRequest(error.detail)


def _response(
    request: Request[Any, Any, Any], document: Problem, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    if _is_read_by_somebody(request):
        return _page(request, document, headers or {})
    body, media_type = rendered(request.scope["path"], document)
    return Response(body, status_code=document.status, media_type=media_type, headers=dict(headers or {}))


def _is_read_by_somebody(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser asked in order to show a page: those name HTML before all else."""
    accepted = request.headers.get("accept", "")
    return request.method == "GET" and accepted.startswith("text/html") and not request.scope["path"].startswith("/v1/")


def _page(request: Request[Any, Any, Any], document: Problem, headers: Mapping[str, str]) -> Response[bytes]:
    """The problem as a page, whose links are relative to the path as it was written: `%2F` is no slash of it."""
    depth = request.scope["raw_path"].partition(b"?")[0].count(b"/") - 1
    html = problem_page(preferred(request.headers.get("accept-language", "")), document, "../" * depth or "./")
    ours = {page_policies.HEADER: page_policies.SCRIPTED, "Vary": "Accept, Accept-Language"}
    return Response(html.encode(), status_code=document.status, media_type="text/html", headers={**headers, **ours})
