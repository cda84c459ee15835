"""One evaluation from gold file to report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from index.progress import Progress
from service.evaluation import bootstrap, gold_file
from service.evaluation.errors import GoldError
from service.evaluation.gold import Gold
from service.evaluation.gold_file import GoldFile
from service.evaluation.journal import Header, Journal, Outcome, open_journal
from service.evaluation.results import Meta, Mode, Report, SourceArticle
from service.evaluation.runner import ask_all, fetch_articles
from service.evaluation.score import score
from service.evaluation.summary import summarise
from service.evaluation.systems import Identity, System


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask, and how: `only` these ids (all where empty), `concurrency` at once, each within `seconds`.

    `fresh` sets kept answers aside; `retry_failed` asks those again that failed.
    """

    gold: GoldFile
    out: Path
    mode: Mode = "answers"
    only: tuple[str, ...] = ()
    concurrency: int = 1
    seconds: float = 300.0
    fresh: bool = False
    retry_failed: bool = False


async def evaluate(plan: Plan, system: System, progress: Progress) -> Report:
    """Ask what has not been asked yet, and report on everything.

    Raises `GoldError` before the first question where the gold does not belong to the system's articles.
    """
    questions = chosen(plan.gold.questions, plan.only)
    identity = await system.identity()
    articles = await fetch_articles(gold_file.article_ids(questions), system)
    evidence = gold_file.resolve(questions, articles)
    header = Header(identity.fingerprint(), plan.gold.sha256, plan.mode)
    with open_journal(plan.out, header, fresh=plan.fresh) as journal:
        if plan.retry_failed:
            _forget_failures(journal)
        await ask_all(
            questions,
            system,
            journal,
            mode=plan.mode,
            concurrency=plan.concurrency,
            seconds=plan.seconds,
            progress=progress,
        )
        outcomes = _failed_told([journal.outcomes[question.id] for question in questions])
    articles |= await fetch_articles(_cited(outcomes, articles), system)
    results = [
        score(question, evidence[question.id], outcome, articles, plan.mode)
        for question, outcome in zip(questions, outcomes, strict=True)
    ]
    return summarise(_meta(plan, identity, outcomes), results, articles)


def chosen(questions: Sequence[Gold], only: Sequence[str]) -> list[Gold]:
    """The questions with these ids, all of them where there are none. Raises `GoldError` for an unknown id."""
    known = {question.id for question in questions}
    if unknown := [name for name in only if name not in known]:
        raise GoldError([f"there is no question {name}" for name in unknown])
    return [question for question in questions if not only or question.id in only]


def _forget_failures(journal: Journal) -> None:
    for name, outcome in list(journal.outcomes.items()):
        if outcome.failure or outcome.search_failure:
            del journal.outcomes[name]


def _failed_told(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Where the system tells sentences, a failed search found none, which counts as wrong, instead of unknown ones."""
    if all(outcome.sentences is None for outcome in outcomes):
        return list(outcomes)
    return [
        msgspec.structs.replace(outcome, sentences=()) if outcome.search_failure else outcome for outcome in outcomes
    ]


def _cited(outcomes: Sequence[Outcome], known: Mapping[str, SourceArticle]) -> list[str]:
    answers = [outcome.answer for outcome in outcomes if outcome.answer]
    cited = dict.fromkeys(citation.article_id for answer in answers for citation in answer.citations)
    return [article for article in cited if article not in known]


def _meta(plan: Plan, identity: Identity, outcomes: Sequence[Outcome]) -> Meta:
    return Meta(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        program_version=identity.program_version,
        code_sha256=identity.code_sha256,
        mode=plan.mode,
        system=identity.system,
        fingerprint=identity.fingerprint(),
        snapshot=identity.snapshot,
        models=identity.models or _models(outcomes),
        prompt_version=identity.prompt_version,
        settings=identity.settings,
        gold_path=plan.gold.path.name,
        gold_sha256=plan.gold.sha256,
        questions=len(outcomes),
        concurrency=plan.concurrency,
        bootstrap_resamples=bootstrap.RESAMPLES,
        bootstrap_seed=bootstrap.SEED,
    )


def _models(outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    """The models that answers say they were made with, where the system tells nothing more."""
    for outcome in outcomes:
        if outcome.answer:
            models = outcome.answer.models
            return {"embedding": {"model": models.embedding}, "generator": {"model": models.generator}}
    return {}
