from __future__ import annotations

import re

import pytest

from index.quantities import Quantity, quantities, same_value
from service.comparing.conflict_wording import note, told, worded
from service.comparing.conflicts import FoundConflict, FoundValue, Status
from service.comparing.stated import stated
from service.search.evidence import Evidence
from tests.service.sources import source


def value(text: str, status: Status, language: str = "en") -> FoundValue:
    return FoundValue(tuple(stated(source(text, language))), status)


FIRM = value("The bridge cost 14.3 million euros.", "current")
PLAN = value("Die Brücke dürfte mehr als 10 Mio. Euro kosten.", "superseded", "de")
OTHER = value("Die Brücke kostete 16 Mio. Euro.", "disputed", "de")
FIRST = value("The bridge cost 14.3 million euros.", "disputed")

NOTES = [
    (
        FoundConflict((FIRST, OTHER), listed=False),
        "Die Quellen widersprechen sich: Genannt werden 14,3 Millionen Euro und 16 Mio. Euro.",
        "The sources disagree: they give 14.3 million euros and €16 million.",
    ),
    (
        FoundConflict((FIRM, PLAN), listed=True),
        "Die Artikel nennen verschiedene Werte: 14,3 Millionen Euro, in vorläufigen Berichten mehr als 10 Mio. Euro.",
        "The articles give different values: 14.3 million euros, and in preliminary reports more than €10 million.",
    ),
    (
        FoundConflict((PLAN, FIRM), listed=False),
        "Ein späterer oder bestätigter Bericht nennt 14,3 Millionen Euro statt mehr als 10 Mio. Euro.",
        "A later or confirmed report says 14.3 million euros instead of more than €10 million.",
    ),
    (FoundConflict((FIRM, PLAN), listed=False), "", ""),
]


@pytest.mark.parametrize(("conflict", "german", "english"), NOTES)
def test_readers_are_told_in_their_language(conflict: FoundConflict, german: str, english: str) -> None:
    assert note(conflict, "de") == german
    assert note(conflict, "en") == english


def test_a_language_without_a_template_gets_no_sentence() -> None:
    assert note(NOTES[0][0], "fr") == ""


def test_a_sentence_of_a_dispute_tells_nothing_of_what_is_superseded() -> None:
    conflict = FoundConflict((FIRST, OTHER, PLAN), listed=False)
    assert told(conflict) == [FIRST, OTHER]
    assert "10" not in note(conflict, "en")


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("It costs nearly $15 billion.", "en", "de", "fast 15 Milliarden Dollar"),
        ("It costs $1 billion.", "en", "de", "1 Milliarde Dollar"),
        ("Es kostet zwei Billionen Euro.", "de", "en", "€2 trillion"),
        ("Es kostet 200 Franken.", "de", "en", "CHF 200"),
        ("Er hält einen Anteil von 49,5 Prozent.", "de", "en", "49.5 percent"),
        ("Die Werft hat rund 1.500 Beschäftigte.", "de", "en", "about 1,500"),
        ("The yard has 1,500 employees.", "en", "de", "1.500"),
        ("The yard has 1,500 employees.", "en", "en", "1,500 employees"),
        ("It opens on 3 June 2025.", "en", "de", "3. Juni 2025"),
        ("It opens in June.", "en", "de", "Juni"),
        ("Es wurde 1931 gegründet.", "de", "en", "1931"),
        ("It costs $14 billion.", "en", "en", "$14 billion"),
        ("Es geht um 13 bis 18 Mrd. Dollar.", "de", "de", "13 Milliarden Dollar"),
    ],
)
def test_a_value_keeps_its_words_in_its_own_language_and_is_written_anew_in_another(
    text: str, written: str, language: str, expected: str
) -> None:
    assert worded(stated(source(text, written))[0], language) == expected


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_is_said_has_the_values_that_are_cited(language: str) -> None:
    for conflict, *_ in NOTES[:3]:
        said = quantities(note(conflict, language), language)
        meant = [quantity for cited in told(conflict) for quantity in _quantities(cited.stated[0].source)]
        assert len(said) == len(meant)
        assert all(any(same_value(left, right) for right in meant) for left in said)


def _quantities(cited: Evidence) -> list[Quantity]:
    return quantities(re.sub(r"\s+", " ", cited.text), cited.language)
