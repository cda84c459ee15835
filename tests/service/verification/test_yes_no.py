from __future__ import annotations

import pytest

from service.verification.yes_no import contradicts_itself, with_its_word

BUY, BUY_DE = "Did Castellmar buy Brunvald?", "Hat Castellmar die Fähre gekauft?"

DECIDED = [
    ("de", BUY_DE, "Castellmar hat die Fähre gekauft.", "Ja, Castellmar hat die Fähre gekauft."),
    ("de", BUY_DE, "Castellmar kaufte die Fähre im Juni.", "Ja, Castellmar kaufte die Fähre im Juni."),
    ("de", BUY_DE, "Castellmar hat die Fähre nicht gekauft.", "Nein, Castellmar hat die Fähre nicht gekauft."),
    (
        "de",
        "Kaufte Castellmar die Fähre?",
        "Castellmar kaufte die Fähre nicht.",
        "Nein, Castellmar kaufte die Fähre nicht.",
    ),
    ("de", "Gehört die Brücke der Stadt?", "Die Brücke gehört der Stadt.", "Ja, die Brücke gehört der Stadt."),
    (
        "en",
        BUY,
        "Castellmar bought Brunvald for 9 million euros.",
        "Yes, Castellmar bought Brunvald for 9 million euros.",
    ),
    ("en", BUY, "Castellmar did not buy Brunvald.", "No, Castellmar did not buy Brunvald."),
    ("en", "Is the museum open?", "The museum is open.", "Yes, the museum is open."),
    (
        "en",
        "Did the ferries stop running?",
        "Ferries stopped running in June.",
        "Yes, ferries stopped running in June.",
    ),
    ("en", "Is the bridge 420 metres long?", "The bridge is 420 metres long.", "Yes, the bridge is 420 metres long."),
]
UNDECIDED = [
    ("en", BUY, "Brunvald bought Castellmar."),
    ("en", BUY, "Castellmar bought Marlin and sold Brunvald."),
    ("en", BUY, "Castellmar bought a stake in Brunvald."),
    ("en", BUY, "Castellmar bought Brunvald's ferry."),
    ("en", BUY, "Castellmar's rival bought Brunvald."),
    ("en", BUY, "Castellmar plans to buy Brunvald."),
    ("en", BUY, "Castellmar denied that it bought Brunvald."),
    ("en", BUY, "Castellmar failed to buy Brunvald."),
    ("en", BUY, "Castellmar did not buy Brunvald for 9 million euros."),
    ("en", BUY, "If prices fall, Castellmar bought Brunvald."),
    ("en", BUY, "Brunvald was bought by Castellmar."),
    ("en", "Didn't Castellmar buy Brunvald?", "Castellmar bought Brunvald."),
    ("en", "Did Castellmar buy Brunvald or Marlin?", "Castellmar bought Brunvald or Marlin."),
    ("en", "Who bought Brunvald?", "Castellmar bought Brunvald."),
    ("en", "Is the museum open?", "The museum was open in July."),
    ("en", "Is the museum open?", "The museum is open only on Mondays."),
    ("en", "Is the bridge 420 metres long?", "The bridge is 440 metres long."),
    ("en", "Did ferries replace the bridge?", "The bridge replaced ferries."),
    ("de", BUY_DE, "Castellmar will die Fähre kaufen."),
    ("de", BUY_DE, "Castellmar hat einen Anteil an der Fähre gekauft."),
    ("de", BUY_DE, "Hallstrom hat die Fähre gekauft."),
    ("de", "Ersetzen Fähren die Brücke?", "Die Brücke ersetzt Fähren."),
    ("de", "Ist Coyle noch Direktor des Museums?", "Coyle ist Direktor des Museums."),
    ("fr", "Est-ce que le musée est ouvert ?", "Le musée est ouvert."),
    ("en", BUY, "Yes, Castellmar bought Brunvald."),
]


@pytest.mark.parametrize(("language", "question", "sentence", "told"), DECIDED)
def test_what_is_the_question_as_a_statement_gets_its_word(
    language: str, question: str, sentence: str, told: str
) -> None:
    assert with_its_word(sentence, question, language) == told


@pytest.mark.parametrize(("language", "question", "sentence"), UNDECIDED)
def test_what_is_in_doubt_stays_as_it_is(language: str, question: str, sentence: str) -> None:
    assert with_its_word(sentence, question, language) == sentence


@pytest.mark.parametrize(
    ("language", "question", "sentence", "is_contradiction"),
    [
        ("en", BUY, "Yes, Castellmar did not buy Brunvald.", True),
        ("en", BUY, "No, Castellmar bought Brunvald.", True),
        ("en", BUY, "No, Hallstrom bought Brunvald.", False),
        ("en", BUY, "Yes, Castellmar bought Brunvald.", False),
        ("en", BUY, "Castellmar bought Brunvald.", False),
        ("de", BUY_DE, "Nein, Castellmar hat die Fähre gekauft.", True),
        ("de", BUY_DE, "Ja. Castellmar hat die Fähre nicht gekauft.", True),
        ("de", BUY_DE, "Nein, Castellmar hat die Fähre nicht gekauft.", False),
    ],
)
def test_a_yes_that_denies_and_a_no_that_affirms_are_seen(
    language: str, question: str, sentence: str, is_contradiction: bool
) -> None:
    assert contradicts_itself(sentence, question, language) is is_contradiction
