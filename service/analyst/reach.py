"""How many of a segment's households are customers, told apart from the areas that they live in.

An area's index mixes all who live there: where families are one household in five, a base of nothing but
families looks only a little like families. Here the areas are taken together and the penetration of each
segment is estimated, as if it were the same everywhere (what an area adds of its own is left in the
interval).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 300  # more rounds fit noise: at 3,000 small segments go to nought
DRAWS = 60
STREAM = 7


def segment_reach(expected: Floats, customers: Floats) -> Floats:
    """Customers per household of each segment [segments]: maximum likelihood for Poisson counts whose
    mean is Σ households of a segment × its reach, by expectation-maximisation (Shepp & Vardi 1982),
    stopped early as is usual.

    `expected` [areas, segments] households, `customers` [areas].
    """
    households = np.maximum(expected.sum(axis=0), 1e-9)
    reach = np.full(expected.shape[1], customers.sum() / expected.sum())
    for _ in range(ROUNDS):
        mean = np.maximum(expected @ reach, 1e-12)
        reach = reach * ((customers / mean) @ expected) / households
    return reach


def household_index(expected: Floats, customers: Floats) -> tuple[Floats, Floats, Floats]:
    """Index of each segment's reach against all households, and its 95 % interval by resampling areas."""
    known = expected.sum(axis=1) > 0
    expected, customers = expected[known], customers[known]

    def index(rows: NDArray[np.intp] | slice) -> Floats:
        reach = segment_reach(expected[rows], customers[rows])
        whole = expected[rows].sum(axis=0)
        return 100 * reach / float(reach @ whole / whole.sum())

    rng = np.random.default_rng(STREAM)
    drawn = np.stack([index(rng.integers(0, len(expected), len(expected))) for _ in range(DRAWS)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return index(slice(None)), low, high
