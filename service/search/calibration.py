"""How likely the evidence holds an answer, before a language model is asked: features, and the fitted weights for them.

`scripts/calibrate.py` fits the weights and writes `calibration.json` beside this file; `load` reads it. Both go through
`features`. The probability is that of a logistic regression (Cox 1958; calibrated by its own loss, which is why it is
preferred here to a classifier that would have to be calibrated afterwards).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray
from wordfreq import zipf_frequency

from index.analysis import grams
from index.centring import language_means
from index.retrieve import Found
from index.snapshot import Snapshot
from index.types import SentenceHit
from index.vectors import VectorIndex
from service.errors import SettingsError
from service.search.evidence import Evidence
from service.texts.names import mentions

SCHEMA = 1
FILE = Path(__file__).with_name("calibration.json")

LARGEST = 3.0
"""Bound of similarities, in spreads of the collection."""
FARTHEST = 30.0
"""Bound of leads over other passages, in standard deviations."""
SAMPLE = 20_000
"""Vectors that the spread of a collection is measured on."""
LEAST_SPREAD = 0.02
"""A collection of one sentence has no spread; a tenth of what real collections have stands in for it."""
COMMONEST = 7.0
"""Zipf frequency of the commonest words ("the", "und"), which say nothing of what is asked."""

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d+")

Share = Annotated[float, Meta(ge=0, le=1)]


class Spread(Struct, frozen=True):
    """How far the texts of a collection lie apart: mean squared distance of their vectors from their language's mean.

    Where all articles are about one story, every cosine less that mean is small. Question and text both lose length by
    taking the mean off, so that cosines of collections compare once they are divided by the square of it.
    """

    sentences: float
    passages: float


class Features(Struct, frozen=True):
    """What is known of a question and its evidence. Shares are in [0, 1], similarities in +- `LARGEST`.

    Similarities are cosines less their language's mean, as the retriever gives them, by the collection's `Spread`.
    What is `ahead` is a lead over other passages, bounded by `FARTHEST`. `..._crossed` is a feature where the best
    passage is in another language than the question, else 0: across languages, little means what it means within one.
    """

    similarity: float
    """Similarity of question and best sentence. The defaults go by it; beside `match` it tells nothing more."""
    match: float
    """How near the best passage meets the question's tokens (`index.standing.Standing.match`)."""
    ahead: float
    """The best passage's score less that of the third: of two, one may copy the other."""
    lead: float
    """Similarity of the best sentence less that of the third passage's best."""
    sentence_ahead: float
    """What the best passage's best sentence meets of the question's tokens less what the fourth of all does."""
    worst_ahead_crossed: float
    """How well the worst met third of the tokens is met where it is met best, less the same of the tenth passage."""
    words_ahead: float
    """Words shared with the question, by letters, less those of the tenth passage, in standard deviations."""
    lexical_crossed: float
    """Share of the question's words that the best passage holds, as the retriever has it."""
    spelled: float
    """Share of the question's words, by rarity, whose 4-grams the best passage holds."""
    names_missing: float
    """Share of the question's names that no evidence mentions."""
    figures_missing: float
    """Share of the figures in the question that the best passage does not have."""
    nameless_crossed: float
    """1 where the question holds no name, else 0."""
    crossed: float
    """1 where the best passage is in another language than the question, else 0."""


FEATURES = Features.__struct_fields__
NOTHING_FOUND = Features(*[0.0] * len(FEATURES))


class Weight(Struct, frozen=True, forbid_unknown_fields=True):
    """What a feature adds to the log odds: `coefficient * (value - mean) / scale`."""

    mean: float
    scale: Annotated[float, Meta(gt=0)]
    coefficient: float


class OperatingPoint(Struct, frozen=True, forbid_unknown_fields=True):
    """Refusing below `threshold` refuses this share of answerable questions, and this one of unanswerable ones."""

    false_refusals: Share
    threshold: Share
    refused: Share | None = None


class Measured(Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of a decision: `refused` at 10 % false refusals, area under the risk-coverage curve, calibration error.

    Each comes with its 95 % interval over documents, as (mean, low, high).
    """

    refused: tuple[float, float, float]
    area: tuple[float, float, float]
    calibration_error: tuple[float, float, float]


class FittedOn(Struct, frozen=True, forbid_unknown_fields=True):
    """Where weights come from. `sources` are data files and their SHA-256, `cells` questions by kind.

    `before` is measured with the defaults, `after` with weights that were fitted without the question's document.
    """

    embedding: str
    sources: dict[str, str]
    cells: dict[str, int]
    documents: int
    folds: int
    before: Measured
    after: Measured


class Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    """Weights by feature (a feature that is not listed counts for nothing), and operating points, most careful last.

    `fitted_on` is None for the defaults. Answerable and unanswerable questions were equally many in the fit.
    """

    schema: int
    intercept: float
    weights: dict[str, Weight]
    points: Annotated[tuple[OperatingPoint, ...], Meta(min_length=1)]
    fitted_on: FittedOn | None = None

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"schema is {self.schema}, this program reads {SCHEMA}")
        if unknown := sorted(self.weights.keys() - set(FEATURES)):
            raise ValueError(f"unknown features: {', '.join(unknown)}")

    def probability(self, known: Features) -> float:
        """How likely an answer is in the evidence, in [0, 1]."""
        odds = self.intercept
        for name, weight in self.weights.items():
            odds += weight.coefficient * (getattr(known, name) - weight.mean) / weight.scale
        return logistic(odds)

    def threshold(self, false_refusals: float) -> float:
        """The probability below which to refuse, so that at most this share of answerable questions is refused.

        The nearest point that was measured on the safe side; the first one where all refuse more.
        """
        safe = [point for point in self.points if point.false_refusals <= false_refusals]
        return (safe[-1] if safe else self.points[0]).threshold


DEFAULTS = Calibration(
    schema=SCHEMA,
    intercept=0.0,
    weights={"similarity": Weight(mean=0.55, scale=0.2, coefficient=1.0)},
    points=(OperatingPoint(false_refusals=0.05, threshold=0.2689),),
)
"""Without a file: the similarity of the best sentence alone, refused below .35. Set by hand, not fitted."""


def load(embedding: str, path: Path = FILE) -> Calibration:
    """The calibration in `path`; `DEFAULTS` where it is missing or was fitted with another model than `embedding`.

    Similarities of one model say nothing of another's. Raises `SettingsError` where the file can't be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return DEFAULTS
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}") from error
    try:
        found = msgspec.json.decode(content, type=Calibration)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no calibration ({error}); delete it or write it anew: calibrate.py") from error
    if found.fitted_on is not None and found.fitted_on.embedding != embedding:
        return DEFAULTS
    return found


def features(
    question: str,
    language: str,
    question_names: Sequence[str],
    found: Found,
    best_text: str,
    evidence: Sequence[Evidence],
    spread: Spread,
) -> Features:
    """What `Calibration.probability` is computed from.

    `spread` is that of the snapshot that was searched (`spread_of`), `question_names` are as `names` gives them,
    `best_text` is that of the first passage of `found`, `evidence` is as `evidence.choose` took it from `found`.
    """
    if not found.sentences or not found.hits or not evidence:
        return NOTHING_FOUND
    ordered = sorted(found.sentences, key=lambda hit: -hit.cosine)
    best, standing = found.hits[0], found.standing
    crossed = float(best.passage.language != language)
    return Features(
        similarity=_bounded(ordered[0].cosine / spread.sentences),
        match=_bounded(standing.match),
        ahead=_bounded(standing.ahead, FARTHEST),
        lead=_bounded(_lead(ordered) / spread.sentences),
        sentence_ahead=_bounded(standing.sentence_ahead),
        worst_ahead_crossed=_bounded(standing.worst_ahead, FARTHEST) * crossed,
        words_ahead=_bounded(standing.words_ahead, FARTHEST),
        lexical_crossed=min(1.0, max(0.0, best.lexical)) * crossed,
        spelled=spelled_share(question, language, best_text, best.passage.language),
        names_missing=_missing(question_names, evidence),
        figures_missing=_figures_missing(question, best_text),
        nameless_crossed=crossed * (not question_names),
        crossed=crossed,
    )


def spread_of(snapshot: Snapshot) -> Spread:
    """The spread of a snapshot, from at most `SAMPLE` sentences and as many passages."""
    return Spread(
        _spread(snapshot.sentence_vectors, snapshot.sentence_language),
        _spread(snapshot.passage_vectors, snapshot.passage_language),
    )


def _spread(vectors: VectorIndex, languages: NDArray[np.int32]) -> float:
    if not len(vectors):
        return LEAST_SPREAD
    rows = np.arange(0, len(vectors), max(1, len(vectors) // SAMPLE))
    sample = vectors.reconstruct(rows)
    sample -= language_means(sample, languages[rows])[languages[rows]]
    return max(LEAST_SPREAD, float(np.square(sample).sum(axis=1).mean()))


def logistic(odds: float) -> float:
    """1 / (1 + e^-odds), without overflow."""
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


def _bounded(value: float, largest: float = LARGEST) -> float:
    return max(-largest, min(largest, value))


def _lead(ordered: Sequence[SentenceHit]) -> float:
    best: dict[int, float] = {}
    for hit in ordered:
        best.setdefault(hit.sentence.passage, hit.cosine)
    third = list(best.values())[2] if len(best) > 2 else ordered[-1].cosine
    return ordered[0].cosine - third


def _missing(question_names: Sequence[str], evidence: Sequence[Evidence]) -> float:
    if not question_names:
        return 0.0
    missing = sum(not any(mentions(item.passage, name) for item in evidence) for name in question_names)
    return missing / len(question_names)


def _figures_missing(question: str, text: str) -> float:
    figures = set(_FIGURE.findall(question))
    return sum(figure not in text for figure in figures) / len(figures) if figures else 0.0


def spelled_share(question: str, language: str, text: str, text_language: str) -> float:
    """Share of the question's words, by rarity, that `text` spells alike: names and cognates meet across languages.

    A word counts by the square of the share of its 4-grams that are there, so that chance matches count for little.
    """
    known = {term.text for term in grams(text, text_language)}
    total = held = 0.0
    for word in dict.fromkeys(_WORD.findall(question)):
        parts = {term.text for term in grams(word, language)}
        if weight := _rarity(word) * bool(parts):
            total += weight
            held += weight * (len(parts & known) / len(parts)) ** 2
    return min(1.0, held / total) if total else 0.0


@lru_cache(maxsize=4096)
def _rarity(word: str) -> float:
    """0 for words that are common in German or English, 1 for those that neither knows."""
    return max(0.0, 1 - max(zipf_frequency(word, "de"), zipf_frequency(word, "en")) / COMMONEST)
