"""Which sentences an answer may be made from, and how they are shown to a language model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from index.snapshot import Snapshot
from index.types import ArticleInfo, SentenceHit
from service.search.duplicates import Statement, grouped
from service.search.withheld import is_withheld, label, without_withheld
from service.texts.plain_text import plain

MOST_SENTENCES = 10
"""Of a prompt: more of them distract a small model, and each takes time to read."""
CONTEXT_SENTENCES = 2
"""Sentences before a citation in which what it speaks of may be named ("The company ...")."""

_STARTS_IN_THE_MIDDLE = re.compile(
    r"[\"“„]?(?:er|sie|es|ihm|ihr\w*|sein\w*|dies\w*|das unternehmen|die firma|der konzern|die gruppe|der grund|grund|"
    r"beide|letzter\w*|darüber|dadurch|damit|dafür|dabei|daher|deshalb|deswegen|darum|dort|zudem|auch|vor allem|"
    r"allerdings|außerdem|laut ihm|"
    r"he|she|it|they|his|her|its|their|this|that|these|those|the company|the startup|the firm|the group|the deal|"
    r"the reason|both|also|in particular|in addition|instead|there|however|as a result)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a copy of a source sentence stands: `text == article.text[start:end]`, in its own wording."""

    article: ArticleInfo
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A source sentence: `text == article.text[start:end]`, in `language`, `row` of the snapshot.

    `context` is the title, the heading, the sentences just before it and itself; `passage` is all that it stands among:
    names that a sentence leaves out are looked for there. `cosine` is its similarity to the question, 0 where it was
    taken along only because the next sentence can't be understood without it. `also_at` are its copies, the best ranked
    first: what `service.search.duplicates` takes for the same statement.
    """

    row: int
    article: ArticleInfo
    start: int
    end: int
    text: str
    language: str
    context: str
    passage: str
    cosine: float
    also_at: tuple[Place, ...] = ()

    def shown(self) -> str:
        """The sentence as a language model sees it."""
        return plain(self.text)


def choose(
    found: Sequence[SentenceHit],
    snapshot: Snapshot,
    *,
    tokens: int,
    count_tokens: Callable[[Sequence[str]], list[int]],
) -> tuple[Evidence, ...]:
    """The best of `found`, copies as one, as many as `tokens` of the embedding model admit; at least one.

    Of copies the earliest published stands for all, as what the others were made from; where that can't be told, the
    one whose article was found first, so that the sentences of one text stay together. A sentence that can't stand
    alone brings the one before it. Neighbours stand together in reading order, and groups of neighbours in the order
    of their best sentence. What `withheld` names is left out, of copies and of what a sentence brings, too.
    """
    cosines: dict[int, float] = {}
    others: dict[int, list[SentenceHit]] = {}
    original_of: dict[int, int] = {}
    left = tokens
    for copies in _copies(found, snapshot):
        if len(cosines) >= MOST_SENTENCES or left <= 0:
            break
        copies = [copy for copy in copies if not is_withheld(copy.row, snapshot)]
        if not copies:
            continue
        hit = next((copy for copy in copies if copy.row in cosines), copies[0])
        others[hit.row] = [copy for copy in copies if copy is not hit]
        original_of |= {copy.row: hit.row for copy in copies}
        if hit.row in cosines:
            cosines[hit.row] = hit.cosine
            continue
        rows = [row for row in _with_lead(hit, snapshot) if original_of.get(row, row) not in cosines]
        cost = sum(count_tokens([plain(snapshot.sentence_text(row)) for row in rows]))
        if cosines and cost > left:
            continue
        cosines |= {row: hit.cosine if row == hit.row else 0.0 for row in rows}
        left -= cost
    ordered = _in_groups(list(cosines))
    return tuple(_evidence(row, cosines[row], others.get(row, ()), snapshot) for row in ordered)


def every(found: Sequence[SentenceHit], snapshot: Snapshot) -> tuple[Evidence, ...]:
    """All of `found` in their order, copies as one: what an answer is compared with, without a budget."""
    allowed = [hit for hit in found if not is_withheld(hit.row, snapshot)]
    return tuple(
        _evidence(copies[0].row, copies[0].cosine, copies[1:], snapshot) for copies in _copies(allowed, snapshot)
    )


def _copies(found: Sequence[SentenceHit], snapshot: Snapshot) -> list[list[SentenceHit]]:
    """`found` with copies together, the one that stands for all first, in the order of the best of each."""
    groups = grouped([Statement(hit.text, hit.sentence.language) for hit in found])
    first: dict[str, int] = {}
    for rank, hit in enumerate(found):
        first.setdefault(hit.sentence.article_id, rank)

    def age(hit: SentenceHit) -> tuple[date, int]:
        article = hit.sentence.article_id
        return _info(article, snapshot).published_at or date.max, first[article]

    return [_oldest_first([found[rank] for rank in group], age) for group in groups]


def _oldest_first(copies: list[SentenceHit], age: Callable[[SentenceHit], tuple[date, int]]) -> list[SentenceHit]:
    """`copies` with the oldest moved to the front."""
    if len(copies) == 1:
        return copies
    oldest = min(copies, key=age)
    return [oldest, *(copy for copy in copies if copy is not oldest)]


def starts_in_the_middle(text: str) -> bool:
    """Whether a sentence leans on the one before it ("He ...", "That is why ...")."""
    return _STARTS_IN_THE_MIDDLE.match(text) is not None


def _with_lead(hit: SentenceHit, snapshot: Snapshot) -> list[int]:
    """Its row, after the one before it where it can't be understood without."""
    if not starts_in_the_middle(hit.text):
        return [hit.row]
    return [*_told_before(hit.row, snapshot)[-1:], hit.row]


def _in_groups(rows: Sequence[int]) -> list[int]:
    """`rows`, best first, rearranged so that rows that follow one another stand together."""
    chosen, ordered = set(rows), dict[int, None]()
    for row in rows:
        first = row
        while first - 1 in chosen:
            first -= 1
        while first in chosen:
            ordered.setdefault(first)
            first += 1
    return list(ordered)


def _evidence(row: int, cosine: float, copies: Sequence[SentenceHit], snapshot: Snapshot) -> Evidence:
    sentence = snapshot.sentences[row]
    info = _info(sentence.article_id, snapshot)
    text = snapshot.sentence_text(row)
    before = [snapshot.sentence_text(earlier) for earlier in _told_before(row, snapshot)]
    titles = [label(info.title), label(snapshot.passages[sentence.passage].heading)]
    return Evidence(
        row=row,
        article=info,
        start=sentence.start,
        end=sentence.end,
        text=text,
        language=sentence.language,
        context="\n".join([*titles, *before, text]),
        passage="\n".join([*titles, without_withheld(sentence.passage, snapshot), *before]),
        cosine=cosine,
        also_at=tuple(_place(copy, snapshot) for copy in copies),
    )


def _place(copy: SentenceHit, snapshot: Snapshot) -> Place:
    sentence = copy.sentence
    return Place(_info(sentence.article_id, snapshot), sentence.start, sentence.end, copy.text)


def _info(article_id: str, snapshot: Snapshot) -> ArticleInfo:
    info = snapshot.article_info(article_id)
    if info is None:
        raise LookupError(f"snapshot {snapshot.id} has no article {article_id}, which a sentence of it names")
    return info


def _told_before(row: int, snapshot: Snapshot) -> list[int]:
    """The rows of `_rows_before` that are evidence."""
    return [earlier for earlier in _rows_before(row, snapshot) if not is_withheld(earlier, snapshot)]


def _rows_before(row: int, snapshot: Snapshot) -> range:
    """Rows of the sentences before `row` in its article, at most `CONTEXT_SENTENCES`, in reading order."""
    article = snapshot.passage_article[snapshot.sentence_passage[row]]
    first = row
    while first > 0 and row - first < CONTEXT_SENTENCES:
        if snapshot.passage_article[snapshot.sentence_passage[first - 1]] != article:
            break
        first -= 1
    return range(first, row)
