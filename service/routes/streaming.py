"""Responses that a client gets while they are made, and work that ends when its client leaves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar, cast

from litestar import Request, Response
from litestar.response.base import ASGIResponse

from service.contracts.answers import Answer, AskRequest, Problem
from service.edge.body import Receive
from service.edge.outermost import Scope, Send
from service.edge.sse import HEADERS, KEEP_ALIVE, MEDIA_TYPE, event, respond
from service.edge.stopping import Stopping
from service.edge.streams import Feed, begun, kept_alive, to_the_end, unless_left
from service.pipeline import Pipeline
from service.routes.failures import told
from service.routes.request import client_of
from service.settings import Settings

T = TypeVar("T")


class EventStream(Response[Any]):
    """Server-sent events. `feed`, which `chunks` come from, is closed after the last and where the client leaves."""

    def __init__(self, feed: Feed[Any], chunks: AsyncGenerator[bytes, None]) -> None:
        super().__init__(None, media_type=MEDIA_TYPE)
        self._feed = feed
        self._chunks = chunks

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> ASGIResponse:
        """The response as the router calls it; what it would add has no place in a stream."""
        return cast(ASGIResponse, self._respond)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await respond(receive, send, self._chunks)
        finally:
            await self._feed.close()


def kept(request: Request[Any, Any, Any], pipeline: Pipeline, asked: AskRequest) -> Answer | None:
    """The answer to `asked` where the pipeline keeps it. Raises `ShuttingDown`, and what the pipeline raises."""
    _stopping(request).check()
    return pipeline.kept(asked, client_of(request))


def at_once(chunks: Iterable[bytes]) -> Response[Any]:
    """A stream whose events are all there: one piece, which nobody has to be watched for while it is made."""
    headers = {name: value for name, value in HEADERS.items() if name != "content-type"}
    return Response(b"".join(chunks), media_type=MEDIA_TYPE, headers=headers)


async def whole(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns or raises; it is cancelled when the client leaves or the service ends."""
    return await unless_left(work, cast(Receive, request.receive), _stopping(request))


async def done(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns or raises; it is done also where the client leaves, and cancelled when the service ends."""
    return await to_the_end(work, _stopping(request))


async def streamed(
    request: Request[Any, Any, Any],
    events: AsyncGenerator[T, None],
    written: Callable[[T], bytes],
    failed: Callable[[Problem], bytes] = lambda problem: event("error", problem),
) -> EventStream:
    """A stream of `events`, each as `written`, and of the problem as `failed` where one of them can't be had.

    Returns when the first event is there. Raises what was raised instead of it, so that it is a problem with a status.
    """
    feed = await begun(events, cast(Receive, request.receive), _stopping(request))
    return EventStream(feed, _chunks(request, feed, written, failed))


async def _chunks(
    request: Request[Any, Any, Any],
    feed: Feed[T],
    written: Callable[[T], bytes],
    failed: Callable[[Problem], bytes],
) -> AsyncGenerator[bytes, None]:
    settings: Settings = request.app.state.settings
    events = kept_alive(feed, settings.keep_alive_seconds)
    async with aclosing(events):
        try:
            async for made in events:
                yield KEEP_ALIVE if made is None else written(made)
        except Exception as error:  # noqa: BLE001 - the status is sent: any error has to be told in the stream
            yield failed(told(request, error))


def _stopping(request: Request[Any, Any, Any]) -> Stopping:
    stopping: Stopping = request.app.state.stopping
    return stopping
