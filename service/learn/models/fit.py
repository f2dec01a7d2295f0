"""Fits a response model, and an uplift model where there is a treatment, on any table.

Reads top to bottom: read the outcome and the arms, read the columns, refuse leaks, find out about time,
fit, and hand everything to `model_dir.save_model`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from service.errors import LearnError
from service.learn.models.columns import Reading, read_columns
from service.learn.models.encoding import Encoder
from service.learn.models.leaks import area_under_curve, arm_revealers, find_leaks
from service.learn.models.outcome import Outcome, check_arms, column_of, read_arms, read_outcome, rows_kept
from service.learn.models.periods import find_time_column, rows_drift, time_of
from service.learn.models.response import ResponseFit, fit_response, make_folds
from service.learn.models.table import as_text
from service.learn.models.uplift import UpliftFit, fit_uplift
from service.learn.values import FloatArray, IntArray

LEAST_PROPENSITY = 0.02
SUSPECT_AUC = 0.85  # not refused, but worth a second look


@dataclass(frozen=True, slots=True)
class FitOptions:
    """What the caller says about the table."""

    outcome: str
    treatment: str | None = None
    control: str | None = None
    exclude: Collection[str] = ()
    group: str | None = None
    time: str | None = None
    allow: Collection[str] = ()
    seed: int = 0


@dataclass(slots=True)
class Fitted:
    """Everything a model folder is written from."""

    options: FitOptions
    outcome: Outcome
    encoder: Encoder
    response: ResponseFit
    uplift: UpliftFit | None
    matrix: FloatArray
    y: FloatArray
    arm: IntArray | None
    propensity_weights: FloatArray | None  # (arms, design columns + 1) where assignment was not random
    alone: dict[str, float]
    dropped: dict[str, str]
    refused: dict[str, str]
    notes: list[str]
    time_column: str | None
    time_span: tuple[float, float] | None
    drifts: bool
    arms: list[str] = field(default_factory=list)
    assignment_auc: float | None = None


def fit_table(
    frame: pd.DataFrame, options: FitOptions, say: Callable[[str], None] = lambda _: None
) -> Fitted:
    """Raises LearnError with a sentence when the table cannot carry a model."""
    _check_options(frame, options)
    notes: list[str] = []
    outcome = read_outcome(frame, options.outcome)
    keep = ~np.isnan(outcome.y)
    rows_kept(keep, notes, f"{options.outcome!r} is missing")
    arm: IntArray | None = None
    arms: list[str] = []
    if options.treatment is not None:
        arm, arms = read_arms(frame, options.treatment, str(options.control))
        rows_kept(keep <= (arm >= 0), notes, f"{options.treatment!r} is missing")
        keep &= arm >= 0
    frame = frame.loc[keep].reset_index(drop=True)
    y = outcome.y[keep]
    if arm is not None:
        arm = arm[keep]
        check_arms(arm, arms, y, outcome.task)

    when, time_column = _time(frame, options, notes)
    skip = {options.outcome, *options.exclude}
    skip |= {name for name in (options.treatment, options.group, time_column) if name}
    say("Reading the columns …")
    reading, matrix = read_columns(frame, skip)
    reading, matrix, alone = _refuse_leaks(reading, matrix, y, outcome.task, options)
    differ: dict[str, float] = {}
    if arm is not None:
        reveal, differ = arm_revealers(matrix, reading.encoder, arm, len(arms), options.seed)
        reading.dropped.update(reveal)
        reading, matrix = _without(reading, matrix, set(reveal))
    if matrix.shape[1] == 0:
        raise LearnError("No column is left to learn from; see --exclude, and which columns are refused.")

    drifts = when is None and rows_drift(y, matrix, arm)
    if drifts:
        notes.append(
            "The outcome changes along the file: rows are taken to lie in time, and the end decides."
        )
        when = np.arange(len(y), dtype=float)
    groups = _groups(frame, options)
    strata = y if arm is None else y * 1000 + arm
    folds = make_folds(y, strata, groups, options.seed)
    say(f"Fitting the response models on {len(y):,} rows and {matrix.shape[1]} columns …")
    response = fit_response(outcome.task, matrix, y, reading.encoder, folds, when, options.seed)

    uplift, weights, assignment_auc = None, None, None
    if arm is not None:
        propensity = np.repeat((np.bincount(arm, minlength=len(arms)) / len(arm))[None, :], len(arm), axis=0)
        if differ:
            weights, propensity, assignment_auc = _propensities(response, arm, len(arms))
            worst = sorted(differ, key=lambda c: differ[c])[:5]
            notes.append(
                f"The arms differ in {', '.join(worst)} (cross-validated AUC {assignment_auc:.2f}): "
                "assignment was not random, or these columns were set afterwards. Propensities are modelled."
            )
        say("Comparing uplift models …")
        uplift = fit_uplift(
            matrix,
            y,
            arm,
            arms,
            propensity,
            response,
            reading.encoder.category_positions,
            groups,
            options.seed,
        )
    span = (float(np.nanmin(when)), float(np.nanmax(when))) if when is not None and time_column else None
    return Fitted(
        options,
        outcome,
        reading.encoder,
        response,
        uplift,
        matrix,
        y,
        arm,
        weights,
        alone,
        reading.dropped,
        reading.refused,
        notes + reading.notes,
        time_column,
        span,
        drifts,
        arms,
        assignment_auc,
    )


def _check_options(frame: pd.DataFrame, options: FitOptions) -> None:
    if (options.treatment is None) != (options.control is None):
        raise LearnError("--treatment and --control belong together: name the column and its control value.")
    for name in (*options.exclude, *options.allow):
        column_of(frame, name, "named in --exclude or --allow")
    roles = [n for n in (options.outcome, options.treatment, options.group, options.time) if n]
    if len(set(roles)) < len(roles):
        raise LearnError("Outcome, treatment, group and time must be different columns.")


def _time(frame: pd.DataFrame, options: FitOptions, notes: list[str]) -> tuple[FloatArray | None, str | None]:
    name = options.time
    if name is None:
        taken = {options.outcome, options.treatment or "", options.group or "", *options.exclude}
        name = find_time_column(frame, taken)
        if name is None:
            return None, None
        notes.append(
            f"{name} is taken as the time of each row: the newest rows decide, and it is no feature."
        )
    when = time_of(column_of(frame, name, "time"))
    if when is None:
        raise LearnError(f"The time column {name!r} holds neither dates nor numbers.")
    known = ~np.isnan(when)
    if np.unique(when[known]).size < 4:
        notes.append(f"{name} has fewer than four different times; it decides nothing.")
        return None, name
    return np.where(known, when, np.nanmin(when)), name


def _groups(frame: pd.DataFrame, options: FitOptions) -> IntArray | None:
    if options.group is None:
        return None
    texts = np.array([t or "" for t in as_text(column_of(frame, options.group, "group"))], dtype=object)
    codes, names = pd.factorize(texts)
    if len(names) < 5:
        raise LearnError(
            f"--group {options.group!r} has {len(names)} different values; at least 5 are needed."
        )
    return codes.astype(np.int64)


def _refuse_leaks(
    reading: Reading, matrix: FloatArray, y: FloatArray, task: str, options: FitOptions
) -> tuple[Reading, FloatArray, dict[str, float]]:
    leaks, alone = find_leaks(matrix, reading.encoder, y, task, frozenset(options.allow), options.seed)
    if leaks:
        named = "; ".join(f"{leak.column}: {leak.reason}" for leak in leaks)
        columns = ",".join(leak.column for leak in leaks)
        raise LearnError(
            f"The outcome leaks through {len(leaks)} column{'s' if len(leaks) > 1 else ''} ({named}). "
            f"Leave out with --exclude {columns}; if really known beforehand, --allow {columns}."
        )
    suspect = max(alone, key=lambda name: np.nan_to_num(alone[name]), default="")
    if suspect and alone[suspect] >= SUSPECT_AUC:
        reading.notes.append(
            f"{suspect} alone ranks the outcome with AUC {alone[suspect]:.2f}: is it known beforehand?"
        )
    return reading, matrix, alone


def _without(reading: Reading, matrix: FloatArray, columns: set[str]) -> tuple[Reading, FloatArray]:
    if not columns:
        return reading, matrix
    kept = [c for c in reading.encoder.columns if c.name not in columns]
    owner = [c.name for c in reading.encoder.columns for _ in c.parts]
    reading.encoder = Encoder(kept)
    return reading, matrix[:, [i for i, name in enumerate(owner) if name not in columns]]


def _propensities(response: ResponseFit, arm: IntArray, arms: int) -> tuple[FloatArray, FloatArray, float]:
    """(weights per arm, held-out propensities, AUC of telling the arm) by multinomial logistic ridge."""
    design = response.design_matrix
    out = np.empty((len(arm), arms))
    for train, test in response.folds:
        out[test] = softmax(_arm_weights(design[train], arm[train], arms), design[test])
    auc = float(np.mean([area_under_curve((arm == k).astype(float), out[:, k]) for k in range(arms)]))
    return _arm_weights(design, arm, arms), clip_propensity(out), auc


def _arm_weights(design: FloatArray, arm: IntArray, arms: int) -> FloatArray:
    model = LogisticRegression(C=0.01, solver="lbfgs", max_iter=300).fit(design, arm)
    if arms == 2:
        half = np.append(model.coef_[0], model.intercept_[0])
        return np.stack([np.zeros_like(half), half])
    return np.hstack([model.coef_, model.intercept_[:, None]])


def softmax(weights: FloatArray, design: FloatArray) -> FloatArray:
    """Arm probabilities of each row, shape (rows, arms)."""
    logits = design @ weights[:, :-1].T + weights[:, -1]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def clip_propensity(propensity: FloatArray) -> FloatArray:
    clipped = np.clip(propensity, LEAST_PROPENSITY, 1.0)
    return np.asarray(clipped / clipped.sum(axis=1, keepdims=True))
