"""Where sentences begin and end, in news prose as scrapers leave it. Linear in the length of the text.

Written for this project because the segmenters at hand cut German ordinals ("am 12." | "Juni") and `vs.`, and none
splits sentences that a scrape glued together. docs/articles.md has the comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.layout import Block, Kind, blocks, trim
from index.types import Span
from index.words import (
    GLUED_OPENERS,
    NEVER_LAST,
    NEVER_LAST_BEFORE_NUMBER,
    NEVER_LAST_CAPITALISED,
    OPENERS,
    ORDINAL_AFTER,
    ORDINAL_BEFORE,
    SOMETIMES_LAST,
    TOP_LEVEL_DOMAINS,
)

MAX_CHARACTERS = 600
QUOTE_WINDOW = 2_000
"""Characters back in which the opening of a quotation is looked for."""


_CLOSING = ")]}”’›"
_EITHER = "\"'“«»‘*_"
_OPENING = "„“\"'‚‘«»([{*_¿¡#-–—•"
_CANDIDATE = re.compile(rf"[.!?…]+|[。！？]|(?<=[a-zäöüß]{{3}})(?=(?:{'|'.join(sorted(GLUED_OPENERS))})\s)")
_LETTERED = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_ROMAN = re.compile(r"[IVXLC]{2,}")
_WORD = re.compile(r"[^\W\d_]+")
_SPACE = re.compile(r"\s*")


def sentence_spans(text: str, span: Span, language: str) -> list[Span]:
    """The sentences in `text[span.start:span.end]`, in order, disjoint, without surrounding white space.

    Each heading and each list item (without its bullet) is one or more of its own. None is longer than 600 characters.
    The rules hold for German and English at once, so `language` is only a promise to callers that more may come.
    """
    del language
    inside = text[span.start : span.end]
    return [
        Span(span.start + start, span.start + end)
        for block in blocks(inside)
        for start, end in split_block(inside, block)
    ]


def split_block(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """The sentences of a block; a heading is one whatever marks it holds."""
    if block.kind is Kind.HEADING:
        return bounded(text, block.start, block.end)
    return split(text, block.start, block.end)


def split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences in `text[start:end]`, taken as one run of prose."""
    begin = start
    for candidate in _CANDIDATE.finditer(text, start, end):
        if candidate.start() < begin:
            continue
        cut = _cut(text, begin, candidate, end)
        if cut is not None:
            yield from bounded(text, begin, cut)
            begin = cut
    yield from bounded(text, begin, end)


def bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """`text[start:end]` trimmed, in pieces of at most MAX_CHARACTERS that end at words."""
    start, end = trim(text, start, end)
    while end - start > MAX_CHARACTERS:
        space = text.rfind(" ", start + MAX_CHARACTERS // 2, start + MAX_CHARACTERS)
        cut = start + MAX_CHARACTERS if space < 0 else space
        piece = trim(text, start, cut)
        if piece[0] < piece[1]:
            yield piece
        start, _ = trim(text, cut, end)
    if start < end:
        yield start, end


def _cut(text: str, begin: int, candidate: re.Match[str], end: int) -> int | None:
    """Where the sentence ends that may end at `candidate`, None where it doesn't."""
    mark = candidate.group()
    if not mark or mark in "。！？":
        return candidate.end()
    after = _past_closers(text, begin, candidate.end(), end)
    if after >= end:
        return None
    if not text[after].isspace():
        return after if _is_glued(text, begin, candidate, after, end) else None
    space = _SPACE.match(text, after, end)
    head = end if space is None else space.end()
    if head >= end or not _opens(text, head, end):
        return None
    if mark == "." and after == candidate.end() and _is_abbreviated(text, begin, candidate.start(), head, end):
        return None
    return after


def _past_closers(text: str, begin: int, position: int, end: int) -> int:
    """The position behind the quotation marks and brackets that close what stands before `position`."""
    while position < end and (text[position] in _CLOSING or _closes(text, begin, position, end)):
        position += 1
    return position


def _closes(text: str, begin: int, position: int, end: int) -> bool:
    """Whether a mark that may open or close closes: white space follows, or one was opened before."""
    mark = text[position]
    if mark not in _EITHER:
        return False
    if position + 1 >= end or text[position + 1].isspace() or text[position + 1] in ".,;:!?)":
        return True
    window = max(begin, position - QUOTE_WINDOW)
    if mark == "“":
        return text.count("„", window, position) > text.count("“", window, position)
    return text.count(mark, window, position) % 2 == 1


def _opens(text: str, head: int, end: int) -> bool:
    """Whether what begins at `head` can be the beginning of a sentence."""
    position = head
    while position < min(end, head + 4) and text[position] in _OPENING:
        position += 1
    if position >= end:
        return False
    first = text[position]
    return not first.islower() and first not in ",;:.!?)]%"


def _is_glued(text: str, begin: int, candidate: re.Match[str], after: int, end: int) -> bool:
    """Whether a sentence begins right behind the mark, without a space: `regulators.As part`."""
    head = after + 1 if text[after] in "\"„“«»'‚" else after
    if head >= end or not text[head].isupper() or text[candidate.start() - 1 : candidate.start()].isupper():
        return False
    word = _WORD.match(text, head, min(end, head + 40))
    if word is None or not word.group()[0].isupper():
        return False
    if after == candidate.end() and not _is_word_before(text, begin, candidate.start()):
        return False
    return _is_capitalised_word(word.group(), text[word.end() : min(end, word.end() + 2)])


def _is_word_before(text: str, begin: int, position: int) -> bool:
    """Whether a whole word, a number or a closed bracket ends at `position`, and no address."""
    token = _token_before(text, begin, position)
    if any(mark in token for mark in "/@\\") or token.lower().startswith("www."):
        return False
    last = token[-2:]
    return last[-1:].isdigit() or last[-1:] in ')]%€$”“"' or (len(last) == 2 and last.isalpha() and last[1].islower())


def _is_capitalised_word(word: str, behind: str) -> bool:
    """Whether a word may open a sentence, as against the end of a name such as Character.AI or Amazon.Com."""
    if word.lower() in TOP_LEVEL_DOMAINS or behind[:1] in {"/", "@"} or (behind[:1] == "." and behind[1:].isalpha()):
        return False
    if word.isupper():
        return len(word) >= 3 or (word in {"A", "I"} and behind[:1].isspace())
    return word[1:].islower() or any(letter.islower() for letter in word[1:])


def _is_abbreviated(text: str, begin: int, dot: int, head: int, end: int) -> bool:
    """Whether the dot belongs to an abbreviation, an initial or an ordinal rather than to the end of a sentence."""
    token = _token_before(text, begin, dot)
    if token.isdigit() and len(token) <= 3:
        return _is_ordinal(text, begin, dot - len(token), head, end)
    opens = _word_at(text, head, end) in OPENERS
    lowered = token.lower()
    if lowered in NEVER_LAST or token in NEVER_LAST_CAPITALISED:
        return True
    if lowered in NEVER_LAST_BEFORE_NUMBER and text[head].isdigit():
        return True
    if lowered in SOMETIMES_LAST or _ROMAN.fullmatch(token):
        return not opens
    if not _LETTERED.fullmatch(token):
        return False
    return not opens or token[-1].islower() or _follows_initial(text, begin, dot - len(token))


def _follows_initial(text: str, begin: int, position: int) -> bool:
    """Whether the token before `position` is a lower-case letter with a dot, as in `z. B.`"""
    token = _token_before(text, begin, trim(text, begin, position)[1])
    return len(token) == 2 and token[0].islower() and token[1] == "."


def _is_ordinal(text: str, begin: int, number: int, head: int, end: int) -> bool:
    if text[head].isdigit() or number <= begin:
        return True
    before = _token_before(text, begin, trim(text, max(begin, number - 20), number)[1])
    return before in ORDINAL_BEFORE or _word_at(text, head, end) in ORDINAL_AFTER


def _token_before(text: str, begin: int, position: int) -> str:
    """What stands between the last white space and `position`, at most 20 characters, without opening marks."""
    window = text[max(begin, position - 20) : position]
    parts = window.split()
    return parts[-1].lstrip("([{\"'„“‚‘»«") if parts and not window[-1].isspace() else ""


def _word_at(text: str, head: int, end: int) -> str:
    while head < end and text[head] in _OPENING:
        head += 1
    word = _WORD.match(text, head, min(end, head + 40))
    return word.group() if word else ""
