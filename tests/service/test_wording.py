from __future__ import annotations

import pytest

from service.wording import with_own_scale_words, with_whole_numbers


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
