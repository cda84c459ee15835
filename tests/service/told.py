"""Answers with citations, for what is made of answers."""

from __future__ import annotations

from datetime import date

import msgspec

from service.contracts.answers import Answer, AnswerSentence, Citation, Usage
from tests.service.fakes import refused


def citation(label: int, article_id: str = "a/ü.md", url: str | None = None, fragment: str | None = None) -> Citation:
    return Citation(
        label=label,
        article_id=article_id,
        title=f"Title {label}",
        url=url,
        published_at=date(2025, 6, 3),
        language="en",
        start=0,
        end=5,
        quote="Quote",
        article_sha256="0" * 64,
        fragment_url=fragment,
    )


def answered(*sentences: AnswerSentence, citations: tuple[Citation, ...], finish: str = "stop") -> Answer:
    return msgspec.structs.replace(
        refused("Who?"),
        status="answered",
        reason=None,
        answer=" ".join(sentence.text for sentence in sentences),
        sentences=sentences,
        citations=citations,
        usage=Usage(100, 20, 60, "length" if finish == "length" else "stop"),
    )


TWO = answered(
    AnswerSentence("Die Brücke kostete 14,3 Millionen Euro 😀.", (1,)),
    AnswerSentence("It opened in June.", (2, 1)),
    AnswerSentence("The sources give no answer to “who?”.", ()),
    citations=(citation(1), citation(2, url="https://example.org/b", fragment="https://example.org/b#:~:text=Quote")),
)
