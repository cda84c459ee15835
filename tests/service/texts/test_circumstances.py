from __future__ import annotations

import pytest

from service.texts.circumstances import Circumstance, circumstance_asked_for, tells


@pytest.mark.parametrize(
    ("question", "circumstance"),
    [
        ("Why did Tessera close the yard?", "reason"),
        ("Aus welchem Grund schloss Tessera die Werft?", "reason"),
        ("And since when does Brunvald lead the yard?", "time"),
        ("In welchem Jahr schloss die Werft?", "time"),
        ("Wo liegt die Werft?", "place"),
        ("Which company closed the yard where Brunvald had learned?", ""),
        ("When people meet, what do they say?", ""),
        ("Who left when the yard closed?", ""),
    ],
)
def test_a_question_begins_with_the_circumstance_that_it_asks_for(question: str, circumstance: Circumstance) -> None:
    assert circumstance_asked_for(question) == circumstance


@pytest.mark.parametrize(
    ("question", "sentence", "language", "told"),
    [
        ("Why did Tessera leave the yard?", "Tessera had planned to pay 40 million, and talks to others.", "en", False),
        ("Why did Tessera leave the yard?", "Tessera was the largest customer of the yard.", "en", False),
        ("Why did Tessera leave the yard?", "It feared that a rival would see its plans.", "en", True),
        ("Why did Tessera fear the yard?", "Tessera feared the yard of Brunvald.", "en", False),
        ("Why do the workers complain?", "They complain about unpaid hours.", "en", True),
        ("Warum verließ Tessera die Werft?", "Tessera plante, Geld zu zahlen, führt nun Gespräche.", "de", False),
        ("Warum verließ Tessera die Werft?", "Tessera ging, um Geld zu sparen.", "de", True),
        ("Warum ist das Geschäft riskant?", "Es ist gewagt: Die Technik ändert sich schnell.", "de", True),
        ("Warum verlässt Tessera die Werft?", "Das hat erste Konsequenzen: Tessera plant den Ausstieg.", "de", False),
        ("Why does it worry readers that the editor stays?", "The editor stays because he likes it.", "en", False),
        ("Why does it worry readers that the editor stays?", "Readers fear that the editor lies.", "en", True),
        ("When did Tessera buy the yard?", "Tessera bought the yard for 40 million dollars.", "en", False),
        ("When did Tessera buy the yard?", "Tessera bought the yard shortly after the fire.", "en", True),
        ("Wann kaufte Tessera die Werft?", "Tessera kaufte die Werft im Mai.", "de", True),
        ("Wann kaufte Tessera nach dem Brand die Werft?", "Tessera kaufte die Werft nach dem Brand.", "de", False),
        ("In what decade did the yard close?", "The decade as a whole was hard for the yard.", "en", False),
        ("In what decade did the yard close?", "The yard closed in the seventies.", "en", True),
        ("In which century was the yard built?", "It was built in the eighteenth century.", "en", True),
        ("Where was the yard built?", "The yard was built.", "en", False),
        ("Where was the yard built?", "The yard was built in Porthaven.", "en", True),
        ("Wo wurde die Werft gebaut?", "Porthaven.", "de", True),
    ],
)  # fmt: skip
def test_a_sentence_tells_a_circumstance_that_the_question_does_not_say(
    question: str, sentence: str, language: str, told: bool
) -> None:
    assert tells(sentence, circumstance_asked_for(question), question, language) is told


def test_a_sentence_that_repeats_nothing_of_the_question_may_be_a_bare_reason() -> None:
    assert tells("Its cranes had rusted.", "reason", "Why did Tessera leave Nordholz?", "en")
