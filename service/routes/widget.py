"""The chat widget's script, under a name that follows what is newest and under one that never changes."""

from __future__ import annotations

from litestar import Response, get

from service.feedback_contract import Keeping
from service.routes import feedback_examples
from service.routes.request import GuardedRequest
from service.settings import Settings
from service.widget_bundle import bundle

WIDGET = bundle()
"""Of this release; it doesn't change while the service runs."""

_JAVASCRIPT = "text/javascript"
# Pages of any origin may load it: `Access-Control-Allow-Origin` is what checking its integrity hash takes.
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-cache",
}
_FOR_EVER = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}


@get("/widget.js", summary="The chat widget", media_type=_JAVASCRIPT)
async def newest_widget(request: GuardedRequest) -> Response[bytes]:
    """The script that a page needs for the chat. docs/widget.md says how to use it."""
    headers = {**_HEADERS, "ETag": f'"{WIDGET.version}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(WIDGET.script, media_type=_JAVASCRIPT, headers=headers)


@get(f"/{WIDGET.name}", opt={"hidden": True})
async def this_widget() -> Response[bytes]:
    """The same script under a name that is never given to another, for pages that name its integrity hash."""
    return Response(WIDGET.script, media_type=_JAVASCRIPT, headers=_FOR_EVER)


@get("/widget.json", summary="What the chat tells its readers", opt={"response_examples": feedback_examples.KEEPING})
async def keeping(request: GuardedRequest) -> Response[Keeping]:
    """For how long questions and answers are kept. The widget says so before the first question."""
    settings: Settings = request.app.state.settings
    return Response(Keeping(settings.feedback_days), headers=_HEADERS)
