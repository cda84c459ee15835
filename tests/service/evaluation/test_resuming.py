"""Answers are kept as they come: a second run goes on, another system or gold starts anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from scripted import GOLD, Scripted, perfect, refused, run, write_gold

from index.progress import Silence
from service.evaluation.errors import GoldError, JournalError
from service.evaluation.evaluate import Plan, evaluate
from service.evaluation.gold_file import read
from service.evaluation.journal import FILE_NAME, PREVIOUS
from service.evaluation.results import Report

QUESTIONS = [gold.question for gold in GOLD]


def stop_at(wanted: str) -> Scripted:
    """A system in whose answer to `wanted` somebody presses Ctrl-C."""

    def fault(question: str) -> None:
        if question == wanted:
            raise KeyboardInterrupt

    return Scripted(perfect(), fault=fault)


def without_times(report: Report) -> Report:
    questions = tuple(msgspec.structs.replace(question, seconds=0.0) for question in report.questions)
    meta = msgspec.structs.replace(report.meta, created_at="")
    return msgspec.structs.replace(report, meta=meta, latency={}, questions=questions)


def test_a_second_run_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(stop_at(QUESTIONS[2]), tmp_path)
    again = Scripted(perfect())

    report = run(again, tmp_path)

    assert again.asked == QUESTIONS[2:]
    whole = run(Scripted(perfect()), tmp_path / "whole")
    assert without_times(report) == without_times(whole)


def test_two_runs_agree_in_everything_but_time(tmp_path: Path) -> None:
    reports = [run(Scripted(perfect()), tmp_path / name, concurrency=3) for name in ("one", "two")]

    assert without_times(reports[0]) == without_times(reports[1])


def test_a_last_line_that_was_cut_short_is_asked_again(tmp_path: Path) -> None:
    run(Scripted(perfect()), tmp_path)
    kept = tmp_path / "out" / FILE_NAME
    kept.write_bytes(kept.read_bytes()[:-40])
    again = Scripted(perfect())

    run(again, tmp_path)
    third = Scripted(perfect())
    run(third, tmp_path)

    assert (again.asked, third.asked) == (QUESTIONS[-1:], [])


def test_another_broken_line_is_said(tmp_path: Path) -> None:
    run(Scripted(perfect()), tmp_path)
    kept = tmp_path / "out" / FILE_NAME
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join([*lines[:2], b"{}\n", *lines[3:]]))

    with pytest.raises(JournalError, match=r"answers\.jsonl:3: .*--fresh"):
        run(Scripted(perfect()), tmp_path)


def test_another_system_starts_anew_and_sets_the_old_answers_aside(tmp_path: Path) -> None:
    run(Scripted(perfect()), tmp_path)
    other = Scripted(perfect(), version="2")

    run(other, tmp_path)

    assert other.asked == QUESTIONS
    assert len((tmp_path / "out" / PREVIOUS).read_bytes().splitlines()) == 1 + len(GOLD)


def test_another_gold_file_starts_anew(tmp_path: Path) -> None:
    run(Scripted(perfect()), tmp_path)
    again = Scripted(perfect())
    path = write_gold(tmp_path, GOLD[:2])

    asyncio.run(evaluate(Plan(read(path), tmp_path / "out"), again, Silence()))

    assert again.asked == QUESTIONS[:2]


def test_a_fresh_run_asks_everything_again(tmp_path: Path) -> None:
    run(Scripted(perfect()), tmp_path)
    again = Scripted(perfect())

    run(again, tmp_path, fresh=True)

    assert again.asked == QUESTIONS


def test_failed_requests_are_asked_again_only_where_that_is_wanted(tmp_path: Path) -> None:
    run(Scripted(perfect(), slow={QUESTIONS[1]}), tmp_path, seconds=0.2)
    patient, again = Scripted(perfect()), Scripted(perfect())

    kept = run(patient, tmp_path)
    mended = run(again, tmp_path, retry_failed=True)

    assert (patient.asked, len(kept.failures)) == ([], 1)
    assert (again.asked, len(mended.failures)) == ([QUESTIONS[1]], 0)


def test_settings_that_do_not_change_answers_do_not_change_the_fingerprint() -> None:
    identity = Scripted({})
    known = asyncio.run(identity.identity())
    moved = type(known)("scripted", "snapshot-1", {}, "1", {"port": "2"}, "1", "")
    other = type(known)("scripted", "snapshot-1", {}, "1", {"port": "1", "evidence_tokens": "9"}, "1", "")

    assert moved.fingerprint() == known.fingerprint()
    assert other.fingerprint() != known.fingerprint()


def test_gold_that_does_not_belong_to_the_articles_stops_before_the_first_question(tmp_path: Path) -> None:
    stray = msgspec.structs.replace(GOLD[0], evidence=((msgspec.structs.replace(GOLD[0].evidence[0][0], quote="x"),),))
    system = Scripted(perfect())

    with pytest.raises(GoldError, match=r"q1: not in ferry\.md: 'x'"):
        asyncio.run(evaluate(Plan(read(write_gold(tmp_path, (stray,))), tmp_path / "out"), system, Silence()))

    assert system.asked == []
    assert not (tmp_path / "out").exists()


def test_retrieval_alone_asks_for_no_answer(tmp_path: Path) -> None:
    system = Scripted(perfect())

    report = run(system, tmp_path, mode="retrieval")

    assert system.asked == []
    assert {name.split(".")[0] for name in report.figures} == {"requests", "retrieval"}
    assert report.figures["retrieval.sentences.mrr@10"].mean == 1.0
    assert report.figures["retrieval.passages.recall@1"].n == 3
    assert {question.right for question in report.questions} == {None}


def test_a_report_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    report = run(Scripted(perfect()), tmp_path)

    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_parity_is_by_question_language_and_source_language(tmp_path: Path) -> None:
    answers = perfect()
    answers[QUESTIONS[2]] = msgspec.structs.replace(answers[QUESTIONS[2]], answer="It was closed because it was old.")

    parity = run(Scripted(answers), tmp_path).parity["answers.right"]

    assert {cell: figure.mean for cell, figure in parity.cells.items()} == {"de->de": 1.0, "en->de": 0.0, "en->en": 1.0}
    assert parity.gap == 1.0


def test_evidence_in_several_languages_is_mixed_and_left_out_of_the_gap(tmp_path: Path) -> None:
    both = (GOLD[0].evidence[0] + GOLD[1].evidence[0],)
    gold = (msgspec.structs.replace(GOLD[0], evidence=both), *GOLD[1:])
    answers = {**perfect(), QUESTIONS[0]: refused()}
    plan = Plan(read(write_gold(tmp_path, gold)), tmp_path / "out")

    report = asyncio.run(evaluate(plan, Scripted(answers), Silence()))

    assert {cell: figure.mean for cell, figure in report.parity["answers.right"].cells.items()} == {
        "de->de": 1.0,
        "en->de": 1.0,
        "en->mixed": 0.0,
    }
    assert report.parity["answers.right"].gap == 0.0


def test_figures_are_also_given_by_kind(tmp_path: Path) -> None:
    crossed = {**perfect(), QUESTIONS[4]: perfect()[QUESTIONS[1]]}

    kinds = run(Scripted(crossed), tmp_path).kinds

    assert kinds["false-premise"]["refusal.hallucination_rate"].mean == 1.0
    assert kinds["unanswerable"]["refusal.hallucination_rate"].mean == 0.0
    assert kinds["fact"]["answers.right"].n == 2
