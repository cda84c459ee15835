"""Administering the index: writing and deleting articles, publishing, looking how it is."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Response, delete, get, post, put, route
from litestar.params import JSONBody

from service.administration.changing import Administration
from service.contracts.admin import (
    ID_CHARACTERS,
    ONE_LINE,
    AcceptedBatch,
    AcceptedChange,
    ArticleRequest,
    BatchRequest,
    ChangeRequest,
    IndexState,
    Publishing,
    PublishRequest,
)
from service.edge.openapi import Parameter
from service.errors import (
    AdministrationOff,
    ArticleNotFound,
    BadRequest,
    IndexBusy,
    IndexUnavailable,
    InvalidArticle,
    PublishFailed,
    ServiceError,
    ShuttingDown,
    Unavailable,
)
from service.routes import admin_examples as examples
from service.routes.access import ACCESS_ERRORS, needs
from service.routes.answers import BODY_ERRORS, article_id
from service.routes.request import BODY_LIMIT, GuardedRequest
from service.routes.streaming import done, whole

ARTICLE_BYTES = 8 * 1024 * 1024
BATCH_BYTES = 16 * 1024 * 1024

_ERRORS = (*ACCESS_ERRORS, AdministrationOff, ServiceError, Unavailable)
_CHANGE_ERRORS = (*_ERRORS, ShuttingDown)
_ID = Parameter(
    "id",
    "The article's id, percent-encoded UTF-8, slashes too (`%2F`): at most 1,000 characters, none of them a control "
    "character.",
    examples.PATH_ID,
    {"maxLength": ID_CHARACTERS, "pattern": ONE_LINE},
)


@route("/v1/articles/{id:path}", http_method=["OPTIONS"], status_code=204, opt={"hidden": True})
async def article_options() -> Response[None]:
    """Litestar's own answer names the methods of a path's first handler only; to take its place, this has to be it."""
    return Response(None, headers={"Allow": "DELETE, GET, OPTIONS, PUT"})


@put(
    "/v1/articles/{id:path}",
    status_code=202,
    guards=[needs("admin")],
    summary="Write or replace an article",
    opt={
        BODY_LIMIT: ARTICLE_BYTES,
        "errors": (*BODY_ERRORS, InvalidArticle, *_CHANGE_ERRORS),
        "parameters": (_ID,),
        "body_examples": examples.ARTICLE,
        "response_examples": examples.WRITTEN,
        "headers": ("ETag",),
    },
)
async def write_article(data: JSONBody[ArticleRequest], request: GuardedRequest) -> Response[AcceptedChange]:
    """On disk for good when this is answered, and visible with the next `POST /v1/index:publish`.

    The article is what the body says, whatever it was before; it goes before a file of the same id. `ETag` is the
    SHA-256 of its text.
    """
    (accepted,) = await _change(request, [_writing(request, data)])
    return Response(accepted, headers={"ETag": f'"{accepted.sha256}"'})


@delete(
    "/v1/articles/{id:path}",
    status_code=202,
    guards=[needs("admin")],
    summary="Delete an article",
    opt={
        "errors": (ArticleNotFound, IndexUnavailable, BadRequest, *_CHANGE_ERRORS),
        "parameters": (_ID,),
        "response_examples": examples.DELETED,
    },
)
async def delete_article(request: GuardedRequest) -> AcceptedChange:
    """On disk for good when this is answered; from the next `POST /v1/index:publish` on, no answer knows the article.

    It stays deleted whatever its file says, until it is written again over HTTP.
    """
    (accepted,) = await _change(request, [_deletion(request)])
    return accepted


@post(
    "/v1/articles:batch",
    status_code=202,
    guards=[needs("admin")],
    summary="Write and delete several articles",
    opt={
        BODY_LIMIT: BATCH_BYTES,
        "errors": (*BODY_ERRORS, InvalidArticle, ArticleNotFound, IndexUnavailable, *_CHANGE_ERRORS),
        "body_examples": examples.BATCH,
        "response_examples": examples.ACCEPTED_BATCH,
    },
)
async def change_articles(data: JSONBody[BatchRequest], request: GuardedRequest) -> AcceptedBatch:
    """All changes are accepted, or none; a problem's `errors` then names each one that is wrong, by its place."""
    return AcceptedBatch(await _change(request, data.changes))


@post(
    "/v1/index:publish",
    status_code=200,
    guards=[needs("admin")],
    summary="Publish what was written and deleted",
    opt={
        "errors": (*BODY_ERRORS, IndexBusy, PublishFailed, *_CHANGE_ERRORS),
        "body_examples": examples.PUBLISH,
        "response_examples": examples.PUBLISHING,
    },
)
async def publish_index(data: JSONBody[PublishRequest], request: GuardedRequest) -> Publishing:
    """A snapshot with every change that was accepted before is built beside the served one, verified, and served.

    Answers at once, or with `wait` when it is served; `GET /v1/index` tells how far it is. The service answers
    questions meanwhile.
    """
    return await whole(request, _administration(request).publish(data.wait))


@get(
    "/v1/index",
    guards=[needs("admin")],
    summary="How the index is",
    opt={"errors": _ERRORS, "response_examples": examples.INDEX},
)
async def index_state(request: GuardedRequest) -> IndexState:
    """Which snapshot is served, which are on disk, what waits to be published, and how far publishing is."""
    return await _administration(request).state()


def _writing(request: GuardedRequest, article: ArticleRequest) -> ChangeRequest:
    try:
        return ChangeRequest("put", article_id(request), article)
    except (ValueError, ArticleNotFound) as error:
        raise InvalidArticle(str(error)) from error


def _deletion(request: GuardedRequest) -> ChangeRequest:
    try:
        return ChangeRequest("delete", article_id(request))
    except ValueError as error:
        raise ArticleNotFound(str(error)) from error


async def _change(request: GuardedRequest, changes: Sequence[ChangeRequest]) -> tuple[AcceptedChange, ...]:
    return await done(request, _administration(request).change(changes))


def _administration(request: GuardedRequest) -> Administration:
    administration: Administration = request.app.state.administration
    return administration
