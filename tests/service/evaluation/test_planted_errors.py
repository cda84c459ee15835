"""Each planted error moves exactly the figures that it should."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
from scripted import CREW, GOLD, SOLD, Scripted, answered, perfect, refused, run

from service.contracts.answers import Answer
from service.evaluation.gold import Gold
from service.evaluation.results import Report
from service.evaluation.systems import Ranked, Search

Q1, Q2, Q3, Q4, Q5 = (gold.question for gold in GOLD)
CONFIDENCE = {"confidence.aurc", "confidence.ece", "confidence.coverage@95"}
UNANSWERED = {
    "overall.right": (1.0, 0.8),
    "answers.right": (1.0, pytest.approx(2 / 3)),
    "answers.nugget_recall": (1.0, pytest.approx(2 / 3)),
    "citations.recall": (1.0, pytest.approx(2 / 3)),
    "citations.f1": (1.0, pytest.approx(2 / 3)),
    "citations.char_recall": (1.0, pytest.approx(2 / 3)),
    "citations.char_f1": (1.0, pytest.approx(2 / 3)),
    "confidence.coverage@95": (0.6, 0.4),
}
"""What moves where one of three questions with an answer gets none."""


def moved(before: Report, after: Report) -> dict[str, tuple[float | None, float | None]]:
    """The figures whose mean differs."""
    assert before.figures.keys() == after.figures.keys()
    pairs = {name: (before.figures[name].mean, after.figures[name].mean) for name in before.figures}
    return {name: pair for name, pair in pairs.items() if pair[0] != pytest.approx(pair[1])}


@pytest.fixture
def right(tmp_path: Path) -> Report:
    (tmp_path / "right").mkdir()
    return run(Scripted(perfect()), tmp_path / "right")


def planted(directory: Path, question: str, answer: Answer) -> Report:
    return run(Scripted({**perfect(), question: answer}), directory)


def why(report: Report, number: int) -> tuple[str, ...]:
    return report.questions[number - 1].why_wrong


def test_a_perfect_run_is_perfect(right: Report) -> None:
    lower_is_better = {"requests.failed", "refusal.false_refusal_rate", "refusal.hallucination_rate", "confidence.aurc"}
    means = {name: figure.mean for name, figure in right.figures.items()}

    assert {name for name, mean in means.items() if mean == 0.0} == lower_is_better | {"citations.uncited_sentences"}
    assert means["confidence.ece"] == pytest.approx(0.1)
    assert means["confidence.coverage@95"] == 0.6
    assert (means["tokens.prompt"], means["tokens.completion"]) == (100.0, 10.0)
    rest = set(means) - lower_is_better - CONFIDENCE
    rest -= {"citations.uncited_sentences", "tokens.prompt", "tokens.completion"}
    # No question here has short answers or conflicting values, so those figures are not there at all.
    assert "answers.token_f1" not in rest
    assert {name: means[name] for name in rest if means[name] != 1.0} == {}
    assert [question.why_wrong for question in right.questions] == [()] * 5


def test_a_shifted_quote_moves_exactness_alone(right: Report, tmp_path: Path) -> None:
    answer = perfect()[Q1]
    [cited] = answer.citations
    shifted = msgspec.structs.replace(cited, quote=cited.quote[1:] + " ")

    report = planted(tmp_path, Q1, msgspec.structs.replace(answer, citations=(shifted,)))

    assert moved(right, report) == {"citations.exact": (1.0, pytest.approx(2 / 3))}
    assert why(report, 1) == ("the quote of citation 1 is not what stands in the article there",)


def test_a_quote_whose_offsets_are_shifted_moves_exactness_and_characters(right: Report, tmp_path: Path) -> None:
    answer = perfect()[Q1]
    [cited] = answer.citations
    shifted = msgspec.structs.replace(cited, start=cited.start + 1, end=cited.end + 1)

    report = planted(tmp_path, Q1, msgspec.structs.replace(answer, citations=(shifted,)))

    lost = 1 - 1 / len(SOLD) / 3
    assert moved(right, report) == {
        "citations.exact": (1.0, pytest.approx(2 / 3)),
        "citations.char_precision": (1.0, pytest.approx(lost)),
        "citations.char_recall": (1.0, pytest.approx(lost)),
        "citations.char_f1": (1.0, pytest.approx(lost)),
    }


def test_a_citation_of_the_wrong_sentence_moves_citations_alone(right: Report, tmp_path: Path) -> None:
    report = planted(tmp_path, Q1, answered(perfect()[Q1].answer, CREW, "ferry.md"))

    names = ("precision", "recall", "f1", "char_precision", "char_recall", "char_f1")
    assert moved(right, report) == {f"citations.{name}": (1.0, pytest.approx(2 / 3)) for name in names}
    assert why(report, 1) == (
        "citation 1 is not where the gold evidence is",
        "does not cite all of the gold evidence",
    )


def test_a_refusal_of_an_answerable_question_moves_answers_and_refusals(right: Report, tmp_path: Path) -> None:
    report = planted(tmp_path, Q2, refused("de"))

    assert moved(right, report) == {
        **UNANSWERED,
        "refusal.precision": (1.0, pytest.approx(2 / 3)),
        "refusal.false_refusal_rate": (0.0, pytest.approx(1 / 3)),
    }
    assert why(report, 2) == ("refused (not_in_sources), though the articles hold the answer",)


def test_a_right_answer_in_the_wrong_language_moves_the_language_alone(right: Report, tmp_path: Path) -> None:
    german = "Die Brücke wurde gesperrt, weil der Rost an den Trägern zu weit fortgeschritten war."
    answer = perfect()[Q3]
    said = msgspec.structs.replace(answer.sentences[0], text=german)

    report = planted(tmp_path, Q3, msgspec.structs.replace(answer, answer=german, sentences=(said,)))

    assert moved(right, report) == {"answers.language": (1.0, pytest.approx(2 / 3))}
    assert why(report, 3) == ("is not in the language of the question (en)",)


def test_an_answer_to_an_unanswerable_question_moves_refusals_and_citations(right: Report, tmp_path: Path) -> None:
    report = planted(tmp_path, Q4, answered("The crew bought it.", CREW, "ferry.md", confidence=0.95))

    assert moved(right, report) == {
        "overall.right": (1.0, 0.8),
        "citations.precision": (1.0, 0.75),
        "citations.char_precision": (1.0, 0.75),
        "refusal.recall": (1.0, 0.5),
        "refusal.hallucination_rate": (0.0, 0.5),
        # Surest first: wrong, then three right ones: (1 + 1/2 + 1/3 + 1/4) / 4.
        "confidence.aurc": (0.0, pytest.approx(25 / 48)),
        "confidence.ece": (pytest.approx(0.1), pytest.approx((0.95 + 2.7 - 3) / 4)),
        "confidence.coverage@95": (0.6, 0.0),
    }
    assert why(report, 4)[0] == "answered, though the articles hold no answer"


def test_an_answer_without_its_nugget_moves_answers_and_what_confidence_is_worth(right: Report, tmp_path: Path) -> None:
    answer = perfect()[Q1]
    report = planted(
        tmp_path, Q1, msgspec.structs.replace(answer, answer="The ferry was sold in the spring of the year.")
    )

    assert moved(right, report).keys() == {"overall.right", "answers.right", "answers.nugget_recall"} | CONFIDENCE
    assert why(report, 1) == ("does not say 'March'",)


def test_a_sentence_without_a_citation_moves_that_alone(right: Report, tmp_path: Path) -> None:
    answer = perfect()[Q1]
    bare = msgspec.structs.replace(answer.sentences[0], citations=())

    report = planted(tmp_path, Q1, msgspec.structs.replace(answer, sentences=(*answer.sentences, bare)))

    assert moved(right, report) == {"citations.uncited_sentences": (0.0, pytest.approx(1 / 6))}


def test_a_timeout_counts_as_wrong_and_is_listed(right: Report, tmp_path: Path) -> None:
    report = run(Scripted(perfect(), slow={Q1}), tmp_path, seconds=0.2)

    assert moved(right, report) == {
        "requests.failed": (0.0, 0.2),
        **UNANSWERED,
    }
    assert [(failed.gold.id, failed.failure) for failed in report.failures] == [("q1", "no answer within 0.2 s")]
    assert len(report.questions) == 5


def test_a_timeout_of_a_question_without_an_answer_is_no_refusal(right: Report, tmp_path: Path) -> None:
    report = run(Scripted(perfect(), slow={Q5}), tmp_path, seconds=0.2)

    assert moved(right, report) == {
        "requests.failed": (0.0, 0.2),
        "overall.right": (1.0, 0.8),
        "refusal.recall": (1.0, 0.5),
    }


def test_whatever_the_system_raises_is_a_failed_request(tmp_path: Path) -> None:
    def fault(question: str) -> None:
        if question == Q1:
            raise ZeroDivisionError("of a pipeline\nin two lines")

    report = run(Scripted(perfect(), fault=fault), tmp_path)

    assert [failed.failure for failed in report.failures] == ["ZeroDivisionError: of a pipeline in two lines"]
    assert report.figures["answers.right"].mean == pytest.approx(2 / 3)


def test_a_failed_search_moves_retrieval_alone(right: Report, tmp_path: Path) -> None:
    class Lost(Scripted):
        async def search(self, gold: Gold, query: str, top_k: int) -> Search:
            if gold.question == Q1:
                raise OSError("disk gone")
            return await super().search(gold, query, top_k)

    report = run(Lost(perfect()), tmp_path)

    two_thirds = (1.0, pytest.approx(2 / 3))
    retrieval = {name: two_thirds for name in right.figures if name.startswith("retrieval")}
    assert moved(right, report) == {"requests.failed": (0.0, 0.2), **retrieval}
    assert why(report, 1)[0] == "the search failed: OSError: disk gone"


def test_a_passage_at_the_second_rank_moves_what_looks_at_the_first(right: Report, tmp_path: Path) -> None:
    class Later(Scripted):
        async def search(self, gold: Gold, query: str, top_k: int) -> Search:
            found = await super().search(gold, query, top_k)
            other = Ranked("bridge.md", 90, 95, "x", 2.0)
            return Search((other, *found.passages), found.sentences)

    report = run(Later(perfect()), tmp_path)

    assert moved(right, report) == {
        "retrieval.passages.recall@1": (1.0, 0.0),
        "retrieval.passages.mrr@10": (1.0, 0.5),
        "retrieval.passages.ndcg@10": (1.0, pytest.approx(1 / math.log2(3))),
    }
