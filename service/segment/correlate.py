"""Correlations of a country's open figures over its areas, for analysts and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SAME = 0.7  # |r| from which two variables are said to say the same: half of the variance is shared


@dataclass(frozen=True, slots=True)
class Correlations:
    """`codes` of the variables that vary over the areas, and `matrix` [variables, variables]."""

    codes: tuple[str, ...]
    matrix: Floats

    def pairs(self, least: float = SAME) -> list[tuple[str, str, float]]:
        """Pairs with |r| of `least` or more, strongest first."""
        first, second = np.triu_indices(len(self.codes), k=1)
        r = self.matrix[first, second]
        found = [
            (self.codes[i], self.codes[j], float(value))
            for i, j, value in zip(first.tolist(), second.tolist(), r, strict=True)
            if abs(value) >= least
        ]
        return sorted(found, key=lambda pair: (-abs(pair[2]), pair[0], pair[1]))


def correlate_figures(codes: Sequence[str], figures: Floats, households: Floats) -> Correlations:
    """Pearson correlations of variables over areas, weighted by households, of those that vary.

    `figures` [areas, variables] in the order of `codes`, NaN unknown. Each pair uses the areas where both
    are known, and is 0 if there are none.
    """
    known = np.isfinite(figures) & (households > 0)[:, None]
    varies = np.array([len(np.unique(figures[known[:, n], n])) > 1 for n in range(len(codes))], dtype=bool)
    kept = tuple(code for code, varied in zip(codes, varies, strict=True) if varied)
    return Correlations(kept, correlation_matrix(figures[:, varies], households))


def correlation_matrix(figures: Floats, weights: Floats) -> Floats:
    """Weighted Pearson correlations of columns, each pair over the rows where both are finite."""
    known = np.isfinite(figures)
    filled = np.where(known, figures, 0.0)
    weighted = weights[:, None] * known
    both = weighted.T @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weighted * filled).T @ known / both  # of i, over rows where i and j are known
        products = (weighted * filled).T @ (filled * known) / both
        squares = (weighted * filled**2).T @ known / both
        variance = np.maximum(squares - mean**2, 0)
        matrix = (products - mean * mean.T) / np.sqrt(variance * variance.T)
    matrix = np.where(np.isfinite(matrix), np.clip(matrix, -1, 1), 0.0)
    np.fill_diagonal(matrix, 1.0)
    symmetric: Floats = (matrix + matrix.T) / 2
    return symmetric
