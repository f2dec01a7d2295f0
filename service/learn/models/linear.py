"""The linear model: ridge-penalised logistic, Tweedie or least squares on the design columns.

Newton steps with a Cholesky solve are exact and repeatable where there are many more rows than columns.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge, TweedieRegressor

from service.learn.models.folds import Fold
from service.learn.models.losses import POWER, row_losses
from service.learn.values import FloatArray

CHOOSING_ROWS = 25000  # more rows than this sharpen the choice of penalty no further
PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10000.0)  # ridge penalty on the summed loss, mild to harsh


@dataclass(frozen=True, slots=True)
class Linear:
    """Coefficients on the design columns; `margin = design @ weights + intercept`."""

    weights: FloatArray
    intercept: float
    penalty: float

    def margin(self, design: FloatArray) -> FloatArray:
        return np.asarray(design @ self.weights + self.intercept)


def fit_linear(
    task: str, design: FloatArray, y: FloatArray, penalty: float, weight: FloatArray | None = None
) -> Linear:
    """One fit. `weight` are row weights (default 1)."""
    if design.shape[1] == 0:
        raise ValueError("no design columns")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if task == "binary":
            model = LogisticRegression(C=1.0 / penalty, solver="newton-cholesky", max_iter=30, tol=1e-3)
            model.fit(design, y, sample_weight=weight)
            return Linear(model.coef_[0].astype(float), float(model.intercept_[0]), penalty)
        if task == "amount":
            scale = float(np.mean(y)) or 1.0
            model = TweedieRegressor(
                power=POWER, link="log", alpha=penalty / len(y), solver="newton-cholesky", max_iter=30
            )
            model.fit(design, y / scale, sample_weight=weight)
            return Linear(model.coef_.astype(float), float(model.intercept_ + np.log(scale)), penalty)
        model = Ridge(alpha=penalty, solver="cholesky")
        model.fit(design, y, sample_weight=weight)
        return Linear(model.coef_.astype(float), float(model.intercept_), penalty)


def cross_validate(
    task: str, design: FloatArray, y: FloatArray, folds: list[Fold], penalties: tuple[float, ...] = PENALTIES
) -> tuple[float, FloatArray]:
    """(best penalty by mean held-out loss, held-out margins at it; NaN for rows in no test fold).

    Large tables choose the penalty on every n-th row, since a penalty on the summed loss is a prior
    and does not grow with the table.
    """
    rows = sum(len(test) for _, test in folds)
    if rows > CHOOSING_ROWS and len(penalties) > 1:
        every = -(-rows // CHOOSING_ROWS)
        few = [(train[::every], test[::every]) for train, test in folds]
        best, _ = cross_validate(task, design, y, few, penalties)
        penalties = (best,)
    margins = {p: np.full(len(y), np.nan) for p in penalties}
    for train, test in folds:
        for penalty in penalties:
            fitted = fit_linear(task, design[train], y[train], penalty)
            margins[penalty][test] = fitted.margin(design[test])
    tested = np.concatenate([test for _, test in folds])
    best = min(penalties, key=lambda p: float(row_losses(task, y[tested], margins[p][tested]).mean()))
    return best, margins[best]
