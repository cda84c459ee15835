from __future__ import annotations

import time

import pytest

from index.decompound import MAX_WORD, parts


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("datenanbieter", ("daten", "anbieter")),
        ("verteidigungsministerium", ("verteidigung", "ministerium")),
        ("kartellbehörde", ("kartell", "behörde")),
        ("umsatzrückgang", ("umsatz", "rückgang")),
        ("kündigungsschutzgesetz", ("kündigung", "schutz", "gesetz")),
        ("donaudampfschifffahrtsgesellschaft", ("donau", "dampf", "schifffahrt", "gesellschaft")),
    ],
)
def test_a_compound_is_cut_into_words_without_the_letters_between(word: str, expected: tuple[str, ...]) -> None:
    assert parts(word) == expected


def test_an_umlaut_may_be_spelled_out() -> None:
    assert parts("kartellbehoerde") == ("kartell", "behoerde")


@pytest.mark.parametrize("word", ["", "haus", "anbieter", "deutschland", "unternehmen", "entwicklung", "qqqqqqqqqqqq"])
def test_a_simple_or_unknown_word_stays_whole(word: str) -> None:
    assert parts(word) == ()


@pytest.mark.parametrize("name", ["zuckerberg", "heidelberg", "microsoft", "frankfurt"])
def test_a_name_that_sounds_like_a_compound_stays_whole(name: str) -> None:
    assert parts(name) == ()


@pytest.mark.alone
def test_a_word_beyond_the_limit_costs_nothing() -> None:
    parts("warmgelaufen")
    started = time.perf_counter()

    assert parts("daten" * (MAX_WORD // 5) + "haus") == ()
    assert time.perf_counter() - started < 0.01
