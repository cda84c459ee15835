"""What is embedded for passages and sentences, cut out of the article."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from index.inputs import passages_in_pieces
from index.passages import split
from index.types import Passage, Sentence
from tests.index.conftest import article_of


def test_pieces_begin_where_sentences_do_and_leave_out_nothing_of_the_passage() -> None:
    article = article_of("village", "  It rains.  The mill stands. \n\nWho knows?")
    passages = [Passage("village", 0, 29, "", "en"), Passage("village", 32, 42, "", "en")]
    sentences = [
        Sentence("village", 2, 11, 0, "en"),
        Sentence("village", 13, 29, 0, "en"),
        Sentence("village", 32, 42, 1, "en"),
    ]

    assert passages_in_pieces(article, passages, sentences) == [["  It rains.  ", "The mill stands."], ["Who knows?"]]


@settings(deadline=None)  # the splitter loads its rules first
@given(st.lists(st.sampled_from(["The mill stands.", "It rains.", "\n\n", "# The ferry\n\n", " ", "Who knows?"])))
def test_pieces_of_split_articles_make_up_their_passages_and_each_opens_with_its_sentence(parts: list[str]) -> None:
    article = article_of("village", " ".join(parts))
    passages, sentences = split(article, lambda texts: [len(text.split()) for text in texts], target_tokens=6)

    pieces = passages_in_pieces(article, passages, sentences)

    assert ["".join(own) for own in pieces] == [article.text[own.start : own.end] for own in passages]
    shown = [(number, piece) for number, own in enumerate(pieces) for piece in own]
    assert [number for number, _ in shown] == [sentence.passage for sentence in sentences]
    for (_, piece), sentence in zip(shown, sentences, strict=True):
        assert piece.startswith(article.text[sentence.start : sentence.end])
