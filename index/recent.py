"""Vectors of rows, kept for the rows that were asked for last: the questions of a day circle around the same ones."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


class RecentVectors:
    """Embeds rows, and keeps the vectors of at most `most` of them. Any number of threads may ask at once."""

    def __init__(self, embed: Callable[[Sequence[int]], Vector], most: int) -> None:
        """`embed` gives float32 `(len(rows), dim)`; the same row must always get the same vector."""
        self._embed = embed
        self._most = most
        self._kept: OrderedDict[int, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, rows: Sequence[int]) -> Vector:
        """The vectors of `rows`, float32 `(len(rows), dim)`, an array of the caller's own."""
        with self._lock:
            known = {row: self._kept[row] for row in rows if row in self._kept}
        missing = list(dict.fromkeys(row for row in rows if row not in known))
        if missing or not rows:
            vectors = self._embed(missing)
            if not rows:
                return vectors
            known |= dict(zip(missing, vectors, strict=True))
        with self._lock:
            for row in dict.fromkeys(rows):
                self._kept[row] = known[row]
                self._kept.move_to_end(row)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return np.stack([known[row] for row in rows])
