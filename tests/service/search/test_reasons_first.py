"""Which sentences are taken first as evidence where a question asks why."""

from __future__ import annotations

import pytest

from index.types import Sentence, SentenceHit
from service.search.reasons_first import reasons_first

NAMES = ("quillon", "ostrava")
ENDED = "Quillon beendete im Mai die Arbeit mit Ostrava."
WHY = "Quillon, ein Kunde von Ostrava, zieht sich zurück, weil Aufträge an Rivalen gelangen könnten."


def hit(text: str, row: int, cosine: float = 0.06) -> SentenceHit:
    return SentenceHit(row, Sentence("a.md", 0, len(text), 0, "de"), text, 1.0 - row / 10, cosine)


def order(question: str, names: tuple[str, ...], *hits: SentenceHit) -> list[int]:
    return [found.row for found in reasons_first(hits, question, "de", names)]


@pytest.mark.parametrize("question", ["Warum hat Quillon Ostrava verlassen?", "What made Quillon drop Ostrava?"])
def test_a_sentence_that_tells_a_reason_of_all_who_are_named_comes_first(question: str) -> None:
    assert order(question, NAMES, hit(ENDED, 0), hit("Ostrava baute Stellen ab.", 1), hit(WHY, 2)) == [2, 0, 1]


def test_other_questions_leave_the_order_as_it_is() -> None:
    assert order("Wann hat Quillon Ostrava verlassen?", NAMES, hit(ENDED, 0), hit(WHY, 1)) == [0, 1]


@pytest.mark.parametrize(
    ("text", "cosine"),
    [
        (WHY, 0.01),
        ("Vexil zieht sich von Ostrava zurück, weil Aufträge an Rivalen gelangen könnten.", 0.06),
        ("Quillon zieht sich zum Jahresende von Ostrava zurück.", 0.06),
    ],
)
def test_what_is_unlike_the_question_names_others_or_tells_no_reason_stays(text: str, cosine: float) -> None:
    question = "Warum hat Quillon Ostrava verlassen?"
    assert order(question, NAMES, hit(ENDED, 0), hit(text, 1, cosine)) == [0, 1]


def test_a_reason_that_shares_nothing_but_the_only_name_stays() -> None:
    question = "Warum baut Ostrava Stellen ab?"
    feared = "Kunden fürchten, dass Pläne über Ostrava bei Rivalen landen."
    cut = "Ostrava streicht Stellen, weil Kunden fehlen."
    assert order(question, ("ostrava",), hit(ENDED, 0), hit(feared, 1), hit(cut, 2)) == [2, 0, 1]
