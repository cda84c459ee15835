"""A report as Markdown, short: what was measured, the figures, what is wrong. For a terminal, a mail, or a review."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from service.evaluation import shown
from service.evaluation.figures import FIGURES
from service.evaluation.results import Comparison, FigureChange, Parity, QuestionResult, Report, Turned, Verdict

PARITY_FIGURES = ("overall.right", "answers.right", "citations.precision", "citations.recall")
"""Besides these, recall of passages; report.html has all."""

_ACTIVE = re.compile(r"([\\`*{}\[\]<>#|~&!]|(?<!\w)_|_(?!\w))")


def markdown(report: Report) -> str:
    """The report in GitHub-flavoured Markdown. Text of questions and answers is escaped, whatever it holds."""
    blocks = [*_about(report), *_gate(report.verdicts), *_figures(report)]
    if report.comparison:
        blocks += _comparison(report.comparison)
    blocks += [*_parity(report.parity), *_latency(report), *_wrong(report), *_failed(report.failures)]
    return "\n\n".join(blocks) + "\n"


def plain(text: str) -> str:
    """Text on one line that no Markdown reader takes for anything but text."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))


def _about(report: Report) -> Iterator[str]:
    meta = report.meta
    outcomes = ", ".join(f"{count} {name}" for name, count in shown.summary(report.questions))
    yield f"# Evaluation of {plain(meta.gold_path)}"
    yield f"{meta.questions} questions: {outcomes}."
    facts = {
        "asked": f"{meta.system}, {meta.created_at}, mode {meta.mode}",
        "snapshot": meta.snapshot,
        **{f"model, {role}": ", ".join(f"{k} {v}" for k, v in facts.items()) for role, facts in meta.models.items()},
        "program": f"{meta.program_version}, prompts {meta.prompt_version or 'not told'}",
        "gold SHA-256": meta.gold_sha256,
        "fingerprint": meta.fingerprint,
        "intervals": f"95 %, bootstrap, {meta.bootstrap_resamples} resamples, seed {meta.bootstrap_seed}",
    }
    yield "\n".join(f"- {plain(name)}: {plain(value)}" for name, value in facts.items() if value)


def _gate(verdicts: Sequence[Verdict]) -> Iterator[str]:
    if verdicts:
        yield "## Gate"
        yield "\n".join(
            f"- **{'failed' if verdict.failed else 'passed'}** {plain(verdict.condition)}: {plain(verdict.said)}"
            for verdict in verdicts
        )


def _figures(report: Report) -> Iterator[str]:
    yield "## Figures"
    rows = (
        (
            plain(name),
            shown.value(name, figure.mean),
            shown.interval(name, figure),
            str(figure.n),
            plain(FIGURES[name].meaning),
        )
        for name, figure in report.figures.items()
    )
    yield _table(("figure", "value", "95 % interval", "n", "meaning"), rows, numbers=(1, 3))


def _comparison(compared: Comparison) -> Iterator[str]:
    yield "## Comparison"
    gold = (
        "" if compared.same_gold else " The gold files differ: only questions that are the same in both are compared."
    )
    yield f"With the run of {plain(compared.old.created_at)}, over {compared.shared} questions that both have.{gold}"
    changed = [change for change in compared.changes if change.difference]
    head = ("figure", "before", "now", "difference", "95 % interval", "p", "n")
    yield _table(head, map(_change, changed), numbers=(1, 2, 3, 5, 6)) if changed else "No figure has changed."
    yield from _turned("Turned wrong", compared.worse)
    yield from _turned("Turned right", compared.better)


def _change(change: FigureChange) -> tuple[str, ...]:
    return (
        plain(change.name),
        shown.value(change.name, change.old),
        shown.value(change.name, change.new),
        f"{change.difference:+.3f}",
        shown.NOTHING if change.low is None else f"{change.low:+.3f} to {change.high:+.3f}",
        shown.NOTHING if change.p is None else f"{change.p:.3g}",
        str(change.n),
    )


def _turned(title: str, turned: Sequence[Turned]) -> Iterator[str]:
    if turned:
        yield f"### {title}"
        yield "\n".join(
            f"- **{plain(one.id)}** {plain(one.question)}" + "".join(f"\n  - {plain(why)}" for why in one.why)
            for one in turned
        )


def _parity(parity: dict[str, Parity]) -> Iterator[str]:
    chosen = [name for name in parity if name in PARITY_FIGURES or name.startswith("retrieval.passages.recall@")]
    if not chosen:
        return
    cells = sorted({cell for name in chosen for cell in parity[name].cells})
    yield "## Parity: question language → source language"
    rows = (
        (
            plain(name),
            *(
                shown.value(name, figure.mean) + f" ({figure.n})" if (figure := parity[name].cells.get(cell)) else ""
                for cell in cells
            ),
            shown.value(name, parity[name].gap),
        )
        for name in chosen
    )
    yield _table(("figure", *(plain(shown.cell(cell)) for cell in cells), "gap"), rows)


def _latency(report: Report) -> Iterator[str]:
    if report.latency:
        yield "## Latency"
        rows = (
            (plain(stage), shown.milliseconds(one.p50), shown.milliseconds(one.p95), str(one.n))
            for stage, one in report.latency.items()
        )
        yield _table(("stage", "p50", "p95", "requests"), rows, numbers=(1, 2, 3))


def _wrong(report: Report) -> Iterator[str]:
    wrong = [question for question in report.questions if shown.wrong(question) and not question.failure]
    yield "## Wrong"
    yield "\n".join(map(_question, wrong)) if wrong else "None."


def _question(question: QuestionResult) -> str:
    lines = [f"- **{plain(question.gold.id)}** ({shown.outcome(question)}) {plain(question.gold.question)}"]
    if question.answer:
        lines.append(f"  - said: {plain(question.answer.answer)}")
    return "\n".join([*lines, *(f"  - {plain(why)}" for why in question.why_wrong)])


def _failed(failures: Sequence[QuestionResult]) -> Iterator[str]:
    yield "## Failed requests"
    lines = [
        f"- **{plain(question.gold.id)}** {plain(question.failure or f'search: {question.search_failure}')}"
        for question in failures
    ]
    yield "\n".join(lines) if lines else "None."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table; `numbers` are the columns set to the right."""
    rule = ("---:" if column in numbers else "---" for column in range(len(head)))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, tuple(rule), *rows))
