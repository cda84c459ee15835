"""The whole page, style and script inlined. Nothing else may be loaded or run: the policy names their hashes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from service.evaluation import shown
from service.evaluation.report_html.comparison import comparison, verdicts
from service.evaluation.report_html.markup import Html, fold, join, tag
from service.evaluation.report_html.plots import plots
from service.evaluation.report_html.questions import anchors, questions
from service.evaluation.report_html.summary import figures, headlines, meta
from service.evaluation.results import Report, SourceArticle

ARTICLE_CHARACTERS = 1_500_000
"""Whole texts are shown up to so many characters together: the page has to open quickly. Excerpts always are."""


def html(report: Report) -> str:
    """The page of a report."""
    style, script = _asset("style.css"), _asset("script.js")
    policy = (
        f"default-src 'none'; style-src '{_sha256(style)}'; script-src '{_sha256(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    sections = list(_sections(report))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"Evaluation of {report.meta.gold_path}"),
        tag("style", style),
    )
    links = [tag("li", tag("a", title, href=f"#{name}")) for name, title, _ in sections]
    body = tag(
        "body",
        tag("a", "Skip to the questions", href="#questions", class_="skip"),
        tag("header", tag("h1", "Evaluation of ", tag("span", report.meta.gold_path)), tag("p", _said(report))),
        tag("nav", tag("ul", *links), aria_label="Sections"),
        tag("main", *(_section(*section) for section in sections)),
        tag("footer", tag("p", f"Fundstelle {report.meta.program_version}. Every number is in report.json too.")),
        tag("script", script),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _said(report: Report) -> str:
    outcomes = ", ".join(f"{count} {name}" for name, count in shown.summary(report.questions))
    return f"{len(report.questions)} questions, {report.meta.created_at[:10]}, {report.meta.system}: {outcomes}."


def _sections(report: Report) -> Iterator[tuple[str, str, Html]]:
    yield "summary", "Summary", headlines(report)
    if report.verdicts:
        yield "gate", "Gate", verdicts(report.verdicts)
    if report.comparison:
        yield "comparison", "Comparison", comparison(report.comparison, anchors(report.questions))
    yield "plots", "Plots", plots(report)
    yield "figures", "All figures", figures(report)
    yield "questions", "Questions", questions(report)
    if report.articles:
        yield "articles", "Articles", _articles(report)
    yield "about", "What was measured", meta(report.meta)


def _section(name: str, title: str, content: Html) -> Html:
    return tag("section", tag("h2", title, id=f"{name}-title"), content, id=name, aria_labelledby=f"{name}-title")


def _articles(report: Report) -> Html:
    length = sum(len(article.text) for article in report.articles.values())
    if length > ARTICLE_CHARACTERS:
        said = f"{len(report.articles)} articles are cited or hold gold evidence. They are too long to be shown whole "
        return tag("p", f"{said}({length:,} characters); their texts are in report.json.")
    return join(_article(name, article) for name, article in report.articles.items())


def _article(name: str, article: SourceArticle) -> Html:
    facts = [name, article.language, *([article.published_at.isoformat()] if article.published_at else [])]
    title = tag("span", article.title or name, " ", tag("span", ", ".join(facts), class_="small"))
    lang = article.language if article.language != "und" else None
    return fold(title, _link(article.url), tag("div", article.text, class_="source", lang=lang))


def _link(url: str | None) -> Html:
    """The address of an article; a link only where it is one of the web, never `javascript:`."""
    if not url:
        return Html("")
    web = url.startswith(("https://", "http://"))
    return tag("p", tag("a", url, href=url, rel="noreferrer noopener") if web else url, class_="small")


def _asset(name: str) -> Html:
    """A file of this package, as it is: the policy's hash is that of these very characters."""
    return Html(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _sha256(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
