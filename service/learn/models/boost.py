"""The boosted model: LightGBM held on a short leash (few leaves, large leaves, small steps, early stop).

The number of rounds is where the mean held-out loss over all folds is least, so no single fold decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from service.learn.models.folds import Fold
from service.learn.models.losses import POWER
from service.learn.values import FloatArray

OBJECTIVE: dict[str, dict[str, Any]] = {
    "binary": {"objective": "binary"},
    "amount": {"objective": "tweedie", "tweedie_variance_power": POWER},
    "number": {"objective": "regression"},
}
MAX_ROUNDS = 600
PATIENCE = 30
FIT_THREADS = 2
CELLS_PER_THREAD = 2_000_000  # below this, a second thread waits for the first more than it helps


@dataclass(frozen=True, slots=True)
class BoostPlan:
    """What is tuned: size of trees, size of leaves, step."""

    leaves: int
    min_leaf: int
    step: float
    rounds: int = 0


def plan_for(rows: int, events: int, leaves: int) -> BoostPlan:
    """Leaves hold at least 1 % of rows within [15, 400], and enough rows for about three events each."""
    per_event = rows / max(events, 1)
    floor = int(np.clip(0.01 * rows, 15, 400))
    return BoostPlan(leaves, int(min(max(floor, 3 * per_event), rows / 5)), 0.05 if rows <= 50000 else 0.08)


def threads_for(matrix: FloatArray) -> int:
    """One thread for small tables: where others use the machine too, barriers cost more than the work."""
    return FIT_THREADS if matrix.size > CELLS_PER_THREAD else 1


def parameters(task: str, plan: BoostPlan, seed: int, threads: int = 1) -> dict[str, Any]:
    return {
        **OBJECTIVE[task],
        "num_leaves": plan.leaves,
        "min_data_in_leaf": plan.min_leaf,
        "learning_rate": plan.step,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "cat_l2": 30.0,
        "cat_smooth": 30.0,
        "min_data_per_group": 50,
        "max_bin": 63,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }


def make_dataset(
    matrix: FloatArray, y: FloatArray, categories: tuple[int, ...], params: dict[str, Any], **extra: Any
) -> Any:
    return lgb.Dataset(
        matrix, y, categorical_feature=list(categories), params=params, free_raw_data=False, **extra
    )


def cross_validate(
    task: str,
    matrix: FloatArray,
    y: FloatArray,
    folds: list[Fold],
    categories: tuple[int, ...],
    plan: BoostPlan,
    seed: int,
    weight: FloatArray | None = None,
) -> tuple[int, FloatArray, float]:
    """(best number of rounds, held-out margins at it, mean held-out loss). NaN where never held out."""
    params = parameters(task, plan, seed, threads_for(matrix))
    scored: Any = lgb.cv(
        params,
        make_dataset(matrix, y, categories, params, weight=weight),
        num_boost_round=MAX_ROUNDS,
        folds=folds,
        stratified=False,
        return_cvbooster=True,
        callbacks=[lgb.early_stopping(PATIENCE, verbose=False)],
    )
    boosters = scored.pop("cvbooster")
    losses = next(v for k, v in scored.items() if k.endswith("-mean"))
    rounds = max(int(boosters.best_iteration), 1)
    margins = np.full(len(y), np.nan)
    for booster, (_, test) in zip(boosters.boosters, folds, strict=True):
        margins[test] = predict(booster, matrix[test], rounds)
    return rounds, margins, float(min(losses))


def predict(booster: Any, matrix: FloatArray, rounds: int | None = None) -> FloatArray:
    """Margins of a table of rows."""
    return np.asarray(
        booster.predict(matrix, raw_score=True, num_iteration=rounds, num_threads=threads_for(matrix))
    )


def fit_boost(
    task: str,
    matrix: FloatArray,
    y: FloatArray,
    categories: tuple[int, ...],
    plan: BoostPlan,
    seed: int,
    weight: FloatArray | None = None,
) -> Any:
    """A booster of `plan.rounds` rounds."""
    params = parameters(task, plan, seed, threads_for(matrix))
    return lgb.train(params, make_dataset(matrix, y, categories, params, weight=weight), plan.rounds)
