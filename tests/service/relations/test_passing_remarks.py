"""What a source says in passing, by "without", an apposition or "for": right claims pass, wrong ones alike do not."""

from __future__ import annotations

import pytest

from service.relations import abbreviations
from tests.service.relations.test_general_rules import Source, rule

NO_BUSES: Source = ("A day without buses costs the town of Orlebach 2 million euros.", "en")
DARK: Source = ("Die Klinik arbeitete zwölf Stunden ohne Strom.", "de")
CALM: Source = ("The festival took place without strikes.", "en")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("A day of the bus strike costs the town of Orlebach 2 million euros.", "en", NO_BUSES),
        ("Ein Tag Busstreik kostet die Stadt Orlebach 2 Millionen Euro.", "de", NO_BUSES),
        ("The clinic worked through a power outage for twelve hours.", "en", DARK),
    ],
)
def test_what_is_on_strike_or_cut_off_is_what_a_source_is_without(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == ""


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("A day with buses costs the town of Orlebach 2 million euros.", "en", NO_BUSES),
        ("Die Klinik arbeitete zwölf Stunden mit Strom.", "de", DARK),
        ("The festival took place during strikes.", "en", CALM),
    ],
)
def test_what_a_source_is_without_is_not_there(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == "negation"


CRU: Source = ("Marten has been moving money from its Coastal Research unit, or CRU, to the Harbour Team.", "en")
NWG: Source = ("Die Norddeutsche Wassergenossenschaft (NWG) kündigte Ada Maurer.", "de")
AHEAD: Source = ("Die NWG (Norddeutsche Wassergenossenschaft) kündigte Ada Maurer.", "de")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("CRU stands for Coastal Research Unit.", "en", CRU),
        ("CRU is short for Coastal Research.", "en", CRU),
        ("Die Abkürzung NWG steht für Norddeutsche Wassergenossenschaft.", "de", NWG),
        ("NWG steht für die Norddeutsche Wassergenossenschaft.", "de", AHEAD),
    ],
)
def test_an_abbreviation_beside_its_long_form_says_what_it_stands_for(
    claim: str, language: str, source: Source
) -> None:
    assert rule(claim, language, source) == ""


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("CRU stands for Harbour Team.", "en", CRU),
        ("CRU stands for Marten Research Unit.", "en", CRU),
        ("NWG steht für Ada Maurer.", "de", NWG),
        (
            "NWG steht für die Norddeutsche Wassergenossenschaft.",
            "de",
            ("Die NWG kündigte der Wassergenossenschaft.", "de"),
        ),
    ],
)
def test_what_stands_elsewhere_in_the_source_is_not_its_long_form(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == "role"


@pytest.mark.parametrize(
    ("question", "text", "long"),
    [
        ("What does CRU stand for?", CRU[0], "Coastal Research unit"),
        (
            "Wofür steht die Abkürzung NWG?",
            "Am Montag hat die Norddeutsche WasserGenossenschaft (NWG) gestreikt.",
            "Norddeutsche WasserGenossenschaft",
        ),
        ("Was bedeutet NWG?", AHEAD[0], "Norddeutsche Wassergenossenschaft"),
        (
            "What does OYA mean?",
            "The Orlebach Youth Athletics (OYA) club met the Old Yard.",
            "Orlebach Youth Athletics",
        ),
        ("What does CRU stand for?", "Marten sold its Harbour Team, or CRU, in May.", ""),
        ("What does CRU stand for?", "Marten has a Coastal Research unit. CRU moved.", ""),
        ("What does Kornhus stand for?", "Korn und Haus (Kornhus) liefert Mehl.", ""),
        ("What did CRU stand to lose?", CRU[0], ""),
    ],
)
def test_the_long_form_is_what_has_the_letters_in_their_order(question: str, text: str, long: str) -> None:
    short = abbreviations.asked_for(question)
    assert (abbreviations.long_form(short, text) if short else "") == long


def test_what_a_firm_stands_for_is_no_long_form() -> None:
    assert rule("Kornhus steht für faire Preise.", "de", ("Kornhus steht seit Jahren für faire Preise.", "de")) == ""
    assert rule("NWG steht für faire Preise.", "de", ("Die NWG steht für faire Preise ein.", "de")) == ""


INCOME: Source = ("Die 30 Millionen Euro sind ein Zehntel von Tesseras Jahresumsatz.", "de")
STAKE: Source = ("Tesseras Budget für Nordholz beträgt 30 Millionen Euro.", "de")


def test_behind_a_noun_with_an_owner_for_hangs_on_the_verb() -> None:
    claim = "Tessera hat 2024 ein Zehntel von Tesseras Jahresumsatz für Quillon ausgegeben."
    assert rule(claim, "de", INCOME) == ""
    assert rule("30 Millionen Euro sind ein Zehntel vom Jahresumsatz von Quillon.", "de", INCOME) == "role"
    assert rule("Das Budget für Quillon beträgt 30 Millionen Euro.", "de", STAKE) == "role"
