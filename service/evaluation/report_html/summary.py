"""The beginning of the page: what was measured, the figures that matter most, and all of them with intervals."""

from __future__ import annotations

from collections.abc import Iterator

from service.evaluation import shown
from service.evaluation.figures import FIGURES
from service.evaluation.report_html.chart import dot, drawing, whisker
from service.evaluation.report_html.markup import Html, fold, join, table, tag, wide
from service.evaluation.results import Figure, Meta, Report

HEADLINES = (
    "overall.right",
    "answers.right",
    "citations.precision",
    "citations.exact",
    "refusal.hallucination_rate",
    "retrieval.passages.recall@5",
    "retrieval.passages.mrr@10",
    "requests.failed",
)
"""In this order; a report shows those that it has."""

HASH = 12
"""Characters of a hash that are shown; the whole one is in report.json and in a hover."""


def headlines(report: Report) -> Html:
    """The figures that decide, large."""
    tiles = [
        tag(
            "li",
            tag("code", name),
            tag("span", FIGURES[name].meaning, class_="what"),
            tag("b", shown.value(name, figure.mean)),
            _bar(name, figure),
            tag("span", f"{shown.interval(name, figure)}, {figure.n} questions", class_="small"),
        )
        for name in HEADLINES
        if (figure := report.figures.get(name)) and figure.mean is not None
    ]
    return tag("ul", *tiles, class_="tiles")


def figures(report: Report) -> Html:
    """Every figure, and the same by kind of question and by languages."""
    cells = sorted({cell for parity in report.parity.values() for cell in parity.cells})
    kinds = [_table(f"{kind}, {_questions(report, kind)}", of_kind) for kind, of_kind in report.kinds.items()]
    languages = [_table(shown.cell(cell), _of_cell(report, cell)) for cell in cells]
    return join(
        [
            _table("All questions to which a figure applies", report.figures),
            fold("The same figures by kind of question", *kinds) if kinds else "",
            fold("The same figures by language of question and source", *languages) if languages else "",
        ]
    )


def meta(meta: Meta) -> Html:
    """What was measured, and on what."""
    known = [*_known(meta), *((f"model: {role}", _listed(facts)) for role, facts in meta.models.items())]
    if meta.settings:
        rows = ((name, value) for name, value in meta.settings.items())
        settings = fold("Settings", wide(table("Settings of the service", ("name", "value"), rows)))
    else:
        settings = Html("")
    parts = [tag("div", tag("dt", name), tag("dd", value)) for name, value in known if value]
    return tag("div", tag("dl", *parts, class_="facts"), settings)


def _of_cell(report: Report, cell: str) -> dict[str, Figure]:
    return {name: parity.cells[cell] for name, parity in report.parity.items() if cell in parity.cells}


def _questions(report: Report, kind: str) -> str:
    count = sum(question.gold.kind == kind for question in report.questions)
    return f"{count} question{'s' if count != 1 else ''}"


def _known(meta: Meta) -> Iterator[tuple[str, str]]:
    yield "asked", meta.system
    yield "at", meta.created_at
    yield "questions", f"{meta.questions} of {meta.gold_path}"
    yield "gold SHA-256", _hash(meta.gold_sha256)
    yield "index snapshot", meta.snapshot
    yield "prompts", meta.prompt_version
    yield "program", f"{meta.program_version}"
    yield "code SHA-256", _hash(meta.code_sha256)
    yield "fingerprint", _hash(meta.fingerprint)
    yield "mode", meta.mode
    yield "at once", str(meta.concurrency)
    yield "intervals", f"95 %, bootstrap, {meta.bootstrap_resamples} resamples, seed {meta.bootstrap_seed}"


def _hash(value: str) -> str:
    return tag("span", f"{value[:HASH]}…", title=value) if len(value) > HASH else value


def _listed(facts: dict[str, str]) -> Html:
    parts: list[str] = []
    for name, value in facts.items():
        parts += [", " if parts else "", f"{name} ", _hash(value) if name.endswith("sha256") else value]
    return tag("span", *parts)


def _table(caption: str, found: dict[str, Figure]) -> Html:
    rows = (
        (
            join([tag("code", name), " ", tag("span", FIGURES[name].meaning, class_="small")]),
            shown.value(name, figure.mean),
            _bar(name, figure),
            shown.interval(name, figure),
            str(figure.n),
        )
        for name, figure in found.items()
    )
    return table(caption, ("figure", "value", "from 0 to 1", "95 % interval", "n"), rows, class_="figures")


def _bar(name: str, figure: Figure) -> Html:
    """The interval as a stroke and the mean as a dot on a line from 0 to 1; nothing where there is none."""
    if figure.mean is None or figure.low is None or figure.high is None or FIGURES[name].unit != "share":
        return Html("")
    left, width, y = 6.0, 108.0, 8.0
    said = f"{shown.value(name, figure.mean)}, 95 % interval {shown.interval(name, figure)}"
    return drawing(
        said,
        whisker((left, y), (left + width, y), "base"),
        whisker((left + width * figure.low, y), (left + width * figure.high, y), "range"),
        dot(left + width * figure.mean, y, "one", 4.5),
        height=16.0,
        width=120.0,
    )
