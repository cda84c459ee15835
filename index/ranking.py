"""How much each thing that is known of a passage or sentence counts when candidates are ranked.

Features are compared among the candidates of one question, in standard deviations, so that they mean the same in any
collection. The score is linear; `scripts/fit_ranking.py` fits the weights and writes `ranking.json` beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.errors import ModelError

SCHEMA = 1
FILE = Path(__file__).with_name("ranking.json")

PASSAGE = ("vector", "sentence", "tokens", "worst_met", "sentence_tokens", "same_language", "words_same_language")
"""What is known of a passage.

Cosine with the question, and that of its best sentence, each less its language's mean; how well the question's tokens
are met (`TokensMet`): all by the passage, the worst third, all by one sentence; whether it is in the question's
language, and the 4-grams shared with the question where it is.
"""
SENTENCE = ("vector", "passage", "predecessor", "words", "tokens", "same_language")
"""What is known of a sentence: as of passages; `passage` is the score of its passage, `predecessor` the cosine of the
sentence before it in its article, or 0 where that is negative: an answer often follows what the question sounds like.
"""

Scores = NDArray[np.float32]


class FittedOn(Struct, frozen=True, forbid_unknown_fields=True):
    """Where weights come from: the embedding model, data files with their SHA-256, numbers of questions and documents.

    `in_sample` and `cross_validated` are recall@1 by cell: of the weights here, and of such as were fitted to other
    documents.
    """

    model: str
    sources: dict[str, str]
    questions: int
    documents: int
    in_sample: dict[str, float]
    cross_validated: dict[str, float]


class Ranking(Struct, frozen=True, forbid_unknown_fields=True):
    """Weights by feature, for passages and for sentences. A feature that is left out counts nothing."""

    schema: int
    passage: dict[str, float]
    sentence: dict[str, float]
    fitted_on: FittedOn | None = None

    def __post_init__(self) -> None:
        if self.schema != SCHEMA or not set(self.passage) <= set(PASSAGE) or not set(self.sentence) <= set(SENTENCE):
            raise ValueError(f"weights must be of schema {SCHEMA}, for {', '.join(PASSAGE)} and {', '.join(SENTENCE)}")


WITHOUT_TOKENS = Ranking(
    SCHEMA,
    {"vector": 0.5, "sentence": 0.5, "words_same_language": 0.1},
    {"vector": 1.0, "passage": 0.5, "predecessor": 0.25, "words": 1.0},
)
"""For embedding models that give no tokens. Set by hand, not fitted."""


@lru_cache
def load(path: Path = FILE) -> Ranking:
    """The weights in `path`. Raises ModelError where they can't be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ranking)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"{path}: no weights to rank with: {error}") from error


def features(columns: Mapping[str, Scores], names: tuple[str, ...]) -> Scores:
    """The features `names` of a question's candidates, float32 `(candidates, len(names))`; 0 where one isn't known.

    Each column is brought to standard deviations, before `words` of another language are put to 0.
    """
    known = {name: standardised(column) for name, column in columns.items()}
    if "words" in columns and "same_language" in columns:
        known["words_same_language"] = known["words"] * columns["same_language"]
    count = len(next(iter(columns.values())))
    none = np.zeros(count, dtype=np.float32)
    return np.stack([known.get(name, none) for name in names], axis=1)


def scores(matrix: Scores, weights: Mapping[str, float], names: tuple[str, ...]) -> Scores:
    """The weighted sums of the rows of `matrix`, which is of `features`."""
    found: Scores = matrix @ np.array([weights.get(name, 0.0) for name in names], dtype=np.float32)
    return found


def standardised(values: Scores) -> Scores:
    """`values` less their mean, in standard deviations; all 0 where they are all the same."""
    deviation = float(values.std())
    if deviation < 1e-9:
        return np.zeros_like(values)
    result: Scores = (values - values.mean()) / np.float32(deviation)
    return result
