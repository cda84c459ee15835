"""Asking, searching and reading: what the service is for."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from litestar import Response, get, post
from litestar.params import JSONBody

from service.contracts.answers import (
    Answer,
    ArticleResponse,
    AskRequest,
    Problem,
    SearchRequest,
    SearchResponse,
    SentenceEvent,
    SourcesEvent,
)
from service.edge.openapi import Parameter
from service.edge.sse import event, is_preferred
from service.errors import (
    ArticleNotFound,
    BodyTimeout,
    BodyTooLarge,
    Busy,
    DeadlineExceeded,
    GeneratorTimeout,
    GeneratorUnavailable,
    IndexUnavailable,
    InvalidBody,
    PromptTooLong,
    ServiceError,
    ShuttingDown,
    UnsupportedMedia,
)
from service.events import Done, Event, Released, Sources, told_again
from service.routes import examples
from service.routes.access import ACCESS_ERRORS, needs
from service.routes.request import GuardedRequest, client_of, indexed_pipeline
from service.routes.streaming import at_once, kept, streamed, whole

ARTICLES = "/v1/articles/"

BODY_ERRORS = (InvalidBody, UnsupportedMedia, BodyTooLarge, BodyTimeout)
ANSWER_ERRORS = (
    *BODY_ERRORS,
    *ACCESS_ERRORS,
    IndexUnavailable,
    Busy,
    GeneratorUnavailable,
    GeneratorTimeout,
    DeadlineExceeded,
    PromptTooLong,
    ShuttingDown,
    ServiceError,
)
"""What a question may end as, in whichever format it is asked."""


@post(
    "/v1/ask",
    status_code=200,
    guards=[needs("ask")],
    summary="Answer a question, or refuse",
    opt={
        "errors": ANSWER_ERRORS,
        "body_examples": examples.ASK,
        "response_examples": examples.ANSWER,
        "events": {"sources": (SourcesEvent,), "sentence": (SentenceEvent,), "done": (Answer,), "error": (Problem,)},
        "transcripts": examples.STREAM,
    },
)
async def ask(data: JSONBody[AskRequest], request: GuardedRequest) -> Response[Answer]:
    """Every sentence of the answer carries citations that were checked against the text of the articles.

    A question that the articles don't answer is refused: status 200, `status` is `refused` and `reason` says why.
    With `Accept: text/event-stream` the answer is told while it is made, as events: `sources`, then a `sentence` each,
    then `done` with the whole answer, or `error` with a problem.
    """
    pipeline = indexed_pipeline(request)
    streams = is_preferred(",".join(request.headers.getall("accept", [])))
    if known := kept(request, pipeline, data):
        return at_once(map(_written, told_again(known))) if streams else Response(known)
    if streams:
        return await streamed(request, pipeline.answer(data, client_of(request)), _written)
    return Response(await whole(request, pipeline.ask(data, client_of(request))))


def _written(told: Event) -> bytes:
    match told:
        case Sources():
            return event("sources", SourcesEvent(told.id, told.query, told.snapshot, told.passages))
        case Released(sentence, citations):
            return event("sentence", SentenceEvent(sentence.text, sentence.citations, citations))
        case Done(answer):
            return event("done", answer)


@post(
    "/v1/search",
    status_code=200,
    guards=[needs("search")],
    summary="Find passages for a question",
    opt={
        "errors": (*BODY_ERRORS, *ACCESS_ERRORS, IndexUnavailable, ServiceError),
        "body_examples": examples.SEARCH,
        "response_examples": examples.PASSAGES,
    },
)
async def search(data: JSONBody[SearchRequest], request: GuardedRequest) -> SearchResponse:
    """Passages, best first, in any language of the collection. No language model is involved."""
    return await indexed_pipeline(request).search(data)


@get(
    "/v1/articles/{id:path}",
    guards=[needs("search", "ask")],
    summary="Read an article",
    opt={
        "errors": (*ACCESS_ERRORS, ArticleNotFound, IndexUnavailable, ServiceError),
        "parameters": (
            Parameter(
                "id",
                "The article's id, percent-encoded. Encode slashes too (`%2F`): an id may hold `..` or double slashes, "
                "which clients and proxies otherwise fold.",
                examples.ARTICLE["article"].id,
            ),
        ),
        "response_examples": examples.ARTICLE,
    },
)
async def article(request: GuardedRequest) -> ArticleResponse:
    """The article with its verbatim text, which the offsets of citations and passages refer to."""
    return indexed_pipeline(request).article(article_id(request))


def article_id(request: GuardedRequest) -> str:
    """The id as the client sent it: the routed path has lost double and trailing slashes. Raises `ArticleNotFound`."""
    path = unquote_to_bytes(request.scope["raw_path"].partition(b"?")[0])
    try:
        return path.decode("utf-8").partition(ARTICLES)[2]
    except UnicodeDecodeError as error:
        raise ArticleNotFound("The id is not percent-encoded UTF-8.") from error
