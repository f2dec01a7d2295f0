"""Market potential: expected households per segment and area, the same numbers summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.segment.areas import LevelTable
from service.segment.assign import SegmentModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Potential:
    """One level. `households` [areas]; `expected` [areas, segments] sums to `households` per area."""

    level: str
    vintage: str
    codes: Sequence[str]
    households: Floats
    expected: Floats


def expected_households(model: SegmentModel, level: str) -> Potential:
    """Potential of every area of a level. Raises KeyError for a level without joint tables."""
    found = {table.level: table for table in model.levels}
    table = found[level]
    shares = segment_shares(model, table)
    return Potential(
        level, table.vintage, tuple(table.rows), table.households, shares * table.households[:, None]
    )


def segment_shares(model: SegmentModel, table: LevelTable) -> Floats:
    """P(segment) of a household of each area, knowing nothing but the area: [areas, segments]."""
    cells = table.p.astype(np.float64)
    shares = np.zeros((len(cells), len(model.definitions.segments)))
    for urbanity, membership in enumerate(model.membership_by_urbanity):
        shares += table.urbanity[:, urbanity, None] * (cells @ membership)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
