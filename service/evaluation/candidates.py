"""Answers of which readers said whether they helped, as candidates for a gold set.

A candidate is a line of a gold file with one field more, `candidate`, which says where it comes from. While that is
there, the line is no gold: `Gold` refuses it. What a right answer holds is for a person to say, who then takes the
field out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from service.contracts.answers import AskRequest, Turn
from service.evaluation.gold import Place
from service.feedback.store import Remembered

KIND = "feedback"
_ASKED_WITH = ("language", "top_k", "filters", "mode")
"""Fields of a request that a gold question has no words for."""


class Origin(Struct, frozen=True):
    """The answer that a candidate comes from, and what readers said of it.

    `asked_with` is what the request had beside the question and is not the default. `cited` are the places that the
    answer cited, a group for each citation.
    """

    status: str
    reason: str | None
    answer: str
    helpful: int
    not_helpful: int
    comments: tuple[str, ...]
    cited: tuple[tuple[Place, ...], ...]
    asked_with: dict[str, Any]
    given_at: datetime
    snapshot: str
    generator: str


class Candidate(Struct, frozen=True):
    """A line to complete: the fields of `Gold`, as far as they are known. `answerable` is null where it is not."""

    id: str
    lang: str
    kind: str
    question: str
    answerable: bool | None
    nuggets: tuple[tuple[str, ...], ...]
    evidence: tuple[tuple[Place, ...], ...]
    history: tuple[Turn, ...]
    as_of: date | None
    candidate: Origin


def candidate(kept: Remembered) -> Candidate:
    """The candidate of an answer.

    One that all readers found helpful tells whether the question has an answer, and what it cited is the evidence.
    Otherwise either is for a person to say.
    """
    content = kept.content
    origin = _origin(kept)
    liked = origin.not_helpful == 0
    return Candidate(
        id=f"{KIND}-{kept.id}",
        lang=content.language,
        kind=KIND,
        question=content.request.question,
        answerable=content.status == "answered" if liked else None,
        nuggets=(),
        evidence=origin.cited if liked and content.status == "answered" else (),
        history=content.request.history,
        as_of=content.request.as_of,
        candidate=origin,
    )


def lines(kept: Iterable[Remembered]) -> Iterable[bytes]:
    """The candidates of these answers as lines of a file."""
    return (msgspec.json.encode(candidate(one)) + b"\n" for one in kept)


def _origin(kept: Remembered) -> Origin:
    content = kept.content
    return Origin(
        status=content.status,
        reason=content.reason,
        answer=content.answer,
        helpful=sum(said.helpful for said in kept.said),
        not_helpful=sum(not said.helpful for said in kept.said),
        comments=tuple(said.comment for said in kept.said if said.comment),
        cited=tuple(tuple(Place(at.article_id, at.quote, at.start) for at in group) for group in content.citations),
        asked_with=_asked_with(content.request),
        given_at=kept.given_at,
        snapshot=content.snapshot,
        generator=content.generator,
    )


def _asked_with(request: AskRequest) -> dict[str, Any]:
    asked, default = (msgspec.to_builtins(one) for one in (request, AskRequest(question=request.question)))
    return {name: asked[name] for name in _ASKED_WITH if asked[name] != default[name]}
