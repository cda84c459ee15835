"""What an evaluation finds: the seam between measuring and reporting, and the schema of `report.json`.

`report.json` is `Report` as JSON: every field below, in this order, under its own name. Offsets count Unicode code
points of an article's verbatim text, half-open. Figures are fractions in [0, 1] unless `FigureInfo.unit` says
otherwise. `null` stands where a figure does not apply: docs/evaluation.md says when.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from service.contracts.answers import Answer
from service.evaluation.gold import Gold

SCHEMA = 1
"""Version of `report.json`; raised whenever a field changes its meaning or goes."""

Mode = Literal["answers", "retrieval"]


class Meta(Struct, frozen=True):
    """What was measured, and on what. Nothing in it is secret.

    `system` says in words what was asked (`in this process` or an address). `fingerprint` is a SHA-256 of everything
    about the system that may change an answer; answers are kept and continued under it. `models` maps a role
    (`embedding`, `generator`) to what identifies it, hashes included; `settings` are the service's, without secrets.
    What a remote system does not tell is left empty.
    """

    created_at: str
    program_version: str
    code_sha256: str
    mode: Mode
    system: str
    fingerprint: str
    snapshot: str
    models: dict[str, dict[str, str]]
    prompt_version: str
    settings: dict[str, str]
    gold_path: str
    gold_sha256: str
    questions: int
    concurrency: int
    bootstrap_resamples: int
    bootstrap_seed: int


class Figure(Struct, frozen=True):
    """A mean (or, for the three figures of the risk-coverage and calibration curves, a statistic) over `n` questions.

    `low` and `high` are its 95 % bootstrap interval. All three are None where `n` is 0.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int


class FigureInfo(Struct, frozen=True):
    """What is known of a figure whatever the run: its meaning in a line, its unit, and which way is better."""

    name: str
    meaning: str
    higher_is_better: bool = True
    unit: Literal["share", "tokens"] = "share"


class GoldSpan(Struct, frozen=True):
    """A gold quote where it stands in its article. A quote that occurs twice is two spans of its group.

    `language` is that of the quote where it is long enough to tell, else that of its article.
    """

    article: str
    start: int
    end: int
    quote: str
    language: str


class Retrieved(Struct, frozen=True):
    """A passage or sentence that retrieval found; `relevant` where it overlaps a span of the gold evidence.

    `groups` are the gold evidence groups (counted from 0) that it overlaps.
    """

    rank: int
    article: str
    start: int
    end: int
    text: str
    score: float
    relevant: bool
    groups: tuple[int, ...]


class CitationCheck(Struct, frozen=True):
    """One citation of the answer: `right` where it overlaps gold evidence, `exact` where its quote is the source's.

    `right` is None where the gold question is answerable but names no evidence.
    """

    label: int
    right: bool | None
    exact: bool


class QuestionResult(Struct, frozen=True):
    """One question, what came back, and what that is worth.

    `answer` is None where the request failed (`failure` says how) and in retrieval-only runs. `right` is None in
    retrieval-only runs. `search_failure` is said where the search for passages failed. `sentences` is None where the
    system does not tell which sentences it ranked. `cell` is the pair of languages for parity, as in `en->de`; empty
    where the question has no evidence. `seconds` is the time from sending the request to the whole answer. `why_wrong`
    says in words everything that is wrong, empty where all is right.
    """

    gold: Gold
    answer: Answer | None
    failure: str
    search_failure: str
    seconds: float
    query: str
    right: bool | None
    figures: dict[str, float | None]
    evidence: tuple[tuple[GoldSpan, ...], ...]
    cell: str
    passages: tuple[Retrieved, ...]
    sentences: tuple[Retrieved, ...] | None
    citations: tuple[CitationCheck, ...]
    why_wrong: tuple[str, ...]


class Parity(Struct, frozen=True):
    """One figure by question language and source language.

    `cells` maps `<question language>-><source language>` to the figure there; the source language is `mixed` where the
    evidence stands in several. `gap` is the best cell's mean less the worst one's, `mixed` left out; None where fewer
    than two cells have a mean.
    """

    cells: dict[str, Figure]
    gap: float | None


class RiskPoint(Struct, frozen=True):
    """Answering only where confidence is at least `threshold` answers `coverage` of all questions.

    `risk` is the share of wrong ones among the questions that are answered then.
    """

    coverage: float
    risk: float
    threshold: float


class CalibrationBin(Struct, frozen=True):
    """The answers whose confidence is in [`low`, `high`): how many, how sure they were, how many of them were right."""

    low: float
    high: float
    n: int
    confidence: float | None
    right: float | None


class Curves(Struct, frozen=True):
    """What plots need beyond figures. Empty in retrieval-only runs."""

    risk_coverage: tuple[RiskPoint, ...]
    calibration: tuple[CalibrationBin, ...]


class Latency(Struct, frozen=True):
    """Milliseconds of one stage over the `n` requests that report it."""

    p50: float
    p95: float
    n: int


class SourceArticle(Struct, frozen=True):
    """An article that an answer cites or that gold evidence stands in, with its verbatim text."""

    title: str
    url: str | None
    published_at: date | None
    language: str
    text: str


class FigureChange(Struct, frozen=True):
    """A figure of two runs over the `n` questions for which both have it.

    `difference` is new less old; `low` and `high` are its 95 % paired bootstrap interval; `p` is that of a paired
    permutation test. The last three are None for figures that are no means of questions.
    """

    name: str
    old: float | None
    new: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int


class Turned(Struct, frozen=True):
    """A question that is right in one run and wrong in the other; `why` is said by the run in which it is wrong."""

    id: str
    question: str
    why: tuple[str, ...]


class Verdict(Struct, frozen=True):
    """One condition of the gate: whether the run fails it, and in words why or why not."""

    condition: str
    failed: bool
    said: str


class Comparison(Struct, frozen=True):
    """This run (new) against an earlier one (old), over the questions that both have."""

    old: Meta
    same_gold: bool
    shared: int
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    changes: tuple[FigureChange, ...]
    worse: tuple[Turned, ...]
    better: tuple[Turned, ...]


class Report(Struct, frozen=True):
    """A whole evaluation.

    `figures` holds every figure over all questions to which it applies, `kinds` the same by kind of question, `parity`
    by languages. `latency` maps a stage to its quantiles: stages of the service under the service's names, and
    `request` for the time from sending a request to its end, failed ones included. `articles` holds the texts of all
    articles that are cited or that gold evidence stands in. Two runs of the same system and gold agree in everything
    but `meta.created_at`, `latency`, and in each question `seconds` and, of the answer, `id`, `timings_ms` and
    `usage.cached_tokens`.
    """

    schema: int
    meta: Meta
    figures: dict[str, Figure]
    kinds: dict[str, dict[str, Figure]]
    parity: dict[str, Parity]
    curves: Curves
    latency: dict[str, Latency]
    questions: tuple[QuestionResult, ...]
    articles: dict[str, SourceArticle]
    comparison: Comparison | None = None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def failures(self) -> tuple[QuestionResult, ...]:
        """The questions whose request or search failed."""
        return tuple(question for question in self.questions if question.failure or question.search_failure)
