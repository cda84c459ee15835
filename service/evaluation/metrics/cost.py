"""What answers cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie, interpolated linearly (Hyndman and Fan 1996, type 7).

    `values` must not be empty.
    """
    return float(np.quantile(np.asarray(values, dtype=np.float64), share, method="linear"))
