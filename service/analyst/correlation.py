"""Which variables say the same: pairs, clusters of redundancy, inflation of variance, and an outcome."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from service.analyst.customers import CustomerBase
from service.analyst.market import Market, VariableNote
from service.analyst.tables import AnalystTable
from service.segment.compare import Z
from service.segment.correlate import SAME, Correlations, correlate_figures

Floats = NDArray[np.float64]
RIDGE = 1e-6  # keeps the inverse finite where shares of one whole sum to 1


def variable_correlations(market: Market, level: str = "") -> tuple[list[VariableNote], Floats]:
    """The variables known at a level (default the finest), and their correlations over its areas."""
    areas = market.level(level) if level else market.finest
    found = correlate_figures([note.code for note in market.variables], areas.figures, areas.households)
    return [note for note in market.variables if note.code in found.codes], found.matrix


def correlation_pairs(notes: Sequence[VariableNote], matrix: Floats) -> AnalystTable:
    """Pairs with |r| of SAME or more, strongest first."""
    pairs = Correlations(tuple(note.code for note in notes), matrix).pairs()
    frame = pd.DataFrame(pairs, columns=["first", "second", "r"])
    return AnalystTable(
        "correlation_pairs",
        "Variables that say the same",
        frame,
        {
            "first": "One variable.",
            "second": "The other.",
            "r": "Correlation over areas, weighted by households.",
        },
    )


def redundancy_clusters(notes: Sequence[VariableNote], matrix: Floats) -> AnalystTable:
    """Clusters of variables that say the same, one to keep from each, and the variance inflation of each."""
    distance = 1 - np.abs(matrix)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), method="average")
    cluster = fcluster(tree, t=1 - SAME, criterion="distance")
    inflation = np.diag(np.linalg.inv(matrix + RIDGE * np.eye(len(matrix))))
    closeness = np.array([np.abs(matrix[n, cluster == cluster[n]]).mean() for n in range(len(matrix))])
    frame = pd.DataFrame(
        {
            "cluster": cluster,
            "variable": [note.code for note in notes],
            "label": [note.label for note in notes],
            "closeness": closeness,
            "variance_inflation": np.maximum(inflation, 1.0),
        }
    )
    frame["members"] = frame.groupby("cluster")["variable"].transform("size")
    best = frame.groupby("cluster")["closeness"].transform("max") == frame["closeness"]
    frame["keep"] = best & ~frame[best].duplicated("cluster").reindex(frame.index, fill_value=False)
    frame = frame.sort_values(["members", "cluster", "closeness"], ascending=[False, True, False])
    order = {old: new for new, old in enumerate(frame["cluster"].unique(), start=1)}
    frame["cluster"] = frame["cluster"].map(order)
    return AnalystTable(
        "correlation_clusters",
        "Clusters of redundancy",
        frame.reset_index(drop=True),
        {
            "cluster": "Number of the cluster; the largest is 1.",
            "variable": "Code of the variable.",
            "label": "Its name.",
            "closeness": "Mean |r| to the variables of its cluster, itself included.",
            "variance_inflation": "Variance inflation factor given all others; over 10 is redundant.",
            "members": "Variables in the cluster.",
            "keep": "The one variable that stands best for the cluster.",
        },
    )


def outcome_association(market: Market, base: CustomerBase, name: str) -> AnalystTable:
    """How a customer outcome goes with each variable, over areas weighted by customers."""
    rows = []
    values, means, weights = [], [], []
    for level in market.levels:
        counts = base.counts[level.level]
        held = counts > 0
        values.append(level.figures[held])
        means.append(base.outcome_sums[level.level][held] / counts[held])
        weights.append(counts[held])
    figures, outcome, count = np.concatenate(values), np.concatenate(means), np.concatenate(weights)
    for number, note in enumerate(market.variables):
        known = np.isfinite(figures[:, number])
        r, areas = _weighted_r(figures[known, number], outcome[known], count[known]), int(known.sum())
        low, high = _interval(r, areas)
        rows.append((note.code, note.label, r, low, high, areas))
    frame = pd.DataFrame(rows, columns=["variable", "label", "r", "r_low", "r_high", "areas"])
    frame = frame.sort_values("r", key=lambda column: -column.abs(), ignore_index=True)
    return AnalystTable(
        "outcome_association",
        f"What goes with {name!r} (association, not cause)",
        frame,
        {
            "variable": "Code of the variable.",
            "label": "Its name.",
            "r": "Correlation of the area's figure with the mean outcome there, weighted by customers.",
            "r_low": "Lower end of the 95 % interval (Fisher, areas as observations).",
            "r_high": "Upper end of the interval.",
            "areas": "Areas with customers and the figure.",
        },
    )


def _weighted_r(x: Floats, y: Floats, weights: Floats) -> float:
    if len(x) < 3 or weights.sum() == 0:
        return float("nan")
    dx, dy = x - np.average(x, weights=weights), y - np.average(y, weights=weights)
    spread = np.sqrt(np.average(dx**2, weights=weights) * np.average(dy**2, weights=weights))
    return float(np.average(dx * dy, weights=weights) / spread) if spread > 0 else float("nan")


def _interval(r: float, areas: int) -> tuple[float, float]:
    if areas < 4 or not np.isfinite(r) or abs(r) >= 1:
        return float("nan"), float("nan")
    middle, half = np.arctanh(r), Z / np.sqrt(areas - 3)
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))
