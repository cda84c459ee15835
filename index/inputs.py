"""Which words are embedded and searched for each row: a passage or sentence with what it needs around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from index.embedding import Vectors
from index.passages import SPLITTER
from index.types import Article, Passage, Sentence

INPUTS = {
    "title": "first line that is no label",
    "passage_vectors": "text",
    "sentence_vectors": "mean of sentence, predecessor + sentence",
    "passage_tokens": "text, cut by sentences",
    "passage_terms": "title, heading, text",
    "sentence_terms": "title, heading, predecessor, sentence",
}
SPLITTING = {**SPLITTER, "inputs": INPUTS}
"""For the manifest: snapshots that were split otherwise, or of other inputs, can't be compared."""


def passages_alone(article: Article, passages: Sequence[Passage]) -> list[str]:
    """What is embedded for each passage: its text."""
    return [article.text[passage.start : passage.end] for passage in passages]


def passages_in_pieces(article: Article, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> list[list[str]]:
    """The text of each passage, cut where its sentences begin: as many pieces as it has sentences, none left out.

    `Sentence.passage` is a position in `passages`.
    """
    starts: list[list[int]] = [[] for _ in passages]
    for sentence in sentences:
        starts[sentence.passage].append(sentence.start)
    return [
        [article.text[start:end] for start, end in pairwise([passage.start, *own[1:], passage.end])]
        for passage, own in zip(passages, starts, strict=True)
    ]


def sentences_alone(article: Article, sentences: Sequence[Sentence]) -> list[str]:
    """The text of each sentence."""
    return [article.text[sentence.start : sentence.end] for sentence in sentences]


def sentences_in_context(article: Article, sentences: Sequence[Sentence]) -> list[str]:
    """What is embedded for each sentence beside itself: the sentence before it and itself, as the article has them.

    A sentence often leaves out what it speaks of ("The company ..."). The first one of a passage stands alone.
    """
    starts = [previous.start if previous else own.start for previous, own in _with_previous(sentences)]
    return [article.text[start : sentence.end] for start, sentence in zip(starts, sentences, strict=True)]


def sentence_vectors(alone: Vectors, in_context: Vectors) -> Vectors:
    """The unit vectors halfway between those of the sentences alone and in context, float32 `(n, dim)`."""
    total = alone + in_context
    total /= np.linalg.norm(total, axis=1, keepdims=True)
    return total


def passage_terms(article: Article, passages: Sequence[Passage]) -> list[tuple[str, str, str]]:
    """The texts whose words stand for each passage: title, heading and its own."""
    return [(article.title, passage.heading, article.text[passage.start : passage.end]) for passage in passages]


def sentence_terms(
    article: Article, passages: Sequence[Passage], sentences: Sequence[Sentence]
) -> list[tuple[str, str, str, str]]:
    """The texts whose words stand for each sentence: title, heading, the sentence before it in its passage, its own.

    `Sentence.passage` is a position in `passages`.
    """
    return [
        (
            article.title,
            passages[own.passage].heading,
            article.text[previous.start : previous.end] if previous else "",
            article.text[own.start : own.end],
        )
        for previous, own in _with_previous(sentences)
    ]


def _with_previous(sentences: Sequence[Sentence]) -> list[tuple[Sentence | None, Sentence]]:
    """Each sentence after the one before it in its passage, None for the first."""
    before: list[Sentence | None] = [None, *sentences[:-1]] if sentences else []
    return [
        (previous if previous is not None and previous.passage == own.passage else None, own)
        for previous, own in zip(before, sentences, strict=True)
    ]
