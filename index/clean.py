"""Which parts of an article are content. Boilerplate is skipped, never cut out, so that offsets stay true.

Works on sentences rather than lines, because scrapes often run a whole page into one line. Rules that look at one piece
come first (`index.boilerplate`), then those that look at its neighbours.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.boilerplate import OWN_VOICE, RULES, Rule
from index.language import language_change
from index.layout import Block, Kind, blocks, trim
from index.sentences import bounded, split

LINE_CHARACTERS = 300
"""A longer line is text, whatever pattern of a whole line it meets."""
APPEAL_BLOCK_CHARACTERS = 600
"""A paragraph in which the site speaks to its reader is no longer than this."""
APPEAL_CHARACTERS = 250
"""Nor is a sentence of it longer than this."""
LISTED_CHARACTERS = 200
"""Of an entry in a list of links or headlines; of one that ends as a sentence does, half of it."""
ECHO_CHARACTERS = 15
"""What a teaser repeats of the headline before it is at least so long."""
TITLE_CASE_SHARE = 0.7
"""Of the longer words of a headline, those that begin with a capital."""
TITLE_CASE_IN_A_ROW = 6
"""Headlines that may run on after a teaser's opening."""
COMPANY = 3
"""So many suspected pieces in a row are as good as a sure one."""

_APPEALS = frozenset({"follow", "newsletter", "support", "consent", "paywall", "share"})
_LEAD = r"(?:[►▶➤➡→👉+*>»•#|-]{1,4}[ \t]?)?"
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or a heading, `text[start:end]`, or a part of one that is boilerplate.

    `block` counts blocks; `after_gap` says that a blank line precedes. `skipped_by` names the rule that takes the piece
    for boilerplate, empty where it is content.
    """

    start: int
    end: int
    kind: Kind
    block: int
    after_gap: bool
    skipped_by: str = ""


@dataclass(slots=True)
class _Draft:
    """A piece while the rules go over it. `whole` where it is all of its block."""

    start: int
    end: int
    text: str
    kind: Kind
    block: int
    after_gap: bool
    whole: bool
    skipped_by: str = ""
    suspected_by: str = ""


def pieces(text: str) -> list[Piece]:
    """All headings and sentences of `text` in order, each with the rule that skips it, if any."""
    drafts = _drafts(text)
    for draft in drafts:
        if not draft.skipped_by:
            _judge(draft)
    for rule in (_skip_lists, _skip_company, _skip_appeals, _skip_teasers, _skip_empty_sections):
        rule(drafts)
    return [
        Piece(draft.start, draft.end, draft.kind, draft.block, draft.after_gap, draft.skipped_by) for draft in drafts
    ]


def _drafts(text: str) -> list[_Draft]:
    removed = deque(_removed(text))
    drafts: list[_Draft] = []
    for number, block in enumerate(blocks(text)):
        parts = list(_block_parts(text, block, removed))
        for index, (start, end, name) in enumerate(parts):
            gap = block.after_gap and index == 0
            drafts.append(_Draft(start, end, text[start:end], block.kind, number, gap, len(parts) == 1, name))
    return drafts


def _block_parts(text: str, block: Block, removed: deque[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """The sentences of a block, and what was removed from between them with the name of its rule.

    What of `removed` ends in this block or before it is taken off.
    """
    begin = block.start
    while removed and removed[0][0] < block.end:
        start, end, name = removed[0]
        yield from _sentences(text, block.kind, begin, max(begin, start))
        if max(start, begin) < min(end, block.end):
            yield max(start, begin), min(end, block.end), name
        begin = max(begin, min(end, block.end))
        if end > block.end:
            break
        removed.popleft()
    yield from _sentences(text, block.kind, begin, block.end)


def _sentences(text: str, kind: Kind, begin: int, finish: int) -> Iterator[tuple[int, int, str]]:
    if kind is Kind.HEADING:
        yield from ((start, end, "") for start, end in bounded(text, begin, finish))
        return
    for start, end in split(text, begin, finish):
        change = language_change(text[start:end])
        cuts = [start, end] if change is None else [start, start + change, end]
        for first, last in pairwise(cuts):
            first, last = trim(text, first, last)
            if first < last:
                yield first, last, ""


def _removed(text: str) -> list[tuple[int, int, str]]:
    """The trimmed spans of all `anywhere` patterns, in order and disjoint."""
    found: list[tuple[int, int, str]] = []
    for name, pattern in _ANYWHERE:
        found.extend((*trim(text, *match.span()), name) for match in pattern.finditer(text))
    disjoint: list[tuple[int, int, str]] = []
    for start, end, name in sorted(found):
        if start < end and (not disjoint or start >= disjoint[-1][1]):
            disjoint.append((start, end, name))
    return disjoint


def _judge(draft: _Draft) -> None:
    """What can be told from the piece alone."""
    if not _LETTER_OR_DIGIT.search(draft.text):
        draft.skipped_by = "ornament"
        return
    if draft.whole and len(draft.text) <= LINE_CHARACTERS and (line := _LINE.fullmatch(draft.text)):
        draft.skipped_by = _name(line)
    elif opening := _OPENING.match(draft.text):
        name = _name(opening)
        if len(draft.text) <= _LIMITS[name]:
            draft.skipped_by = name
    elif suspected := _IN_COMPANY.match(draft.text):
        draft.suspected_by = _name(suspected)


def _skip_lists(drafts: list[_Draft]) -> None:
    """Labels such as `Sources:` or `Mehr zum Thema`, with the list below."""
    name = ""
    for draft, after in pairwise([*drafts, None]):
        assert draft is not None
        label = _LABEL.fullmatch(draft.text) if draft.whole and len(draft.text) <= LINE_CHARACTERS else None
        if label:
            name = _name(label)
            draft.skipped_by = draft.skipped_by or name
        elif name and (draft.skipped_by or _is_listed(draft, after)):
            draft.skipped_by = draft.skipped_by or name
        else:
            name = ""


def _is_listed(draft: _Draft, after: _Draft | None) -> bool:
    """Whether a piece is an entry of a list of links or headlines rather than text."""
    if draft.kind is Kind.HEADING:
        return after is not None and after.kind is Kind.HEADING
    if not draft.whole or len(draft.text) > LISTED_CHARACTERS:
        return False
    return not draft.text.endswith((".", "!", ":")) or (
        draft.kind is Kind.ITEM and len(draft.text) <= LISTED_CHARACTERS // 2
    )


def _skip_company(drafts: list[_Draft]) -> None:
    """What was only suspected, beside a piece that is sure, or in a row of such."""
    for row in _rows(drafts, lambda draft: bool(draft.suspected_by) and not draft.skipped_by):
        first, last = row
        neighbours = {each.skipped_by for each in (*drafts[max(first - 1, 0) : first], *drafts[last : last + 1])}
        for draft in drafts[first:last]:
            if draft.suspected_by in neighbours or last - first >= COMPANY:
                draft.skipped_by = draft.suspected_by


def _rows(drafts: Sequence[_Draft], belongs: Callable[[_Draft], bool]) -> Iterator[tuple[int, int]]:
    """The longest runs of neighbours that belong, as half-open ranges of positions."""
    first: int | None = None
    for position, draft in enumerate(drafts):
        if belongs(draft):
            first = position if first is None else first
        elif first is not None:
            yield first, position
            first = None
    if first is not None:
        yield first, len(drafts)


def _skip_appeals(drafts: list[_Draft]) -> None:
    """The rest of a short paragraph in which the site asks its reader for something."""
    for block in _blocks(drafts):
        appeals = {draft.skipped_by for draft in block} & _APPEALS
        if not appeals or block[-1].end - block[0].start > APPEAL_BLOCK_CHARACTERS:
            continue
        for draft in block:
            if not draft.skipped_by and _is_appeal(draft.text):
                draft.skipped_by = min(appeals)


def _is_appeal(sentence: str) -> bool:
    return (
        len(sentence) <= APPEAL_CHARACTERS
        and not _DIGIT.search(sentence)
        and not any(mark in sentence for mark in '"„“”«»')
        and OWN_VOICE.search(sentence) is not None
    )


def _blocks(drafts: Sequence[_Draft]) -> Iterator[list[_Draft]]:
    block: list[_Draft] = []
    for draft in drafts:
        if block and block[-1].block != draft.block:
            yield block
            block = []
        block.append(draft)
    if block:
        yield block


def _skip_teasers(drafts: list[_Draft]) -> None:
    """Headlines that run on after a teaser's opening, and one that stands before it a first time."""
    left = 0
    for before, draft in pairwise([None, *drafts]):
        assert draft is not None
        if draft.skipped_by == "related":
            left = TITLE_CASE_IN_A_ROW
            if before is not None and not before.skipped_by and _echoes(before.text, draft.text):
                before.skipped_by = "related"
        elif left and not draft.skipped_by and _is_title_case(draft.text):
            draft.skipped_by = "related"
            left -= 1
        else:
            left = 0


def _echoes(before: str, teaser: str) -> bool:
    """Whether `before` ends as the teaser does, but for the teaser's first words."""
    words = teaser.split(maxsplit=3)
    return any(len(rest) >= ECHO_CHARACTERS and before.endswith(rest) for rest in _endings(teaser, len(words) - 1))


def _endings(text: str, words: int) -> Iterable[str]:
    for count in range(1, words + 1):
        yield text.split(maxsplit=count)[-1]


def _is_title_case(sentence: str) -> bool:
    words = _LONG_WORD.findall(sentence)
    return len(words) >= 3 and sum(word[0].isupper() for word in words) >= TITLE_CASE_SHARE * len(words)


def _skip_empty_sections(drafts: list[_Draft]) -> None:
    """Headings below the first text under which something stands and all of it was skipped."""
    first = next((i for i, each in enumerate(drafts) if each.kind is not Kind.HEADING and not each.skipped_by), None)
    if first is None:
        return
    below: bool | None = None
    for draft in reversed(drafts[first + 1 :]):
        if draft.skipped_by:
            below = bool(below)
        elif draft.kind is not Kind.HEADING:
            below = True
        elif below is False:
            draft.skipped_by = "empty section"
        else:
            below = None


def _compiled(scope: str, prefix: str, suffix: str) -> re.Pattern[str]:
    """One pattern of all rules' patterns of a scope; the group that matched names the rule."""
    groups = (
        f"(?P<{rule.name}>{'|'.join(f'(?:{pattern})' for pattern in getattr(rule, scope))})"
        for rule in RULES
        if getattr(rule, scope)
    )
    return re.compile(f"{prefix}(?:{'|'.join(groups)}){suffix}", re.IGNORECASE)


def _anywhere(rules: Sequence[Rule]) -> list[tuple[str, re.Pattern[str]]]:
    return [(rule.name, re.compile(pattern, re.IGNORECASE)) for rule in rules for pattern in rule.anywhere]


def _name(match: re.Match[str]) -> str:
    return match.lastgroup or ""


_ANYWHERE = _anywhere(RULES)
_LINE = _compiled("line", _LEAD, "")
_OPENING = _compiled("opening", _LEAD, "")
_IN_COMPANY = _compiled("in_company", _LEAD, "")
_LABEL = _compiled("label", _LEAD, r"\s?[:»]?")
_LIMITS = {rule.name: rule.limit for rule in RULES}
