from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given
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
        ("ein Fünftel der Belegschaft", "a fifth of the staff"),
        ("zwei Drittel der Stimmen", "two-thirds of the votes"),
        ("Sie sank um ein Viertel.", "It fell by a quarter."),
        ("um etwa ein Drittel", "by about a third"),
        ("die Hälfte der Belegschaft", "half of the staff"),
        ("ein Viertel der Leute", "25 percent of the people"),
        ("eine halbe Milliarde Dollar", "half a billion dollars"),
        ("anderthalb Millionen Euro", "one and a half million euros"),
        ("dreieinhalb Jahre", "three and a half years"),
        ("eine Viertelmillion Euro", "a quarter of a million euros"),
        ("ein halbes Dutzend", "half a dozen"),
        ("zwischen 10 und 15 Prozent", "between 10 and 15 percent"),
        ("zwischen 10 und 15 Millionen Euro", "between €10 and €15 million"),
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
        ("GPT-4 met Covid-19, an A380 and Qwen2.5 at the G7", "en", []),
        ("Mid-2024 it left", "en", [(2024.0, "")]),
        ("der Fast-50-Jährige mit 20 Top-10-Listen", "de", [(50.0, ""), (20.0, "")]),
        ("They left [1] and [2, 3].", "en", []),
        ("1) They left\n2) 7 stayed", "en", [(7.0, "")]),
        ("the second half of 2024", "en", [(2024.0, "")]),
        ("die zweite Hälfte, verdoppelt", "de", []),
        ("half past ten on the third of June", "en", [(10.0, ""), (6.0, "month")]),
        ("the first three quarters of 2024", "en", [(3.0, ""), (2024.0, "")]),
        ("eine Viertelstunde", "de", []),
        ("led by a third person, by a fifth column", "en", []),
        ("They cut 10 and 15 percent", "en", [(10.0, ""), (15.0, "%")]),
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


PARTS = {"third": ("Drittel", 3), "fifth": ("Fünftel", 5), "eighth": ("Achtel", 8), "tenth": ("Zehntel", 10)}
COUNTS = {1: ("one", "ein"), 2: ("two", "zwei"), 3: ("three", "drei"), 7: ("seven", "sieben")}


@given(st.sampled_from(sorted(PARTS)), st.sampled_from(sorted(COUNTS)), st.sampled_from([" ", "-"]))
def test_a_fraction_in_words_is_its_percentage_in_both_languages(part: str, count: int, joint: str) -> None:
    german, whole = PARTS[part]
    expected = [(round(count / whole * 100, 9), "%")] if count < whole else []
    plural = "s" if count > 1 else ""
    assert [q for q in stated(f"{COUNTS[count][0]}{joint}{part}{plural} of it", "en") if q[1]] == expected
    assert [q for q in stated(f"{COUNTS[count][1]}{joint}{german} davon", "de") if q[1]] == expected


@given(st.text(max_size=40), st.integers(1, 999), st.sampled_from(["de", "en"]))
def test_a_reference_mark_is_no_quantity(text: str, number: int, language: str) -> None:
    assume("[" not in text and "]" not in text)
    values = [q.value for q in quantities(f"{text} x [{number}]", language)]
    assert values == [q.value for q in quantities(f"{text} x ", language)]


NUMBER_WORDS = {
    "de": """
    ein eine eins einer eines zwei drei zwölf zwanzig hundert tausend einundzwanzig null und komma plus minus erste
    zweite drittgrößte hunderte dutzend milliarde mrd juni mai 7 4,5 $ % prozent euro halb paar im bericht
    halbe hälfte drittel anderthalb [1]
    """,
    "en": """
    a an one two three twelve twenty twenty-one hundred thousand and point o nought plus first second hundreds dozen
    billion bn k may june 7 4.5 $ % percent euros half once largest in report one's third fifths of GPT-4 [1]
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


def test_a_share_is_no_number_of_things() -> None:
    (share,), (jobs,) = quantities("It owns 49 % of the firm.", "en"), quantities("It cuts 49 jobs.", "en")
    assert not same_value(share, jobs)
    assert same_value(quantities("It paid 49 million.", "en")[0], quantities("Es zahlte 49 Millionen Euro.", "de")[0])


def test_a_share_that_changes_has_its_unit_before_and_after() -> None:
    found = quantities("Der Beitrag sinkt von 1,9 auf 1,6 Prozent.", "de")
    assert [(one.value, one.unit) for one in found] == [(1.9, "%"), (1.6, "%")]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Bank zahlt 10,5 statt bisher 6,5 Prozent Zinsen.", "de"),
        ("Die Bank zahlt 10,5 anstatt 6,5 Prozent Zinsen.", "de"),
        ("The bank pays 10.5 instead of 6.5 percent.", "en"),
        ("The bank pays 10.5 rather than 6.5 percent.", "en"),
    ],
)
def test_what_stands_instead_of_another_value_has_its_unit(text: str, language: str) -> None:
    assert [(found.value, found.unit) for found in quantities(text, language)] == [(10.5, "%"), (6.5, "%")]
