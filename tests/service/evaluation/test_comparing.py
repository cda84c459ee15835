"""Two runs side by side, and the gate that a change has to pass."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scripted import GOLD, SOLD, Scripted, answered, perfect, refused, run

from service.evaluation import compare, gate, terminal
from service.evaluation.errors import GateError, ReportError
from service.evaluation.results import Comparison, FigureChange, Report, Verdict

Q1, Q2, Q3, Q4, Q5 = (gold.question for gold in GOLD)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return run(Scripted(perfect()), tmp_path_factory.mktemp("right"))


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Refuses the second question, and answers the fourth."""
    answers = {**perfect(), Q2: refused("de"), Q4: answered("The crew.", SOLD, "ferry.md")}
    return run(Scripted(answers), tmp_path_factory.mktemp("worse"))


def change(comparison: Comparison, name: str) -> FigureChange:
    [found] = [change for change in comparison.changes if change.name == name]
    return found


def verdicts(text: str, report: Report, old: Report) -> list[bool]:
    conditions = gate.parse(text, compared=True)
    return [verdict.failed for verdict in gate.judge(conditions, report, compare.compare(old, report))]


def test_a_run_compared_with_itself_has_not_changed(right: Report) -> None:
    comparison = compare.compare(right, right)

    assert {change.difference for change in comparison.changes} == {0.0}
    assert {change.p for change in comparison.changes if not change.name.startswith("confidence")} == {1.0}
    assert (comparison.worse, comparison.better) == ((), ())
    assert (comparison.same_gold, comparison.shared) == (True, 5)
    assert verdicts("answers.right-0,refusal.hallucination_rate-0,confidence.ece-0", right, right) == [False] * 3


def test_questions_that_turned_are_named_in_both_directions(right: Report, worse: Report) -> None:
    down, up = compare.compare(right, worse), compare.compare(worse, right)

    assert [turned.id for turned in down.worse] == [turned.id for turned in up.better] == ["q2", "q4"]
    assert (down.better, up.worse) == ((), ())
    assert down.worse[0].why == up.better[0].why == worse.questions[1].why_wrong
    assert down.worse[0].why[0] == "refused (not_in_sources), though the articles hold the answer"


def test_a_change_is_paired_over_the_questions_that_both_runs_have_it_for(right: Report, worse: Report) -> None:
    comparison = compare.compare(right, worse)

    # Of the three that are cited on one side, the second is not cited on the other, and the fourth only there.
    assert change(comparison, "citations.precision").n == 2
    answers = change(comparison, "answers.right")
    assert (answers.old, answers.new, answers.n) == (1.0, pytest.approx(2 / 3), 3)
    assert answers.difference == pytest.approx(-1 / 3)
    # One of three differs: half of all swaps turn it round, none makes it smaller.
    assert answers.p == 1.0
    assert (answers.low, answers.high) == (-1.0, 0.0)


def test_curves_are_compared_without_a_test(right: Report, worse: Report) -> None:
    area = change(compare.compare(right, worse), "confidence.aurc")

    assert (area.old, area.p) == (0.0, None)
    assert area.difference == worse.figures["confidence.aurc"].mean


def test_only_questions_that_are_the_same_are_compared(right: Report) -> None:
    reworded = msgspec.structs.replace(GOLD[0], question="When did they sell it?")
    first = msgspec.structs.replace(right.questions[0], gold=reworded)
    other = msgspec.structs.replace(right, questions=(first, *right.questions[1:4]))

    comparison = compare.compare(right, other)

    assert comparison.shared == 3
    assert (comparison.only_old, comparison.only_new) == (("q1", "q5"), ("q1",))
    assert not [change for change in comparison.changes if change.name.startswith("confidence")]


def test_runs_with_nothing_in_common_are_not_compared(right: Report) -> None:
    with pytest.raises(ReportError, match="no question in common"):
        compare.compare(right, msgspec.structs.replace(right, questions=()))
    other_mode = msgspec.structs.replace(right, meta=msgspec.structs.replace(right.meta, mode="retrieval"))
    with pytest.raises(ReportError, match="same mode"):
        compare.compare(right, other_mode)


@pytest.mark.parametrize(
    ("condition", "failed"),
    [
        ("answers.right<0.7", True),
        ("answers.right<0.6", False),
        ("overall.right < 0.6", False),
        ("refusal.hallucination_rate>0.4", True),
        ("refusal.hallucination_rate>0.5", False),
        ("answers.right-0.3", True),
        ("answers.right-0.34", False),
        ("refusal.hallucination_rate-.4", True),
        ("refusal.hallucination_rate-0.5", False),
        ("citations.uncited_sentences-0", False),
        ("answers.token_f1<0.1", True),
        ("answers.token_f1-0.1", True),
        ("confidence.aurc-0.01", True),
    ],
)
def test_a_condition_fails_where_the_figure_does(right: Report, worse: Report, condition: str, failed: bool) -> None:
    assert verdicts(condition, worse, right) == [failed]


def test_a_rise_of_a_rate_is_a_fall_in_quality_and_never_the_other_way_round(right: Report, worse: Report) -> None:
    assert verdicts("refusal.hallucination_rate-0,answers.right-0", right, worse) == [False, False]


def test_a_verdict_says_what_was_found(right: Report, worse: Report) -> None:
    conditions = gate.parse("answers.right<0.9, answers.right-0.02,answers.token_f1>1", compared=True)

    assert gate.judge(conditions, worse, compare.compare(right, worse)) == (
        Verdict("answers.right<0.9", True, "answers.right is 0.6667"),
        Verdict("answers.right-0.02", True, "answers.right went from 1 to 0.6667 (3 questions, p = 1)"),
        Verdict("answers.token_f1>1", True, "no question has answers.token_f1"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("answers.rihgt<0.9", "there is no figure answers.rihgt; the nearest is answers.right"),
        ("answers.right=0.9", "can't read the condition 'answers.right=0.9'"),
        ("answers.right<", "can't read the condition"),
        ("answers.right<0.9,", "can't read the condition ''"),
        ("answers.right-0.02", "needs a run to compare with"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(text: str, said: str) -> None:
    with pytest.raises(GateError) as caught:
        gate.parse(text, compared=False)

    assert said in str(caught.value)


def test_an_old_report_is_loaded_as_it_was(right: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(right), indent=1))

    assert compare.load(path) == right


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", "not a report.json"), (b'{"schema": 0}', "has schema 0, this program reads 1"), (b"\xff", "not a report")],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)

    with pytest.raises(ReportError, match=said):
        compare.load(path)


def test_a_terminal_shows_figures_with_intervals_and_what_turned(right: Report, worse: Report) -> None:
    comparison = compare.compare(right, worse)
    shown = terminal.render(
        msgspec.structs.replace(worse, comparison=comparison, verdicts=(Verdict("x<1", True, "x is 0"),))
    )

    assert "answers.right                         0.667   0.000 .. 1.000        3" in shown
    assert "turned wrong: q2 Wann wurde die Brücke gesperrt?" in shown
    assert "answers.right                         1.000 -> 0.667 (-0.333)  p = 1" in shown
    assert "FAILED  x<1: x is 0" in shown
    assert "no figure has changed" in terminal.render(
        msgspec.structs.replace(right, comparison=compare.compare(right, right))
    )
