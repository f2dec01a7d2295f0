"""The estimator's own error, by resampling: how sure the share of each segment is.

The margins of an area are counted; what is estimated is the association, which the seed carries. Each
draw multiplies the odds of the seed's cells by random noise and fits every area again. The size of the
noise is not guessed: it is the one that puts as many households in the wrong cell as the estimator did on
the one pair whose truth is published (age × education, on areas it never saw).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.analyst.market import Market
from service.analyst.tables import AnalystTable
from service.segment.areas import LevelTable, load_levels
from service.segment.cells import AXIS, CELL_ATTRIBUTES, CELLS, SHAPE, URBANITIES
from service.segment.fitting import Margin, fit_tables
from service.tables import Release

Floats = NDArray[np.float64]

MEASURED_ERROR = 0.060  # share misallocated on held-out areas; tests/refdata/joint/test_age_education.py
DRAWS = 40
AREAS = 300  # areas fitted per draw, evenly spaced: enough for a median, and a minute saved
STREAM = 20_201  # seed of the random numbers: the same release gives the same figures


def seed_noise(table: LevelTable, rng: np.random.Generator) -> float:
    """The standard deviation of log-odds noise that misallocates MEASURED_ERROR, by bisection."""
    cells = table.p[_sample(table)[::5]].astype(np.float64)
    noise = rng.standard_normal(CELLS)
    low, high = 0.0, 3.0
    for _ in range(12):
        middle = (low + high) / 2
        moved = float(np.abs(_refit(cells, noise * middle) - cells).sum(axis=1).mean() / 2)
        low, high = (middle, high) if moved < MEASURED_ERROR else (low, middle)
    return (low + high) / 2


def uncertainty_table(
    release: Release, market: Market, language: str = "en", draws: int = DRAWS
) -> AnalystTable:
    """Per segment: its share of the country, and the standard error nationally and of a single area."""
    table = load_levels(release, market.country)[0]
    rng = np.random.default_rng(STREAM)
    size = float(np.mean([seed_noise(table, rng) for _ in range(3)]))
    rows = _sample(table)
    cells, households = table.p[rows].astype(np.float64), table.households[rows]
    membership = np.stack(
        [market.definitions.membership(u).astype(np.float64) for u in range(len(URBANITIES))]
    )
    by_area = np.stack(
        [
            _shares(_refit(cells, size * rng.standard_normal(CELLS)), table.urbanity[rows], membership)
            for _ in range(draws)
        ]
    )
    national = np.average(by_area, axis=1, weights=households)
    segments = market.definitions.segments
    error = national.std(axis=0, ddof=1)
    area_error = by_area.std(axis=0, ddof=1)
    frame = pd.DataFrame(
        {
            "segment": [segment.code for segment in segments],
            "name": [segment.name(language) for segment in segments],
            "share": market.shares,
            "error": error,
            "relative_error": error / market.shares,
            "area_error_median": np.median(area_error, axis=0),
            "area_error_p90": np.quantile(area_error, 0.9, axis=0),
            "draws": draws,
        }
    )
    return AnalystTable(
        "uncertainty",
        "How sure the estimator is of each segment",
        frame,
        {
            "segment": "Code of the segment.",
            "name": "Its name.",
            "share": "Share of all households of the country.",
            "error": f"Standard error of the share, from the association alone (log-odds noise {size:.2f}).",
            "relative_error": "error / share.",
            "area_error_median": "Standard error of the segment's share in an area, median over areas.",
            "area_error_p90": "The same, 90th percentile.",
            "draws": "Times the tables were fitted again.",
        },
    )


def _sample(table: LevelTable) -> NDArray[np.intp]:
    known = np.flatnonzero(table.households > 0)
    return known[np.linspace(0, len(known) - 1, min(AREAS, len(known))).astype(np.intp)]


def _refit(cells: Floats, noise: Floats) -> Floats:
    """Areas with the odds of every cell moved alike, brought back to each area's own margins."""
    tables = cells.reshape(-1, *SHAPE)
    margins = []
    for name in CELL_ATTRIBUTES:
        others = tuple(axis + 1 for axis in range(len(SHAPE)) if axis != AXIS[name])
        margins.append(Margin((AXIS[name],), tables.sum(axis=others)))
    fitted: Floats = fit_tables(tables * np.exp(noise).reshape(SHAPE), margins, per_area=True)
    return fitted.reshape(-1, CELLS)


def _shares(cells: Floats, urbanity: Floats, membership: Floats) -> Floats:
    shares: Floats = np.einsum("ac,au,ucs->as", cells, urbanity, membership, optimize=True)
    return shares
