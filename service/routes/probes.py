"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from litestar import get

from service.access.callers import Access
from service.access.limiting import Limiter
from service.contracts.probes import Health, Readiness
from service.edge.stopping import Stopping
from service.errors import NotReady, ServiceError
from service.load import Load
from service.pipeline import Pipeline
from service.routes.request import GuardedRequest
from service.startup import Startup

GENERATOR = "generator"
NOT_WRITING = "the language model is being started again: only searching and quoting work"


@get("/healthz", summary="Whether the process lives", opt={"errors": (ServiceError,)})
async def healthz() -> Health:
    """Answers as soon as the process listens, whatever else is missing: restart the process when it doesn't."""
    return Health()


@get("/readyz", summary="Whether the service can answer", opt={"errors": (NotReady, ServiceError)})
async def readyz(request: GuardedRequest) -> Readiness:
    """Send questions here only while this is 200. Otherwise the problem's `errors` names the parts that are missing.

    At the start that is when the language model has read what all prompts begin with, too, or a minute has passed;
    questions that come before are answered, more slowly.

    A language model that goes down after the start is being started again: `status` is `degraded`, as long as searching
    and quoting go on.

    `warnings` says where a snapshot was published that can't be served, so that the one before still is, and what is
    wrong with the served one: it has no articles, or a search finds too few of the nearest vectors. It also says
    where limits are not shared as they should be, and when the next question would find no place in the queue.
    """
    return readiness(request)


def readiness(request: GuardedRequest) -> Readiness:
    """How ready the service is. Raises `NotReady`."""
    pipeline: Pipeline = request.app.state.pipeline
    startup: Startup = request.app.state.startup
    stopping: Stopping = request.app.state.stopping
    access: Access = request.app.state.access
    parts = dict(pipeline.ready())
    down = tuple(name for name, up in parts.items() if not up)
    missing = tuple(name for name in down if name != GENERATOR or not startup.finished())
    if stopping.begun:
        raise NotReady("The service is being stopped.", ())
    if failure := startup.failure():
        raise NotReady(f"Starting failed: {failure}", down)
    if missing or not startup.finished():
        raise NotReady(f"Not up{' yet' * (not startup.finished())}: {', '.join(missing) or 'still starting'}.", missing)
    if access.problem():
        raise NotReady("The keys can't be read, so nobody is let in; the log says why.", ("keys",))
    return Readiness(
        status="degraded" if down else "ready",
        parts=parts,
        snapshot=pipeline.index_status().snapshot or "",
        warnings=warnings(request),
    )


def warnings(request: GuardedRequest) -> tuple[str, ...]:
    """What an operator should look at."""
    pipeline: Pipeline = request.app.state.pipeline
    limiter: Limiter = request.app.state.limiter
    down = not pipeline.ready().get(GENERATOR, True)
    causes = (limiter.counts.warning(), NOT_WRITING if down else "", _queue(pipeline.load()))
    return (*pipeline.index_status().warnings, *filter(None, causes))


def _queue(load: Load) -> str:
    if not load.places or load.waiting < load.places:
        return ""
    return f"the queue of the language model is full: {load.waiting} questions wait, the next ones are turned away"
