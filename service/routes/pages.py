"""The API reference as a page and as a document: without scripts, so that they need no network."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import get_args

import msgspec
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler

from service.access.limiting import RATE_HEADERS
from service.edge import page_policies
from service.edge.door import DOOR_ERRORS, PROBES
from service.edge.openapi import Document, Operation, document
from service.errors import RateLimited
from service.pages.reference import reference_contents
from service.pages.site import LANGUAGES, preferred, reference_page
from service.routes.access import Needs
from service.routes.request import GuardedRequest
from service.version import version

_HTML = "text/html"
_PAGE_HEADERS = {page_policies.HEADER: page_policies.PLAIN, "Vary": "Accept-Language"}


@get("/docs", summary="The API reference as a page", media_type=_HTML)
async def reference(request: GuardedRequest) -> Response[str]:
    """The contents of /openapi.json to read; works without scripts and without a network."""
    page = request.app.state.reference[preferred(request.headers.get("accept-language", ""))]
    return Response(page, media_type=_HTML, headers=_PAGE_HEADERS)


@get("/openapi.json", summary="This document", media_type="application/json")
async def description(request: GuardedRequest) -> Response[bytes]:
    """The OpenAPI document of the service."""
    return Response(request.app.state.openapi, media_type="application/json")


def describe(app: Litestar) -> None:
    """Make the OpenAPI document and its page in each language, once; they don't change while the service runs."""
    described = openapi(app)
    app.state.openapi = msgspec.json.encode(described)
    contents = reference_contents(described)
    app.state.reference = {language: reference_page(language, version(), contents) for language in LANGUAGES}


def openapi(app: Litestar) -> Document:
    """The OpenAPI document for the routes of `app`."""
    return document(sorted(_operations(app), key=lambda operation: operation.path), version())


def _operations(app: Litestar) -> Iterator[Operation]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "OPTIONS" not in handler.http_methods and not handler.opt.get("hidden", False):
                yield _operation(route.path_format, handler)


def _operation(path: str, handler: HTTPRouteHandler) -> Operation:
    body = handler.parsed_data_field
    annotation = handler.parsed_return_field.annotation
    # a handler that sets headers returns `Response[Struct]`
    returned = next(iter(get_args(annotation)), annotation)
    (method,) = handler.http_methods
    guards = [guard for guard in handler.guards or () if isinstance(guard, Needs)]
    scopes = tuple(scope for guard in guards for scope in guard.scopes)
    limited = any(guard.counts for guard in guards)
    return Operation(
        method=method,
        path=path,
        name=handler.handler_name,
        summary=handler.summary or "",
        description=inspect.cleandoc(handler.fn.__doc__ or ""),
        media_type=str(handler.media_type),
        status=handler.status_code,
        scopes=scopes,
        body=None if body is None else body.annotation,
        response=returned if isinstance(returned, type) and issubclass(returned, msgspec.Struct) else None,
        errors=(
            *handler.opt.get("errors", ()),
            *(() if path in PROBES else DOOR_ERRORS),
            *((RateLimited,) if limited else ()),
        ),
        headers=(*handler.opt.get("headers", ()), *(RATE_HEADERS if limited else ())),
        **{name: value for name, value in handler.opt.items() if name in _DECLARED},
    )


_DECLARED = {"parameters", "body_examples", "response_examples", "events", "transcripts", "last"}
