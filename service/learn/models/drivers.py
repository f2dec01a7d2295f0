"""What marks good and bad customers: standardised effects, with a warning where columns say the same.

Two columns that move together share their effect in whatever way the fit happens to cut it. So correlated
columns are named as a group, and the effect to read is that of the group (grouped permutation, Breiman 2001;
Au et al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from service.learn.models.losses import row_losses
from service.learn.models.response import ResponseFit
from service.learn.values import FloatArray

CORRELATED = 0.7
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Driver:
    """A column, or several that say the same. `loss` is how much worse the linear model predicts without
    it; `direction` is the sign of outcome against the column, 0 for categories.
    """

    columns: tuple[str, ...]
    loss: float
    direction: int
    warning: str = ""


def drivers(
    fit: ResponseFit, matrix: FloatArray, names: tuple[str, ...], y: FloatArray, seed: int
) -> list[Driver]:
    """Groups of columns by importance, most first, in the linear model of `fit`."""
    groups = correlated_groups(matrix)
    base = float(row_losses(fit.task, y, fit.linear.margin(fit.design_matrix)).mean())
    rng = np.random.default_rng(seed)
    out = []
    for group in groups:
        worse = []
        for _ in range(REPEATS):
            mixed = matrix.copy()
            mixed[:, group] = matrix[rng.permutation(len(matrix))][:, group]
            worse.append(
                float(row_losses(fit.task, y, fit.linear.margin(fit.design.table(mixed))).mean()) - base
            )
        columns = tuple(names[i] for i in group)
        warning = ""
        if len(columns) > 1:
            warning = f"{', '.join(columns)} move together: read them as one, not one against the other"
        out.append(Driver(columns, float(np.mean(worse)), _direction(matrix[:, group[0]], y, group), warning))
    return sorted(out, key=lambda d: -d.loss)


def correlated_groups(matrix: FloatArray) -> list[list[int]]:
    """Columns joined where the rank correlation of any two is at least CORRELATED (single linkage)."""
    filled = np.where(np.isnan(matrix), np.nanmedian(matrix, axis=0), matrix)
    ranks = np.apply_along_axis(rankdata, 0, filled)
    spread = ranks.std(axis=0)
    scored = (ranks - ranks.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    related = np.abs(scored.T @ scored / len(scored)) >= CORRELATED
    left = set(range(matrix.shape[1]))
    groups = []
    while left:
        reached: set[int] = set()
        edge = {min(left)}
        while edge:
            reached |= edge
            edge = {int(j) for i in edge for j in np.flatnonzero(related[i])} & left - reached
        left -= reached
        groups.append(sorted(int(i) for i in reached))
    return groups


def _direction(x: FloatArray, y: FloatArray, group: list[int]) -> int:
    known = ~np.isnan(x)
    if len(group) > 1 or known.sum() < 2 or np.ptp(x[known]) == 0:
        return 0
    return int(np.sign(np.corrcoef(rankdata(x[known]), y[known])[0, 1]))
