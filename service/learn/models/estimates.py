"""A mean with its standard error, and figures built from it: policy values, Qini, uplift at depth.

Policy value of π from logged rows (arm a, propensity e, outcome y, prediction m): IPS mean(1[a=π]/e · y),
SNIPS the same divided by the mean weight (Swaminathan & Joachims 2015), DR mean(m_π + 1[a=π]/e · (y − m_a))
(Dudík, Langford & Li 2011). Intervals are normal, from the influence function of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from service.learn.values import FloatArray, IntArray

CONFIDENCE = 0.95
Z = float(norm.ppf(0.5 + CONFIDENCE / 2))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its standard error and 95 % interval."""

    value: float
    error: float

    @property
    def low(self) -> float:
        return self.value - Z * self.error

    @property
    def high(self) -> float:
        return self.value + Z * self.error

    def to_json(self) -> dict[str, float | None]:
        """Value and bounds; None for what could not be estimated, because JSON knows no infinity."""
        return {"value": _round(self.value), "low": _round(self.low), "high": _round(self.high)}


def _round(x: float) -> float | None:
    return float(f"{x:.6g}") if np.isfinite(x) else None


def mean_estimate(values: FloatArray, groups: IntArray | None = None) -> Estimate:
    """Mean of rows; with `groups`, rows of a group may move together (cluster-robust error)."""
    n = len(values)
    mean = float(values.mean())
    if groups is None:
        return Estimate(mean, float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("inf"))
    _, members = np.unique(groups, return_inverse=True)
    sums = np.bincount(members, weights=values - mean)
    count = len(sums)
    if count < 2:
        return Estimate(mean, float("inf"))
    return Estimate(mean, float(np.sqrt(count / (count - 1) * (sums**2).sum()) / n))


@dataclass(frozen=True, slots=True)
class Logged:
    """Logged rows of an experiment. `propensity` and `predicted` have a column per arm; 0 is control."""

    arm: IntArray
    propensity: FloatArray
    y: FloatArray
    predicted: FloatArray
    groups: IntArray | None = None

    def scores(self) -> FloatArray:
        """Doubly robust score of every arm for every row, shape (rows, arms)."""
        rows = np.arange(len(self.y))
        out = self.predicted.copy()
        rest = (self.y - self.predicted[rows, self.arm]) / self.propensity[rows, self.arm]
        out[rows, self.arm] += rest
        return out


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """Mean outcome if `policy` (an arm per row) had decided, three ways, and how well the log can tell."""

    ips: Estimate
    snips: Estimate
    dr: Estimate
    effective_rows: float
    matched_share: float
    largest_weight: float


def policy_value(logged: Logged, policy: IntArray, scores: FloatArray) -> PolicyValue:
    rows = np.arange(len(policy))
    match = (logged.arm == policy).astype(float)
    weight = match / logged.propensity[rows, logged.arm]
    ips = mean_estimate(weight * logged.y, logged.groups)
    mean_weight = float(weight.mean())
    if mean_weight > 0:
        ratio = float((weight * logged.y).mean()) / mean_weight
        spread = mean_estimate(weight * (logged.y - ratio) / mean_weight, logged.groups)
        snips = Estimate(ratio, spread.error)
        effective = float(weight.sum() ** 2 / (weight**2).sum())
    else:
        snips, effective = Estimate(float("nan"), float("inf")), 0.0
    dr = mean_estimate(scores[rows, policy], logged.groups)
    return PolicyValue(ips, snips, dr, effective, float(match.mean()), float(weight.max()))


def policy_difference(
    logged: Logged, policy: IntArray, other: IntArray, scores: FloatArray
) -> tuple[Estimate, Estimate]:
    """(doubly robust, IPS) estimate of value(policy) − value(other), paired row by row."""
    rows = np.arange(len(policy))
    dr = mean_estimate(scores[rows, policy] - scores[rows, other], logged.groups)
    share = logged.propensity[rows, logged.arm]
    weight = ((logged.arm == policy).astype(float) - (logged.arm == other).astype(float)) / share
    centre = float(logged.y.mean())  # any constant leaves the mean as it is; this one takes out most noise
    return dr, mean_estimate(weight * (logged.y - centre), logged.groups)


def centred_ranks(score: FloatArray) -> FloatArray:
    """Rank of each row from -0.5 (least) to 0.5 (most); ties share their mean rank."""
    return np.asarray((rankdata(score) - 0.5) / len(score) - 0.5)


def qini_area(score: FloatArray, effect: FloatArray, groups: IntArray | None = None) -> Estimate:
    """Area between the uplift curve of treating by `score` and the random line, in outcome per row.

    `effect` is an unbiased score of each row's effect. The area equals the covariance of effect and rank
    (Radcliffe 2007; Yadlowsky et al. 2021 for the error).
    """
    ranks = centred_ranks(score)
    return mean_estimate(ranks * (effect - effect.mean()), groups)
