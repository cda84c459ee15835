"""The pages that people read: the chat, the articles, one article, and the tag to put the chat into another page."""

from __future__ import annotations

from importlib.resources import files
from typing import cast
from urllib.parse import unquote_to_bytes

from litestar import Response, get

from service.access.callers import Access
from service.contracts.answers import SearchRequest
from service.edge import page_policies
from service.edge.cross_origin import check_work
from service.edge.openapi import Parameter
from service.edge.outermost import Scope
from service.errors import ArticleNotFound, IndexUnavailable, ServiceError
from service.pages.article_text import mark_of
from service.pages.site import (
    PAGE_ARTICLES,
    Language,
    article_page,
    articles_page,
    chat_page,
    embed_page,
    found_page,
    preferred,
)
from service.routes.access import ACCESS_ERRORS, caller, needs
from service.routes.request import GuardedRequest, indexed_pipeline
from service.routes.widget import WIDGET
from service.settings import Settings

ARTICLES = "/articles/"
FOUND = 10
"""Passages that a search on the page of articles shows."""

_HTML = "text/html"
_HEADERS = {
    page_policies.HEADER: page_policies.SCRIPTED,
    "Vary": "Accept-Language",
}


@get("/", summary="The chat as a page", media_type=_HTML)
async def chat_on_its_own(request: GuardedRequest) -> Response[str]:
    """The chat over the whole page, and the way to the articles."""
    settings: Settings = request.app.state.settings
    return _page(chat_page(_language(request), WIDGET, settings.suggestions or ""))


@get(
    "/articles",
    summary="The articles as a page",
    media_type=_HTML,
    guards=[needs("search", "ask")],
    opt={"errors": (*ACCESS_ERRORS, IndexUnavailable, ServiceError)},
)
async def list_articles(request: GuardedRequest) -> Response[str]:
    """The articles, newest first, a page at a time from `start` on; or with `q`, the passages found for a question."""
    pipeline, language = indexed_pipeline(request), _language(request)
    question = request.query_params.get("q", "").replace("\0", "").strip()[:2_000]
    if question:
        access: Access = request.app.state.access
        access.require(caller(request), "search")
        if caller(request).kind != "site":
            check_work(cast(Scope, request.scope))
        found = await pipeline.search(SearchRequest(question, top_k=FOUND))
        return _page(found_page(language, question, found.passages))
    start = request.query_params.get("start", "0")
    first = int(start) if start.isdecimal() and start.isascii() and len(start) < 10 else 0
    infos, total = await pipeline.list_articles(first, PAGE_ARTICLES)
    return _page(articles_page(language, infos, first, total))


@get(
    "/articles/{id:path}",
    summary="An article as a page",
    media_type=_HTML,
    guards=[needs("search", "ask")],
    opt={
        "errors": (*ACCESS_ERRORS, ArticleNotFound, IndexUnavailable, ServiceError),
        "parameters": (
            Parameter("id", "The article's id, percent-encoded, slashes too (`%2F`).", "2025/06/google-scale.md"),
        ),
    },
)
async def read_article(request: GuardedRequest) -> Response[str]:
    """An article to read. `?mark=120-260#mark` leads to these characters of its text, highlighted."""
    written = request.scope["raw_path"].partition(b"?")[0].decode("ascii", "replace").partition(ARTICLES)[2]
    try:
        found = indexed_pipeline(request).article(unquote_to_bytes(written).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ArticleNotFound("The id is not percent-encoded UTF-8.") from error
    mark = mark_of(request.query_params.get("mark", ""), len(found.text))
    return _page(article_page(_language(request), found, mark, "../" * (written.count("/") + 1)))


@get("/embed", summary="The tag for other pages", media_type=_HTML)
async def embedding_tag(request: GuardedRequest) -> Response[str]:
    """A form that writes the script tag of the chat, with a preview."""
    return _page(embed_page(_language(request), WIDGET))


@get("/static/site.css", opt={"hidden": True})
async def site_style() -> Response[bytes]:
    """The style sheet of these pages."""
    return _static("site.css", "text/css")


@get("/static/embed.js", opt={"hidden": True})
async def embed_script() -> Response[bytes]:
    """The script of the page that writes the tag."""
    return _static("embed.js", "text/javascript")


@get("/static/icon.svg", opt={"hidden": True})
async def icon() -> Response[bytes]:
    """The picture of the pages in a browser's tabs."""
    return _static("icon.svg", "image/svg+xml")


PAGES = (chat_on_its_own, list_articles, read_article, embedding_tag, site_style, embed_script, icon)


def _language(request: GuardedRequest) -> Language:
    return preferred(request.headers.get("accept-language", ""))


def _page(html: str) -> Response[str]:
    return Response(html, media_type=_HTML, headers=_HEADERS)


def _static(name: str, media_type: str) -> Response[bytes]:
    content = files("service").joinpath("static", name).read_bytes()
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})
