"""How good a ranking and a probability are: AUC, calibration, gain, Qini, uplift at depth."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.learn.models.estimates import Estimate, qini_area
from service.learn.models.leaks import area_under_curve
from service.learn.models.linear import fit_linear
from service.learn.models.losses import link, row_losses
from service.learn.values import FloatArray, IntArray

DEPTHS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
CALIBRATION_BINS = 10
_SMALLEST = 1e-7


def auc_estimate(y: FloatArray, score: FloatArray) -> Estimate:
    """AUC with the error of DeLong et al. 1988."""
    positive, negative = np.sort(score[y > 0]), np.sort(score[y <= 0])
    above = _placements(positive, negative)
    below = 1.0 - _placements(negative, positive)
    spread = above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)
    return Estimate(area_under_curve(y, score), float(np.sqrt(spread)))


def _placements(values: FloatArray, others: FloatArray) -> FloatArray:
    """Share of `others` (sorted) below each value, ties half."""
    left = np.searchsorted(others, values, side="left")
    right = np.searchsorted(others, values, side="right")
    return np.asarray((left + right) / (2.0 * len(others)))


def binary_quality(y: FloatArray, p: FloatArray) -> dict[str, Any]:
    """AUC, log loss, Brier, calibration for probabilities. `y` has both classes."""
    clipped = np.clip(p, _SMALLEST, 1 - _SMALLEST)
    margin = np.log(clipped / (1 - clipped))
    base = link("binary", float(y.mean()))
    return {
        "auc": auc_estimate(y, p).to_json(),
        "log_loss": float(row_losses("binary", y, margin).mean()),
        "log_loss_of_base_rate": float(row_losses("binary", y, np.full(len(y), base)).mean()),
        "brier": float(((p - y) ** 2).mean()),
        "calibration": calibration(y, p, margin),
    }


def calibration(y: FloatArray, p: FloatArray, margin: FloatArray) -> dict[str, Any]:
    """Slope and intercept of outcome on predicted logit (ideal 1 and 0), expected calibration error, bins."""
    slope, intercept = 0.0, link("binary", float(y.mean()))
    if np.ptp(margin) > 1e-9:
        fitted = fit_linear("binary", margin[:, None], y, penalty=1e-6)
        slope, intercept = float(fitted.weights[0]), fitted.intercept
    bins = bins_of(y, p)
    off = sum(b["rows"] * abs(b["predicted"] - b["observed"]) for b in bins) / len(y)
    return {"slope": slope, "intercept": intercept, "ece": off, "bins": bins}


def bins_of(y: FloatArray, p: FloatArray) -> list[dict[str, Any]]:
    """Mean prediction and outcome in ten equal groups by prediction."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, CALIBRATION_BINS) if len(part)]
    return [{"rows": len(i), "predicted": float(p[i].mean()), "observed": float(y[i].mean())} for i in parts]


def number_quality(y: FloatArray, predicted: FloatArray) -> dict[str, Any]:
    """Error and fit of a predicted amount or number; AUC of above zero where both occur."""
    out: dict[str, Any] = {
        "rmse": float(np.sqrt(((y - predicted) ** 2).mean())),
        "mae": float(np.abs(y - predicted).mean()),
        "r2": 1.0 - float(((y - predicted) ** 2).mean() / y.var()) if y.var() > 0 else 0.0,
        "mean_predicted": float(predicted.mean()),
        "mean_observed": float(y.mean()),
        "bins": bins_of(y, predicted),
    }
    if (y > 0).any() and (y <= 0).any():
        out["auc"] = auc_estimate(y, predicted).to_json()
    return out


def gain_at_depth(y: FloatArray, score: FloatArray) -> list[dict[str, float]]:
    """What share of all outcome the best-scored share of rows holds. Ties count as their mean."""
    order = np.argsort(-score, kind="stable")
    total = float(y.sum())
    _, tied, sizes = np.unique(-score[order], return_inverse=True, return_counts=True)
    smooth = (np.bincount(tied, weights=y[order]) / sizes)[tied]
    cumulative = np.cumsum(smooth)
    out = []
    for depth in DEPTHS:
        rows = max(round(depth * len(y)), 1)
        share = float(cumulative[rows - 1]) / total if total else 0.0
        out.append(
            {
                "depth": depth,
                "share_of_outcome": share,
                "lift": share / depth,
                "rate": float(cumulative[rows - 1]) / rows,
            }
        )
    return out


def uplift_quality(
    y: FloatArray,
    treated: FloatArray,
    uplift: FloatArray,
    effect: FloatArray,
    share: FloatArray,
    binary: bool,
    groups: IntArray | None,
) -> dict[str, Any]:
    """Qini and uplift at depth for one arm against control.

    `effect` scores each row's effect without bias; `share` is the probability of the arm within the pair.
    """
    area = qini_area(uplift, effect, groups)
    out: dict[str, Any] = {
        "rows": len(y),
        "qini_area": area.to_json(),
        "uplift_at_depth": uplift_at_depth(y, treated, uplift, share),
    }
    if binary:
        out["qini"] = qini_coefficient(y, treated, uplift)
    return out


def qini_coefficient(y: FloatArray, treated: FloatArray, uplift: FloatArray) -> float:
    """Area between Qini curve and random line over that of the perfect ranking (Radcliffe 2007, binary)."""
    perfect = 2.0 * ((y > 0) == (treated > 0)) - 1.0
    perfect = np.where(y > 0, perfect, np.where(treated > 0, -0.5, 0.5))
    best = _qini_curve_area(y, treated, perfect)
    own = _qini_curve_area(y, treated, uplift)
    return own / best if best > 0 else 0.0


def _qini_curve_area(y: FloatArray, treated: FloatArray, score: FloatArray) -> float:
    """Area above the random line of incremental outcome against rows targeted; ties are one step."""
    order = np.argsort(-score, kind="stable")
    s, w, v = score[order], treated[order], y[order]
    ends = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)
    n_t, n_c = np.cumsum(w)[ends], np.cumsum(1 - w)[ends]
    y_t, y_c = np.cumsum(v * w)[ends], np.cumsum(v * (1 - w))[ends]
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = y_t - np.where(n_c > 0, y_c * n_t / n_c, 0.0)
    x = np.concatenate([[0], ends + 1.0])
    curve = np.concatenate([[0.0], curve])
    return float(np.trapezoid(curve, x) - 0.5 * curve[-1] * x[-1])


def uplift_at_depth(
    y: FloatArray, treated: FloatArray, uplift: FloatArray, share: FloatArray
) -> list[dict[str, Any]]:
    """Difference of weighted means among the rows with the highest predicted uplift, with its interval."""
    order = np.argsort(-uplift, kind="stable")
    out = []
    for depth in DEPTHS:
        rows = order[: max(round(depth * len(y)), 2)]
        w, v, s = treated[rows], y[rows], share[rows]
        means, spreads = [], []
        for side, inverse in ((w, 1 / s), (1 - w, 1 / (1 - s))):
            weight = side * inverse
            if side.sum() < 2:
                break
            mean = float((weight * v).sum() / weight.sum())
            means.append(mean)
            spreads.append(float((weight**2 * (v - mean) ** 2).sum() / weight.sum() ** 2))
        if len(means) < 2:
            out.append({"depth": depth, "rows": len(rows), "value": None, "low": None, "high": None})
            continue
        found = Estimate(means[0] - means[1], float(np.sqrt(sum(spreads))))
        out.append({"depth": depth, "rows": len(rows), **found.to_json()})
    return out
