"""The chat widget's script, under a name that follows what is newest and under one that never changes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from litestar import Response, get

from service.contracts.feedback import Keeping
from service.pages.widget_bundle import bundle
from service.routes import feedback_examples
from service.routes.request import GuardedRequest
from service.settings import Settings

WIDGET = bundle()
"""Of this release; it doesn't change while the service runs."""

_JAVASCRIPT = "text/javascript"
# Pages of any origin may load it: `Access-Control-Allow-Origin` is what checking its integrity hash takes.
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-cache",
}
_VARYING = {"Vary": "Accept-Encoding"}
_GZIP = re.compile(r"(?:\A|,)\s*gzip\s*(?:,|;\s*q=(?:1|0\.\d*[1-9])|\Z)", re.IGNORECASE)
_FOR_EVER = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}


@get("/widget.js", summary="The chat widget", media_type=_JAVASCRIPT)
async def newest_widget(request: GuardedRequest) -> Response[bytes]:
    """The script that a page needs for the chat. docs/widget.md says how to use it."""
    # A weak one: plain and compressed, it is the same script.
    headers = {**_HEADERS, **_VARYING, "ETag": f'W/"{WIDGET.version}"'}
    known = request.headers.get("if-none-match", "")
    if f'"{WIDGET.version}"' in known or known.strip() == "*":
        return Response(b"", status_code=304, headers=headers)
    return _script(request, headers)


@get(f"/{WIDGET.name}", opt={"hidden": True})
async def this_widget(request: GuardedRequest) -> Response[bytes]:
    """The same script under a name that is never given to another, for pages that name its integrity hash."""
    return _script(request, {**_FOR_EVER, **_VARYING})


@get("/widget.json", summary="What the chat tells its readers", opt={"response_examples": feedback_examples.KEEPING})
async def keeping(request: GuardedRequest) -> Response[Keeping]:
    """For how long questions and answers are kept. The widget says so before the first question."""
    settings: Settings = request.app.state.settings
    return Response(Keeping(settings.feedback_days), headers=_HEADERS)


def _script(request: GuardedRequest, headers: Mapping[str, str]) -> Response[bytes]:
    """The script, compressed for a client that says that it takes that."""
    if _GZIP.search(request.headers.get("accept-encoding", "")):
        return Response(WIDGET.compressed, media_type=_JAVASCRIPT, headers={**headers, "Content-Encoding": "gzip"})
    return Response(WIDGET.script, media_type=_JAVASCRIPT, headers=headers)
