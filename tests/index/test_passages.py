import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.passages import SPLITTER, split
from index.types import Article, Passage, Sentence
from tests.index.conftest import content_spans

GERMAN = "Der Rat von Aldermoor beschloss am Montag den Bau einer neuen Brücke über den Fluss."
ENGLISH = "The council of Aldermoor voted on Monday for a new bridge that will cross the river."


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def article(text: str, language: str = "en") -> Article:
    return Article("a", "A", text, None, None, language, "")


def split_text(text: str, target: int, language: str = "en") -> tuple[list[Passage], list[Sentence]]:
    return split(article(text, language), words, target_tokens=target)


def shown(text: str, target: int, language: str = "en") -> list[str]:
    return [text[passage.start : passage.end] for passage in split_text(text, target, language)[0]]


def test_passages_are_whole_sentences_of_about_equal_length() -> None:
    text = " ".join(["One two three four five."] * 9)
    assert [len(passage.split()) for passage in shown(text, 20)] == [15, 15, 15]
    assert shown(text, 200) == [text]


def test_a_passage_does_not_reach_across_a_heading() -> None:
    text = "It rains.\n\n# The bridge\n\nIt is closed. It stays so.\n\nThe ferry\n\nIt is late."
    passages, sentences = split_text(text, 200)
    assert [(passage.heading, text[passage.start : passage.end]) for passage in passages] == [
        ("", "It rains."),
        ("The bridge", "It is closed. It stays so."),
        ("The ferry", "It is late."),
    ]
    assert [text[each.start : each.end] for each in sentences] == [
        "It rains.",
        "It is closed.",
        "It stays so.",
        "It is late.",
    ]
    assert [each.passage for each in sentences] == [0, 1, 1, 2]


def test_of_two_headings_in_a_row_the_nearer_one_counts() -> None:
    assert split_text("# NEWS\n\n## The bridge\n\nIt is closed.", 200)[0][0].heading == "The bridge"


def test_a_passage_does_not_reach_across_what_was_skipped() -> None:
    text = "The bridge is closed. Subscribe to our newsletter! The ferry is late."
    assert shown(text, 200) == ["The bridge is closed.", "The ferry is late."]


def test_a_blank_line_ends_a_passage_that_is_half_full() -> None:
    text = "One two three four five six.\n\nOne two three.\n\nOne two three four five six seven."
    assert shown(text, 12) == ["One two three four five six.", "One two three.\n\nOne two three four five six seven."]
    assert shown(text, 40) == [text]


def test_a_passage_has_one_language() -> None:
    text = f"{ENGLISH} {ENGLISH} {GERMAN} {GERMAN} {ENGLISH}"
    passages, sentences = split_text(text, 200)
    assert [passage.language for passage in passages] == ["en", "de", "en"]
    assert [each.language for each in sentences] == ["en", "en", "de", "de", "en"]


def test_a_glued_change_of_language_inside_a_sentence_is_cut() -> None:
    text = f"{ENGLISH[:-1]} {GERMAN}"
    passages, _ = split_text(text, 200)
    assert [(text[each.start : each.end], each.language) for each in passages] == [(ENGLISH[:-1], "en"), (GERMAN, "de")]


def test_a_short_foreign_sentence_stays_in_its_passage_with_its_own_language() -> None:
    text = f"{GERMAN} {GERMAN} The bridge is now closed for all of us. {GERMAN}"
    passages, sentences = split_text(text, 200, "de")
    assert [passage.language for passage in passages] == ["de"]
    assert [each.language for each in sentences] == ["de", "de", "en", "de"]


def test_a_sentence_that_cannot_be_told_has_the_language_around_it() -> None:
    _, sentences = split_text(f"{GERMAN} Vick Holm, 43. {GERMAN}", 200, "en")
    assert [each.language for each in sentences] == ["de", "de", "de"]
    _, sentences = split_text("Vick Holm.", 200, "pl")
    assert [each.language for each in sentences] == ["pl"]


def test_a_sentence_longer_than_the_target_is_a_passage_of_its_own() -> None:
    long = "It " + "very " * 40 + "late."
    assert shown(f"One two. {long} Three four.", 20) == ["One two.", long, "Three four."]


def test_an_article_of_boilerplate_has_no_passages_and_no_tokens_are_counted() -> None:
    def refuse(texts: Sequence[str]) -> list[int]:
        raise AssertionError("nothing to count")

    assert split(article("Anzeige\n\nFolgen Sie uns auf Instagram."), refuse) == ([], [])


def test_tokens_are_counted_in_one_call() -> None:
    calls: list[int] = []

    def count(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return words(texts)

    split(article("One two. Three four. Five six."), count)
    assert calls == [3]


def test_the_splitter_names_what_passages_depend_on() -> None:
    assert SPLITTER == {
        "name": "sentences-under-headings",
        "version": 1,
        "target_tokens": 200,
        "max_sentence_characters": 600,
        "island_characters": 100,
    }


@pytest.mark.parametrize("unit", ["a", "a ", "(", "A."])
def test_a_million_characters_are_split_in_bounded_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    split(article("Load the language model first, please."), words)
    begin = time.process_time()
    passages, sentences = split(article(text), words)
    assert time.process_time() - begin < 5
    assert all(each.end - each.start <= 600 for each in sentences)
    assert bool(passages) is (unit != "(")


TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=300) | st.lists(
    st.sampled_from(
        [GERMAN, ENGLISH, "\n", "\n\n", "# ", "- ", "The bridge", "Anzeige", '"', "„", "[Click](#)", " ", "Hm."]
    ),
    max_size=30,
).map("".join)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 60))
def test_sentences_lie_in_their_passages_and_passages_in_the_content(text: str, target: int) -> None:
    passages, sentences = split_text(text, target)
    content = content_spans(text)
    position = 0
    for passage in passages:
        assert position <= passage.start < passage.end <= len(text)
        assert any(span.start <= passage.start and passage.end <= span.end for span in content)
        position = passage.end
    position = 0
    for sentence in sentences:
        passage = passages[sentence.passage]
        assert passage.start <= sentence.start < sentence.end <= passage.end
        assert position <= sentence.start
        part = text[sentence.start : sentence.end]
        assert part == part.strip() != ""
        position = sentence.end
    for row, passage in enumerate(passages):
        inside = [sentence for sentence in sentences if sentence.passage == row]
        assert (inside[0].start, inside[-1].end) == (passage.start, passage.end)
        if len(inside) > 1:
            assert sum(words([text[each.start : each.end] for each in inside])) <= 1.25 * target
