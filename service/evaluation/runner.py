"""Asks every question once, several at a time, and keeps what comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeVar

from index.language import detect_question
from index.progress import Progress
from service.evaluation.errors import SystemUnreachable
from service.evaluation.figures import DEPTH
from service.evaluation.gold import Gold
from service.evaluation.journal import Journal, Outcome
from service.evaluation.results import Mode, SourceArticle
from service.evaluation.systems import Search, System, describe
from service.search.follow_up import standalone_query

T = TypeVar("T")


async def ask_all(
    questions: Sequence[Gold],
    system: System,
    journal: Journal,
    *,
    mode: Mode,
    concurrency: int,
    seconds: float,
    progress: Progress,
) -> None:
    """Ask every question that `journal` has no outcome of, at most `concurrency` at once.

    A request that raises, or takes longer than `seconds`, is an outcome too.
    """
    left = iter([question for question in questions if question.id not in journal.outcomes])
    with progress.step("Asking" if mode == "answers" else "Searching", "question") as step:
        step.expect(len(questions))
        step.advance(sum(question.id in journal.outcomes for question in questions))

        async def work() -> None:
            for question in left:
                journal.keep(await _outcome(question, system, mode, seconds))
                step.advance()

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())


async def fetch_articles(ids: Iterable[str], system: System) -> dict[str, SourceArticle]:
    """The articles of these ids that there are. Raises `SystemUnreachable` where one can't be fetched."""
    found: dict[str, SourceArticle] = {}
    for article_id in ids:
        article, failure = await _tried(system.article(article_id), seconds=60.0)
        if failure:
            raise SystemUnreachable(f"article {article_id} can't be fetched: {failure}")
        if article is not None:
            found[article_id] = article
    return found


async def _outcome(question: Gold, system: System, mode: Mode, seconds: float) -> Outcome:
    started = time.perf_counter()
    answer, failure = None, ""
    if mode == "answers":
        answer, failure = await _tried(system.ask(question.request()), seconds)
    elapsed = time.perf_counter() - started
    query = answer.query if answer else _query(question)
    found, search_failure = await _tried(system.search(question, query, DEPTH), seconds)
    search = found or Search((), None)
    if mode == "retrieval":
        elapsed = time.perf_counter() - started
    return Outcome(
        question.id, answer, failure, search_failure, round(elapsed, 4), query, search.passages, search.sentences
    )


def _query(question: Gold) -> str:
    """What the pipeline would search with."""
    language = detect_question(question.question, question.lang)
    return standalone_query(question.question, language, question.history)


async def _tried(work: Awaitable[T], seconds: float) -> tuple[T | None, str]:
    """What `work` gives, or how it failed: whatever it raises is a failure of the system, not of the evaluation."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()
    if not done:
        await asyncio.wait({task})
        return None, f"no answer within {seconds:g} s"
    if task.cancelled():
        return None, "cancelled by the system"
    error = task.exception()
    return (task.result(), "") if error is None else (None, describe(error))
