"""Every figure there is: its name, what it means and which way is better. docs/evaluation.md has the formulas."""

from __future__ import annotations

from service.evaluation.results import FigureInfo

RANKS = (1, 3, 5, 10)
DEPTH = 10
"""Passages and sentences that are looked at for ranking figures."""


def _ranking(name: str, what: str) -> tuple[FigureInfo, ...]:
    recall = (
        FigureInfo(f"retrieval.{name}.recall@{k}", f"share of evidence groups found by rank {k} of {what}")
        for k in RANKS
    )
    return (
        *recall,
        FigureInfo(f"retrieval.{name}.mrr@{DEPTH}", f"1 / rank of the first relevant one among {DEPTH} {what}"),
        FigureInfo(f"retrieval.{name}.ndcg@{DEPTH}", f"nDCG of the evidence groups among {DEPTH} {what}"),
    )


FIGURES: dict[str, FigureInfo] = {
    figure.name: figure
    for figure in (
        FigureInfo("requests.failed", "share of questions whose request or search failed", higher_is_better=False),
        FigureInfo("overall.right", "share of all questions that are answered right, or rightly refused"),
        FigureInfo("answers.right", "share of answerable questions whose answer holds every nugget"),
        FigureInfo("answers.nugget_recall", "share of a question's nuggets that its answer holds"),
        FigureInfo("answers.token_f1", "words shared with the nearest short answer, F1"),
        FigureInfo("answers.exact_match", "answer is one of the short answers, after normalisation"),
        FigureInfo("answers.language", "answer is in the question's language"),
        FigureInfo("answers.conflict_values", "share of conflicting values that the answer names"),
        FigureInfo("citations.precision", "share of an answer's citations that overlap gold evidence"),
        FigureInfo("citations.recall", "share of evidence groups that are cited"),
        FigureInfo("citations.f1", "harmonic mean of the two, each question's own"),
        FigureInfo("citations.char_precision", "share of the cited characters that are gold evidence"),
        FigureInfo("citations.char_recall", "share of the characters of gold evidence that are cited"),
        FigureInfo("citations.char_f1", "harmonic mean of the two, each question's own"),
        FigureInfo("citations.exact", "share of quotes that are the source's very characters at their offsets"),
        FigureInfo("citations.uncited_sentences", "share of sentences without a citation", higher_is_better=False),
        FigureInfo("refusal.precision", "share of refusals that are right"),
        FigureInfo("refusal.recall", "share of questions without an answer that are refused"),
        FigureInfo("refusal.false_refusal_rate", "share of answerable questions refused", higher_is_better=False),
        FigureInfo(
            "refusal.hallucination_rate",
            "share of unanswerable and false-premise questions that are answered",
            higher_is_better=False,
        ),
        FigureInfo("confidence.aurc", "area under the risk-coverage curve", higher_is_better=False),
        FigureInfo("confidence.ece", "expected calibration error", higher_is_better=False),
        FigureInfo("confidence.coverage@95", "share of questions answerable at 95 % precision"),
        *_ranking("passages", "passages"),
        *_ranking("sentences", "evidence sentences"),
        FigureInfo("tokens.prompt", "tokens read for an answer", higher_is_better=False, unit="tokens"),
        FigureInfo("tokens.completion", "tokens written for an answer", higher_is_better=False, unit="tokens"),
    )
}
"""In the order in which reports show them."""

CURVE_FIGURES = ("confidence.aurc", "confidence.ece", "confidence.coverage@95")
"""Figures of a whole run: no question has one of its own."""
