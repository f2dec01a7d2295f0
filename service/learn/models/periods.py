"""Finds out whether the rows of a table lie in time, and drift."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.stats import chi2

from service.learn.models.table import parse_dates, parse_numbers
from service.learn.values import FloatArray, IntArray

BLOCKS = 20
DRIFT_P = 1e-6
_TIME_NAME = re.compile(
    r"date|dato|datum|time|tid|created|oprettet|signup|registered|month|måned|week|_at$", re.I
)
_BIRTH_NAME = re.compile(r"birth|f[øo]d(t|sel)|född|födelse|syntym|built|bygge", re.I)


def time_of(column: pd.Series) -> FloatArray | None:
    """Days or numbers that order the rows; None when the column is neither date nor number."""
    parsed = parse_numbers(column)
    if parsed is not None:
        return parsed[0]
    return parse_dates(column)


def find_time_column(frame: pd.DataFrame, skip: set[str]) -> str | None:
    """The one date column whose name speaks of time, if there is exactly one."""
    found = [
        name
        for name in frame.columns
        if name not in skip
        and _TIME_NAME.search(name)
        and not _BIRTH_NAME.search(name)
        and parse_dates(frame[name]) is not None
    ]
    return found[0] if len(found) == 1 else None


def rows_drift(y: FloatArray, matrix: FloatArray, arm: IntArray | None) -> bool:
    """True when the outcome changes along the file far beyond chance, and not because the file is sorted
    by the outcome, by the arm or by a column.
    """
    rows = len(y)
    if rows < 1000:
        return False
    block = np.arange(rows) * BLOCKS // rows
    positive = (y > (np.median(y) if np.unique(y).size > 2 else 0.5 * (y.min() + y.max()))).astype(float)
    if _spread_p(positive, block) >= DRIFT_P:
        return False
    changes = int((np.diff(positive) != 0).sum())
    if changes < 0.2 * 2 * rows * positive.mean() * (1 - positive.mean()):
        return False  # sorted by the outcome
    if arm is not None and any(
        _spread_p((arm == k).astype(float), block) < DRIFT_P for k in range(arm.max() + 1)
    ):
        return False
    for column in matrix.T:
        steps = np.diff(column[~np.isnan(column)])
        if steps.size and (np.all(steps >= 0) or np.all(steps <= 0)) and np.any(steps != 0):
            return False
    return True


def _spread_p(flag: FloatArray, block: IntArray) -> float:
    """p-value that the rate of `flag` is the same in every block."""
    size = np.bincount(block)
    rate = float(flag.mean())
    if rate in (0.0, 1.0):
        return 1.0
    hits = np.bincount(block, weights=flag)
    statistic = ((hits - size * rate) ** 2 / (size * rate * (1 - rate))).sum()
    return float(chi2.sf(statistic, len(size) - 1))
