from __future__ import annotations

import pytest

from service.names import mentions, names


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Die Firma Mercor liefert Daten an Meta.", "de", ["mercor", "meta"]),
        ("Die Konkurrenten fürchten um ihre Trainingsdaten und Geschäftsgeheimnisse.", "de", []),
        ("Das Verteidigungsministerium vergab im Juli einen Auftrag.", "de", []),
        ("Später leitet Ute Droegemüller das Labor.", "de", ["ute", "droegemüller"]),
        ("The deal lets Alexandr Wang stay on the board.", "en", ["alexandr", "wang"]),
        ("Antitrust experts doubt the structure.", "en", []),
        ("A contract with the US Army in July.", "en", []),
        ("How many people work for Surge AI?", "en", ["surge"]),
        ("What is the capital of Australia?", "en", ["australia"]),
        ("Who invested in OpenAI?", "en", ["openai"]),
    ],
)
def test_names_are_what_a_translation_keeps(text: str, language: str, expected: list[str]) -> None:
    assert names(text, language) == expected


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("Metas Einstieg", "meta", True),
        ("Meta's stake", "meta", True),
        ("eine Metapher", "meta", False),
        ("Der Meta-Deal", "meta", True),
        ("in Australien", "australia", True),
        ("in Austria", "australia", False),
        ("Scale AI", "metas", False),
    ],
)
def test_a_mention_allows_endings_and_compounds_but_no_other_word(text: str, name: str, found: bool) -> None:
    assert mentions(text, name) is found
