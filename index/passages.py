"""Article -> passages and sentences, by offsets.

A passage is a run of whole sentences of one language under one heading, about `target_tokens` long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.clean import Piece, pieces
from index.language import UNDETERMINED, detect
from index.layout import Kind
from index.types import Article, Passage, Sentence

TARGET_TOKENS = 200
HEADING_CHARACTERS = 200

SPLITTER = {"name": "fundstelle-passages", "version": 1, "target_tokens": TARGET_TOKENS}


@dataclass(frozen=True, slots=True)
class _Candidate:
    piece: Piece
    heading: str
    language: str
    cut_before: bool
    tokens: int


def split(
    article: Article, count_tokens: Callable[[Sequence[str]], list[int]], *, target_tokens: int = TARGET_TOKENS
) -> tuple[list[Passage], list[Sentence]]:
    """The passages and sentences of `article`, both in the order of the text; `Sentence.passage` counts from 0 here."""
    candidates = _candidates(article, count_tokens)
    passages: list[Passage] = []
    sentences: list[Sentence] = []
    for group in _groups(candidates, target_tokens):
        language = group[0].language
        passages.append(Passage(article.id, group[0].piece.start, group[-1].piece.end, group[0].heading, language))
        sentences.extend(
            Sentence(article.id, each.piece.start, each.piece.end, len(passages) - 1, language) for each in group
        )
    return passages, sentences


def _candidates(article: Article, count_tokens: Callable[[Sequence[str]], list[int]]) -> list[_Candidate]:
    heading, cut = "", False
    found: list[tuple[Piece, str, bool]] = []
    for piece in pieces(article.text):
        if piece.skipped_by:
            cut = True
        elif piece.kind is Kind.HEADING:
            heading, cut = article.text[piece.start : piece.end][:HEADING_CHARACTERS], True
        else:
            found.append((piece, heading, cut))
            cut = False
    texts = [article.text[piece.start : piece.end] for piece, _, _ in found]
    languages = [detect(text) for text in texts]
    languages = [article.language if each == UNDETERMINED else each for each in languages]
    return [
        _Candidate(piece, heading, language, cut, tokens)
        for (piece, heading, cut), language, tokens in zip(found, languages, count_tokens(texts), strict=True)
    ]


def _groups(candidates: Sequence[_Candidate], target_tokens: int) -> list[list[_Candidate]]:
    groups: list[list[_Candidate]] = []
    tokens = 0
    for before, each in pairwise([None, *candidates]):
        assert each is not None
        if before is None or _is_cut(before, each, tokens, target_tokens):
            groups.append([])
            tokens = 0
        groups[-1].append(each)
        tokens += each.tokens
    return groups


def _is_cut(before: _Candidate, each: _Candidate, tokens: int, target_tokens: int) -> bool:
    if each.cut_before or each.language != before.language or tokens + each.tokens > target_tokens:
        return True
    return each.piece.after_gap and 2 * tokens >= target_tokens
