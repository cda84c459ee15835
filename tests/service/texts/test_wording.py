from __future__ import annotations

import pytest

from index.quantities import quantities
from service.texts.wording import with_own_scale_words, with_own_separators, with_stated_scale, with_whole_numbers


@pytest.mark.parametrize(
    ("sentence", "language", "mended"),
    [
        ("Es sind 1 billion Nutzer.", "de", "Es sind 1 Milliarde Nutzer."),
        ("Meta zahlt $14.3 billion.", "de", "Meta zahlt 14,3 Milliarden Dollar."),
        ("Meta zahlt 14,3 Milliarden Dollar.", "de", "Meta zahlt 14,3 Milliarden Dollar."),
        ("Das Netz kostet 2 Billionen Euro.", "de", "Das Netz kostet 2 Billionen Euro."),
        ("It earned 870,5 Millionen dollars.", "en", "It earned 870.5 million dollars."),
        ("It is worth 29 Mrd. dollars.", "en", "It is worth 29 billion dollars."),
        ("It is worth $29 billion.", "en", "It is worth $29 billion."),
        ("Meta zahlt 14,3 billion Dollar.", "de", "Meta zahlt 14,3 Milliarden Dollar."),
        ("Il vaut 29 Milliarden.", "fr", "Il vaut 29 Milliarden."),
    ],
)
def test_scale_words_come_in_the_language_of_the_sentence(sentence: str, language: str, mended: str) -> None:
    assert with_own_scale_words(sentence, language) == mended


@pytest.mark.parametrize(
    ("torn", "whole"),
    [
        ("About 1, 500 people left.", "About 1,500 people left."),
        ("It has 12, 300 and 4, 50 of them.", "It has 12,300 and 4, 50 of them."),
        ("In 2024, 300 people left.", "In 2024, 300 people left."),
        ("Es geschah am 3. 500 Menschen gingen.", "Es geschah am 3. 500 Menschen gingen."),
    ],
)
def test_numbers_that_were_torn_are_put_together(torn: str, whole: str) -> None:
    assert with_whole_numbers(torn) == whole


GERMAN = "Die Brücke kostet 14,3 Milliarden Euro und der Tunnel 2 Millionen Euro."


@pytest.mark.parametrize(
    ("said", "mended"),
    [
        ("The bridge costs 14.3 million euros.", "The bridge costs 14.3 billion euros."),
        ("The bridge costs 14.3 million and the tunnel 2 billion euros.",
         "The bridge costs 14.3 billion and the tunnel 2 million euros."),
        ("The bridge costs 14.3 billion euros.", "The bridge costs 14.3 billion euros."),
        ("The bridge costs 15 million euros.", "The bridge costs 15 million euros."),
        ("The bridge costs 14.3 million dollars.", "The bridge costs 14.3 million dollars."),
    ],
)  # fmt: skip
def test_a_scale_that_was_mistranslated_is_put_right(said: str, mended: str) -> None:
    assert with_stated_scale(said, "en", {"de": quantities(GERMAN, "de")}) == mended


def test_an_english_billion_is_no_german_one() -> None:
    english = {"en": quantities("The bridge costs 14.3 billion euros.", "en")}
    said = "Die Brücke kostet 14,3 Billionen Euro."
    assert with_stated_scale(said, "de", english) == "Die Brücke kostet 14,3 Milliarden Euro."


def test_nothing_is_mistranslated_within_a_language_or_where_a_source_states_it_so() -> None:
    said = "The bridge costs 14.3 million euros."
    assert with_stated_scale(said, "en", {"en": quantities("It costs 14.3 billion euros.", "en")}) == said
    both = {"de": quantities(GERMAN, "de"), "en": quantities("It costs 14.3 million euros.", "en")}
    assert with_stated_scale(said, "en", both) == said


@pytest.mark.parametrize(
    ("said", "language", "source", "mended"),
    [
        ("Es hat 1,500 Mitarbeiter.", "de", "It has 1,500 people.", "Es hat 1.500 Mitarbeiter."),
        ("It has 1.500.000 users.", "en", "Es hat 1.500.000 Nutzer.", "It has 1,500,000 users."),
        ("Es wiegt 1,500 Tonnen.", "de", "It weighs 1.5 tons.", "Es wiegt 1,500 Tonnen."),
        ("Es hat 1,500 Mitarbeiter.", "de", "It has 1,600 people.", "Es hat 1,500 Mitarbeiter."),
        ("It has 1,500 people.", "en", "Es hat 1.500 Mitarbeiter.", "It has 1,500 people."),
        ("It has 1,500,000 users.", "en", "Es hat 1.500.000 Nutzer.", "It has 1,500,000 users."),
        ("Es wiegt 1,5 Tonnen.", "de", "It weighs 15 tons.", "Es wiegt 1,5 Tonnen."),
    ],
)
def test_thousands_are_set_off_as_the_language_does(said: str, language: str, source: str, mended: str) -> None:
    other = "en" if language == "de" else "de"
    assert with_own_separators(said, language, {other: quantities(source, other)}) == mended
