"""The response model: a linear and a boosted one, always both, judged on the same held-out rows.

The linear model wins unless another beats its held-out loss by more than one standard error of the paired
difference (Breiman et al. 1984, one-SE rule). Where time is known, or the rows of the file drift from top to
bottom, what decides is the future held out from the past, not random folds. The chosen margin is then
calibrated on held-out rows (Platt 1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.learn.models import boost, linear
from service.learn.models.design import Design, build_design
from service.learn.models.encoding import Encoder
from service.learn.models.folds import Fold, forward_folds, group_folds, random_folds
from service.learn.models.linear import Linear
from service.learn.models.losses import inverse_link, link, row_losses
from service.learn.values import FloatArray, IntArray

CHOICES = ("linear", "average", "boosted")
SLOPE_PRIOR = 4.0  # the slope is 1 give or take 0.5 before any row is seen
FEW_ROWS = 50000  # above this, three folds instead of five and one size of tree instead of two


@dataclass(slots=True)
class ResponseFit:
    """A fitted response model and what was seen on the way. Margins are before the inverse link."""

    task: str
    design: Design
    linear: Linear
    booster: Any
    plan: boost.BoostPlan
    choice: str
    slope: float
    offset: float
    held_out: FloatArray  # calibrated held-out predictions of every row (outcome scale), random/grouped folds
    design_matrix: FloatArray
    folds: list[Fold]
    losses: dict[str, float]  # mean held-out loss by model, in the folds that decided
    wins_by: dict[str, tuple[float, float]]  # against linear: (gain, standard error)
    decided_on: str


def make_folds(y: FloatArray, strata: FloatArray, groups: IntArray | None, seed: int) -> list[Fold]:
    count = 5 if len(y) <= FEW_ROWS else 3
    if groups is not None and len(np.unique(groups)) >= count:
        return group_folds(groups, count, seed)
    return random_folds(len(y), count, seed, strata)


def fit_response(
    task: str,
    matrix: FloatArray,
    y: FloatArray,
    encoder: Encoder,
    folds: list[Fold],
    when: FloatArray | None,
    seed: int,
) -> ResponseFit:
    """Fits both models, chooses and calibrates. `when` orders rows in time; None where time plays no part."""
    design = build_design(matrix, encoder, level_of_few=when is None)
    columns = design.table(matrix)
    deciding = folds if when is None else forward_folds(when)
    tested = np.concatenate([test for _, test in deciding])
    events = int(np.count_nonzero(y != 0)) if task != "number" else len(y)
    events = min(events, len(y) - events) if task == "binary" else events

    penalty, linear_out = linear.cross_validate(task, columns, y, deciding)
    plan, boosted_out = _tune_boost(task, matrix, y, encoder, deciding, events, seed)
    margins = {"linear": linear_out, "boosted": boosted_out, "average": (linear_out + boosted_out) / 2}
    losses = {c: row_losses(task, y[tested], margins[c][tested]) for c in CHOICES}
    choice, wins_by = _choose(losses)

    fitted = linear.fit_linear(task, columns, y, penalty)
    booster = boost.fit_boost(task, matrix, y, encoder.category_positions, plan, seed)
    if when is not None:  # held-out predictions of every row are needed for calibration and uplift
        margins = _held_out(task, matrix, columns, y, encoder, folds, penalty, plan, choice, seed)
    slope, offset = calibrate(task, y, margins[choice])
    mean_loss = {c: float(losses[c].mean()) for c in CHOICES}
    base = np.full(len(tested), link(task, float(y.mean())))
    mean_loss["base rate"] = float(row_losses(task, y[tested], base).mean())
    return ResponseFit(
        task,
        design,
        fitted,
        booster,
        plan,
        choice,
        slope,
        offset,
        inverse_link(task, slope * margins[choice] + offset),
        columns,
        folds,
        mean_loss,
        wins_by,
        "newest periods" if when is not None else "held-out rows",
    )


def _tune_boost(
    task: str, matrix: FloatArray, y: FloatArray, encoder: Encoder, folds: list[Fold], events: int, seed: int
) -> tuple[boost.BoostPlan, FloatArray]:
    """The better of stumps-of-two (4 leaves) and 12 leaves, with its number of rounds."""
    sizes = (4, 12) if len(y) <= FEW_ROWS else (8,)
    found = []
    for leaves in sizes:
        plan = boost.plan_for(len(y), events, leaves)
        rounds, margins, loss = boost.cross_validate(
            task, matrix, y, folds, encoder.category_positions, plan, seed
        )
        found.append((loss, boost.BoostPlan(leaves, plan.min_leaf, plan.step, rounds), margins))
    _, plan, margins = min(found, key=lambda f: f[0])
    return plan, margins


def _choose(losses: dict[str, FloatArray]) -> tuple[str, dict[str, tuple[float, float]]]:
    wins_by: dict[str, tuple[float, float]] = {}
    for name in ("average", "boosted"):
        gain = losses["linear"] - losses[name]
        wins_by[name] = (float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain))))
    challenger = min(("average", "boosted"), key=lambda c: float(losses[c].mean()))
    ahead, error = wins_by[challenger]
    return (challenger if ahead > error else "linear"), wins_by


def _held_out(
    task: str,
    matrix: FloatArray,
    columns: FloatArray,
    y: FloatArray,
    encoder: Encoder,
    folds: list[Fold],
    penalty: float,
    plan: boost.BoostPlan,
    choice: str,
    seed: int,
) -> dict[str, FloatArray]:
    """Margins of `choice` for every row, each from models that have not seen it."""
    out = np.full(len(y), np.nan)
    for train, test in folds:
        margin = np.zeros(len(test))
        if choice != "boosted":
            margin += linear.fit_linear(task, columns[train], y[train], penalty).margin(columns[test])
        if choice != "linear":
            booster = boost.fit_boost(task, matrix[train], y[train], encoder.category_positions, plan, seed)
            margin += boost.predict(booster, matrix[test])
        out[test] = margin / 2 if choice == "average" else margin
    return {choice: out}


def calibrate(task: str, y: FloatArray, margin: FloatArray) -> tuple[float, float]:
    """(slope, offset) on the margin. Binary: Platt scaling; otherwise the mean is made right."""
    if task == "binary":
        fitted = linear.fit_linear("binary", margin[:, None], y, penalty=1e-6)
        p = inverse_link("binary", fitted.margin(margin[:, None]))
        known = float((p * (1 - p)).sum() * margin.var())  # Fisher information of the slope
        slope = (known * float(fitted.weights[0]) + SLOPE_PRIOR) / (known + SLOPE_PRIOR)
        slope = float(np.clip(slope, 0.2, 2.0))
        return slope, _offset(y, slope * margin)
    if task == "amount":
        mean = float(inverse_link(task, margin).mean())
        return 1.0, float(np.log(y.mean() / mean)) if y.mean() > 0 and mean > 0 else 0.0
    return 1.0, float(y.mean() - margin.mean())


def _offset(y: FloatArray, margin: FloatArray) -> float:
    """The intercept that makes the mean prediction equal the observed rate (a few Newton steps)."""
    offset = 0.0
    for _ in range(25):
        p = inverse_link("binary", margin + offset)
        step = float((y - p).mean() / max(float((p * (1 - p)).mean()), 1e-9))
        offset += float(np.clip(step, -2, 2))
        if abs(step) < 1e-9:
            break
    return offset
