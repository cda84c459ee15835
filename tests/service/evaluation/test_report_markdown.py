"""The short report: every figure, every wrong question with why, every failed request; and text stays text."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import CREW, GOLD, Scripted, answered, perfect, refused, run

from service.evaluation.compare import compare
from service.evaluation.report_markdown import markdown, plain
from service.evaluation.results import Report

Q1, Q2, _, _, Q5 = (gold.question for gold in GOLD)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    answers = {**perfect(), Q1: answered("The crew | learned.", CREW, "ferry.md"), Q2: refused("de")}
    return run(Scripted(answers, slow={Q5}), tmp_path_factory.mktemp("mixed"), seconds=0.2)


def section(said: str, title: str) -> list[str]:
    """The lines below a heading, up to the next one."""
    return said.partition(f"## {title}\n\n")[2].partition("\n\n## ")[0].splitlines()


def test_it_begins_with_what_was_measured(report: Report) -> None:
    lines = markdown(report).splitlines()

    assert lines[0] == "# Evaluation of gold.jsonl"
    assert lines[2] == "5 questions: 1 failed, 1 right, 1 rightly refused, 1 wrong, 1 wrongly refused."
    assert "- snapshot: snapshot-1" in lines
    assert f"- gold SHA-256: {report.meta.gold_sha256}" in lines


def test_every_figure_has_a_row(report: Report) -> None:
    rows = [line.strip("| ").split(" | ") for line in section(markdown(report), "Figures")[2:]]

    assert [row[0].replace("\\", "") for row in rows] == list(report.figures)
    right = next(row for row in rows if row[0] == "overall.right")
    assert right[1:4] == ["0.400", "0.000 to 0.800", "5"]


def test_wrong_questions_are_listed_with_why(report: Report) -> None:
    lines = section(markdown(report), "Wrong")

    assert lines[:2] == [f"- **q1** (wrong) {Q1}", "  - said: The crew \\| learned."]
    assert "  - does not say 'March'" in lines
    assert f"- **q2** (wrongly refused) {Q2}" in lines
    assert not any("q3" in line for line in lines)


def test_failed_requests_are_listed(report: Report) -> None:
    assert section(markdown(report), "Failed requests") == ["- **q5** no answer within 0.2 s"]


def test_parity_and_latency_are_tables(report: Report) -> None:
    said = markdown(report)

    parity = section(said, "Parity: question language → source language")
    assert parity[0] == "| figure | de → de | en → de | en → en | gap |"
    assert "| answers.right | 0.000 (1) | 1.000 (1) | 0.000 (1) | 1.000 |" in parity
    assert section(said, "Latency")[3:] == ["| total | 5.0 ms | 5.0 ms | 4 |"]


def test_a_comparison_lists_what_turned(report: Report, tmp_path: Path) -> None:
    old = run(Scripted(perfect()), tmp_path)
    said = markdown(msgspec.structs.replace(report, comparison=compare(old, report)))

    assert f"### Turned wrong\n\n- **q1** {Q1}\n  - does not say 'March'" in said
    assert "### Turned right" not in said
    assert "| answers.right | 1.000 | 0.333 | -0.667 |" in said


def test_a_perfect_run_says_that_nothing_is_wrong(tmp_path: Path) -> None:
    said = markdown(run(Scripted(perfect()), tmp_path))

    assert section(said, "Wrong") == section(said, "Failed requests") == ["None."]


def test_text_is_not_taken_for_markdown() -> None:
    assert plain("a|b\n# *c* <script> `d` [e](f)") == "a\\|b \\# \\*c\\* \\<script\\> \\`d\\` \\[e\\](f)"
    assert plain("nugget_recall _x_") == "nugget_recall \\_x\\_"


@given(st.text())
def test_text_stays_on_its_line_and_is_all_there(words: str) -> None:
    escaped = plain(words)

    assert "\n" not in escaped and "\r" not in escaped
    assert " ".join(words.split()).replace("\\", "") == escaped.replace("\\", "")
