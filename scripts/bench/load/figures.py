"""What is measured and what was wanted, as lines of JSON."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value. `wanted` is the most that it may be, None where it is only told."""

    part: str
    what: str
    value: float
    unit: str
    wanted: float | None = None

    @property
    def met(self) -> bool:
        """Whether it is what was wanted."""
        return self.wanted is None or self.value <= self.wanted

    def line(self) -> str:
        """One JSON object, with the load of the machine over the last minute."""
        told: dict[str, Any] = {"part": self.part, "what": self.what, "value": round(self.value, 3), "unit": self.unit}
        if self.wanted is not None:
            told |= {"at_most": self.wanted, "met": self.met}
        return json.dumps({**told, "load": round(os.getloadavg()[0], 1)})


def percentile(values: Sequence[float], share: float) -> float:
    """The least of `values` that `share` of them do not exceed (nearest rank). Raises ValueError without values."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


def spread(
    part: str, what: str, seconds: Sequence[float], p50: float | None = None, p99: float | None = None
) -> Iterator[Figure]:
    """Median and 99th percentile in milliseconds."""
    for name, share, wanted in (("p50", 0.5, p50), ("p99", 0.99, p99)):
        yield Figure(part, f"{what}, {name} of {len(seconds)}", percentile(seconds, share) * 1000, "ms", wanted)


def faults(part: str, found: Iterable[str]) -> Iterator[Figure]:
    """How many faults there were, none of which is wanted, and the first of each kind in words."""
    kinds = list(found)
    yield Figure(part, "faults", len(kinds), "", 0)
    for kind in list(dict.fromkeys(kinds))[:20]:
        yield Figure(part, f"fault: {kind}", kinds.count(kind), "")
