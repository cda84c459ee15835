"""Which sentences an answer may be made from, and how they are shown to a language model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.snapshot import Snapshot
from index.types import ArticleInfo, SentenceHit

MOST_SENTENCES = 8
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
    """A source sentence: `text == article.text[start:end]`, in `language`, found as `row` of the snapshot.

    `context` is what stands around it in its article, itself included: names that it leaves out are looked for there.
    `lead` is the sentence before it where it can't be understood alone, else empty. `score` ranks it, `cosine` is its
    similarity to the question.
    """

    row: int
    article: ArticleInfo
    start: int
    end: int
    text: str
    language: str
    context: str
    lead: str
    score: float
    cosine: float

    def shown(self) -> str:
        """The sentence as a language model sees it: white space folded, escapes of the scrape undone."""
        return plain(f"{self.lead} {self.text}" if self.lead else self.text)


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
    """The best of `found`, best first, no two alike, as many as `tokens` of the embedding model admit; at least one."""
    chosen: list[Evidence] = []
    seen: set[str] = set()
    left = tokens
    for hit in found:
        evidence = _evidence(hit, snapshot)
        key = re.sub(r"\W+", " ", evidence.text).casefold().strip()
        if key in seen:
            continue
        cost = count_tokens([evidence.shown()])[0]
        if chosen and cost > left:
            continue
        chosen.append(evidence)
        seen.add(key)
        left -= cost
        if len(chosen) == MOST_SENTENCES or left <= 0:
            break
    return tuple(chosen)


def _evidence(hit: SentenceHit, snapshot: Snapshot) -> Evidence:
    sentence = hit.sentence
    info = snapshot.article_info(sentence.article_id)
    if info is None:
        raise LookupError(f"sentence {hit.row} belongs to no article of snapshot {snapshot.id}")
    before = [snapshot.sentence_text(row) for row in _rows_before(hit.row, snapshot)]
    needs_lead = bool(before) and bool(_STARTS_IN_THE_MIDDLE.match(hit.text))
    return Evidence(
        row=hit.row,
        article=info,
        start=sentence.start,
        end=sentence.end,
        text=hit.text,
        language=sentence.language,
        context="\n".join([info.title, snapshot.passages[sentence.passage].heading, *before, hit.text]),
        lead=before[-1] if needs_lead else "",
        score=hit.score,
        cosine=hit.cosine,
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
