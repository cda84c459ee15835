"""Citations and gold evidence of one question, highlighted where they stand in the articles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from service.evaluation.report_html.highlight import Excerpt, Piece, Place, excerpts
from service.evaluation.report_html.markup import Html, tag, text
from service.evaluation.results import QuestionResult, SourceArticle

MOST_GOLD_ONLY = 4
"""Excerpts without a citation that are shown for a question: a short gold quote may stand in very many places."""

_LINES = re.compile(r"\s*\n\s*")
"""Empty lines would tear an excerpt apart; the whole text of an article keeps them."""

_KINDS = {(True, False): "cited", (False, True): "gold", (True, True): "both"}
_SAID = {"cited": "cited, not gold evidence: ", "gold": "gold evidence, not cited: ", "both": "cited gold evidence: "}


def sources(question: QuestionResult, articles: Mapping[str, SourceArticle], anchor: str) -> Iterator[Html]:
    """An excerpt of every place, by article: what is cited first. Ids of citations begin with `anchor`."""
    gold_only = 0
    for article, places in _places(question).items():
        if article not in articles:
            yield tag("p", f"There is no article {article}, though it is cited.", class_="warn")
            continue
        found = excerpts(articles[article].text, places)
        shown = []
        for excerpt in found:
            gold_only += not excerpt.cited
            if excerpt.cited or gold_only <= MOST_GOLD_ONLY:
                shown.append(_excerpt(excerpt, anchor))
        if shown:
            yield _heading(article, articles[article])
            yield from shown
    if gold_only > MOST_GOLD_ONLY:
        yield tag("p", f"Gold evidence stands in {gold_only - MOST_GOLD_ONLY} more places.", class_="small")


def locatable(question: QuestionResult, articles: Mapping[str, SourceArticle]) -> frozenset[int]:
    """Labels of the citations that have a place in an article, right or wrong: others can't be shown there."""
    return frozenset(
        citation.label
        for citation in (question.answer.citations if question.answer else ())
        if citation.article_id in articles
        and max(citation.start, 0) < min(citation.end, len(articles[citation.article_id].text))
    )


def _places(question: QuestionResult) -> dict[str, list[Place]]:
    places: dict[str, list[Place]] = {}
    for citation in question.answer.citations if question.answer else ():
        places.setdefault(citation.article_id, []).append(Place(citation.start, citation.end, citation.label))
    for span in (span for group in question.evidence for span in group):
        places.setdefault(span.article, []).append(Place(span.start, span.end))
    return places


def _heading(name: str, article: SourceArticle) -> Html:
    date = f", {article.published_at.isoformat()}" if article.published_at else ""
    return tag("h5", article.title or name, " ", tag("span", f"{name}{date}, {article.language}", class_="small"))


def _excerpt(excerpt: Excerpt, anchor: str) -> Html:
    pieces = (_piece(piece, anchor) for piece in excerpt.pieces)
    return tag("blockquote", "" if excerpt.first else "… ", *pieces, "" if excerpt.last else " …")


def _piece(piece: Piece, anchor: str) -> Html:
    kind = _KINDS.get((bool(piece.labels), piece.gold))
    if kind is None:
        return text(_LINES.sub("\n", piece.text))
    labels = (tag("sup", str(label), id=f"{anchor}c{label}") for label in piece.begins)
    return tag("mark", tag("i", _SAID[kind]), *labels, _LINES.sub("\n", piece.text), class_=kind)
