"""The examples of the OpenAPI document. They tell one story, and its offsets are true."""

from __future__ import annotations

import hashlib
from datetime import date

from index.types import Span
from service.contracts.answers import (
    Answer,
    AnswerSentence,
    ArticleResponse,
    AskRequest,
    Citation,
    Copy,
    FilterRequest,
    FoundPassage,
    Models,
    SearchRequest,
    SearchResponse,
    SentenceEvent,
    SourcesEvent,
    Turn,
    Usage,
)
from service.edge.problems import problem
from service.edge.sse import KEEP_ALIVE, event
from service.errors import GeneratorTimeout
from service.quoting.text_fragment import prefix_of, suffix_of

_ID = "2025/06/google-scale.md"
_TITLE = "Google verlässt Scale AI"
_DAY = date(2025, 6, 16)
_QUESTION = "Why did Google leave Scale?"
_SNAPSHOT = "20250901T120000Z-5f0c2a"
_QUOTE = "Die Kunden fürchten, dass ihre sensiblen Daten bei Meta landen."
_TEXT = f"# {_TITLE}\n\nGoogle beendet die Zusammenarbeit mit Scale AI. {_QUOTE}\n"
_SHA256 = hashlib.sha256(_TEXT.encode()).hexdigest()
_START = _TEXT.index(_QUOTE)
_PLACE = Span(_START, _START + len(_QUOTE))
REVIEW = f"# Presseschau\n\n{_QUOTE}\n"
_COPY = Copy(
    article_id="2025/06/presseschau.md",
    title="Presseschau",
    url=None,
    published_at=date(2025, 6, 17),
    start=REVIEW.index(_QUOTE),
    end=REVIEW.index(_QUOTE) + len(_QUOTE),
    quote=_QUOTE,
    article_sha256=hashlib.sha256(REVIEW.encode()).hexdigest(),
)
_PASSAGE = "Google beendet die Zusammenarbeit mit Scale AI. " + _QUOTE
_SENTENCE = "Google left because customers fear that their sensitive data would end up at Meta."
_REFUSAL = "The articles do not say."

_FOUND = FoundPassage(
    rank=1,
    article_id=_ID,
    title=_TITLE,
    url=None,
    start=_TEXT.index(_PASSAGE),
    end=_TEXT.index(_PASSAGE) + len(_PASSAGE),
    text=_PASSAGE,
    score=2.31,
)

ASK = {
    "question": AskRequest(question=_QUESTION),
    "follow-up": AskRequest(
        question="And when was that?",
        history=(Turn(role="user", content=_QUESTION), Turn(role="assistant", content=_SENTENCE)),
        language="en",
        filters=FilterRequest(languages=("de", "en"), published_from=date(2025, 5, 1)),
    ),
}
SEARCH = {"question": SearchRequest(question=_QUESTION, top_k=3)}
ARTICLE = {"article": ArticleResponse(_ID, _TITLE, None, _DAY, "de", _SHA256, _TEXT, _SNAPSHOT)}
PASSAGES = {"found": SearchResponse((_FOUND,), _QUESTION, _SNAPSHOT, {"embed": 30.8, "search": 14.6, "total": 45.9})}
ANSWER = {
    "answered": Answer(
        id="0f2d4a5c6b7e4f0a",
        status="answered",
        reason=None,
        answer=_SENTENCE,
        language="en",
        query=_QUESTION,
        confidence=0.91,
        sentences=(AnswerSentence(_SENTENCE, (1,)),),
        citations=(
            Citation(
                label=1,
                article_id=_ID,
                title=_TITLE,
                url=None,
                published_at=_DAY,
                language="de",
                start=_START,
                end=_START + len(_QUOTE),
                quote=_QUOTE,
                article_sha256=_SHA256,
                also_at=(_COPY,),
                prefix=prefix_of(_TEXT, _PLACE),
                suffix=suffix_of(_TEXT, _PLACE),
            ),
        ),
        passages=(_FOUND,),
        conflicts=(),
        dropped=(),
        snapshot=_SNAPSHOT,
        models=Models("multilingual-e5-small", "qwen2.5-coder-1.5b"),
        timings_ms={
            "embed": 30.8,
            "search": 14.6,
            "queue": 0.1,
            "read": 4260.3,
            "first_token": 4310.2,
            "first_sentence": 6079.5,
            "generate": 6078.4,
            "generated": 6128.8,
            "verify": 61.3,
            "compare": 4.2,
            "total": 6140.9,
        },
        usage=Usage(prompt_tokens=318, completion_tokens=24, cached_tokens=96),
        signals={"evidence": 0.87, "stated": 0.95, "likelihood": 0.84, "support": 0.11, "about": 0.67},
    ),
    "refused": Answer(
        id="7c1e9b0d2f3a4e5b",
        status="refused",
        reason="not_in_sources",
        answer=_REFUSAL,
        language="en",
        query="Who painted the office of Scale?",
        confidence=0.0,
        sentences=(),
        citations=(),
        passages=(_FOUND,),
        conflicts=(),
        dropped=(),
        snapshot=_SNAPSHOT,
        models=Models("multilingual-e5-small", "qwen2.5-coder-1.5b"),
        timings_ms={"embed": 29.1, "search": 15.0, "total": 45.2},
        usage=Usage(),
    ),
}
SOURCES = SourcesEvent(ANSWER["answered"].id, _QUESTION, _SNAPSHOT, (_FOUND,))
_FOUND_IN_VAIN = SourcesEvent(ANSWER["refused"].id, ANSWER["refused"].query, _SNAPSHOT, (_FOUND,))
SENTENCE = SentenceEvent(_SENTENCE, (1,), ANSWER["answered"].citations)
_FAILED = problem(
    GeneratorTimeout("The language model wrote nothing for 60 seconds."), "1c8f0e5a2b7d4c6f9e3a1b5d7c9f2e4a"
)


def _stream(*events: bytes) -> str:
    return b"".join(events).decode()


STREAM = {
    "answered": _stream(
        event("sources", SOURCES), KEEP_ALIVE, event("sentence", SENTENCE), event("done", ANSWER["answered"])
    ),
    "refused": _stream(event("sources", _FOUND_IN_VAIN), event("done", ANSWER["refused"])),
    "failed": _stream(event("sources", SOURCES), KEEP_ALIVE, event("error", _FAILED)),
}
