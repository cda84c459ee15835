#!/usr/bin/env python3
"""Measure the answers to a gold question set, and hold them against an earlier run.

    python scripts/evaluate.py --gold examples/gold.jsonl --out reports/today
    python scripts/evaluate.py --gold examples/gold.jsonl --out reports/today --url http://127.0.0.1:8000
    python scripts/evaluate.py --gold examples/gold.jsonl --out reports/new --compare reports/old/report.json \
        --fail-on "citations.precision<0.95,answers.right-0.02"

Without `--url` the pipeline runs in this process, on the index and models that the FUNDSTELLE_* settings name.
docs/evaluation.md explains gold formats, figures and conditions.

Exit status: 0 if everything was measured, 1 if that was not possible, 2 for a wrong command line, setting or gold file
(nothing was asked then), 3 if a condition of `--fail-on` failed, 130 if it was interrupted (what was answered is kept).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from index.progress import Bars
from service.evaluation import compare, gate, gold_file, terminal
from service.evaluation.command import exit_status
from service.evaluation.evaluate import Plan, evaluate
from service.evaluation.formats import squad
from service.evaluation.report_html import html
from service.evaluation.report_markdown import markdown
from service.evaluation.results import Report
from service.evaluation.systems import System, local, quoting, remote
from service.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.write_articles:
        return exit_status(lambda: _write_articles(chosen.gold, chosen.write_articles))
    return exit_status(lambda: _evaluate(chosen))


def _evaluate(chosen: argparse.Namespace) -> int:
    conditions = gate.parse(chosen.fail_on, compared=chosen.compare is not None) if chosen.fail_on else ()
    old = compare.load(chosen.compare) if chosen.compare else None
    plan = _plan(chosen)
    report = asyncio.run(_measured(plan, _system(chosen)))
    comparison = compare.compare(old, report) if old else None
    verdicts = gate.judge(conditions, report, comparison)
    report = msgspec.structs.replace(report, comparison=comparison, verdicts=verdicts)
    _write(report, plan.out)
    print(terminal.render(report))
    print(f"written to {plan.out}")
    return 3 if any(verdict.failed for verdict in verdicts) else 0


async def _measured(plan: Plan, system: AbstractAsyncContextManager[System]) -> Report:
    async with system as opened:
        return await evaluate(plan, opened, Bars())


def _system(chosen: argparse.Namespace) -> AbstractAsyncContextManager[System]:
    quotes = chosen.mode == "extract"
    asked = (
        remote(chosen.url, chosen.timeout)
        if chosen.url
        else local(load_settings(), without_model=chosen.retrieval_only or quotes)
    )
    return quoting(asked) if quotes else asked


def _plan(chosen: argparse.Namespace) -> Plan:
    return Plan(
        gold=gold_file.read(chosen.gold),
        out=chosen.out or Path("reports") / chosen.gold.stem,
        mode="retrieval" if chosen.retrieval_only else "answers",
        only=tuple(chosen.only),
        concurrency=chosen.concurrency,
        seconds=chosen.timeout,
        fresh=chosen.fresh,
        retry_failed=chosen.retry_failed,
    )


def _write(report: Report, out: Path) -> None:
    """Put the report into `out` for programs, for a pull request and for a browser, each file in one step."""
    contents = {
        "report.json": msgspec.json.format(msgspec.json.encode(report), indent=1),
        "report.md": markdown(report).encode(),
        "report.html": html(report).encode(),
    }
    for name, content in contents.items():
        new = out / f"{name}.new"
        new.write_bytes(content)
        new.replace(out / name)


def _write_articles(gold: Path, out: Path) -> int:
    records = squad.articles(gold.read_text(encoding="utf-8-sig"))
    out.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    print(f"written to {out}: build an index of it with scripts/build_index.py {out} --out INDEX")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the answers to a gold question set.")
    parser.add_argument("--gold", required=True, type=Path, metavar="FILE", help="questions: .jsonl, .json or .csv")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where answers and reports go (reports/<name of FILE>)")
    parser.add_argument("--url", help="a running service; without it the pipeline runs in this process")
    parser.add_argument(
        "--mode",
        choices=("generate", "extract"),
        default="generate",
        help="have the language model write, or sentences of the sources quoted (%(default)s)",
    )
    parser.add_argument("--retrieval-only", action="store_true", help="measure the search, without a language model")
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="ask these questions alone")
    parser.add_argument("--concurrency", type=_positive, default=1, metavar="N", help="questions at once (%(default)s)")
    parser.add_argument("--timeout", type=float, default=300.0, metavar="S", help="seconds a request (%(default)g)")
    parser.add_argument("--fresh", action="store_true", help="set kept answers aside and ask everything again")
    parser.add_argument("--retry-failed", action="store_true", help="ask those questions again whose request failed")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="report.json of an earlier run")
    parser.add_argument("--fail-on", metavar="CONDITIONS", help='as in "citations.precision<0.95,answers.right-0.02"')
    parser.add_argument(
        "--write-articles",
        type=Path,
        metavar="OUT.jsonl",
        help="write the paragraphs of a SQuAD-style FILE as a collection to index, and stop",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
