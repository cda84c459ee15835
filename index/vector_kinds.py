"""How vectors are searched: the kinds that there are, which of them suits how many, and what a manifest says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from typing import Literal

from msgspec import Struct

Kind = Literal["exact", "codes", "inverted"]
"""`exact`: every vector is compared. `codes`: small codes of all vectors are looked through, and the most promising
vectors compared, all in memory. `inverted`: only the codes of the nearest clusters are looked through, and vectors are
read from disk in half precision."""
Wanted = Literal["auto", "exact", "codes", "inverted"]
Precision = Literal["float32", "float16"]

EXACT_UP_TO = 8_192
"""Vectors that are all looked at: a millisecond at 384 dimensions."""
IN_MEMORY_UP_TO = 200_000
"""Vectors that are kept in memory as a whole: 307 MB at 384 dimensions."""
TOKENS_UP_TO = 200_000
"""Passages whose tokens are kept: 9 GB on disk at 44 kB each."""
FEWEST_CODED = 1_024
"""Codes can't be fitted to fewer vectors, whatever is wanted."""
CLUSTERS = (16, 8_192)
"""At least and at the most."""


@dataclass(frozen=True, slots=True)
class VectorOptions:
    """What an operator can choose: the kind, the recall@10 below which a build warns, in [0, 1], and up to how many
    passages the vectors of tokens are kept as well, where the embedding model gives any.
    """

    kind: Wanted = "auto"
    recall: float = 0.97
    tokens_up_to: int = TOKENS_UP_TO


class VectorsRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """What was chosen for the vectors of one table, and how well it finds.

    `parameters` are those that a search goes by: none for `exact`; `compared` for the others, the vectors that are
    compared at least; `clusters` and `probed` for `inverted`. `recall_at_10` is the share of the ten nearest vectors
    that a search finds, over `sampled` vectors of the table, each moved as a question is from its text; `required` what
    was wanted of it.
    """

    kind: Kind
    precision: Precision
    parameters: dict[str, int]
    recall_at_10: float
    sampled: int
    required: float

    @property
    def sufficient(self) -> bool:
        """Whether enough of the nearest vectors are found."""
        return self.recall_at_10 >= self.required

    def shortfall(self) -> str:
        """What is wrong where too few are found, and what to do."""
        return (
            f"a search finds {self.recall_at_10:.1%} of the ten nearest vectors, {self.required:.1%} are required "
            f"(kind {self.kind}, {self.sampled} queries); FUNDSTELLE_VECTORS chooses another kind, "
            "FUNDSTELLE_VECTOR_RECALL another requirement"
        )


def shortfalls(tables: Mapping[str, VectorsRecord]) -> tuple[str, ...]:
    """What is wrong with each of `tables` in which too few of the nearest vectors are found; nothing where none is."""
    return tuple(f"{name}: {record.shortfall()}" for name, record in tables.items() if not record.sufficient)


def chosen(count: int, dim: int, wanted: Wanted) -> Kind:
    """The kind for `count` vectors; what is wanted, where that can be. Odd dimensions have no codes."""
    if count < FEWEST_CODED or dim % 2:
        return "exact"
    if wanted != "auto":
        return wanted
    if count <= EXACT_UP_TO:
        return "exact"
    return "codes" if count <= IN_MEMORY_UP_TO else "inverted"


def clusters(count: int) -> int:
    """How many clusters `count` vectors are divided into: the power of two that is nearest to the square root."""
    least, most = CLUSTERS
    return max(least, min(most, 1 << round(log2(count) / 2)))
