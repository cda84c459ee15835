"""What a claim says beyond its question, and what it takes over from it, has to stand in its sources."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from index.types import ArticleInfo
from service.relations import flaw
from service.search.evidence import Evidence
from service.verification.verify import verify

Source = tuple[str, str]
CLASSES: Source = ("Brunvald saw degrees of rank in the classes of Tessera.", "en")
PEST: Source = ("Die Pest kam im Herbst 1347 nach Porthaven.", "de")
VERSION: Source = ("Die Fassung von Brunvald wurde in Porthaven schnell beliebt.", "de")


def evidence(text: str, language: str) -> Evidence:
    info = ArticleInfo("a.md", "", None, None, language, "0" * 64)
    return Evidence(0, info, 0, len(text), text, language, text, text, 0.5)


def reason(question: str, claim: str, language: str, *sources: Source) -> str:
    return flaw(claim, language, question, [evidence(*source) for source in sources])


@pytest.mark.parametrize(
    ("question", "claim", "language", "source", "words"),
    [
        (
            "What did Brunvald see in the classes of Tessera?",
            "Brunvald saw a mix of cultures in the classes of Tessera.",
            "en",
            CLASSES,
            "adds to the question (mix, cultures)",
        ),
        (
            "Wozu führte die Fassung von Brunvald?",
            "Die Fassung von Brunvald führte zur Entwicklung der Sprache.",
            "de",
            VERSION,
            "adds to the question (Entwicklung, Sprache)",
        ),
        (
            "Wann war die Pest in südlichen Gebirgen verbreitet?",
            "Die Pest war in südlichen Gebirgen im Herbst 1347 verbreitet.",
            "de",
            PEST,
            "the question says it, no source does (südlichen, Gebirgen, verbreitet)",
        ),
    ],
)
def test_what_no_source_says_is_neither_added_nor_taken_over_from_the_question(
    question: str, claim: str, language: str, source: Source, words: str
) -> None:
    found = reason(question, claim, language, source)
    assert found.startswith("meaning")
    assert words in found


@pytest.mark.parametrize(
    ("question", "claim", "language", "source"),
    [
        ("What did Brunvald see in the classes?", "Brunvald saw degrees of rank in the classes.", "en", CLASSES),
        ("Wann kam die Pest?", "Die Pest kam im Herbst 1347 an, zu Beginn der Messe.", "de", PEST),
        ("Wo war die Fassung beliebt?", "Die Fassung fand in Porthaven bald Zuspruch.", "de", VERSION),
        ("Wozu führte die Fassung?", "Zur Entwicklung der Sprache.", "de", (CLASSES[0], "en")),
        (
            "Wozu dient die Klassifizierung und Kalkulation von Gesteinen?",
            "Die Klassifizierung und Kalkulation von Gesteinen dient dem Bergbau.",
            "de",
            ("Für den Bergbau werden Gesteine klassifiziert und kalkuliert.", "de"),
        ),
        (
            "Warum kündigte Brunvald die Partnerschaft mit Porthaven?",
            "Brunvald kündigte die Partnerschaft mit Porthaven, weil die Pest kam.",
            "de",
            ("Brunvald zog sich aus Porthaven zurück, weil die Pest kam.", "de"),
        ),
    ],
    ids=["says the same", "has a figure", "one word for another", "another language", "a noun for a verb", "two verbs"],
)
def test_other_words_for_what_a_source_says_pass(question: str, claim: str, language: str, source: Source) -> None:
    assert not reason(question, claim, language, source).startswith("meaning")


@pytest.mark.parametrize(("row", "cited"), [(1, (0, 1)), (4, ())], ids=["the next sentence", "one from elsewhere"])
def test_only_the_next_sentence_has_what_another_one_lacks(row: int, cited: tuple[int, ...]) -> None:
    question = "Wozu führte die Fassung von Brunvald?"
    claim = "Die Fassung von Brunvald führte zur Entwicklung der Sprache in Porthaven."
    other = evidence("Sie trug wesentlich zur Entwicklung der Sprache bei.", "de")
    known = [evidence(*VERSION), replace(other, row=row)]
    near = np.array([0.5, 0.4], dtype=np.float32)
    assert verify(claim, "de", ["brunvald"], known, near, least_similarity=0.03, question=question).cited == cited
