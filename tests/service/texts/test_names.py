from __future__ import annotations

import pytest

from service.texts.names import mentions, names, speaks_of_a_name


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Die Firma Mercor liefert Daten an Meta.", "de", ["mercor", "meta"]),
        ("Die Konkurrenten fürchten um ihre Trainingsdaten und Geschäftsgeheimnisse.", "de", []),
        ("Das Verteidigungsministerium vergab im Juli einen Auftrag.", "de", []),
        ("Welche Art von Gewürzfabrikant sucht welcher Starter?", "de", []),
        ("Wer starb an der Schwermetallvergiftung im alten Reich?", "de", []),
        ("Welche Lumora-Geräte baut Ute Droegemüller?", "de", ["lumora", "ute", "droegemüller"]),
        ("Später leitet Ute Droegemüller das Labor.", "de", ["ute", "droegemüller"]),
        ("Was sagte Ines de Marchand dazu?", "de", ["ines", "marchand"]),
        ("Wer leitet die Einheit AI Lumora?", "de", ["lumora"]),
        ("Wer leitet die Adler AG?", "de", ["adler"]),
        ("Wer ist Interims-CEO von Lumora?", "de", ["lumora"]),
        ("The deal lets Alexandr Wang stay on the board.", "en", ["alexandr", "wang"]),
        ("Antitrust experts doubt the structure.", "en", []),
        ("A contract with the US Army in July.", "en", []),
        ("How many people work for Surge AI?", "en", ["surge"]),
        ("What is the capital of Australia?", "en", ["australia"]),
        ("Who invested in OpenAI?", "en", ["openai"]),
        ("WHAT THE STATE IS PAYING VAILLARD\nOn Monday it paid.", "en", ["vaillard"]),
        ("DER STREIK BEI DER BAHN DAUERT\nDie GDL droht.", "de", ["gdl"]),
        ("It sells chips to BMW, BASF and SAP.", "en", ["bmw", "basf", "sap"]),
    ],
)
def test_names_are_what_a_translation_keeps(text: str, language: str, expected: list[str]) -> None:
    assert names(text, language) == expected


@pytest.mark.parametrize(
    ("sentence", "language", "around", "has_one"),
    [
        ("Up to 50 experts are wanted.", "en", "Nordholz builds a lab.", False),
        ("Scale made 870 million dollars.", "en", "Customers of Scale left.", True),
        ("Scale made 870 million dollars.", "en", "Scale is large.", False),
        ("The firm sued the Army in July.", "en", "", True),
        ("The firm hired 50 experts in July.", "en", "", False),
        ("Das Unternehmen erzielte 870 Millionen.", "de", "", False),
        ("Das Unternehmen zahlt an Mercor.", "de", "", True),
    ],
)
def test_a_sentence_speaks_of_a_name_of_its_own(sentence: str, language: str, around: str, has_one: bool) -> None:
    assert speaks_of_a_name(sentence, language, around) is has_one


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
        ("in der Schweiz", "swiss", True),
        ("die niederländische Regierung", "dutch", True),
        ("Germany's state", "german", True),
        ("die deutschen Häfen", "german", True),
        ("die EU-Kommission", "european", True),
        ("die Niederlage", "dutch", False),
        ("in Österreich", "german", False),
        ("die Schwedin", "swiss", False),
    ],
)
def test_a_mention_allows_endings_and_compounds_but_no_other_word(text: str, name: str, found: bool) -> None:
    assert mentions(text, name) is found
