#!/usr/bin/env python3
"""Fit when to refuse before the language model is asked, and say how well it tells answerable questions from others.

    python scripts/calibrate.py --xquad DIR --cache DIR
    python scripts/calibrate.py --gold examples/gold.jsonl --index .fundstelle/index --check
    python scripts/calibrate.py --answers reports/today/report.json

With `--xquad`, every question is asked of each index that scripts/bench/retrieval.py builds of the benchmark, and asked
once more of all of it but its own paragraph, in whatever language: that question has no answer there, and looks just as
the other. `--gold` adds questions of a gold file that say whether they are answerable, asked of `--index`.

Figures are cross-validated: a question's probability comes from weights that were fitted without the document that it
is about. `--check` fits nothing and measures the calibration file as it is; else the file is written anew, with the
figures, from weights that were fitted on everything.

`--answers` fits something else: how sure to be of an answer once it is written, on answers that were evaluated.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold

from index import durable
from index.checksums import sha256_of
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.models import resolve
from index.progress import Bars
from index.retrieve import Retriever
from index.snapshot import Snapshot
from index.token_cache import cached
from service.evaluation import answered, gold_file, parallel
from service.evaluation.answerability import Row, benchmark_rows, gold_rows
from service.evaluation.bootstrap import statistic_interval
from service.evaluation.command import exit_status
from service.evaluation.errors import GoldError, ReportError
from service.evaluation.metrics.refusal import area, calibration_error, risk_coverage
from service.search import calibration
from service.search.calibration import (
    DEFAULTS,
    FEATURES,
    SCHEMA,
    Calibration,
    Features,
    FittedOn,
    Measured,
    OperatingPoint,
    Weight,
)
from service.search.finding import Finder
from service.settings import Settings, load_settings
from service.verification import confidence
from service.verification.confidence import SIGNALS, Confidence

FITTED = tuple(name for name in FEATURES if name != "similarity")
COLUMNS = [FEATURES.index(name) for name in FITTED]
"""Of a table's values, what weights are fitted for."""

FOLDS = 6
FALSE_REFUSALS = (0.01, 0.02, 0.05, 0.1, 0.2)
TARGET = 0.1
COVERAGES = (0.25, 0.5, 0.75, 0.9, 1.0)
REGULARISATION = 1.0
"""Inverse strength of the L2 penalty on standardised features, scikit-learn's default: with thousands of questions and
ten features, a hundred times more or less changes no figure."""

CONFIDENCE_FOLDS, FEWEST_ANSWERS = 10, 3
CONFIDENCE_REGULARISATION = 0.3
"""Stronger: there are tens of answers, not thousands."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as arrays: features float64 `(n, features)`, labels bool `(n,)`, numbers of documents int64 `(n,)`."""

    values: Floats
    answerable: Flags
    documents: Indices
    cells: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    chosen = _parser().parse_args(arguments)
    return exit_status(lambda: _run(chosen))


def _run(chosen: argparse.Namespace) -> int:
    return _fit_confidence(chosen) if chosen.answers else _fit_evidence(chosen)


def _fit_confidence(chosen: argparse.Namespace) -> int:
    """Fit how sure to be of answers on evaluated ones, and write the weights with their cross-validated error."""
    generator, rows = answered.read(chosen.answers)
    values = np.array([[getattr(row.signals, name) for name in SIGNALS] for row in rows], dtype=np.float64)
    right = np.array([row.right for row in rows])
    fewer = int(min(right.sum(), len(right) - right.sum()))
    if fewer < FEWEST_ANSWERS:
        raise ReportError(f"a fit needs at least {FEWEST_ANSWERS} right and {FEWEST_ANSWERS} wrong answers")
    validated = np.empty(len(rows))
    for fit_on, judge in StratifiedKFold(n_splits=min(fewer, CONFIDENCE_FOLDS)).split(values, right):
        validated[judge] = _Model(values[fit_on], right[fit_on], CONFIDENCE_REGULARISATION).probabilities(values[judge])
    before = np.array([confidence.DEFAULTS.of(row.signals) for row in rows])
    errors = [round(calibration_error(each, right), 4) for each in (validated, before)]
    model = _Model(values, right, CONFIDENCE_REGULARISATION)
    sources = {path.parent.name: sha256_of(path) for path in chosen.answers}
    fitted = Confidence(
        schema=confidence.SCHEMA,
        intercept=round(model.intercept, 6),
        weights=model.weights(SIGNALS),
        fitted_on=confidence.FittedOn(generator, sources, len(rows), int(right.sum()), *errors),
    )
    print(f"{len(rows)} answers, {right.sum()} right; expected calibration error {errors[0]} (defaults {errors[1]})")
    print(f"area under risk-coverage {area(validated, right):.4f} (defaults {area(before, right):.4f})")
    durable.replace(chosen.confidence, msgspec.json.format(msgspec.json.encode(fitted), indent=2) + b"\n")
    print(f"written to {chosen.confidence}")
    return 0


def _fit_evidence(chosen: argparse.Namespace) -> int:
    settings = load_settings()
    embedder: Embedder = SentenceTransformerEmbedder(resolve(settings.embedding, settings.models))
    if chosen.cache:
        embedder = cached(embedder, chosen.cache)
    rows = list(_rows(chosen, embedder, settings))
    if len({row.answerable for row in rows}) < 2:
        raise GoldError(["a calibration needs answerable and unanswerable questions: name --xquad or --gold"])
    table = tabulated(rows)
    default = probabilities(DEFAULTS, table)
    before = measured(default, table)
    print("\n".join(_report("defaults", default, table, before)))
    if chosen.check:
        loaded = probabilities(calibration.load(embedder.name, chosen.out), table)
        print("\n".join(_report(str(chosen.out), loaded, table, measured(loaded, table))))
        return 0
    validated = cross_validated(table)
    after = measured(validated, table)
    print("\n".join(_report("fitted, cross-validated", validated, table, after)))
    fitted = calibrated(table, validated, FittedOn(embedder.name, _sources(chosen), *_counts(table), before, after))
    print("\n".join(_contributions(fitted, table, validated)))
    durable.replace(chosen.out, msgspec.json.format(msgspec.json.encode(fitted), indent=2) + b"\n")
    print(f"written to {chosen.out}")
    return 0


def _rows(chosen: argparse.Namespace, embedder: Embedder, settings: Settings) -> Iterator[Row]:
    if chosen.xquad:
        yield from benchmark_rows(parallel.read(chosen.xquad, chosen.texts), embedder, settings.evidence_tokens, Bars())
    if chosen.gold:
        questions = gold_file.read(chosen.gold).questions
        with Snapshot.open(chosen.index or settings.index, expect=embedder.identity()) as snapshot:
            finder = Finder(Retriever(snapshot, embedder), embedder, evidence_tokens=settings.evidence_tokens)
            yield from gold_rows(questions, finder)


def tabulated(rows: Sequence[Row]) -> Table:
    """Rows as arrays, features in the order of `FEATURES`."""
    values = np.array([[getattr(row.features, name) for name in FEATURES] for row in rows], dtype=np.float64)
    _, documents = np.unique([row.document for row in rows], return_inverse=True)
    return Table(values, np.array([row.answerable for row in rows]), documents, tuple(row.cell for row in rows))


def folds(documents: Indices, count: int = FOLDS) -> Iterator[tuple[Indices, Indices]]:
    """Numbers of the rows to fit on and to judge, `count` times; no document is on both sides."""
    splitter = GroupKFold(n_splits=min(count, len(np.unique(documents))))
    yield from splitter.split(documents, groups=documents)


def cross_validated(table: Table, columns: Sequence[int] = COLUMNS) -> Floats:
    """The probability of each row, from weights for these features that were fitted without its document."""
    values = table.values[:, columns]
    found = np.empty(len(table.answerable))
    for fit_on, judge in folds(table.documents):
        model = _Model(values[fit_on], table.answerable[fit_on])
        found[judge] = model.probabilities(values[judge])
    return found


class _Model:
    """A logistic regression on standardised features."""

    def __init__(self, values: Floats, answerable: Flags, regularisation: float = REGULARISATION) -> None:
        self.mean = values.mean(axis=0)
        deviation = values.std(axis=0)
        self.scale = np.where(deviation > 0, deviation, 1.0)
        self._regression = LogisticRegression(C=regularisation, max_iter=1_000)
        self._regression.fit((values - self.mean) / self.scale, answerable)
        self.coefficients: Floats = self._regression.coef_[0]
        self.intercept = float(self._regression.intercept_[0])

    def probabilities(self, values: Floats) -> Floats:
        standardised = (values - self.mean) / self.scale
        found: Floats = self._regression.predict_proba(standardised)[:, 1]
        return found

    def weights(self, names: Sequence[str]) -> dict[str, Weight]:
        """Its columns by `names`, rounded as they are written."""
        columns = zip(names, self.mean, self.scale, self.coefficients, strict=True)
        return {name: Weight(*(round(float(number), 6) for number in numbers)) for name, *numbers in columns}


def calibrated(table: Table, validated: Floats, fitted_on: FittedOn) -> Calibration:
    """Weights fitted on every row, with operating points out of `validated`, the cross-validated probabilities."""
    model = _Model(table.values[:, COLUMNS], table.answerable)
    return Calibration(
        schema=SCHEMA,
        intercept=round(model.intercept, 6),
        weights=model.weights(FITTED),
        points=tuple(operating_point(validated, table.answerable, share) for share in FALSE_REFUSALS),
        fitted_on=fitted_on,
    )


def operating_point(confidence: Floats, answerable: Flags, false_refusals: float) -> OperatingPoint:
    """The highest threshold that refuses at most this share of answerable questions, and what it refuses of others.

    Both kinds must be there.
    """
    kept = np.sort(confidence[answerable])
    # What is below the n-th smallest are fewer than n.
    threshold = float(kept[min(math.floor(false_refusals * len(kept) + 1e-9), len(kept) - 1)])
    refused = float(np.mean(confidence[~answerable] < threshold))
    return OperatingPoint(false_refusals, math.floor(threshold * 1e6) / 1e6, round(refused, 4))


def refused_at_target(confidence: Floats, answerable: Flags) -> float:
    """Share of unanswerable questions refused at `TARGET` false refusals; NaN without questions of both kinds."""
    if answerable.all() or not answerable.any():
        return math.nan
    return operating_point(confidence, answerable, TARGET).refused or 0.0


def probabilities(known: Calibration, table: Table) -> Floats:
    """What `known` gives each row."""
    return np.array([known.probability(Features(*row)) for row in table.values])


def measured(confidence: Floats, table: Table) -> Measured:
    """The figures of a decision, with intervals that draw whole documents."""
    members = [np.flatnonzero(table.documents == number) for number in np.unique(table.documents)]

    def figure(statistic: Callable[[Floats, Flags], float]) -> tuple[float, float, float]:
        def drawn(documents: Indices) -> float:
            rows = np.concatenate([members[number] for number in documents])
            return statistic(confidence[rows], table.answerable[rows])

        value = statistic(confidence, table.answerable)
        low, high = statistic_interval(drawn, len(members)) or (value, value)
        return round(value, 4), round(low, 4), round(high, 4)

    return Measured(figure(refused_at_target), figure(area), figure(calibration_error))


def _report(what: str, confidence: Floats, table: Table, found: Measured) -> Iterator[str]:
    yield f"{what}: {len(confidence)} questions, {len(np.unique(table.documents))} documents"
    yield f"  refused at {TARGET:.0%} false refusals {_shown(found.refused)}"
    yield f"  area under risk-coverage {_shown(found.area)}, calibration error {_shown(found.calibration_error)}"
    points = [operating_point(confidence, table.answerable, share) for share in FALSE_REFUSALS]
    yield "  false refusals -> refused: " + ", ".join(f"{p.false_refusals:.0%} -> {p.refused:.1%}" for p in points)
    curve = risk_coverage(confidence, table.answerable, len(confidence))
    risks = [float(curve.risk[int(np.flatnonzero(curve.coverage >= each - 1e-9)[0])]) for each in COVERAGES]
    yield "  coverage -> risk: " + ", ".join(f"{c:.0%} -> {r:.1%}" for c, r in zip(COVERAGES, risks, strict=True))
    for cell in dict.fromkeys(table.cells):
        rows = np.array([each == cell for each in table.cells])
        if len(set(table.answerable[rows])) == 2:
            refused = refused_at_target(confidence[rows], table.answerable[rows])
            error = calibration_error(confidence[rows], table.answerable[rows])
            yield f"  {cell:24} refused {refused:.3f}, calibration error {error:.3f} ({rows.sum()})"


def _contributions(fitted: Calibration, table: Table, validated: Floats) -> Iterator[str]:
    """What each feature weighs, and what is lost without it."""
    whole = refused_at_target(validated, table.answerable), area(validated, table.answerable)
    yield f"{'feature':24} weight   refused without it   area without it"
    for name in FITTED:
        left = cross_validated(table, [FEATURES.index(other) for other in FITTED if other != name])
        refused, risk = refused_at_target(left, table.answerable), area(left, table.answerable)
        weight = fitted.weights[name].coefficient
        lost = f"{refused:.3f} ({refused - whole[0]:+.3f})      {risk:.4f} ({risk - whole[1]:+.4f})"
        yield f"{name:24} {weight:+6.3f}   {lost}"


def _shown(figure: tuple[float, float, float]) -> str:
    return f"{figure[0]:.3f} ({figure[1]:.3f}-{figure[2]:.3f})"


def _counts(table: Table) -> tuple[dict[str, int], int, int]:
    """Rows by cell, documents and folds."""
    documents = len(np.unique(table.documents))
    return dict(Counter(table.cells)), documents, min(FOLDS, documents)


def _sources(chosen: argparse.Namespace) -> dict[str, str]:
    files = [*(sorted(chosen.xquad.glob("*.json")) if chosen.xquad else ()), *([chosen.gold] if chosen.gold else ())]
    return {path.name: sha256_of(path) for path in files}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fit when to refuse, and how sure to be of answers.")
    parser.add_argument("--xquad", type=Path, metavar="DIR", help="one SQuAD-style file a language, same paragraphs")
    parser.add_argument("--texts", nargs="+", default=["en", "de"], metavar="LANGUAGE", help="languages of the indexes")
    parser.add_argument("--gold", type=Path, metavar="FILE", help="questions that say whether they are answerable")
    parser.add_argument("--index", type=Path, metavar="DIR", help="what those are asked of (FUNDSTELLE_INDEX)")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep vectors here between runs")
    parser.add_argument("--out", type=Path, default=calibration.FILE, metavar="FILE", help="the file (%(default)s)")
    parser.add_argument(
        "--answers", type=Path, nargs="+", metavar="REPORT", help="fit `confidence` on the answers of these report.json"
    )
    parser.add_argument(
        "--confidence", type=Path, default=confidence.FILE, metavar="FILE", help="where that goes (%(default)s)"
    )
    parser.add_argument("--check", action="store_true", help="measure the file as it is, and write nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
