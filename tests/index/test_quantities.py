from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import quantities as module
from index.quantities import Quantity, quantities, same_value


def stated(text: str, language: str) -> list[tuple[float, str]]:
    return [(quantity.value, quantity.unit) for quantity in quantities(text, language)]


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("14,3 Milliarden Dollar", "$14.3 billion"),
        ("14,3 Mrd. US-Dollar", "14.3bn USD"),
        ("zwei Milliarden Euro", "€2 billion"),
        ("eine Billion Dollar", "one trillion dollars"),
        ("99,5 Mio. Euro", "99.5 million euros"),
        ("rund 1.500 Beschäftigte", "about 1,500 employees"),
        ("eine 49-prozentige Beteiligung", "a 49 % stake"),
        ("49 Prozent", "49 per cent"),
        ("weniger als ein Dutzend", "less than a dozen"),
        ("zwei Dutzend", "24"),
        ("der 28-jährige Gründer", "the 28-year-old founder"),
        ("Mitte Juni", "in mid-June"),
        ("am 3. März 2025", "on March 3, 2025"),
        ("die zweitgrößte Übernahme", "the second-largest acquisition"),
        ("2.000.000,50 Euro", "€2,000,000.50"),
        ("10 bis 15 Milliarden Dollar", "10 to 15 billion dollars"),
        ("zweihunderttausend Menschen", "two hundred thousand people"),
    ],
)
def test_two_languages_state_one_value(german: str, english: str) -> None:
    left, right = quantities(german, "de"), quantities(english, "en")
    assert left
    assert sorted((q.value, q.unit) for q in left) == sorted((q.value, q.unit) for q in right)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1.500", "de", [(1500.0, "")]),
        ("1.500", "en", [(1.5, "")]),
        ("694,06", "en", [(694.06, "")]),
        ("2016", "de", [(2016.0, "")]),
        ("eine Billion", "de", [(1e12, "")]),
        ("one billion", "en", [(1e9, "")]),
        ("10 Mrd. USD", "en", [(1e10, "USD")]),
        ("eine gute Idee", "de", []),
        ("hundreds of millions", "en", []),
        ("hunderte Millionen", "de", []),
        ("one of them may leave", "en", []),
        ("5 m long, $5m wide", "en", [(5.0, ""), (5e6, "USD")]),
        ("it may march on", "en", []),
        ("They left in May.", "en", [(5.0, "month")]),
        ("20 H100 chips and one A4.5", "en", [(20.0, "")]),
        ("Im Q3 kamen 20 X-H100-Chips", "de", [(20.0, "")]),
        ("v2.0 kostet EUR5 oder USD14.3", "en", [(5.0, "EUR"), (14.3, "USD")]),
    ],
)
def test_language_decides_what_marks_and_words_mean(
    text: str, language: str, expected: list[tuple[float, str]]
) -> None:
    assert stated(text, language) == expected


def test_span_covers_number_scale_and_unit() -> None:
    text = "Meta zahlt 14,3 Milliarden Dollar für 49 Prozent."
    assert [text[q.start : q.end] for q in quantities(text, "de")] == ["14,3 Milliarden Dollar", "49 Prozent"]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (("14.3 billion dollars", "en"), ("14,3 Milliarden", "de"), True),
        (("14.3 billion dollars", "en"), ("14,3 Milliarden Euro", "de"), False),
        (("14.3 billion", "en"), ("14,3 Millionen", "de"), False),
        (("49 %", "en"), ("49 Dollar", "de"), False),
        (("June", "en"), ("6", "de"), False),
        (("one billion", "en"), ("eine Billion", "de"), False),
        (("14 billion dollars", "en"), ("14,3 Milliarden Dollar", "de"), False),
    ],
)
def test_values_agree_only_with_scale_and_unit(left: tuple[str, str], right: tuple[str, str], same: bool) -> None:
    assert same_value(quantities(*left)[0], quantities(*right)[0]) is same


@given(st.text(max_size=200), st.sampled_from(["de", "en", "fr"]))
def test_spans_lie_in_the_text_whatever_it_is(text: str, language: str) -> None:
    for quantity in quantities(text, language):
        assert 0 <= quantity.start < quantity.end <= len(text)


@given(st.integers(0, 10**9), st.sampled_from(["de", "en"]))
def test_a_grouped_number_is_read_as_written(value: int, language: str) -> None:
    mark = "." if language == "de" else ","
    assert stated(f"{value:,}".replace(",", mark), language) == [(float(value), "")]


@given(st.floats(0.1, 999.9).map(lambda value: round(value, 1)), st.sampled_from(["Milliarden", "Millionen"]))
def test_same_value_is_symmetric(value: float, scale: str) -> None:
    german = quantities(f"{value} {scale}".replace(".", ","), "de")[0]
    english = Quantity(german.value, "USD", 0, 1)
    assert same_value(german, english)
    assert same_value(english, german)


NUMBER_WORDS = {
    "de": """
    ein eine eins einer eines zwei drei zwölf zwanzig hundert tausend einundzwanzig null und komma plus minus erste
    zweite drittgrößte hunderte dutzend milliarde mrd juni mai 7 4,5 $ % prozent euro halb paar im bericht
    """,
    "en": """
    a an one two three twelve twenty twenty-one hundred thousand and point o nought plus first second hundreds dozen
    billion bn k may june 7 4.5 $ % percent euros half once largest in report one's
    """,
}


def read_in_full(text: str, language: str) -> list[Quantity]:
    """What is found where no text is passed over because none of its words can state anything."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_may_state", lambda *_: True)
        return quantities(text, language)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("joint", [" ", "-"])
def test_nothing_is_stated_where_no_word_can_state_anything(language: str, joint: str) -> None:
    for words in product(NUMBER_WORDS[language].split(), repeat=2):
        for text in (joint.join(words), joint.join((*words, words[0]))):
            assert quantities(text, language) == read_in_full(text, language)


@given(st.lists(st.sampled_from([*" ".join(NUMBER_WORDS.values()).split(), "der", "Grund", ",", "."])), st.booleans())
def test_a_sentence_that_is_passed_over_states_nothing(words: list[str], german: bool) -> None:
    language, text = "de" if german else "en", " ".join(words)
    assert quantities(text, language) == read_in_full(text, language)


@given(st.text())
def test_any_text_reads_as_it_does_in_full(text: str) -> None:
    assert quantities(text, "de") == read_in_full(text, "de")


def test_every_sentence_of_the_examples_reads_as_it_does_in_full() -> None:
    articles = sorted((Path(__file__).resolve().parents[2] / "examples" / "articles").glob("*.md"))
    lines = [line for path in articles for line in path.read_text(encoding="utf-8").split(". ")]
    assert len(lines) > 100
    for language in ("de", "en"):
        assert [quantities(line, language) for line in lines] == [read_in_full(line, language) for line in lines]
    passed_over = [line for line in lines if not any(module._may_state(p, "de") for p in module._PIECE.findall(line))]
    assert len(passed_over) > len(lines) / 4
