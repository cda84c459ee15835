"""The composition root: settings in, a service out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

from litestar import Litestar
from litestar.datastructures import State

from service.access.callers import Access
from service.access.counting import Counts
from service.access.limiting import limiter
from service.administration.builder import Builder, ChildBuilder
from service.administration.changing import Administration
from service.edge.cross_origin import CrossOrigin
from service.edge.door import door
from service.edge.outermost import Edge
from service.edge.stopping import Stopping
from service.edge.streams import ended
from service.feedback.intake import Feedback, store_of
from service.feedback.remembering import Remembering
from service.observing.watchers import Observing
from service.pipeline import Pipeline
from service.routes.admin import (
    article_options,
    change_articles,
    delete_article,
    index_state,
    publish_index,
    write_article,
)
from service.routes.answers import article, ask, search
from service.routes.failures import HANDLERS
from service.routes.feedback import give_feedback
from service.routes.mcp import mcp, open_mcp
from service.routes.metrics import metrics
from service.routes.openai import chat_completions, list_models, read_model
from service.routes.pages import describe, description, reference
from service.routes.probes import healthz, readyz
from service.routes.request import GuardedRequest
from service.routes.site import PAGES
from service.routes.status import status, status_style
from service.routes.widget import keeping, newest_widget, this_widget
from service.settings import Settings
from service.startup import Startup

ROUTES = (
    article_options,
    ask,
    search,
    article,
    chat_completions,
    list_models,
    read_model,
    give_feedback,
    write_article,
    delete_article,
    change_articles,
    publish_index,
    index_state,
    healthz,
    readyz,
    metrics,
    status,
    status_style,
    reference,
    description,
    *PAGES,
    newest_widget,
    this_widget,
    keeping,
)


def create_app(settings: Settings, pipeline: Pipeline | None = None, builder: Builder | None = None) -> Litestar:
    """The service over `pipeline`, or over the one that `settings` describe; `builder` likewise builds the next index.

    The pipeline is started when the application is, in the background, and closed with it; `app.state.startup` tells
    how that went. Raises `SettingsError` where the settings name something that can't be had, or nobody could ask.
    """
    access = Access(settings)
    access.check()
    server = open_mcp(settings)
    observing = Observing(settings)
    served = observing.pipeline(compose(settings) if pipeline is None else pipeline)
    administration = Administration(settings.index, served, builder or ChildBuilder(settings))
    app = Litestar(
        route_handlers=ROUTES if server is None else (*ROUTES, mcp),
        request_class=GuardedRequest,
        exception_handlers=cast(Any, HANDLERS),
        lifespan=[_lifespan],
        state=State(
            {
                "settings": settings,
                "access": access,
                "pipeline": served,
                "startup": Startup(served),
                "stopping": Stopping(),
                "administration": administration,
                "observing": observing,
                "feedback": Feedback(store_of(settings)),
                "limiter": limiter(settings),
                "mcp": server,
            }
        ),
        openapi_config=None,
        logging_config=None,
    )
    describe(app)
    # A Litestar middleware would not see what the router refuses, so these go around the router.
    inner = door(CrossOrigin(cast(Any, app.asgi_handler), access), settings)
    app.asgi_handler = cast(Any, Edge(observing.app(inner), _fixed(app), texts=settings.log_questions == "on"))
    return app


def _fixed(app: Litestar) -> tuple[str, ...]:
    """The paths without a parameter."""
    return tuple(route.path for route in app.routes if "{" not in route.path)


def compose(settings: Settings) -> Pipeline:
    """The pipeline that `settings` describe, not started yet. Only its answers are kept for feedback."""
    from service.answering.opening import open_pipeline

    opened = open_pipeline(settings, begins=Access(settings).is_administered())
    store = store_of(settings)
    return opened if store is None else Remembering(opened, store)


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    """The parts of the service, closed in the reverse of this order, each before what it uses, and all of them."""
    startup: Startup = app.state.startup
    administration: Administration = app.state.administration
    feedback: Feedback = app.state.feedback
    counts: Counts = app.state.limiter.counts
    async with AsyncExitStack() as parts:
        parts.push_async_callback(app.state.observing.close)
        parts.push_async_callback(counts.close)
        parts.push_async_callback(ended, asyncio.create_task(counts.watch()))
        parts.push_async_callback(startup.end)
        parts.push_async_callback(administration.close)
        parts.callback(feedback.close)
        startup.begin()
        if app.state.mcp is not None:
            await parts.enter_async_context(app.state.mcp.run())
        yield
