"""What geography is still worth as a customer stays, and the weight w_geo(t) fitted from it.

At each tenure three models predict the same later outcome on held-out customers: from geography alone,
from behaviour alone, from both. The gain of both over the base rate is shared out by Shapley's rule (Shapley
1953; Lipovetsky & Conklin 2001 for regression): the mean of what a group adds when it comes first and last.
The share of geography over tenure is fitted by floor + (1 − floor) × 0.5^(t / half-life), as in weights.toml.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from service.learn.models.estimates import mean_estimate
from service.learn.models.folds import group_folds
from service.learn.models.linear import fit_linear
from service.learn.models.losses import link, row_losses
from service.learn.values import FloatArray, IntArray

TENURE_EDGES = (0.0, 15.0, 45.0, 90.0, 180.0, 365.0, 730.0, 1460.0)
LEAST_EVENTS = 40
PENALTY = 10.0
FOLDS = 5
LEAST_GAIN_Z = 2.0  # a tenure at which both together predict nothing says nothing about shares


@dataclass(frozen=True, slots=True)
class Panel:
    """Customers at moments: one row per customer and moment. Columns are standardised here.

    `geo` and `behaviour` are matrices known at that moment, `y` is 0/1 afterwards, `customer` groups rows.
    """

    tenure_days: FloatArray
    geo: FloatArray
    behaviour: FloatArray
    y: FloatArray
    customer: IntArray


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """One span of tenure: share of the predictive gain due to geography, 0..1, with its standard error."""

    tenure_days: float
    rows: int
    events: int
    gain: float  # of both over the base rate, nats per row
    share: float
    error: float


@dataclass(frozen=True, slots=True)
class GeoCurve:
    """The points, and the decay fitted to them; None when fewer than three spans say anything."""

    points: tuple[GeoPoint, ...]
    half_life_days: float | None
    floor: float | None


def value_of_geography(panel: Panel, edges: Sequence[float] = TENURE_EDGES, seed: int = 0) -> GeoCurve:
    """The curve over all rows of the panel."""
    points = []
    for low, high in zip(edges, [*edges[1:], np.inf], strict=True):
        rows = np.flatnonzero((panel.tenure_days >= low) & (panel.tenure_days < high))
        point = _point(panel, rows, seed)
        if point is not None:
            points.append(point)
    half_life, floor = fit_decay(points)
    return GeoCurve(tuple(points), half_life, floor)


def _point(panel: Panel, rows: IntArray, seed: int) -> GeoPoint | None:
    y, customer = panel.y[rows], panel.customer[rows]
    events = int(y.sum())
    if min(events, len(y) - events) < LEAST_EVENTS or len(np.unique(customer)) < 5 * FOLDS:
        return None
    geo, behaviour = _standard(panel.geo[rows]), _standard(panel.behaviour[rows])
    folds = group_folds(customer, FOLDS, seed)
    base = np.full(len(y), link("binary", float(y.mean())))
    null = row_losses("binary", y, base)
    losses = {}
    for name, columns in (("geo", geo), ("behaviour", behaviour), ("both", np.hstack([geo, behaviour]))):
        margin = np.empty(len(y))
        for train, test in folds:
            margin[test] = fit_linear("binary", columns[train], y[train], PENALTY).margin(columns[test])
        losses[name] = row_losses("binary", y, margin)
    both = mean_estimate(null - losses["both"], customer)
    if both.value <= LEAST_GAIN_Z * both.error:
        return None
    # Shapley: half of what geography gives alone, half of what it adds to behaviour
    part = 0.5 * (null - losses["geo"]) + 0.5 * (losses["behaviour"] - losses["both"])
    share = float(part.mean()) / both.value
    error = mean_estimate(part - share * (null - losses["both"]), customer).error / both.value
    tenure = float(panel.tenure_days[rows].mean())
    return GeoPoint(tenure, len(y), events, both.value, float(np.clip(share, 0.0, 1.0)), error)


def _standard(columns: FloatArray) -> FloatArray:
    spread = np.nanstd(columns, axis=0)
    centred = columns - np.nanmean(columns, axis=0)
    return np.asarray(np.nan_to_num(centred / np.where(spread > 0, spread, 1.0)))


def fit_decay(points: Sequence[GeoPoint]) -> tuple[float | None, float | None]:
    """(half-life in days, floor) by weighted least squares; both None with fewer than three points."""
    if len(points) < 3:
        return None, None
    t = np.array([p.tenure_days for p in points])
    share = np.array([p.share for p in points])
    error = np.array([max(p.error, 0.01) for p in points])

    def misfit(parameters: FloatArray) -> FloatArray:
        half_life, floor = np.exp(parameters[0]), parameters[1]
        return np.asarray((floor + (1 - floor) * 0.5 ** (t / half_life) - share) / error)

    found = least_squares(misfit, np.array([np.log(120.0), 0.2]), bounds=([0.0, 0.0], [np.log(36500.0), 1.0]))
    return float(np.exp(found.x[0])), float(found.x[1])


def weights_toml(curve: GeoCurve, by_segment: dict[str, GeoCurve], source: str) -> str:
    """A weights.toml with basis = "fitted"; segments with too few outcomes follow the default."""
    if curve.half_life_days is None or curve.floor is None:
        raise ValueError("nothing was fitted")
    lines = [
        'basis = "fitted"',
        f'reason = "fitted from {sum(p.rows for p in curve.points)} rows of {source}"',
        "",
        "[default]",
        f"half_life_days = {curve.half_life_days:.0f}",
        f"floor = {curve.floor:.3f}",
    ]
    for code, own in sorted(by_segment.items()):
        if own.half_life_days is not None and own.floor is not None:
            lines += ["", f"[segment.{code}]", f"half_life_days = {max(own.half_life_days, 1):.0f}"]
            lines += [f"floor = {own.floor:.3f}"]
    return "\n".join(lines) + "\n"
