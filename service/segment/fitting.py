"""Iterative proportional fitting, for all areas at once (Deming & Stephan 1940).

Fitting keeps the odds ratios of the seed and takes the margins from the area. With a positive seed
and consistent margins it converges to the one table that is nearest to the seed in relative entropy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Floats = NDArray[np.float64]

FLOOR = 1e-7  # least share of a seed cell: a zero there could never become anything else
ROUNDS = 200
TOLERANCE = 1e-6  # largest change of a margin share at which fitting stops


@dataclass(frozen=True, slots=True)
class Margin:
    """What the table must sum to over `axes` (table axes, without the area axis).

    `shares` is [areas, *sizes of axes] for areas fitted separately, each summing to 1.
    """

    axes: tuple[int, ...]
    shares: Floats


def fit_tables(seed: Floats, margins: Sequence[Margin], *, per_area: bool = False) -> Floats:
    """Fits the seed table to the margins of every area; answers [areas, *table], each summing to 1.

    `seed` is one table for all, or with `per_area` one table per area. A margin of zero empties its
    cells. The last margin is met exactly, the others within TOLERANCE where the margins agree.
    """
    areas = margins[0].shares.shape[0]
    table_shape = seed.shape[1:] if per_area else seed.shape
    dims = len(table_shape)
    tables = np.maximum(np.broadcast_to(seed, (areas, *table_shape)), FLOOR)
    for _ in range(ROUNDS):
        worst = 0.0
        for margin in margins:
            others = tuple(axis + 1 for axis in range(dims) if axis not in margin.axes)
            now = tables.sum(axis=others)
            worst = max(worst, float(np.abs(now - margin.shares).max()))
            ratio = np.divide(margin.shares, now, out=np.zeros_like(now), where=now > 0)
            kept = [size if axis in margin.axes else 1 for axis, size in enumerate(table_shape)]
            tables *= ratio.reshape(areas, *kept)
        if worst < TOLERANCE:
            break
    fitted: Floats = tables
    return fitted


def regress_shares(explaining: Floats, explained: Floats, weights: Floats) -> Floats:
    """Ecological regression of one attribute on another over areas (Goodman 1953), constrained to be shares.

    `explaining` [areas, k] and `explained` [areas, m] are shares, `weights` [areas] households. Answers
    P(explained | explaining) as [k, m]: non-negative least squares with rows that sum to 1.
    """
    areas, k = explaining.shape
    m = explained.shape[1]
    root = np.sqrt(weights)[:, None]
    design = np.zeros((areas * m + k, k * m))
    target = np.zeros(areas * m + k)
    for column in range(m):
        rows = slice(column * areas, (column + 1) * areas)
        design[rows, column::m] = explaining * root
        target[rows] = explained[:, column] * root[:, 0]
    firm = 1e3 * float(np.sqrt(weights.sum()))  # weight of "the row sums to 1" against the fit
    for row in range(k):
        design[areas * m + row, row * m : (row + 1) * m] = firm
        target[areas * m + row] = firm
    shares: Floats = nnls(design, target)[0].reshape(k, m)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
