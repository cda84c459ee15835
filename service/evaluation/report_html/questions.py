"""The table of all questions, each opening to everything that is known of it, and the filter above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from service.evaluation import shown
from service.evaluation.report_html.markup import Html, join, row_of, table_of, tag
from service.evaluation.report_html.question import details
from service.evaluation.results import QuestionResult, Report

_GOOD = frozenset({"right", "rightly refused", "found", "no evidence"})
_COLUMNS = ("Question", "Outcome", "Languages", "Kind", "Confidence")


def anchors(questions: Iterable[QuestionResult]) -> dict[str, str]:
    """Where each question stands in the page: gold ids may hold any characters, anchors may not."""
    return {question.gold.id: f"q{number}" for number, question in enumerate(questions, start=1)}


def questions(report: Report) -> Html:
    """The filter and the table."""
    places, titles = anchors(report.questions), _titles(report.questions)
    titles |= {name: article.title for name, article in report.articles.items() if article.title}
    turned = _turned(report)
    rows = (_row(question, report, titles, places[question.gold.id], turned) for question in report.questions)
    caption = "All questions in the order of the gold file. Open one to see its answer and sources."
    return join([_filter(report, turned), _legend(), table_of(caption, _COLUMNS, rows, id="list")])


def _row(
    question: QuestionResult, report: Report, titles: Mapping[str, str], anchor: str, turned: Mapping[str, str]
) -> Html:
    gold, outcome = question.gold, shown.outcome(question)
    opened = tag(
        "details",
        tag("summary", tag("span", gold.id, class_="id"), " ", tag("span", gold.question, lang=gold.lang)),
        details(question, report.articles, titles, anchor),
    )
    languages = shown.cell(question.cell) if question.cell else gold.lang
    sure = f"{question.answer.confidence:.2f}" if question.answer else shown.NOTHING
    return row_of(
        opened,
        _outcome(outcome),
        languages,
        gold.kind,
        sure,
        id=anchor,
        data_lang=gold.lang,
        data_kind=gold.kind,
        data_is=" ".join(_facets(question, turned)),
    )


def _outcome(outcome: str) -> Html:
    good = outcome in _GOOD
    return tag("span", "✓ " if good else "✗ ", outcome, class_="good" if good else "bad")


def _facets(question: QuestionResult, turned: Mapping[str, str]) -> list[str]:
    """What the filter may ask for."""
    facets = ["wrong" if shown.wrong(question) else "right"]
    if question.answer is not None and question.answer.status == "refused":
        facets += ["refused", "wrongly-refused" if not question.right else "rightly-refused"]
    if shown.outcome(question) == "wrongly answered":
        facets.append("wrongly-answered")
    if question.failure or question.search_failure:
        facets.append("failed")
    if question.answer is not None and question.answer.dropped:
        facets.append("dropped")
    if question.gold.id in turned:
        facets.append(turned[question.gold.id])
    return facets


def _turned(report: Report) -> dict[str, str]:
    if report.comparison is None:
        return {}
    worse = {one.id: "turned-wrong" for one in report.comparison.worse}
    return worse | {one.id: "turned-right" for one in report.comparison.better}


def _titles(questions: Iterable[QuestionResult]) -> dict[str, str]:
    """The titles of articles that answers tell of."""
    titles: dict[str, str] = {}
    for answer in (question.answer for question in questions if question.answer):
        titles |= {found.article_id: found.title for found in answer.passages if found.title}
        titles |= {cited.article_id: cited.title for cited in answer.citations if cited.title}
    return titles


def _filter(report: Report, turned: Mapping[str, str]) -> Html:
    """Hidden until the script shows it: without the script the table is whole."""
    outcomes = Counter(facet for question in report.questions for facet in _facets(question, turned))
    languages = Counter(question.gold.lang for question in report.questions)
    kinds = Counter(question.gold.kind for question in report.questions)
    search = tag("label", "Search ", tag("input", type="search", id="f-text", autocomplete="off"))
    return tag(
        "form",
        search,
        _select("Outcome", "f-is", outcomes),
        _select("Language", "f-lang", languages),
        _select("Kind", "f-kind", kinds),
        tag("button", "Show all", type="reset"),
        tag("output", id="f-count", aria_live="polite"),
        id="filter",
        role="search",
        hidden=True,
    )


def _select(name: str, field: str, counts: Mapping[str, int]) -> Html:
    options = [
        tag("option", f"{value.replace('-', ' ') if field == 'f-is' else value} ({count})", value=value)
        for value, count in sorted(counts.items())
    ]
    return tag("label", f"{name} ", tag("select", tag("option", "all", value=""), *options, id=field))


def _legend() -> Html:
    marks = (("both", "cited gold evidence"), ("cited", "cited, not gold"), ("gold", "gold, not cited"))
    return tag(
        "p", "In the sources: ", *(join([tag("mark", said, class_=kind), " "]) for kind, said in marks), class_="legend"
    )
