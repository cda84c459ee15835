"""One question: the gold, what came back, and every figure of it.

A figure is None where it does not apply, and the question then does not count in the figure's mean. A failed request
is 0 in every figure that says what the system owes (an answer, cited evidence, a refusal) and None in those that
describe what an answer is like (its citations' precision, its language, ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.contracts.answers import Answer
from service.evaluation.figures import DEPTH, RANKS
from service.evaluation.gold import Gold
from service.evaluation.gold_file import Evidence
from service.evaluation.journal import Outcome
from service.evaluation.metrics import answers, citations, ranking
from service.evaluation.metrics.regions import Groups, Region, groups_met
from service.evaluation.results import CitationCheck, Mode, QuestionResult, Retrieved, SourceArticle
from service.evaluation.systems import Ranked
from service.evaluation.why import why_wrong

Figures = dict[str, float | None]

MIXED = "mixed"


def score(
    gold: Gold, evidence: Evidence, outcome: Outcome, articles: Mapping[str, SourceArticle], mode: Mode
) -> QuestionResult:
    """The result of one question. `articles` holds every cited article that exists."""
    groups = _groups(evidence)
    checks = _checks(gold, outcome.answer, groups, articles)
    figures: Figures = {"requests.failed": float(bool(outcome.failure or outcome.search_failure))}
    right: bool | None = None
    if mode == "answers":
        right = is_right(gold, outcome.answer)
        figures |= _answers(gold, outcome.answer, right) | _refusal(gold, outcome.answer)
        figures |= _citations(gold, outcome.answer, groups, checks) | _tokens(outcome.answer)
    figures |= _ranking("passages", outcome.passages, groups)
    if outcome.sentences is not None:
        figures |= _ranking("sentences", outcome.sentences, groups)
    return QuestionResult(
        gold=gold,
        answer=outcome.answer,
        failure=outcome.failure,
        search_failure=outcome.search_failure,
        seconds=outcome.seconds,
        query=outcome.query,
        right=right,
        figures=figures,
        evidence=evidence,
        cell=_cell(gold, evidence),
        passages=_retrieved(outcome.passages, groups),
        sentences=None if outcome.sentences is None else _retrieved(outcome.sentences, groups),
        citations=checks,
        why_wrong=why_wrong(gold, outcome, checks, figures),
    )


def is_right(gold: Gold, answer: Answer | None) -> bool:
    """A refusal where there is no answer; else an answer that holds an alternative of every nugget."""
    if answer is None:
        return False
    if not gold.answerable:
        return answer.status == "refused"
    nuggets = gold.nuggets or (gold.answers,)
    return answer.status == "answered" and all(answers.holds(answer.answer, nugget) for nugget in nuggets)


def _answers(gold: Gold, answer: Answer | None, right: bool) -> Figures:
    figures: Figures = {"overall.right": float(right)}
    if not gold.answerable:
        return figures
    text = answer.answer if answer and answer.status == "answered" else ""
    figures["answers.right"] = float(right)
    figures["answers.nugget_recall"] = answers.nugget_recall(text, gold.nuggets or (gold.answers,))
    if gold.answers:
        figures["answers.token_f1"] = answers.token_f1(text, gold.answers, gold.lang) if text else 0.0
        figures["answers.exact_match"] = answers.exact_match(text, gold.answers, gold.lang) if text else 0.0
    if gold.conflict:
        stated = [value for conflict in (answer.conflicts if answer else ()) for value in conflict.values]
        figures["answers.conflict_values"] = answers.share_named("\n".join([text, *stated]), gold.conflict)
    figures["answers.language"] = answers.in_language(text, gold.lang) if text else None
    return figures


def _refusal(gold: Gold, answer: Answer | None) -> Figures:
    refused = answer is not None and answer.status == "refused"
    figures: Figures = {}
    if refused:
        figures["refusal.precision"] = float(not gold.answerable)
    if not gold.answerable:
        figures["refusal.recall"] = float(refused)
    if answer is not None:
        name = "refusal.false_refusal_rate" if gold.answerable else "refusal.hallucination_rate"
        figures[name] = float(refused == gold.answerable)
    return figures


def _citations(gold: Gold, answer: Answer | None, groups: Groups, checks: Sequence[CitationCheck]) -> Figures:
    cited = _cited(answer)
    figures: Figures = {}
    if groups or not gold.answerable:
        figures["citations.precision"] = citations.precision(cited, groups)
        figures["citations.char_precision"] = citations.character_precision(cited, groups)
    if groups:
        figures["citations.recall"] = recall = citations.recall(cited, groups)
        figures["citations.char_recall"] = char_recall = citations.character_recall(cited, groups)
        figures["citations.f1"] = citations.f1(figures["citations.precision"], recall)
        figures["citations.char_f1"] = citations.f1(figures["citations.char_precision"], char_recall)
    if checks:
        figures["citations.exact"] = sum(check.exact for check in checks) / len(checks)
    if answer is not None:
        labels = {citation.label for citation in answer.citations}
        sentences = [sentence.citations for sentence in answer.sentences]
        figures["citations.uncited_sentences"] = citations.uncited_share(sentences, labels)
    return figures


def _tokens(answer: Answer | None) -> Figures:
    if answer is None:
        return {}
    return {
        "tokens.prompt": float(answer.usage.prompt_tokens),
        "tokens.completion": float(answer.usage.completion_tokens),
    }


def _ranking(name: str, ranked: Sequence[Ranked], groups: Groups) -> Figures:
    if not groups:
        return {}
    ranks = ranking.first_ranks([_region(item) for item in ranked[:DEPTH]], groups)
    return {
        **{f"retrieval.{name}.recall@{k}": ranking.recall_at(ranks, k) for k in RANKS},
        f"retrieval.{name}.mrr@{DEPTH}": ranking.reciprocal_rank(ranks, DEPTH),
        f"retrieval.{name}.ndcg@{DEPTH}": ranking.ndcg(ranks, DEPTH),
    }


def _checks(
    gold: Gold, answer: Answer | None, groups: Groups, articles: Mapping[str, SourceArticle]
) -> tuple[CitationCheck, ...]:
    checks = []
    for citation in answer.citations if answer else ():
        article = articles.get(citation.article_id)
        right = bool(groups_met(Region(citation.article_id, citation.start, citation.end), groups))
        exact = citations.is_exact(article.text if article else None, citation.start, citation.end, citation.quote)
        checks.append(CitationCheck(citation.label, right if groups or not gold.answerable else None, exact))
    return tuple(checks)


def _retrieved(ranked: Sequence[Ranked], groups: Groups) -> tuple[Retrieved, ...]:
    found = []
    for rank, item in enumerate(ranked, start=1):
        met = groups_met(_region(item), groups)
        found.append(Retrieved(rank, item.article, item.start, item.end, item.text, item.score, bool(met), met))
    return tuple(found)


def _groups(evidence: Evidence) -> Groups:
    return tuple(tuple(Region(span.article, span.start, span.end) for span in group) for group in evidence)


def _cited(answer: Answer | None) -> list[Region]:
    """What bears an answer out. A refusal quotes what comes nearest, which bears out nothing."""
    if answer is None or answer.status == "refused":
        return []
    return [Region(citation.article_id, citation.start, citation.end) for citation in answer.citations]


def _region(item: Ranked) -> Region:
    return Region(item.article, item.start, item.end)


def _cell(gold: Gold, evidence: Evidence) -> str:
    languages = {span.language for group in evidence for span in group}
    if not languages:
        return ""
    return f"{gold.lang}->{languages.pop() if len(languages) == 1 else MIXED}"
