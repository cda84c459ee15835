"""The pages that people read: the chat, the articles, one article, and the tag to put the chat into another page.

HTML out of what is known, in the language of whoever reads, without scripts but that of the chat. Everything that comes
from elsewhere is escaped here. Links are relative to the page, so that a proxy may serve them below any path.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Literal, get_args
from urllib.parse import quote, urlencode, urlsplit

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date

from index.types import ArticleInfo
from service.contracts.answers import ArticleResponse, FoundPassage, Problem
from service.edge.problems import TYPE_PREFIX
from service.pages.article_text import Mark, article_html
from service.pages.site_words import WORDS
from service.pages.widget_bundle import Widget

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

PAGE_ARTICLES = 50
"""Articles on one page of the list."""

_HEAD = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="{up}static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{up}static/site.css">
</head>
<body class="{kind}">
<header><a class="name" href="{up}">Fundstelle</a><nav aria-label="{menu}">{links}</nav></header>
"""
_LINKS = (("chat", ""), ("articles", "articles"), ("embed", "embed"), ("api", "docs"))


def preferred(accept_language: str) -> Language:
    """German or English, whichever an `Accept-Language` header names first; English where it names neither."""
    for accepted in accept_language.lower().split(","):
        if accepted.strip()[:2] in ("de", "en"):
            return "de" if accepted.strip().startswith("de") else "en"
    return "en"


def chat_page(language: Language, widget: Widget, suggestions: str) -> str:
    """The chat over the whole page. `suggestions` are questions to begin with, divided by `|`."""
    words = WORDS[language]
    return _page(
        language,
        "chat",
        "Fundstelle",
        f'<main><h1 class="unseen">Fundstelle</h1><fundstelle-chat page suggestions="{escape(suggestions)}">'
        "</fundstelle-chat></main>",
        f"<noscript><p>{escape(words['no_script'])}</p></noscript>",
        _script(widget),
    )


def articles_page(language: Language, infos: Sequence[ArticleInfo], start: int, total: int) -> str:
    """The articles from the `start`-th on, newest first, of `total`."""
    words = WORDS[language]
    items = "".join(_listed(info, language) for info in infos)
    return _page(
        language,
        "articles",
        words["articles"],
        f"<main><h1>{escape(words['articles'])} <small>{total}</small></h1>",
        _search_form(language, ""),
        f'<ul class="articles">{items}</ul>' if items else f"<p>{escape(words['no_articles'])}</p>",
        _turning(language, start, total),
        "</main>",
    )


def found_page(language: Language, question: str, passages: Sequence[FoundPassage]) -> str:
    """The passages that a search for `question` found."""
    words = WORDS[language]
    items = "".join(
        f'<li><a href="{_address("articles/", passage.article_id, Mark(passage.start, passage.end))}">'
        f'<bdi>{escape(passage.title or passage.article_id)}</bdi></a><p dir="auto">{escape(passage.text)}</p></li>'
        for passage in passages
    )
    return _page(
        language,
        "articles",
        question,
        f"<main><h1>{escape(words['found'])}</h1>",
        _search_form(language, question),
        f'<ul class="articles">{items}</ul>' if items else f"<p>{escape(words['nothing_found'])}</p>",
        f'<p><a href="articles">{escape(words["all_articles"])}</a></p></main>',
    )


def article_page(language: Language, article: ArticleResponse, mark: Mark | None, up: str) -> str:
    """An article to read, `mark` highlighted. `up` leads from its address to the service's own."""
    words = WORDS[language]
    about = [_day(article.published_at, language), _language(article.language, language)]
    original = (
        f'<a href="{escape(article.url)}" rel="noopener noreferrer">{escape(words["original"])}</a>'
        if article.url and is_web_address(article.url)
        else ""
    )
    facts = " · ".join([*(escape(fact) for fact in about if fact), *([original] if original else [])])
    return _page(
        language,
        "article",
        article.title or article.id,
        f'<main><article lang="{escape(article.language)}"><h1 dir="auto">{escape(article.title or article.id)}</h1>',
        f'<p class="facts">{facts}</p>' if facts else "",
        article_html(article.text, mark),
        "</article></main>",
        up=up,
    )


def reference_page(language: Language, version: str, contents: str) -> str:
    """The API reference of a `version`; `contents` are its HTML, in English."""
    note = WORDS[language]["reference_note"]
    told = f'<p class="facts" lang="{language}">{escape(note)}</p>' if note else ""
    heading = f"<h1>Fundstelle API <small>{escape(version)}</small></h1>"
    return _page(language, "api", "Fundstelle API", f'<main lang="en">{heading}{told}', contents, "</main>")


def problem_page(language: Language, problem: Problem, up: str) -> str:
    """What kept a page from being shown, and where to go on."""
    words = WORDS[language]
    kind = problem.type.removeprefix(TYPE_PREFIX).replace("-", "_")
    heading = words.get(f"problem_{kind}") or words.get(f"problem_{problem.status}") or words["problem"]
    return _page(
        language,
        "problem",
        heading,
        f'<main><h1>{escape(heading)}</h1><p lang="en">{escape(problem.detail)}</p>',
        _search_form(language, "", up),
        f'<p class="facts">{problem.status} · {escape(problem.instance)}</p></main>',
        up=up,
    )


def embed_page(language: Language, widget: Widget) -> str:
    """A form that writes the tag for the chat, and what that tag shows."""
    words = WORDS[language]
    choices = "".join(
        f'<label>{escape(words[name])} <select name="{name}">'
        + "".join(f'<option value="{value}">{escape(words[shown])}</option>' for value, shown in values)
        + "</select></label>"
        for name, values in _CHOICES.items()
    )
    texts = "".join(
        f'<label>{escape(words[name])} <input name="{name}" autocomplete="off" placeholder="{escape(words[hint])}">'
        "</label>"
        for name, hint in _TEXTS.items()
    )
    return _page(
        language,
        "embed",
        words["embed"],
        f"<main><h1>{escape(words['embed'])}</h1><p>{escape(words['embed_how'])}</p>",
        f'<div class="halves"><div><form id="choices">{texts}<div class="row">{choices}'
        f'<label>{escape(words["accent"])} <span class="colour"><input type="color" value="#1d5a96" '
        f'data-name="accent" aria-label="{escape(words["accent"])}"><button type="reset" class="quiet">'
        f"{escape(words['reset'])}</button></span></label></div>"
        f'<label class="check"><input type="checkbox" name="pinned"> {escape(words["pinned"])}</label></form>',
        f'<h2>{escape(words["tag"])}</h2><pre><code id="tag" data-name="{widget.name}" '
        f'data-integrity="{widget.integrity}"></code></pre><p><button type="button" id="copy" '
        f'data-copied="{escape(words["copied"])}">{escape(words["copy"])}</button> '
        '<span id="said" role="status"></span></p>'
        f"<p>{escape(words['keys_how'])}</p><pre><code>.venv/bin/python scripts/keys.py create Intranet "
        f"--origin https://intranet.example.org</code></pre></div>",
        f'<div class="preview"><h2>{escape(words["preview"])}</h2><div id="place"></div></div></div></main>',
        _script(widget),
        '<script src="static/embed.js" defer></script>',
    )


_TEXTS = {
    "site-key": "site_key_hint",
    "heading": "heading_hint",
    "label": "label_hint",
    "suggestions": "suggestions_hint",
}
_CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "theme": (("", "by_system"), ("light", "light"), ("dark", "dark")),
    "language": (("", "by_page"), ("de", "german"), ("en", "english")),
    "position": (("", "right"), ("left", "left")),
}


def is_web_address(address: str) -> bool:
    """Whether a link may lead there: an article can name `javascript:` or anything else as where it was published."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _page(language: Language, kind: str, title: str, *parts: str, up: str = "./") -> str:
    words = WORDS[language]
    links = "".join(
        f'<a href="{up}{path}"{" aria-current=page" if name == kind else ""}>{escape(words[f"to_{name}"])}</a>'
        for name, path in _LINKS
    )
    head = _HEAD.format(
        language=language, title=escape(title), up=up, kind=kind, menu=escape(words["menu"]), links=links
    )
    return head + "\n".join(filter(None, parts)) + "\n</body>\n</html>\n"


def _script(widget: Widget) -> str:
    """The element alone: a page of ours says itself where the chat is."""
    return f'<script src="{widget.name}" integrity="{widget.integrity}" data-launcher="off" defer></script>'


def _search_form(language: Language, question: str, up: str = "") -> str:
    words = WORDS[language]
    return (
        f'<form role="search" action="{up}articles"><input type="search" name="q" maxlength="2000" required '
        f'value="{escape(question)}" aria-label="{escape(words["search"])}" placeholder="{escape(words["search"])}">'
        f"<button>{escape(words['search'])}</button></form>"
    )


def _listed(info: ArticleInfo, language: Language) -> str:
    day = _day(info.published_at, language)
    facts = f"<small>{escape(day)}</small>" if day else ""
    return (
        f'<li><a href="{_address("articles/", info.id)}" lang="{escape(info.language)}"><bdi>'
        f"{escape(info.title or info.id)}</bdi></a> {facts}</li>"
    )


def _turning(language: Language, start: int, total: int) -> str:
    """Links to the pages before and behind the one that begins with the `start`-th article."""
    words = WORDS[language]
    links = []
    if start > 0:
        links.append((words["newer"], max(0, start - PAGE_ARTICLES), "prev"))
    if start + PAGE_ARTICLES < total:
        links.append((words["older"], start + PAGE_ARTICLES, "next"))
    shown = " ".join(
        f'<a rel="{rel}" href="articles?{urlencode({"start": to})}">{escape(text)}</a>' for text, to, rel in links
    )
    return f'<nav class="turning" aria-label="{escape(words["pages"])}">{shown}</nav>' if shown else ""


def _address(base: str, article_id: str, mark: Mark | None = None) -> str:
    place = f"?mark={mark.start}-{mark.end}#mark" if mark else ""
    return escape(f"{base}{quote(article_id, safe='')}{place}")


def _day(day: date | None, language: Language) -> str:
    return str(format_date(day, "long", locale=language)) if day else ""


def _language(code: str, language: Language) -> str:
    """The name of the language `code` in `language`, the code where it has none, nothing where it is unknown."""
    try:
        return "" if code == "und" else Locale.parse(code, sep="-").get_display_name(language) or code
    except (UnknownLocaleError, ValueError):
        return code
