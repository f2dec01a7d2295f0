"""Judges a saved model on a table, and says whether its policy may go live.

The gate: the policy's doubly robust value, on rows the model has not seen, is above that of every single
arm for all, with the lower end of the paired interval; IPS must agree in sign. Otherwise: keep what you have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from service.errors import LearnError
from service.learn.models import metrics
from service.learn.models.estimates import Logged, PolicyValue, policy_difference, policy_value
from service.learn.models.fit import clip_propensity, softmax
from service.learn.models.model_dir import TableScorer, fingerprints
from service.learn.models.outcome import apply_outcome, arm_numbers, column_of
from service.learn.models.periods import time_of
from service.learn.models.table import as_text
from service.learn.values import FloatArray, IntArray, canonical_text

SEEN_SHARE = 0.05
LEAST_EFFECTIVE = 100.0
KEEP = "keep what you have: "


def evaluate_table(
    frame: pd.DataFrame,
    folder: Path,
    outcome: str,
    treatment: str | None = None,
    control: str | None = None,
    allow_missing: bool = False,
) -> dict[str, Any]:
    """The JSON that `enrich learn evaluate` prints. Raises LearnError with a sentence."""
    model = TableScorer(folder)
    meta = model.meta
    warnings: list[str] = []
    if outcome != meta["outcome"]:
        warnings.append(f"The model was fitted for {meta['outcome']!r}, not {outcome!r}.")
    y = apply_outcome(frame, outcome, meta["task"], meta["yes"], meta["no"])
    arm = _arms(frame, meta, treatment, control)
    keep = ~np.isnan(y) if arm is None else ~np.isnan(y) & (arm >= 0)
    if int((~keep).sum()):
        warnings.append(
            f"{int((~keep).sum()):,} rows left out: outcome or arm missing or unknown to the model."
        )
    frame, y = frame.loc[keep].reset_index(drop=True), y[keep]
    arm = None if arm is None else arm[keep]
    if len(y) < 10 or np.ptp(y) == 0:
        raise LearnError(f"{len(y)} rows with one outcome only: nothing can be judged on them.")
    matrix = model.matrix(frame, allow_missing)
    score, uplift, best = model.score(matrix)
    seen = _seen_share(folder, meta, matrix, y)
    report: dict[str, Any] = {
        "model": str(folder.name),
        "outcome": outcome,
        "task": meta["task"],
        "rows": len(y),
    }
    quality = (
        metrics.binary_quality(y, score) if meta["task"] == "binary" else metrics.number_quality(y, score)
    )
    report |= _flat(quality)
    report["gain"] = metrics.gain_at_depth(y, score)
    report["seen_rows"] = seen
    fitted_on_these = seen > max(SEEN_SHARE, 2 * float(meta["repeated_rows"]) + SEEN_SHARE)
    if fitted_on_these:
        warnings.append(
            f"{seen:.0%} of these rows were in the table the model was fitted on: all figures flatter it."
        )
    newer = _newer_rows(frame, meta)
    if newer is not None:
        report["newest"] = _newest(meta, y, score, newer)
    if arm is None:
        report["promote"] = False
        report["why"] = KEEP + (
            "a response model says who will respond, not who will respond because of what we do; "
            "give --treatment and --control of an experiment to value a policy."
        )
    else:
        groups = _groups(frame, meta)
        report |= _uplift_report(model, matrix, y, arm, score, uplift, best, groups, fitted_on_these, newer)
    report["warnings"] = warnings
    return report


def _flat(quality: dict[str, Any]) -> dict[str, Any]:
    """AUC as a number with its interval beside it."""
    out = dict(quality)
    if "auc" in out:
        interval = out.pop("auc")
        out = {"auc": interval["value"], "auc_interval": [interval["low"], interval["high"]], **out}
    return out


def _arms(frame: pd.DataFrame, meta: Any, treatment: str | None, control: str | None) -> IntArray | None:
    if treatment is None:
        return None
    if not meta["arms"]:
        raise LearnError(
            "The model was fitted without --treatment, so it has no policy to value; fit it with one."
        )
    wanted = canonical_text(control) if control is not None else meta["arms"][0]
    if wanted != meta["arms"][0] and str(wanted).casefold() != meta["arms"][0].casefold():
        raise LearnError(f"The model's control is {meta['arms'][0]!r}, not {control!r}.")
    arm = arm_numbers(as_text(column_of(frame, treatment, "treatment")), meta["arms"])
    for k, name in enumerate(meta["arms"]):
        if int((arm == k).sum()) < 2:
            role = "control rows" if k == 0 else f"rows of arm {name!r}"
            raise LearnError(f"There are no {role} in {treatment!r}; without them no policy can be valued.")
    return arm


def _groups(frame: pd.DataFrame, meta: Any) -> IntArray | None:
    if not meta["group"] or meta["group"] not in frame.columns:
        return None
    codes, _ = pd.factorize(np.array([t or "" for t in as_text(frame[meta["group"]])], dtype=object))
    return codes.astype(np.int64)


def _seen_share(folder: Path, meta: Any, matrix: FloatArray, y: FloatArray) -> float:
    """Share of these rows that the model was fitted on."""
    seen = np.load(folder / "seen.npy", allow_pickle=False)
    return float(np.isin(fingerprints(matrix, y, meta["salt"]), seen).mean())


def _newer_rows(frame: pd.DataFrame, meta: Any) -> FloatArray | None:
    """True for rows after the last one of fitting, where the model knows time; None otherwise."""
    if not meta["time"] or not meta["time_span"] or meta["time"] not in frame.columns:
        return None
    when = time_of(frame[meta["time"]])
    if when is None:
        return None
    with np.errstate(invalid="ignore"):
        return np.asarray(when > float(meta["time_span"][1])).astype(float)


def _newest(meta: Any, y: FloatArray, score: FloatArray, newer: FloatArray) -> dict[str, Any]:
    rows = newer > 0
    if rows.sum() < 10 or np.ptp(y[rows]) == 0:
        return {"rows": int(rows.sum())}
    own = y[rows], score[rows]
    quality = metrics.binary_quality(*own) if meta["task"] == "binary" else metrics.number_quality(*own)
    return {"rows": int(rows.sum()), **_flat(quality)}


def _uplift_report(
    model: TableScorer,
    matrix: FloatArray,
    y: FloatArray,
    arm: IntArray,
    score: FloatArray,
    uplift: FloatArray,
    best: IntArray,
    groups: IntArray | None,
    fitted_on_these: bool,
    newer: FloatArray | None,
) -> dict[str, Any]:
    meta = model.meta
    arms: list[str] = model.scorer.arms
    propensity = _propensity(model, matrix, arm, len(arms))
    effects = np.hstack([np.zeros((len(y), 1)), uplift])
    predicted = score[:, None] + effects - (propensity * effects).sum(axis=1, keepdims=True)
    logged = Logged(arm, propensity, y, predicted, groups)
    scores = logged.scores()
    out: dict[str, Any] = {"arms": {}}
    for k, name in enumerate(arms[1:], start=1):
        rows = np.flatnonzero((arm == 0) | (arm == k))
        share = propensity[rows, k] / (propensity[rows, 0] + propensity[rows, k])
        treated = (arm[rows] == k).astype(float)
        effect = (y[rows] - score[rows]) * (treated / share - (1 - treated) / (1 - share))
        own_groups = None if groups is None else groups[rows]
        out["arms"][name] = metrics.uplift_quality(
            y[rows], treated, uplift[rows, k - 1], effect, share, meta["task"] == "binary", own_groups
        )
    out["qini"] = {name: q.get("qini", q["qini_area"]["value"]) for name, q in out["arms"].items()}
    out["uplift_at_depth"] = {name: q["uplift_at_depth"] for name, q in out["arms"].items()}
    rule = model.scorer.rule_arm(matrix)
    out |= _gate(meta, arms, logged, scores, best, rule, fitted_on_these, newer)
    return out


def _propensity(model: TableScorer, matrix: FloatArray, arm: IntArray, arms: int) -> FloatArray:
    weights = model.meta["assignment"]
    if weights is not None:
        return clip_propensity(softmax(np.array(weights), model.scorer.design.table(matrix)))
    return np.repeat((np.bincount(arm, minlength=arms) / len(arm))[None, :], len(arm), axis=0)


def _gate(
    meta: Any,
    arms: list[str],
    logged: Logged,
    scores: FloatArray,
    best: IntArray,
    rule: IntArray,
    fitted_on_these: bool,
    newer: FloatArray | None,
) -> dict[str, Any]:
    n = len(best)
    deciding = "all rows"
    if newer is not None and newer.sum() >= max(200, 0.05 * n):
        rows = newer > 0
        deciding = f"the {int(rows.sum()):,} rows newer than those the model was fitted on"
        groups = None if logged.groups is None else logged.groups[rows]
        logged = Logged(
            logged.arm[rows], logged.propensity[rows], logged.y[rows], logged.predicted[rows], groups
        )
        scores, best, rule, n = scores[rows], best[rows], rule[rows], int(rows.sum())
    singles = [np.full(n, k, dtype=np.int64) for k in range(len(arms))]
    values = {name: policy_value(logged, singles[k], scores) for k, name in enumerate(arms)}
    own = policy_value(logged, best, scores)
    against: dict[str, Any] = {}
    worst_low, rule_against = np.inf, {}
    signs_agree = True
    for k, name in enumerate(arms):
        dr, ips = policy_difference(logged, best, singles[k], scores)
        against[name] = {"dr": dr.to_json(), "ips": ips.to_json()}
        worst_low = min(worst_low, dr.low)
        signs_agree &= ips.value > 0
        rule_dr, _ = policy_difference(logged, rule, singles[k], scores)
        rule_against[name] = rule_dr.to_json()
    top = max(arms, key=lambda a: values[a].dr.value)
    rule_values = policy_value(logged, rule, scores)
    promote, why = _verdict(
        meta, arms, top, best, own, against, worst_low, signs_agree, fitted_on_these, deciding
    )
    return {
        "policy": {
            "kind": meta["policy"]["kind"],
            "share_by_arm": {a: float((best == k).mean()) for k, a in enumerate(arms)},
            "decided_on": deciding,
        },
        "policy_value": {
            "best_arm": _value_json(own),
            **{f"all {name}": _value_json(v) for name, v in values.items()},
            "simple_rule": _value_json(rule_values),
        },
        "difference_to": against,
        "simple_rule": {"rule": meta["policy"]["sentence"], "difference_to": rule_against},
        "best_single_arm": top,
        "promote": promote,
        "why": why,
    }


def _value_json(value: PolicyValue) -> dict[str, Any]:
    return {
        "ips": value.ips.to_json(),
        "snips": value.snips.to_json(),
        "dr": value.dr.to_json(),
        "effective_rows": round(value.effective_rows, 1),
        "matched_share": value.matched_share,
        "largest_weight": value.largest_weight,
    }


def _verdict(
    meta: Any,
    arms: list[str],
    top: str,
    best: IntArray,
    own: PolicyValue,
    against: dict[str, Any],
    worst_low: float,
    signs_agree: bool,
    fitted_on_these: bool,
    deciding: str,
) -> tuple[bool, str]:
    gap = against[top]["dr"]
    interval = f"{gap['value']:.4g} [{gap['low']:.4g}, {gap['high']:.4g}]"
    shown = f"{interval} per lead against {top!r} for everybody, on {deciding}"
    if fitted_on_these:
        return False, KEEP + "the model was fitted on these very rows; judge it on rows it has not seen."
    if len(np.unique(best)) == 1:
        arm = arms[int(best[0])]
        return False, KEEP + (
            f"the policy gives {arm!r} to everybody, because in fitting nothing personal beat one arm "
            "for all beyond chance; that needs no model."
        )
    if own.effective_rows < LEAST_EFFECTIVE:
        return False, KEEP + f"only {own.effective_rows:.0f} effective rows speak for the policy ({shown})."
    if worst_low <= 0:
        return False, KEEP + f"the gain is not shown to be above zero: {shown}."
    if not signs_agree:
        return False, KEEP + f"inverse-propensity weighting does not confirm the gain: {shown}."
    return True, f"the policy is better than every single arm for everybody: {shown}."
