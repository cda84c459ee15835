"""A small collection, questions about it, and a system that answers them perfectly unless it is told otherwise."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from index.progress import Silence
from service.contracts.answers import Answer, AnswerSentence, AskRequest, Citation, Models, Usage
from service.evaluation.evaluate import Plan, evaluate
from service.evaluation.gold import Gold, Place
from service.evaluation.gold_file import read
from service.evaluation.results import Mode, Report, SourceArticle
from service.evaluation.systems import Identity, Ranked, Search

ENGLISH = "The ferry to Holm was sold in March. Its crew learned of it from the newspaper. It carries forty cars."
GERMAN = "Die Brücke nach Sund wurde im Mai gesperrt. Der Grund war Rost an den Trägern. Busse fahren einen Umweg."
ARTICLES = {
    "ferry.md": SourceArticle("The ferry", None, None, "en", ENGLISH),
    "bridge.md": SourceArticle("Die Brücke", None, None, "de", GERMAN),
}


def place(article: str, quote: str) -> Place:
    return Place(article, quote)


SOLD = "The ferry to Holm was sold in March."
CREW = "Its crew learned of it from the newspaper."
CLOSED = "Die Brücke nach Sund wurde im Mai gesperrt."
RUST = "Der Grund war Rost an den Trägern."

GOLD = (
    Gold("q1", "en", "fact", "When was the ferry sold?", True, (("March",),), ((place("ferry.md", SOLD),),)),
    Gold("q2", "de", "fact", "Wann wurde die Brücke gesperrt?", True, (("Mai",),), ((place("bridge.md", CLOSED),),)),
    Gold("q3", "en", "why", "Why was the bridge closed?", True, (("rust", "Rost"),), ((place("bridge.md", RUST),),)),
    Gold("q4", "en", "unanswerable", "Who bought the ferry?", False),
    Gold("q5", "de", "false-premise", "Warum wurde die Brücke abgerissen?", False),
)

ANSWERS = {
    "q1": ("The ferry was sold in the month of March.", SOLD),
    "q2": ("Die Brücke wurde im Monat Mai gesperrt.", CLOSED),
    "q3": ("The bridge was closed because there was rust on the girders.", RUST),
}


@dataclass
class Scripted:
    """Answers from `answers`, by question; searches perfectly; `slow` questions never come back."""

    answers: dict[str, Answer]
    slow: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    version: str = "1"
    fault: Callable[[str], None] = lambda question: None

    async def identity(self) -> Identity:
        return Identity("scripted", "snapshot-1", {}, "1", {"port": "1"}, self.version, "")

    async def ask(self, request: AskRequest) -> Answer:
        self.asked.append(request.question)
        self.fault(request.question)
        if request.question in self.slow:
            await asyncio.sleep(60)
        return self.answers[request.question]

    async def search(self, gold: Gold, query: str, top_k: int) -> Search:
        found = [_ranked(group[0]) for group in gold.evidence]
        return Search(tuple(found), tuple(found))

    async def article(self, article_id: str) -> SourceArticle | None:
        return ARTICLES.get(article_id)


def perfect() -> dict[str, Answer]:
    """The right answer to every question."""
    return {gold.question: _answer(gold) for gold in GOLD}


def answered(text: str, quote: str, article: str, *, language: str = "en", confidence: float = 0.9) -> Answer:
    start = ARTICLES[article].text.index(quote)
    sha256 = hashlib.sha256(ARTICLES[article].text.encode()).hexdigest()
    cited = Citation(1, article, "", None, None, language, start, start + len(quote), quote, sha256)
    return msgspec.structs.replace(
        refused(language),
        status="answered",
        reason=None,
        answer=text,
        confidence=confidence,
        sentences=(AnswerSentence(text, (1,)),),
        citations=(cited,),
    )


def refused(language: str = "en") -> Answer:
    return Answer(
        id="a",
        status="refused",
        reason="not_in_sources",
        answer="The articles do not say.",
        language=language,
        query="the question",
        confidence=0.1,
        sentences=(),
        citations=(),
        passages=(),
        conflicts=(),
        dropped=(),
        snapshot="snapshot-1",
        models=Models("embedder", "generator"),
        timings_ms={"total": 5.0},
        usage=Usage(100, 10, 0),
    )


def write_gold(directory: Path, questions: tuple[Gold, ...] = GOLD) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "gold.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(gold) + b"\n" for gold in questions))
    return path


def run(
    system: Scripted,
    directory: Path,
    *,
    mode: Mode = "answers",
    seconds: float = 30.0,
    concurrency: int = 1,
    fresh: bool = False,
    retry_failed: bool = False,
) -> Report:
    gold = read(write_gold(directory))
    plan = Plan(gold, directory / "out", mode, (), concurrency, seconds, fresh, retry_failed)
    return asyncio.run(evaluate(plan, system, Silence()))


def _answer(gold: Gold) -> Answer:
    if not gold.answerable:
        return refused(gold.lang)
    text, quote = ANSWERS[gold.id]
    return answered(text, quote, gold.evidence[0][0].article, language=gold.lang)


def _ranked(gold: Place) -> Ranked:
    start = ARTICLES[gold.article].text.index(gold.quote)
    return Ranked(gold.article, start, start + len(gold.quote), gold.quote, 1.0)
