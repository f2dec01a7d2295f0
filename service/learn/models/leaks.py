"""Finds columns that know too much: the outcome in disguise, or something set by the treatment itself.

Each column alone predicts the outcome, by bins learned on one half of the rows and judged on the other. No
honest column of a lead comes near certainty (Kaufman et al. 2012, "Leakage in data mining").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, rankdata

from service.learn.models.encoding import Encoder
from service.learn.values import FloatArray, IntArray

CERTAIN_AUC = 0.975
ALONE_AUC = 0.93  # nearly certain, and no other column comes within ALONE_GAP of it
ALONE_GAP = 0.15
AFTERWARDS_AUC = 0.65  # for a column whose name says it is measured after the fact
CERTAIN_R2 = 0.97
CERTAIN_ROWS = 20  # a value whose rows all respond: so many of them, or it may be chance
FUNNEL_EVENTS = 50.0  # events expected among rows that have none at all
ARM_AUC = 0.95
BALANCE_P = 1e-6
_AFTERWARDS = re.compile(
    r"(^|[_.\s])((call_?)?duration|talk_?time|call_?length|varighed|samtaletid|varighet|samtalstid|kesto|puheaika"
    r"|(churn|cancel\w*|opsigelse\w*)_?(date|dato|reason|årsag)|closed_?(at|date)|response_date)($|[_.\s])|^out_",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"(^|[_.\s])(last|prev\w*|prior|past|avg|mean|hist\w*|sidste|forrige|tidligere)($|[_.\s])", re.I
)


@dataclass(frozen=True, slots=True)
class Leak:
    """A column that knows the outcome, and how that showed."""

    column: str
    reason: str


def bin_column(values: FloatArray, bins: int) -> IntArray:
    """Bin numbers of one encoded column: its own values when few, quantiles otherwise; missing is a bin."""
    known = ~np.isnan(values)
    distinct = np.unique(values[known])
    if distinct.size > bins:
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1]))
        out = np.searchsorted(edges, values, side="right")
    else:
        out = np.searchsorted(distinct, values)
    return np.where(known, out, max(distinct.size, bins) + 1).astype(np.int64)


def area_under_curve(y: FloatArray, score: FloatArray) -> float:
    """Share of (event, non-event) pairs in the right order; ties count half. NaN with one class only."""
    positive = y > 0
    events = int(positive.sum())
    if events in (0, len(y)):
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[positive].sum() - events * (events + 1) / 2) / (events * (len(y) - events)))


def single_auc(values: FloatArray, positive: FloatArray, seed: int) -> float:
    """AUC of one column alone, each half scored by bin rates of the other half."""
    events = min(positive.sum(), len(positive) - positive.sum())
    bins = bin_column(values, int(np.clip(events / 10, 4, 50)))
    half = np.random.default_rng(seed).random(len(values)) < 0.5
    base = positive.mean()
    found = []
    for side in (half, ~half):
        seen = np.bincount(bins[side], minlength=bins.max() + 1)
        hits = np.bincount(bins[side], weights=positive[side], minlength=bins.max() + 1)
        found.append(area_under_curve(positive[~side], ((hits + base) / (seen + 1.0))[bins[~side]]))
    return float(np.mean(found))


def find_leaks(
    matrix: FloatArray, encoder: Encoder, y: FloatArray, task: str, allowed: frozenset[str], seed: int
) -> tuple[list[Leak], dict[str, float]]:
    """(columns that give the outcome away, AUC of every encoded column alone)."""
    positive = (y > (0 if task != "number" else np.median(y))).astype(float)
    owners = [c.name for c in encoder.columns for _ in c.parts]
    alone = [single_auc(matrix[:, i], positive, seed) for i in range(encoder.width)]
    leaks: dict[str, Leak] = {}
    for i, owner in enumerate(owners):
        if owner in allowed or owner in leaks:
            continue
        others = max((a for a, o in zip(alone, owners, strict=True) if o != owner), default=0.5)
        reason = _certainty(matrix[:, i], positive, y, task, alone[i], others, owner)
        if reason:
            leaks[owner] = Leak(owner, reason)
    return list(leaks.values()), dict(zip(encoder.names, alone, strict=True))


def _certainty(
    values: FloatArray, positive: FloatArray, y: FloatArray, task: str, auc: float, others: float, name: str
) -> str | None:
    if task == "number":
        r2 = _binned_r2(values, y)
        return f"it alone explains {r2:.1%} of the variance of the outcome" if r2 >= CERTAIN_R2 else None
    if auc >= CERTAIN_AUC:
        return f"it alone separates the outcome (AUC {auc:.3f})"
    if _AFTERWARDS.search(name) and not _EARLIER.search(name) and auc >= AFTERWARDS_AUC and auc > others:
        return (
            f"its name says it is known only afterwards, and it alone ranks the outcome best (AUC {auc:.2f})"
        )
    if auc >= ALONE_AUC and auc > others + ALONE_GAP:
        return f"it alone nearly separates the outcome (AUC {auc:.3f}; the next best column {others:.2f})"
    return _giveaway(values, positive, auc)


def _giveaway(values: FloatArray, positive: FloatArray, auc: float) -> str | None:
    """A value with which everybody responds, or without which nobody does."""
    base = float(positive.mean())
    known = values[~np.isnan(values)]
    if known.size == 0 or base > 0.5:
        return None
    distinct, counts = np.unique(known, return_counts=True)
    groups = {f"the value {v:g}": values == v for v in distinct} if distinct.size <= 30 else {}
    mode = distinct[np.argmax(counts)]
    if counts.max() >= 0.3 * known.size:
        groups[f"any value but {mode:g}"] = ~np.isnan(values) & (values != mode)
    if known.size < len(values):
        groups["any value at all"] = ~np.isnan(values)
    for label, rows in groups.items():
        size, hits = int(rows.sum()), float(positive[rows].sum())
        if size >= CERTAIN_ROWS and hits >= 0.995 * size and size * np.log(max(base, 1e-12)) < -30:
            return f"all {size:,} rows with {label} have the outcome"
        outside = len(values) - size
        if hits == positive.sum() and outside * base >= FUNNEL_EVENTS and auc >= 0.85:
            return f"nobody has the outcome without {label}, and the column is a step on the way to it"
    return None


def _binned_r2(values: FloatArray, y: FloatArray) -> float:
    bins = bin_column(values, int(np.clip(len(y) / 20, 4, 200)))
    seen = np.bincount(bins)
    means = np.bincount(bins, weights=y) / np.maximum(seen, 1)
    spread = float(y.var())
    return 1.0 - float(((y - means[bins]) ** 2).mean()) / spread if spread > 0 else 0.0


def arm_revealers(
    matrix: FloatArray, encoder: Encoder, arm: IntArray, arms: int, seed: int
) -> tuple[dict[str, str], dict[str, float]]:
    """(columns that reveal the arm -> why, columns that differ between arms -> p-value).

    In a randomised experiment no column known beforehand can tell the arm; one that does was set by it.
    """
    reveal: dict[str, str] = {}
    differ: dict[str, float] = {}
    owners = [c.name for c in encoder.columns for _ in c.parts]
    for i, owner in enumerate(owners):
        if owner in reveal:
            continue
        bins = bin_column(matrix[:, i], 10)
        table = np.zeros((int(bins.max()) + 1, arms))
        np.add.at(table, (bins, arm), 1.0)
        table = table[table.sum(axis=1) > 0]
        expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
        freedom = (table.shape[0] - 1) * (arms - 1)
        if freedom == 0:
            continue
        p_value = float(chi2.sf(((table - expected) ** 2 / expected).sum(), freedom))
        if p_value >= BALANCE_P:
            continue
        pure = np.any((table == 0) & (expected >= 30))
        best = max(single_auc(matrix[:, i], (arm == k).astype(float), seed) for k in range(arms))
        if best >= ARM_AUC or pure:
            reveal[owner] = (
                f"reveals the arm (AUC {best:.2f}): it was set by the treatment, not known before it"
            )
        else:
            differ[owner] = p_value
    return reveal, differ
