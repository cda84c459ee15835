"""How sure the service is that an answer is right, from what is known once it has been written.

`scripts/calibrate.py --answers` fits the weights on evaluated answers and writes `confidence.json` beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from service.errors import SettingsError
from service.search.calibration import Share, Weight, logistic

SCHEMA = 1
FILE = Path(__file__).with_name("confidence.json")


class Signals(Struct, frozen=True):
    """What is known of an answer, each in [0, 1]."""

    evidence: float
    """How likely an answer is among the evidence, before a model was asked (`service.search.calibration`)."""
    stated: float
    """How unlikely the model would have said that nothing is stated; 1 where it tells no probabilities."""
    likelihood: float
    """Geometric mean of the probabilities of its tokens; 1 where it tells none."""
    support: float
    """Least similarity of a sentence and what it cites: cosine less the language's mean."""
    about: float
    """Least part of the question's words, names and figures that what a sentence cites has, with what stands before."""


SIGNALS = Signals.__struct_fields__


class FittedOn(Struct, frozen=True, forbid_unknown_fields=True):
    """Where weights come from: reports by name and SHA-256, the answers in them and how many were right.

    `error` is the expected calibration error of the weights, cross-validated by question, and `before` of the defaults.
    """

    generator: str
    sources: dict[str, str]
    answers: int
    right: int
    error: Share
    before: Share


class Confidence(Struct, frozen=True, forbid_unknown_fields=True):
    """Weights by signal; one that is not listed counts for nothing. `fitted_on` is None for the defaults."""

    schema: int
    intercept: float
    weights: dict[str, Weight]
    fitted_on: FittedOn | None = None

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"schema is {self.schema}, this program reads {SCHEMA}")
        if unknown := sorted(self.weights.keys() - set(SIGNALS)):
            raise ValueError(f"unknown signals: {', '.join(unknown)}")

    def of(self, signals: Signals) -> Annotated[float, Meta(ge=0, le=1)]:
        """How likely an answer with these signals is right, in [0, 1]."""
        odds = self.intercept
        for name, weight in self.weights.items():
            odds += weight.coefficient * (getattr(signals, name) - weight.mean) / weight.scale
        return logistic(odds)


DEFAULTS = Confidence(
    schema=SCHEMA,
    intercept=0.0,
    weights={"support": Weight(mean=0.07, scale=0.025, coefficient=1.0)},
)
"""Without a file: by support alone, even chances at .07. Set by hand, not fitted."""


def load(generator: str, path: Path = FILE) -> Confidence:
    """The weights in `path`; `DEFAULTS` where it is missing or was fitted with another model than `generator`.

    Raises `SettingsError` where the file can't be read.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Confidence)
    except FileNotFoundError:
        return DEFAULTS
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} holds no weights ({error}); delete it or write it anew: calibrate.py") from error
    if found.fitted_on is not None and found.fitted_on.generator != generator:
        return DEFAULTS
    return found
