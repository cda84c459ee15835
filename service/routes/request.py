"""The request that every handler of the service gets, and what handlers take from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from service.edge.body import BODY_BYTES, Receive, check_headers, decode_body, read_body
from service.edge.outermost import REQUEST_ID
from service.edge.stopping import Stopping
from service.errors import IndexUnavailable
from service.pipeline import Pipeline
from service.routes.access import caller
from service.settings import Settings

BODY_LIMIT = "body_bytes"
"""In the `opt` of a handler: the bytes that its body may have, where that is not what others may."""


class GuardedRequest(Request[Any, Any, State]):
    """A request whose JSON body passes every guard before it is decoded, once, into the type of the handler's `data`.

    Litestar's own reading answers 500 to invalid UTF-8 and to deep nesting, and takes JSON of any content type.
    """

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The raw body, in one piece. Raises `UnsupportedMedia`, `InvalidBody`, and as `read_body`."""
        limit = int(self.route_handler.opt.get(BODY_LIMIT, BODY_BYTES))
        check_headers(self.headers, limit)
        settings: Settings = self.app.state.settings
        stopping: Stopping = self.app.state.stopping
        # Litestar takes an empty body for a missing argument and answers by itself: a space is as invalid, and ours.
        yield await read_body(cast(Receive, self.receive), stopping, settings.body_timeout, limit) or b" "

    async def json(self) -> Any:
        """The body as the type of the handler's `data`. Raises what `stream` raises."""
        field = self.route_handler.parsed_data_field
        kind = Any if field is None else field.annotation
        body = await self.body()
        if len(body) > BODY_BYTES:
            return await asyncio.to_thread(decode_body, body, kind)
        return decode_body(body, kind)


def request_id(request: Request[Any, Any, Any]) -> str:
    """The id that the edge gave to the request."""
    return str(request.scope["state"][REQUEST_ID])


def client_of(request: Request[Any, Any, Any]) -> str:
    """Who asks, as far as a fair share goes: see `Caller.share`."""
    return caller(request).share


def indexed_pipeline(request: Request[Any, Any, Any]) -> Pipeline:
    """The pipeline, with its index open. Raises `IndexUnavailable`."""
    pipeline: Pipeline = request.app.state.pipeline
    if not pipeline.ready().get("index", False):
        raise IndexUnavailable("The index is not open yet; /readyz tells when it is.")
    return pipeline
