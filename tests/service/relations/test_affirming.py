"""What is cited for a yes or a no has to tell what is affirmed or denied."""

from __future__ import annotations

import pytest

from index.types import ArticleInfo
from service.relations import flaw
from service.search.evidence import Evidence

Source = tuple[str, str]
MERGED: Source = ("Etwa 1000 Kündigungen entfallen auf die Verschmelzung der beiden Banken.", "de")
STRIKE: Source = ("Ein Vorgehen gegen den Streik ist diesmal nicht geplant.", "de")
SHUT: Source = ("The yard in Nordholz was shut down by Tessera.", "en")
PRESS: Source = ("Noch am Montag hatte Ada Maurer vor der Presse gesessen.", "de")
BILLIONS: Source = ("Tessera is willing to spend billions on Marlin.", "en")
PRICES: Source = ("Tessera paid 5 million euros for Marlin and 7 million euros for Kornhus.", "en")
DEARER: Source = ("Nur Kornhus war für Tessera teurer als Marlin.", "de")
VALUE: Source = ("Kornhus was valued at 5 million euros in 2023.", "en")


def found(claim: str, language: str, text: str, written: str, before: str = "") -> str:
    info = ArticleInfo("a.md", "", None, None, written, "0" * 64)
    context = f"{before}\n{text}" if before else text
    item = Evidence(0, info, 0, len(text), text, written, context, context, 0.5)
    return flaw(claim, language, "", [item])


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Ja, die Aktionäre können über die Verschmelzung der Banken abstimmen.", "de", MERGED),
        ("Ja, der Streik wurde vorzeitig beendet.", "de", STRIKE),
        ("Ja, Ada Maurer ist zurückgetreten.", "de", PRESS),
        ("Ja, Claus Brunvaldsky ist zurückgetreten.", "de", ("Am Montag hatte Claus Brunvaldsky gesprochen.", "de")),
        ("Yes, Tessera raised its ticket prices in Nordholz.", "en", SHUT),
    ],
)
def test_a_yes_of_which_no_source_tells_what_is_done_is_no_answer(claim: str, language: str, source: Source) -> None:
    assert "affirmed or denied" in found(claim, language, *source)


def test_a_yes_or_no_that_compares_needs_a_comparison_or_two_values() -> None:
    claim = "Ja, Tessera hat für Kornhus mehr bezahlt als für Marlin."
    assert found(claim, "de", *BILLIONS).startswith("comparison")
    assert not found(claim, "de", *PRICES).startswith("comparison")
    assert not found(claim, "de", *DEARER).startswith("comparison")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Yes, Tessera closed the yard in Nordholz.", "en", SHUT),
        ("No, Ada Maurer has not left.", "en", ("Ada Maurer stays in office.", "en")),
        ("Ja, die Banken verschmelzen.", "de", MERGED),
        ("Yes, the value of Kornhus doubled.", "en", VALUE),
        ("Ada Maurer ist zurückgetreten.", "de", PRESS),
    ],
)
def test_a_yes_or_no_in_other_words_than_the_source_passes(claim: str, language: str, source: Source) -> None:
    assert "affirmed or denied" not in found(claim, language, *source)


def test_what_is_done_stands_in_the_source_and_to_what_may_stand_before_it() -> None:
    claim, before = "Ja, die Aktionäre stimmen über die Fusion ab.", "Die Aktionäre sind besorgt."
    assert not found(claim, "de", "Im Mai stimmen sie über die Fusion ab.", "de", before)
    assert "affirmed or denied" in found(
        "Ja, die Aktionäre stimmten über die Satzung ab.", "de", "Sie sind besorgt.", "de", before
    )
