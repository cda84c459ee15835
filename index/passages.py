"""Article -> passages and sentences, by offsets.

A passage is a run of whole sentences of one language under one heading, about `target_tokens` long. Nothing that was
skipped as boilerplate lies inside one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from index.clean import Piece, pieces
from index.language import detect_sentence
from index.layout import Kind
from index.sentences import MAX_CHARACTERS
from index.types import Article, Passage, Sentence

TARGET_TOKENS = 200
HEADING_CHARACTERS = 200
"""Where a heading is cut."""
ISLAND_CHARACTERS = 100
"""A shorter sentence in another language than both its neighbours stays in their passage."""

SPLITTER = {
    "name": "sentences-under-headings",
    "version": 1,
    "target_tokens": TARGET_TOKENS,
    "max_sentence_characters": MAX_CHARACTERS,
    "island_characters": ISLAND_CHARACTERS,
}
"""What passages depend on, for a snapshot's manifest. `version` grows whenever the same text is split otherwise."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence with what decides where passages are cut. `begins` where no passage may reach across its beginning.

    `around` is the language of the run that it stands in, `language` its own.
    """

    piece: Piece
    heading: str
    begins: bool
    language: str
    around: str
    tokens: int


def split(
    article: Article, count_tokens: Callable[[Sequence[str]], list[int]], *, target_tokens: int = TARGET_TOKENS
) -> tuple[list[Passage], list[Sentence]]:
    """The passages and sentences of `article`, both in the order of the text; `Sentence.passage` counts from 0 here.

    Both are empty where all of the article is boilerplate. A passage begins where its first sentence does and ends
    where its last does. It is longer than 1.25 times `target_tokens` only if it is a single sentence. `count_tokens`
    is called once, with all sentences.
    """
    passages: list[Passage] = []
    sentences: list[Sentence] = []
    for section in _sections(_units(article, count_tokens)):
        for group in _groups(section, target_tokens):
            first, last = group[0], group[-1]
            passages.append(Passage(article.id, first.piece.start, last.piece.end, first.heading, first.around))
            row = len(passages) - 1
            sentences.extend(
                Sentence(article.id, unit.piece.start, unit.piece.end, row, unit.language) for unit in group
            )
    return passages, sentences


def _units(article: Article, count_tokens: Callable[[Sequence[str]], list[int]]) -> list[_Unit]:
    found = list(_under_headings(article.text))
    texts = [article.text[piece.start : piece.end] for piece, _, _ in found]
    own, around = _languages(texts, article.language)
    tokens = count_tokens(texts) if texts else []
    return [
        _Unit(piece, heading, begins, language, run, count)
        for (piece, heading, begins), language, run, count in zip(found, own, around, tokens, strict=True)
    ]


def _under_headings(text: str) -> Iterator[tuple[Piece, str, bool]]:
    """Every sentence with the heading above it and whether a heading or something skipped stands right before it."""
    heading, begins = "", True
    for piece in pieces(text):
        if piece.skipped_by:
            begins = True
        elif piece.kind is Kind.HEADING:
            heading, begins = " ".join(text[piece.start : piece.end].split())[:HEADING_CHARACTERS], True
        else:
            yield piece, heading, begins
            begins = False


def _languages(texts: Sequence[str], expected: str) -> tuple[list[str], list[str]]:
    """Each sentence's own language where one can rely on it, and that of its surroundings."""
    guesses = [detect_sentence(text, expected) for text in texts]
    sure = [language if reliable else "" for language, reliable in guesses]
    around = _filled(_without_islands(sure, [len(text) for text in texts]), [guess for guess, _ in guesses], expected)
    return [language or run for language, run in zip(sure, around, strict=True)], around


def _without_islands(languages: Sequence[str], lengths: Sequence[int]) -> list[str]:
    """The languages, without single short sentences between two that share another language."""
    known = [position for position, language in enumerate(languages) if language]
    kept = list(languages)
    for before, here, after in zip(known, known[1:], known[2:], strict=False):
        alone = kept[before] == languages[after] != languages[here]
        if alone and lengths[here] < ISLAND_CHARACTERS:
            kept[here] = languages[after]
    return kept


def _filled(languages: Sequence[str], guesses: Sequence[str], expected: str) -> list[str]:
    """The languages, with gaps taken from the sentence before, or the one after where the guess is for that."""
    following = [""] * len(languages)
    after = ""
    for position in range(len(languages) - 1, -1, -1):
        after = languages[position] or after
        following[position] = after
    filled: list[str] = []
    for language, guess, after in zip(languages, guesses, following, strict=True):
        before = filled[-1] if filled else ""
        filled.append(language or (after if guess == after else before or after or expected))
    return filled


def _sections(units: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    """Runs of units that passages may not reach across."""
    section: list[_Unit] = []
    for unit in units:
        if section and (unit.begins or unit.around != section[-1].around):
            yield section
            section = []
        section.append(unit)
    if section:
        yield section


def _groups(section: Sequence[_Unit], target_tokens: int) -> Iterator[list[_Unit]]:
    """The passages of a section, of about equal length, so that none ends in a stub."""
    left = sum(unit.tokens for unit in section)
    group: list[_Unit] = []
    tokens = 0
    for unit in section:
        goal = left / max(1, math.ceil(left / target_tokens))
        if group and _is_full(tokens, unit, goal, target_tokens):
            yield group
            left -= tokens
            group, tokens = [], 0
        group.append(unit)
        tokens += unit.tokens
    if group:
        yield group


def _is_full(tokens: int, unit: _Unit, goal: float, target_tokens: int) -> bool:
    """Whether a passage of `tokens` ends before `unit`."""
    longer = tokens + unit.tokens
    if unit.piece.after_gap and 2 * tokens >= target_tokens:
        return True
    return longer > 1.25 * target_tokens or longer - goal > goal - tokens
