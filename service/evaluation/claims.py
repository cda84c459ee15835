"""Claims with their evidence, each known to be borne out or not: what a verifier is measured on.

A file of them holds one JSON object a line; `tests/service/data/README.md` explains the fields. It is read whole or
refused whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from service.evaluation.errors import GoldError

Language = Literal["de", "en"]
Fault = Literal[
    "number", "name", "direction", "negation", "tense", "unit", "scale", "role", "invented",
    "time", "comparison", "quantifier",
]  # fmt: skip
"""What is wrong with a claim that its evidence does not bear out."""
FAULTS: tuple[Fault, ...] = get_args(Fault)

MIXED = "mixed"
MOST_EVIDENCE = 6
NORMAL_95 = 1.959964
"""Standard deviations of a normal distribution within which 95 % lie."""

Text = Annotated[str, Meta(pattern=r"\A\S(?:.*\S)?\Z")]
"""One line, not empty, without white space around it."""


class SourceSentence(Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence of an article of this `title`."""

    text: Text
    language: Language
    title: Text


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """`sentence` as an answer to `question`. `error` is None where `evidence`, in reading order, bears it out.

    `id` is the story, a hyphen and a number; `note` says what makes the claim right or wrong.
    """

    id: Annotated[str, Meta(pattern=r"\A[a-z]+-\d+\Z")]
    question: Text
    sentence: Text
    sentence_language: Language
    evidence: Annotated[tuple[SourceSentence, ...], Meta(min_length=1, max_length=MOST_EVIDENCE)]
    supported: bool
    error: Fault | None
    note: Text

    def __post_init__(self) -> None:
        if self.supported != (self.error is None):
            raise ValueError("a claim has an error where it is not supported, and only there")
        if len({source.text for source in self.evidence}) < len(self.evidence):
            raise ValueError("evidence must not hold a sentence twice")

    @property
    def story(self) -> str:
        """What the claim is about; claims of one story share their sources."""
        return self.id.rpartition("-")[0]

    @property
    def languages(self) -> str:
        """The languages of claim and evidence, as in `de<-en`; `de<-mixed` where the evidence is in several."""
        sources = {source.language for source in self.evidence}
        return f"{self.sentence_language}<-{sources.pop() if len(sources) == 1 else MIXED}"


@dataclass(frozen=True, slots=True)
class Proportion:
    """`hits` of `n`."""

    hits: int
    n: int

    @property
    def share(self) -> float:
        """`hits / n`; `n` is not 0."""
        return self.hits / self.n

    def interval(self) -> tuple[float, float]:
        """95 % score interval (Wilson 1927), which says something where none or all hit. Takes draws as independent."""
        z2, share = NORMAL_95**2, self.share
        middle = (share + z2 / (2 * self.n)) / (1 + z2 / self.n)
        spread = share * (1 - share) / self.n + z2 / (4 * self.n**2)
        half = NORMAL_95 / (1 + z2 / self.n) * math.sqrt(spread)
        return max(0.0, middle - half), min(1.0, middle + half)


def read(path: Path) -> tuple[Claim, ...]:
    """The claims of a file, in its order. Raises `GoldError` with every broken line."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise GoldError([f"{path}: {error.strerror}"]) from error
    problems: list[str] = []
    claims = dict(_claims(path.name, lines, problems))
    problems += _repeated(path.name, claims)
    if not problems and not claims:
        problems = [f"{path}: holds no claim"]
    if problems:
        raise GoldError(problems)
    return tuple(claims.values())


def _claims(name: str, lines: list[bytes], problems: list[str]) -> Iterator[tuple[int, Claim]]:
    decoder = msgspec.json.Decoder(Claim)
    for number, line in enumerate(lines, start=1):
        try:
            yield number, decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problems.append(f"{name}:{number}: {error}")


def _repeated(name: str, claims: dict[int, Claim]) -> Iterator[str]:
    first: dict[str, int] = {}
    for number, claim in claims.items():
        if claim.id in first:
            yield f"{name}:{number}: the id {claim.id} was used before, on line {first[claim.id]}"
        first.setdefault(claim.id, number)
