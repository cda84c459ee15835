from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import GRAM, Term, analyse, grams

LANGUAGES = st.sampled_from(["de", "en", "fr", "und"])
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "Über",
                "14,3",
                "Mrd.",
                "Dollar",
                "$14.3bn",
                "49",
                "%",
                "U.S.",
                "e.V.",
                "Start-up",
                "GPT-4o",
                "Mu\u0308ller",
            ]
        ),
        max_size=12,
    ).map(" ".join),
)


def terms(text: str, language: str) -> set[str]:
    return {term.text for term in analyse(text, language)}


def gram_terms(text: str, language: str) -> set[str]:
    return {term.text for term in grams(text, language)}


@given(TEXTS, LANGUAGES)
def test_every_term_has_a_place_in_the_text(text: str, language: str) -> None:
    for term in [*analyse(text, language), *grams(text, language)]:
        assert term.text
        assert 0 <= term.start < term.end <= len(text)
        assert text[term.start : term.end].strip() == text[term.start : term.end]


@given(TEXTS, LANGUAGES)
def test_a_term_comes_from_the_word_at_its_place(text: str, language: str) -> None:
    for term in [*analyse(text, language), *grams(text, language)]:
        word = text[term.start : term.end]
        if not term.text.startswith("#"):
            assert term.text in terms(word, language) | gram_terms(word, language)


def test_places_are_those_of_the_words() -> None:
    text = "Der Datenanbieter zahlt 14,3 Mrd. Dollar"

    places = {term.text: text[term.start : term.end] for term in analyse(text, "de")}

    assert places == {
        "datenanbiet": "Datenanbieter",
        "dat": "Datenanbieter",
        "anbiet": "Datenanbieter",
        "zahlt": "zahlt",
        "#14300000000": "14,3 Mrd. Dollar",
        "#x1e+09": "Mrd",
        "#USD": "Dollar",
    }


def test_a_compound_meets_its_parts_and_itself() -> None:
    found = terms("Das Verteidigungsministerium", "de")

    assert terms("Ministerien der Verteidigung", "de") - found == {"ministeri"}
    assert terms("Verteidigung, Ministerium, Verteidigungsministeriums", "de") <= found


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Müller", "Mueller"),
        ("MÜLLER", "Mu\u0308ller"),
        ("Straße", "STRASSE"),
        ("Qualität", "Qualitaet"),
        ("Kartellbehörde", "Kartellbehoerde"),
        ("Anbietern", "Anbieter"),
        ("Daten\u00adanbieter", "Datenanbieter"),
    ],
)
def test_spellings_of_a_german_word_meet(left: str, right: str) -> None:
    assert terms(left, "de") == terms(right, "de") != set()


@pytest.mark.parametrize(
    ("left", "right"),
    [("companies", "Company"), ("U.S.", "US"), ("Meta's", "META"), ("ﬁnance", "finance"), ("bidding", "bids")],
)
def test_spellings_of_an_english_word_meet(left: str, right: str) -> None:
    assert terms(left, "en") == terms(right, "en") != set()


def test_a_hyphenated_word_meets_its_parts_and_the_word_without_a_hyphen() -> None:
    assert terms("Start-up", "de") >= terms("Startup", "en") | terms("start", "en")


@pytest.mark.parametrize(
    ("german", "english", "term"),
    [
        ("14,3 Mrd.", "$14.3bn", "#14300000000"),
        ("14,3 Milliarden Dollar", "14.3 billion dollars", "#14300000000"),
        ("14.300 Mio. Euro", "€14,300 million", "#14300000000"),
        ("1,1 Mio.", "1,100,000", "#1100000"),
        ("eine Billion", "a trillion", "#1000000000000"),
        ("49-prozentig", "49 per cent", "#49"),
        ("49 %", "49pct", "#49"),
        ("1,5", "1.5", "#1.5"),
        ("zwölf Wochen", "twelve weeks", "#12"),
        ("im Juni 2025", "in June 2025", "#month6"),
        ("Dollar", "$", "#USD"),
        ("Prozent", "per cent", "#%"),
        ("Milliarden", "billion", "#x1e+09"),
    ],
)
def test_a_number_is_one_term_in_both_languages_and_in_both_analyses(german: str, english: str, term: str) -> None:
    assert term in terms(german, "de") & terms(english, "en")
    assert term in gram_terms(german, "de") & gram_terms(english, "en")


def test_different_numbers_are_different_terms() -> None:
    assert not {"#14300000000", "#14300"} & terms("14,3 Mio. und 14,3", "de")


def test_a_digit_in_a_name_does_not_tear_it_apart() -> None:
    found = {term for term in terms("GPT-4o and H100", "en") if not term.startswith("#")}

    assert found == {"gpt", "4o", "h100"}


def test_words_that_every_text_holds_are_left_out() -> None:
    assert terms("Was ist das und wer hat es?", "de") == set()
    assert terms("What is it and who has it?", "en") == set()


def test_a_word_gives_every_run_of_four_letters_and_a_short_one_itself() -> None:
    assert grams("Meta AI, Google", "und") == [
        Term("meta", 0, 4),
        Term("ai", 5, 7),
        Term("goog", 9, 15),
        Term("oogl", 9, 15),
        Term("ogle", 9, 15),
    ]
    assert {len(term) for term in gram_terms("Wettbewerbsbehörden", "de")} == {GRAM}


def test_a_language_without_stems_has_grams() -> None:
    assert analyse("Les données", "fr") == grams("Les données", "fr") != []


@pytest.mark.parametrize(
    ("left", "right"),
    [("Müller", "Muller"), ("Łódź", "Lodz"), ("Малый", "МАЛЫИ"), ("données", "donnees"), ("STRASSE", "straße")],
)
def test_grams_know_no_accents_and_no_case(left: str, right: str) -> None:
    assert gram_terms(left, "fr") == gram_terms(right, "fr") != set()


def test_names_and_cognates_share_grams_across_languages() -> None:
    assert {"inte", "nter", "teri", "erim", "ceo"} <= gram_terms("Interims-CEO", "de") & gram_terms("interim CEO", "en")


def test_a_script_without_spaces_gives_pairs() -> None:
    assert gram_terms("東京都", "ja") == {"東京", "京都"}
    assert gram_terms("한국", "ko") == {"한국"}


def test_a_devanagari_word_stays_together() -> None:
    assert {(term.start, term.end) for term in grams("हिन्दी भाषा", "hi")} == {(0, 6), (7, 11)}


@pytest.mark.parametrize("text", ["", " \n", "—…!?", "_ __", "\u0301"])
@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_a_text_without_words_has_no_terms(text: str, language: str) -> None:
    assert analyse(text, language) == grams(text, language) == []


def test_of_an_endless_word_only_the_beginning_counts() -> None:
    found = grams("x" * 255 + "abcdefgh", "en")

    assert {term.text for term in found} == {"xxxx", "xxxa"}
    assert {(term.start, term.end) for term in found} == {(0, 263)}
