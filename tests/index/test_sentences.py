import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.sentences import MAX_CHARACTERS, sentence_spans
from index.types import Span


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text, Span(0, len(text)), "und")]


@pytest.mark.parametrize(
    "expected",
    [
        ["Das Treffen war am 12. Juni 2025 in Berlin.", "Im 1. Quartal stieg der Umsatz auf 14,3 Mio. Euro."],
        ["Dr. Weber sagte z. B. nichts.", "Er kam aus den USA.", "Der 3. Oktober ist frei."],
        ["Sie zahlten 5 Mrd.", "Der Rest blieb.", "Stand: 12. 6. 2025."],
        ["Im 19. Jahrhundert war es so.", "Er wurde 29.", "Danach kam das 30. Jahr."],
        [
            "Es war die 3. Brücke am Ort.",
            "Zum 2. Versuch kam es nie.",
            "König Ludwig II. von Bayern baute.",
            "Vgl. Abb. 3 und Art. 5 GG.",
            "Die Fa. Holm GmbH wächst.",
        ],
        ["Er sagte u. a. nichts.", "Der Verein Brücke e.V. klagte.", "Das kostet ca. 3.000 Euro bzw. mehr."],
        ["Shares rose on Jan. 23 in the U.S. market.", "Acme Inc. and others vs. rivals.", "It is No. 1 here."],
        ["He lives in the U.S.", "The firm left.", "John F. Vick Jr. spoke at 9 a.m. on Friday."],
        [
            "Growth was 3.5 percent in 2024.",
            "14 firms closed.",
            "They saw modern art.",
            "Keep it in mind.",
            "No.",
            "Yes.",
        ],
        ["Mr. Vick met Gen. Holm at St. Mary.", "It costs $4.20 a litre."],
        ["Er sagte: „Wir bleiben.“", "Dann ging er.", "„Was nun?“, fragte sie.", "„Ist das alles?“", "Sie nickte."],
        ['"We left," he said.', '"They stayed."', "He paused.", 'They agreed to "wait."', "The mayor left."],
        ["“It is late.”", "She left.", "“Why?” he asked.", "(He knew.)", "[She did not.]", "*Bold text.*", "Next one."],
        ["Really?!", "Yes...", "Well… maybe.", "Who knows?", "Nobody!"],
        ["See example.Com or Node.js or Vick.AI now.", "It is on www.aldermoor.example/a.html today."],
    ],
)
def test_german_and_english_sentences_are_told_apart(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It upset regulators.As part of it, it closed.", ["It upset regulators.", "As part of it, it closed."]),
        ("Sales fell in 2025.Rivals gained.", ["Sales fell in 2025.", "Rivals gained."]),
        ("It was late.A man left.BBCX reported.", ["It was late.", "A man left.", "BBCX reported."]),
        ("Der Rat tagte.Übrigens lange.", ["Der Rat tagte.", "Übrigens lange."]),
        ("So sagt es Stadtrat VickDie Brücke bleibt.", ["So sagt es Stadtrat Vick", "Die Brücke bleibt."]),
        ('It took time."The bridge is safe," she said.', ["It took time.", '"The bridge is safe," she said.']),
        ('"It is safe."It took time.', ['"It is safe."', "It took time."]),
        ('They said "go.""When?" he asked.', ['They said "go."', '"When?" he asked.']),
        ("Er sagte „Nein.“Danach ging er.", ["Er sagte „Nein.“", "Danach ging er."]),
        ("It came from Harbor.AI and left.", ["It came from Harbor.AI and left."]),
        ("We use YouTube and DeepLake here.", ["We use YouTube and DeepLake here."]),
    ],
)
def test_sentences_that_a_scrape_glued_together_are_split(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_headings_and_list_items_are_sentences_of_their_own() -> None:
    text = "# What next? A ferry\n\n- First point\n- Second point. With more.\n\nThe end."
    assert sentences(text) == ["What next? A ferry", "First point", "Second point.", "With more.", "The end."]


def test_offsets_count_from_the_beginning_of_the_text() -> None:
    text = "One is out. Two is in. Three is in. Four is out."
    assert sentence_spans(text, Span(12, 35), "en") == [Span(12, 22), Span(23, 35)]


def test_an_endless_sentence_is_cut_at_words() -> None:
    text = "word " * 1000
    pieces = sentences(text)
    assert " ".join(pieces) == text.strip()
    assert max(map(len, pieces)) <= MAX_CHARACTERS
    assert min(map(len, pieces[:-1])) > MAX_CHARACTERS // 2


@pytest.mark.parametrize("unit", ["a", "a ", "(", "A.", '."', "a.A", "1. ", "[a](", "„", "\n", "* "])
def test_a_million_characters_are_split_in_bounded_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    begin = time.process_time()
    spans = sentence_spans(text, Span(0, len(text)), "und")
    assert time.process_time() - begin < 10
    assert all(span.end - span.start <= MAX_CHARACTERS for span in spans)


TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=400) | st.lists(
    st.sampled_from(
        ["Dr.", "am", "12.", "Juni", "U.S.", "The", "end.", '"Yes."', "„Nein.“", "\n", "\n\n", "- ", "x.Das", "?!"]
    ),
    max_size=80,
).map(" ".join)


@settings(deadline=None)
@given(TEXTS, st.integers(0, 400), st.integers(0, 400))
def test_sentences_are_ordered_disjoint_trimmed_and_inside_their_span(text: str, first: int, second: int) -> None:
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    if start == end:
        return
    position = start
    for span in sentence_spans(text, Span(start, end), "de"):
        assert position <= span.start < span.end <= end
        sentence = text[span.start : span.end]
        assert sentence == sentence.strip()
        assert len(sentence) <= MAX_CHARACTERS
        position = span.end


@settings(deadline=None)
@given(st.text(alphabet='aA.!?"„“ \n1', max_size=300))
def test_no_letter_is_lost(text: str) -> None:
    if text:
        joined = "".join(sentences(text))
        assert joined.count("a") == text.count("a")
        assert joined.count("A") == text.count("A")
