"""Which sentences an answer may be made from, and how they are shown to a language model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.snapshot import Snapshot
from index.types import ArticleInfo, SentenceHit

MOST_SENTENCES = 10
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
_ESCAPED = re.compile(r"\\([$*_#\[\]()`~-])")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A source sentence: `text == article.text[start:end]`, in `language`, `row` of the snapshot.

    `context` is the title, the heading, the sentences just before it and itself; `passage` is all that it stands among:
    names that a sentence leaves out are looked for there. `cosine` is its similarity to the question, 0 where it was
    taken along only because the next sentence can't be understood without it.
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

    def shown(self) -> str:
        """The sentence as a language model sees it: white space folded, escapes of the scrape undone."""
        return plain(self.text)


def plain(text: str) -> str:
    """`text` on one line, with the backslashes taken away that scrapes put before marks."""
    return _ESCAPED.sub(r"\1", " ".join(text.split()))


def choose(
    found: Sequence[SentenceHit],
    snapshot: Snapshot,
    *,
    tokens: int,
    count_tokens: Callable[[Sequence[str]], list[int]],
) -> tuple[Evidence, ...]:
    """The best of `found`, no two alike, as many as `tokens` of the embedding model admit; at least one.

    A sentence that can't stand alone brings the one before it. Neighbours stand together in reading order, and groups
    of neighbours in the order of their best sentence.
    """
    cosines: dict[int, float] = {}
    seen: set[str] = set()
    left = tokens
    for hit in found:
        if len(cosines) >= MOST_SENTENCES or left <= 0:
            break
        if hit.row in cosines:
            cosines[hit.row] = hit.cosine
            continue
        if _key(hit.text) in seen:
            continue
        texts = {row: snapshot.sentence_text(row) for row in _with_lead(hit, snapshot) if row not in cosines}
        cost = sum(count_tokens([plain(text) for text in texts.values()]))
        if cosines and cost > left:
            continue
        for row, text in texts.items():
            cosines[row] = hit.cosine if row == hit.row else 0.0
            seen.add(_key(text))
        left -= cost
    return tuple(_evidence(row, cosines[row], snapshot) for row in _in_groups(list(cosines)))


def _key(text: str) -> str:
    """What two copies of a sentence share."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _with_lead(hit: SentenceHit, snapshot: Snapshot) -> list[int]:
    """Its row, after the one before it where it can't be understood without."""
    if not _STARTS_IN_THE_MIDDLE.match(hit.text):
        return [hit.row]
    return [*_rows_before(hit.row, snapshot)[-1:], hit.row]


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


def _evidence(row: int, cosine: float, snapshot: Snapshot) -> Evidence:
    sentence = snapshot.sentences[row]
    info = snapshot.article_info(sentence.article_id)
    if info is None:
        raise LookupError(f"sentence {row} belongs to no article of snapshot {snapshot.id}")
    text = snapshot.sentence_text(row)
    before = [snapshot.sentence_text(earlier) for earlier in _rows_before(row, snapshot)]
    heading = snapshot.passages[sentence.passage].heading
    return Evidence(
        row=row,
        article=info,
        start=sentence.start,
        end=sentence.end,
        text=text,
        language=sentence.language,
        context="\n".join([info.title, heading, *before, text]),
        passage="\n".join([info.title, heading, snapshot.passage_text(sentence.passage), *before]),
        cosine=cosine,
    )


def _rows_before(row: int, snapshot: Snapshot) -> range:
    """Rows of the sentences before `row` in its article, at most `CONTEXT_SENTENCES`, in reading order."""
    article = snapshot.passage_article[snapshot.sentence_passage[row]]
    first = row
    while first > 0 and row - first < CONTEXT_SENTENCES:
        if snapshot.passage_article[snapshot.sentence_passage[first - 1]] != article:
            break
        first -= 1
    return range(first, row)
