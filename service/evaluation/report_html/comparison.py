"""What changed since the run that this one is compared with, and what the gate says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.evaluation import shown
from service.evaluation.report_html.markup import Html, fold, join, table, tag, wide
from service.evaluation.results import Comparison, FigureChange, Turned, Verdict


def verdicts(said: Sequence[Verdict]) -> Html:
    """One line for each condition of the gate."""
    lines = [
        tag(
            "li",
            tag("b", "✗ failed " if verdict.failed else "✓ passed ", class_="bad" if verdict.failed else "good"),
            tag("code", verdict.condition),
            f" {verdict.said}",
        )
        for verdict in said
    ]
    return tag("ul", *lines, class_="verdicts")


def comparison(compared: Comparison, anchors: Mapping[str, str]) -> Html:
    """Figures that changed and questions that turned; `anchors` are those of questions, by gold id."""
    changed = [change for change in compared.changes if change.difference]
    same = [change for change in compared.changes if not change.difference]
    parts = [tag("p", _about(compared))]
    parts.append(_table("Figures that changed", changed) if changed else tag("p", "No figure has changed."))
    if same:
        parts.append(fold(f"{len(same)} figures are as they were", _table("Figures that did not change", same)))
    parts.append(_turned("Turned wrong", compared.worse, anchors))
    parts.append(_turned("Turned right", compared.better, anchors))
    for what, ids in (("earlier", compared.only_old), ("this", compared.only_new)):
        if ids:
            parts.append(fold(f"{len(ids)} questions only in the {what} run", tag("p", ", ".join(ids))))
    return join(parts)


def _about(compared: Comparison) -> str:
    gold = (
        "" if compared.same_gold else " The gold files differ: only questions that are the same in both are compared."
    )
    old = compared.old
    return (
        f"With the run of {old.created_at} (program {old.program_version}, snapshot {old.snapshot}), over "
        f"{compared.shared} questions that both have.{gold}"
    )


def _table(caption: str, changes: Sequence[FigureChange]) -> Html:
    head = ("figure", "before", "now", "difference", "95 % interval", "p", "n")
    return wide(table(caption, head, map(_row, changes)))


def _row(change: FigureChange) -> tuple[str, ...]:
    between = shown.NOTHING if change.low is None else f"{change.low:+.3f} to {change.high:+.3f}"
    return (
        tag("code", change.name),
        shown.value(change.name, change.old),
        shown.value(change.name, change.new),
        shown.NOTHING if change.difference is None else f"{change.difference:+.3f}",
        between,
        shown.NOTHING if change.p is None else f"{change.p:.3g}",
        str(change.n),
    )


def _turned(title: str, turned: Sequence[Turned], anchors: Mapping[str, str]) -> Html:
    lines = [tag("li", tag("a", one.id, href=f"#{anchors[one.id]}"), f" {one.question} ", _why(one)) for one in turned]
    return join([tag("h3", title), tag("ul", *lines) if lines else tag("p", "None.")])


def _why(turned: Turned) -> Html:
    return tag("span", "; ".join(turned.why), class_="small")
