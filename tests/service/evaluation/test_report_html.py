"""The page of a report: it needs nothing else, lets nothing through, and shows what was found."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from parsed_page import Element, parse
from scripted import CREW, ENGLISH, GOLD, SOLD, Scripted, answered, perfect, refused, run

from service.contracts.answers import Conflict, Dropped, Reason
from service.evaluation.compare import compare
from service.evaluation.gate import judge
from service.evaluation.gate import parse as conditions
from service.evaluation.report_html import html
from service.evaluation.report_html.chart import Plane, decades
from service.evaluation.report_html.markup import Html, tag, text
from service.evaluation.results import Report

NAMES_FROM_ELSEWHERE = {"articles", "settings", "latency", "timings_ms", "cells", "kinds"}
KEPT = {"status", "role", "mode", "created_at", "finish_reason"}
"""Values that can't be anything else."""

Q1, Q2, Q3, Q4, Q5 = (gold.question for gold in GOLD)
DROPPED = (Dropped("It sank in 1999.", "quantity: 1999"),)
CONFLICTS = (Conflict(("rust", "storm"), ((1,), (1,))),)
HOSTILE = "</script></style><script>alert('\"&amp;')</script><img src=x onerror=alert(1)>--><!--"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """q1 cites the wrong sentence, q2 is refused, q3 is right, q4 is answered, q5 fails."""
    answers = {
        **perfect(),
        Q1: answered("The crew learned of it.", CREW, "ferry.md"),
        Q2: refused("de"),
        Q3: msgspec.structs.replace(perfect()[Q3], dropped=DROPPED, conflicts=CONFLICTS),
        Q4: answered("The crew bought it.", CREW, "ferry.md"),
    }
    return run(Scripted(answers, slow={Q5}), tmp_path_factory.mktemp("mixed"), seconds=0.2)


@pytest.fixture(scope="module")
def page(mixed: Report) -> Element:
    return parse(html(mixed))


def row(page: Element, gold_id: str) -> Element:
    [found] = [
        row for row in page.one(id="list").all("tr") if gold_id in [s.text for s in row.all("span", class_="id")]
    ]
    return found


def marks(row: Element, kind: str) -> list[str]:
    said = {
        "cited": "cited, not gold evidence: 1",
        "gold": "gold evidence, not cited: ",
        "both": "cited gold evidence: 1",
    }
    quotes = row.all("blockquote")
    return [mark.text.removeprefix(said[kind]) for quote in quotes for mark in quote.all("mark", class_=kind)]


def hostile(report: Report) -> Report:
    """The report with something that breaks out of careless HTML behind every text that comes from elsewhere."""
    return msgspec.convert(spoilt(msgspec.to_builtins(report)), Report)


def spoilt(value: Any, key: str = "") -> Any:
    match value:
        case dict():
            return {
                name + HOSTILE if key in NAMES_FROM_ELSEWHERE else name: spoilt(inside, name)
                for name, inside in value.items()
            }
        case list() | tuple():
            return [spoilt(inside, key) for inside in value]
        case str() if value and key not in KEPT and value not in get_args(Reason):
            return value + HOSTILE
    return "javascript:alert(1)" if key == "url" else value


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(page: Element) -> None:
    def hashed(element: Element) -> str:
        return "sha256-" + base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()

    assert page.one("meta", http_equiv="Content-Security-Policy").attributes["content"] == (
        f"default-src 'none'; style-src '{hashed(page.one('style'))}'; script-src '{hashed(page.one('script'))}'; "
        "base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("spoilt", [False, True])
def test_nothing_is_loaded_from_anywhere(mixed: Report, spoilt: bool) -> None:
    page = parse(html(hostile(mixed) if spoilt else mixed))
    elements = page.all()

    loading = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping", "xlink:href", "style"}
    assert {one.name for one in elements} & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "use",
        "image",
    } == set()
    assert [name for one in elements for name in one.attributes if name in loading or name.startswith("on")] == []
    assert {one.name for one in elements if "href" in one.attributes} == {"a"}
    assert re.findall(r"url\(|@import|https?:|//", page.one("style").text) == []
    assert re.findall(r"fetch|XMLHttp|import|https?:|eval|innerHTML", page.one("script").text) == []


def test_texts_from_elsewhere_stay_texts(mixed: Report) -> None:
    page = parse(html(hostile(mixed)))

    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert HOSTILE in page.one("h1").text
    assert HOSTILE in page.one("head").one("title").text
    first = page.one(id="q1")
    for shown in ("q1", Q1, "The crew learned of it.", "does not say 'March'", SOLD, "The ferry", "ferry.md", "fact"):
        assert shown + HOSTILE in first.text
    for shown in (
        "The articles do not say.",
        "It sank in 1999.",
        "quantity: 1999",
        "no answer within 0.2 s",
        "rust",
        "storm",
    ):
        assert shown + HOSTILE in page.one(id="list").text
    assert ENGLISH + HOSTILE in page.one(id="articles").text
    assert "total" + HOSTILE in page.one(id="plots").text
    assert "port" + HOSTILE in page.one(id="about").text
    assert [a.attributes["href"] for a in page.all("a") if "javascript" in str(a.attributes["href"])] == []


def test_ids_are_unique_and_links_inside_the_page_arrive(mixed: Report, page: Element) -> None:
    for one in (page, parse(html(hostile(mixed)))):
        ids = [element.attributes["id"] for element in one.all() if "id" in element.attributes]
        links = {str(a.attributes["href"]) for a in one.all("a")}

        assert len(ids) == len(set(ids))
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
        assert {f"#{name}" for name in ("questions", "plots", "q1c1")} <= links


def test_citations_and_gold_evidence_are_marked_apart(page: Element) -> None:
    assert (marks(row(page, "q1"), "cited"), marks(row(page, "q1"), "gold")) == ([CREW], [SOLD])
    assert marks(row(page, "q3"), "both") == ["Der Grund war Rost an den Trägern."]
    assert (
        row(page, "q1")
        .one("blockquote")
        .text.replace("gold evidence, not cited: ", "")
        .replace("cited, not gold evidence: 1", "")
        == ENGLISH
    )


def test_a_wrong_answer_says_why(mixed: Report, page: Element) -> None:
    for result in mixed.questions:
        lines = [item.text for ul in row(page, result.gold.id).all("ul") for item in ul.all("li")]
        assert set(result.why_wrong) <= set(lines)
    assert "does not say 'March'" in row(page, "q1").text
    assert "the request failed: no answer within 0.2 s" in row(page, "q5").text


def test_the_filter_knows_every_outcome(page: Element) -> None:
    def of(name: str) -> str:
        return row(page, name).all("td")[0].text

    assert {name: of(name) for name in ("q1", "q2", "q3", "q4", "q5")} == {
        "q1": "✗ wrong",
        "q2": "✗ wrongly refused",
        "q3": "✓ right",
        "q4": "✗ wrongly answered",
        "q5": "✗ failed",
    }
    assert {name: row(page, name).attributes["data-is"] for name in ("q1", "q2", "q3", "q4", "q5")} == {
        "q1": "wrong",
        "q2": "wrong refused wrongly-refused",
        "q3": "right dropped",
        "q4": "wrong wrongly-answered",
        "q5": "wrong failed",
    }
    assert [one.text for one in page.one(id="f-is").all("option")] == [
        "all",
        "dropped (1)",
        "failed (1)",
        "refused (1)",
        "right (1)",
        "wrong (4)",
        "wrongly answered (1)",
        "wrongly refused (1)",
    ]


def test_without_the_script_the_filter_is_hidden_and_every_question_is_there(page: Element) -> None:
    assert "hidden" in page.one("form").attributes
    rows = page.one(id="list").one("tbody").children
    assert [one.attributes.get("hidden", "shown") for one in rows if isinstance(one, Element)] == ["shown"] * 5


def test_what_was_dropped_and_where_sources_disagree_is_shown(page: Element) -> None:
    said = row(page, "q3").text

    assert "Written but not releasedIt sank in 1999. quantity: 1999" in said
    assert "The sources disagree: rust or storm." in said


def test_a_quote_that_differs_is_shown_as_it_was_given(mixed: Report) -> None:
    first = mixed.questions[0]
    checks = tuple(msgspec.structs.replace(check, exact=False) for check in first.citations)
    inexact = msgspec.structs.replace(first, citations=checks)
    page = parse(html(msgspec.structs.replace(mixed, questions=(inexact,))))

    said = f"The quote of citation 1 is not what stands at 37 to 79 of ferry.md. It says: {CREW}"
    assert said in row(page, "q1").text


def test_a_citation_of_an_article_that_is_not_there_is_said_and_not_linked(mixed: Report) -> None:
    page = parse(html(msgspec.structs.replace(mixed, articles={})))

    assert "There is no article ferry.md, though it is cited." in row(page, "q1").text
    assert row(page, "q1").all("a") == []


def test_figures_stand_with_their_intervals(mixed: Report, page: Element) -> None:
    cells = {
        line.all("code")[0].text: [cell.text for cell in line.all("td")]
        for line in page.one(id="figures").all("table")[0].all("tr")[1:]
    }
    figure = mixed.figures["overall.right"]

    assert cells["overall.right"] == [
        "0.200",
        "0.200, 95 % interval 0.000 to 0.600",
        f"{figure.low:.3f} to {figure.high:.3f}",
        "5",
    ]
    assert cells.keys() == mixed.figures.keys()


def test_every_plot_has_its_numbers_as_a_table(mixed: Report, page: Element) -> None:
    plots = {figure.one("h3").text: figure for figure in page.one(id="plots").all("figure")}

    assert list(plots)[:4] == ["Risk and coverage", "Calibration", "Recall by k", "Latency by stage"]
    assert [name for name in plots if name.startswith("Parity")] == [
        "Parity: answers.right",
        "Parity: citations.recall",
        "Parity: citations.precision",
        "Parity: retrieval.passages.recall@5",
    ]
    for figure in plots.values():
        assert figure.one("svg").one("title").text
        assert figure.one("details").all("tr")[1:]
    rows = [
        [cell.text for cell in line.all() if cell.name in ("th", "td")] for line in plots["Risk and coverage"].all("tr")
    ]
    assert rows[1:] == [
        [f"{p.threshold:.3f}", f"{p.coverage:.3f}", f"{p.risk:.3f}"] for p in mixed.curves.risk_coverage
    ]


def test_points_stand_where_their_values_are(mixed: Report, page: Element) -> None:
    plane = Plane()
    [line] = page.one(id="plots").all("figure")[0].all("polyline")
    points = [tuple(map(float, point.split(","))) for point in str(line.attributes["points"]).split()]

    for (x, y), point in zip(points, mixed.curves.risk_coverage, strict=True):
        assert (x - plane.left) / (plane.right - plane.left) == pytest.approx(point.coverage, abs=0.001)
        assert (plane.bottom - y) / (plane.bottom - plane.top) == pytest.approx(point.risk, abs=0.001)


def test_decades_enclose_what_is_measured() -> None:
    assert decades(3.0, 4000.0) == (1.0, 10.0, 100.0, 1000.0, 10000.0)
    assert decades(5.0, 5.0) == (1.0, 10.0)
    assert decades(10.0, 10.0) == (10.0, 100.0)


def test_a_comparison_links_to_the_questions_that_turned(mixed: Report, tmp_path: Path) -> None:
    old = run(Scripted(perfect()), tmp_path)
    compared = compare(old, mixed)
    said = judge(conditions("answers.right-0.02", compared=True), mixed, compared)
    page = parse(html(msgspec.structs.replace(mixed, comparison=compared, verdicts=said)))

    assert [(a.text, a.attributes["href"]) for a in page.one(id="comparison").all("a")] == [
        ("q1", "#q1"),
        ("q2", "#q2"),
        ("q4", "#q4"),
        ("q5", "#q5"),
    ]
    assert page.one(id="gate").text.startswith("Gate✗ failed answers.right-0.02")
    assert row(page, "q1").attributes["data-is"] == "wrong turned-wrong"


def test_a_run_that_only_searched_is_shown_by_what_was_found(tmp_path: Path) -> None:
    page = parse(html(run(Scripted(perfect()), tmp_path, mode="retrieval")))

    assert [row(page, name).all("td")[0].text for name in ("q1", "q4")] == ["✓ found", "✓ no evidence"]
    assert [figure.one("h3").text for figure in page.one(id="plots").all("figure")] == [
        "Recall by k",
        "Latency by stage",
        "Parity: retrieval.passages.recall@5",
    ]


def test_a_thousand_questions_stay_below_five_megabytes(mixed: Report) -> None:
    base = mixed.questions[0]
    long = "The ferry to Holm was sold in March, and nobody on board had been told of it. " * 8
    found = tuple(
        msgspec.structs.replace(base.passages[0], rank=rank, text=long, relevant=False, groups=())
        for rank in range(2, 11)
    )
    questions = tuple(
        msgspec.structs.replace(
            base,
            gold=msgspec.structs.replace(base.gold, id=f"n{number}"),
            passages=(base.passages[0], *found),
            sentences=(base.passages[0], *found),
        )
        for number in range(1000)
    )

    assert len(html(msgspec.structs.replace(mixed, questions=questions)).encode()) < 5_000_000


def test_texts_have_the_contrast_of_wcag_aa(page: Element) -> None:
    style = page.one("style").text
    palettes = [dict(re.findall(r"--(\w+): (#\w+);", block)) for block in re.findall(r":root \{([^}]*)\}", style)]
    on = [("ink", ground) for ground in ("paper", "raised", "cited", "gold", "both")]
    on += [(words, ground) for words in ("quiet", "accent", "good", "bad", "second") for ground in ("paper", "raised")]

    assert len(palettes) == 3
    for palette in palettes:
        for words, ground in on:
            assert contrast(palette[words], palette[ground]) >= 4.5, (words, ground, palette)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_markup_escapes_what_is_not_markup() -> None:
    assert tag("p", "a<b", Html("<i>c</i>"), title='"', hidden=True, data_n=1.5, lang=None) == (
        '<p title="&quot;" hidden data-n="1.5">a&lt;b<i>c</i></p>'
    )
    assert tag("br") == "<br>"
    assert text("<&>") == "&lt;&amp;&gt;"
