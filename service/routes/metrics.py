"""Metrics for Prometheus."""

from __future__ import annotations

from litestar import Response, get

from service.errors import ServiceError
from service.observing.readings import Reading
from service.observing.watchers import Observing
from service.pipeline import Pipeline
from service.routes.access import ACCESS_ERRORS, needs
from service.routes.probes import warnings
from service.routes.request import GuardedRequest


@get(
    "/metrics",
    summary="Metrics for Prometheus",
    media_type="text/plain",
    guards=[needs("metrics")],
    opt={"errors": (*ACCESS_ERRORS, ServiceError)},
)
async def metrics(request: GuardedRequest) -> Response[bytes]:
    """Counters, durations and the state of the service as Prometheus' text; as OpenMetrics for who accepts that."""
    observing: Observing = request.app.state.observing
    kept = observing.metrics
    kept.readings.take(await reading(request))
    content, media_type = kept.exposition(request.headers.get("accept", ""))
    # As a header: to a media type that is text, Litestar would add the charset once more.
    return Response(content, headers={"Content-Type": media_type})


async def reading(request: GuardedRequest) -> Reading:
    """How the service is now."""
    state = request.app.state
    pipeline: Pipeline = state.pipeline
    return Reading(
        parts=pipeline.ready(),
        load=pipeline.load(),
        index=pipeline.index_status(),
        pending=await state.administration.pending(),
        warnings=len(warnings(request)),
    )
