"""The page for who runs the service."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

from litestar import Response, get

from service.errors import NotReady, ServiceError
from service.observing.watchers import Observing
from service.pages.site import preferred
from service.pages.status_page import View, status_page
from service.routes.access import ACCESS_ERRORS, needs
from service.routes.metrics import reading
from service.routes.probes import readiness
from service.routes.request import GuardedRequest
from service.settings import Settings
from service.version import version

_HTML = "text/html"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Language",
}


@get(
    "/status",
    summary="How the service is, as a page",
    media_type=_HTML,
    guards=[needs("metrics")],
    opt={"errors": (*ACCESS_ERRORS, ServiceError)},
)
async def status(request: GuardedRequest) -> Response[str]:
    """The state, the index, the queue, and what became of the questions of the last hour; none of their words."""
    observing: Observing = request.app.state.observing
    settings: Settings = request.app.state.settings
    state, warnings = _state(request)
    view = View(
        state=state,
        warnings=warnings,
        version=version(),
        model=settings.generator if settings.generator == "extractive" else settings.llm,
        began=observing.recent.began,
        now=datetime.now(UTC),
        reading=await reading(request),
        hour=observing.recent.summary(),
        faults=tuple(observing.recent.faults()),
    )
    language = preferred(request.headers.get("accept-language", ""))
    return Response(status_page(view, language), media_type=_HTML, headers=_HEADERS)


@get("/static/status.css", opt={"hidden": True})
async def status_style() -> Response[bytes]:
    """The style sheet of the page, beside that of the other pages."""
    content = files("service").joinpath("static", "status.css").read_bytes()
    return Response(content, media_type="text/css", headers={"Cache-Control": "no-cache"})


def _state(request: GuardedRequest) -> tuple[str, tuple[str, ...]]:
    """What /readyz says."""
    try:
        ready = readiness(request)
    except NotReady as error:
        return "not ready", (str(error),)
    return ready.status, ready.warnings
