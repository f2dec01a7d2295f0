"""One-way shares of joint tables, to be compared with the margins they were fitted to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from service.segment.cells import AXIS, SHAPE

Floats = NDArray[np.float64]


def margin_of(tables: Floats, name: str) -> Floats:
    """Shares [areas, values] of one attribute from joint tables [areas, 384]."""
    others = tuple(a for a in range(1, len(SHAPE) + 1) if a != AXIS[name] + 1)
    sums: Floats = tables.reshape(-1, *SHAPE).sum(axis=others)
    return sums
