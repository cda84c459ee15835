"""The plots of a report, each with a table of the same numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from service.evaluation import shown
from service.evaluation.figures import RANKS
from service.evaluation.report_html.chart import SHARES, WIDTH, Plane, decades, dot, drawing, label, line, whisker
from service.evaluation.report_html.markup import Html, fold, table, tag, wide
from service.evaluation.results import CalibrationBin, Figure, Latency, Parity, Report, RiskPoint

TARGET_RISK = 0.05
"""The risk at which `confidence.coverage@95` is read."""

LARGEST_DOT = 11.0
ROW = 19.0
MOST_TICKS = 5
PARITY_SHOWN = (
    "answers.right",
    "citations.recall",
    "citations.precision",
    "retrieval.passages.recall@5",
)


def plots(report: Report) -> Html:
    """Every plot for which the report has numbers."""
    drawn = [*_of_confidence(report), *_recall(report), *_latency(report.latency), *_parity(report.parity)]
    return tag("div", *drawn, class_="plots")


def _plot(title: str, said: str, picture: Html, numbers: Html) -> Html:
    caption = tag("figcaption", tag("h3", title), tag("p", said))
    return tag("figure", caption, picture, fold("The same numbers as a table", wide(numbers)))


def _of_confidence(report: Report) -> Iterator[Html]:
    if report.curves.risk_coverage:
        yield _risk_coverage(report.curves.risk_coverage, report.figures["confidence.aurc"])
    if any(one.n for one in report.curves.calibration):
        yield _calibration(report.curves.calibration, report.figures["confidence.ece"])


def _risk_coverage(points: tuple[RiskPoint, ...], area: Figure) -> Html:
    plane = Plane()
    places = [(plane.x(point.coverage), plane.y(point.risk)) for point in points]
    target = plane.y(TARGET_RISK)
    picture = drawing(
        "Risk by coverage",
        plane.axes("coverage: share of questions answered", "risk: share of them wrong"),
        whisker((plane.left, target), (plane.right, target), "guide"),
        label(plane.right, target - 5, "95 % right", "end", "note"),
        line(places, "one"),
        *(dot(x, y, "one", 2.5) for x, y in places),
        height=plane.height,
    )
    numbers = table(
        "Risk by coverage",
        ("threshold", "coverage", "risk"),
        ((f"{p.threshold:.3f}", f"{p.coverage:.3f}", f"{p.risk:.3f}") for p in points),
    )
    under = shown.value("confidence.aurc", area.mean)
    said = f"Only the surest answers on the left, all of them on the right. The area under the line is {under}."
    return _plot("Risk and coverage", said, picture, numbers)


def _calibration(bins: tuple[CalibrationBin, ...], error: Figure) -> Html:
    plane = Plane()
    most = max(one.n for one in bins)
    dots = [
        dot(plane.x(one.confidence), plane.y(one.right), "one", max(3.0, LARGEST_DOT * math.sqrt(one.n / most)))
        for one in bins
        if one.confidence is not None and one.right is not None
    ]
    picture = drawing(
        "Share of right answers by confidence",
        plane.axes("confidence", "share right"),
        whisker((plane.x(0), plane.y(0)), (plane.x(1), plane.y(1)), "guide"),
        *dots,
        height=plane.height,
    )
    rows = ((f"{one.low:.1f} to {one.high:.1f}", str(one.n), _three(one.confidence), _three(one.right)) for one in bins)
    numbers = table("Right answers by confidence", ("confidence", "answers", "mean confidence", "share right"), rows)
    said = (
        "On the line, answers are right as often as they claim; below it, they claim too much. A larger dot is more "
        f"answers. Expected error {shown.value('confidence.ece', error.mean)}."
    )
    return _plot("Calibration", said, picture, numbers)


def _recall(report: Report) -> Iterator[Html]:
    series = {
        what: [(k, report.figures[name]) for k in RANKS if (name := f"retrieval.{what}.recall@{k}") in report.figures]
        for what in ("passages", "sentences")
    }
    known = {what: [(k, f) for k, f in values if f.mean is not None] for what, values in series.items()}
    known = {what: values for what, values in known.items() if values}
    if not known:
        return
    plane = Plane()
    parts: list[Html] = []
    for kind, (what, values) in zip(("one", "two"), known.items(), strict=False):
        parts += _series(plane, kind, what, values)
    ticks = [(_rank_at(k), str(k)) for k in RANKS]
    picture = drawing(
        "Recall by rank", plane.axes("first k found", "share of gold evidence", ticks), *parts, height=plane.height
    )
    rows = ((f"{what}, first {k}", *_cells("overall.right", f)) for what, values in known.items() for k, f in values)
    numbers = table("Recall by rank", ("found", "recall", "95 % interval", "questions"), rows)
    yield _plot(
        "Recall by k", "Share of the gold evidence among the first k found, with 95 % intervals.", picture, numbers
    )


def _series(plane: Plane, kind: str, what: str, values: list[tuple[int, Figure]]) -> Iterator[Html]:
    """One line with intervals, named at its end. The second one stands a little aside, so that intervals don't hide."""
    aside = 5.0 if kind == "two" else 0.0
    places = [(plane.x(_rank_at(k)) + aside, f) for k, f in values]
    yield line(((x, plane.y(f.mean or 0.0)) for x, f in places), kind)
    for x, figure in places:
        yield whisker((x, plane.y(figure.low or 0.0)), (x, plane.y(figure.high or 0.0)), kind)
        yield dot(x, plane.y(figure.mean or 0.0), kind)
    below = 34.0 if kind == "one" else 18.0
    yield dot(plane.x(0.62), plane.bottom - below - 4, kind)
    yield label(plane.x(0.62) + 10, plane.bottom - below, what)


def _rank_at(k: int) -> float:
    """Where the rank stands on an axis of ranks, evenly but for the margins."""
    return 0.08 + 0.84 * RANKS.index(k) / (len(RANKS) - 1)


def _latency(latency: dict[str, Latency]) -> Iterator[Html]:
    if not latency:
        return
    least, left, right = 0.1, 104.0, WIDTH - 24.0
    scale = decades(
        min(max(one.p50, least) for one in latency.values()), max(max(one.p95, least) for one in latency.values())
    )
    span = math.log10(scale[-1] / scale[0])
    bottom = 10.0 + ROW * len(latency)

    def x(value: float) -> float:
        return left + (right - left) * math.log10(max(value, least) / scale[0]) / span

    parts = [tag("path", class_="grid", d=f"M{x(tick):.1f} 6V{bottom:.1f}") for tick in scale]
    every = 1 if len(scale) <= MOST_TICKS else 2
    parts += [label(x(tick), bottom + 15, _short(tick), "middle") for tick in scale[::every]]
    for row, (stage, one) in enumerate(latency.items()):
        y = 18.0 + ROW * row
        parts += [
            label(left - 10, y + 4, stage, "end"),
            whisker((x(one.p50), y), (x(one.p95), y), "one"),
            dot(x(one.p50), y, "one"),
            dot(x(one.p95), y, "open"),
        ]
    picture = drawing("Latency by stage", *parts, height=bottom + 24)
    rows = (
        (stage, shown.milliseconds(one.p50), shown.milliseconds(one.p95), str(one.n)) for stage, one in latency.items()
    )
    numbers = table("Latency by stage", ("stage", "p50", "p95", "requests"), rows)
    said = (
        "Half of the requests take as long as the filled dot or less, 95 % as long as the open one. Logarithmic scale."
    )
    yield _plot("Latency by stage", said, picture, numbers)


def _short(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"


def _parity(parity: dict[str, Parity]) -> Iterator[Html]:
    for name in PARITY_SHOWN:
        if name in parity and parity[name].cells:
            yield _cells_of(name, parity[name])


def _cells_of(name: str, parity: Parity) -> Html:
    """One figure, a row for each pair of languages."""
    plane = Plane(left=92.0, height=0.0)
    bottom = 10.0 + ROW * len(parity.cells)
    parts: list[Html] = [tag("path", class_="grid", d=f"M{plane.x(s):.1f} 4V{bottom:.1f}") for s in SHARES]
    parts += [label(plane.x(s), bottom + 15, f"{s:g}", "middle") for s in SHARES]
    for row, (cell, figure) in enumerate(parity.cells.items()):
        parts += _cell(plane, 16.0 + ROW * row, cell, figure)
    picture = drawing(f"{name} by languages", *parts, height=bottom + 24)
    rows = ((shown.cell(cell), *_cells(name, figure)) for cell, figure in parity.cells.items())
    numbers = table(f"{name} by languages", ("languages", "mean", "95 % interval", "questions"), rows)
    gap = f"The best cell is {shown.value(name, parity.gap)} ahead of the worst. " if parity.gap is not None else ""
    said = f"{gap}Question language → language of the gold evidence, with 95 % intervals."
    return _plot(f"Parity: {name}", said, picture, numbers)


def _cell(plane: Plane, y: float, cell: str, figure: Figure) -> Iterator[Html]:
    yield label(plane.left - 10, y + 4, shown.cell(cell), "end")
    if figure.mean is not None and figure.low is not None and figure.high is not None:
        yield whisker((plane.x(figure.low), y), (plane.x(figure.high), y), "one")
        yield dot(plane.x(figure.mean), y, "one")


def _cells(name: str, figure: Figure) -> tuple[str, str, str]:
    return shown.value(name, figure.mean), shown.interval(name, figure), str(figure.n)


def _three(number: float | None) -> str:
    return shown.NOTHING if number is None else f"{number:.3f}"
