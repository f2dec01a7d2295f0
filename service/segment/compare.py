"""Base against market: counts per area turned into means, intervals and groups. NumPy only.

A base (customers, leads) tells areas, not households; it counts with the figures of the areas.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.segment.cells import URBANITIES

Floats = NDArray[np.float64]
Part = tuple[Floats, Floats, Floats]  # values [areas, k], counts of the base [areas], households [areas]

Z = 1.959964  # two-sided 95 %
THIRDS = ("lowest third", "middle third", "highest third")


def base_means(parts: Sequence[Part]) -> tuple[Floats, Floats, Floats]:
    """Mean over the base, its standard error, and how many have a known value; each answer is [k].

    `parts` holds one entry per level at which the base names areas; NaN values are unknown. The areas and
    their figures are the whole country, not a sample; what varies is how many of the base each area happens
    to have. So the error sums, over areas, the square of (its share of the base less its share of the
    households) × (its figure less the mean).
    """
    columns = parts[0][0].shape[1]
    held = [part for part in parts if part[1].sum() > 0]
    total, sums = np.zeros(columns), np.zeros(columns)
    for values, counts, _ in held:
        known = np.isfinite(values)
        total += counts @ known
        sums += counts @ np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / total
        squares, areas = np.zeros(columns), np.zeros(columns)
        for values, counts, households in held:
            known = np.isfinite(values)
            here, everywhere = counts[:, None] * known, households[:, None] * known
            expected = here.sum(axis=0) * everywhere / everywhere.sum(axis=0)
            residual = (here - expected) / total * (values - mean)
            squares += np.nansum(residual**2, axis=0)
            areas += (everywhere > 0).sum(axis=0)
        error = np.sqrt(squares * areas / np.maximum(areas - 1, 1))
    error[areas < 2] = np.nan
    return mean, error, total


def area_groups(households: Floats, urbanity: Floats, income: Floats | None) -> list[tuple[str, str, Floats]]:
    """Areas in groups that an audit compares: (kind, group, households of each area in it [areas])."""
    groups = [] if income is None else thirds("income of the area", income, households)
    groups += [("urbanity", name, households * urbanity[:, n]) for n, name in enumerate(URBANITIES)]
    return groups


def thirds(kind: str, values: Floats, households: Floats) -> list[tuple[str, str, Floats]]:
    """Areas in three groups of a third of the households each, by rising value."""
    counted = np.where(np.isfinite(values), households, 0.0)
    order = np.argsort(values, kind="stable")  # unknown last
    middle = np.empty(len(values))
    middle[order] = np.cumsum(counted[order]) - counted[order] / 2
    third = (middle / counted.sum() * 3).astype(int)
    return [(kind, name, counted * (third == n)) for n, name in enumerate(THIRDS)]
