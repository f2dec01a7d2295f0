"""The three tasks, each with its link and its loss per row.

`binary`: yes/no, logit link, log loss. `amount`: never negative with many zeros (spend), log link, Tweedie
deviance of power 1.5 (Jørgensen 1987; a compound Poisson of gamma amounts). `number`: anything else,
identity link, squared error. Models work in margins (before the inverse link), so that two of them can be
averaged and calibrated there.
"""

from __future__ import annotations

import numpy as np

from service.learn.values import FloatArray

POWER = 1.5
MARGIN_LIMIT = 30.0


def inverse_link(task: str, margin: FloatArray) -> FloatArray:
    if task == "binary":
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(margin, -MARGIN_LIMIT, MARGIN_LIMIT))))
    if task == "amount":
        return np.asarray(np.exp(np.clip(margin, -MARGIN_LIMIT, MARGIN_LIMIT)))
    return margin


def link(task: str, mean: float) -> float:
    if task == "binary":
        p = min(max(mean, 1e-9), 1 - 1e-9)
        return float(np.log(p / (1 - p)))
    if task == "amount":
        return float(np.log(max(mean, 1e-9)))
    return float(mean)


def row_losses(task: str, y: FloatArray, margin: FloatArray) -> FloatArray:
    """Loss of each row, shape (n,)."""
    if task == "binary":
        return np.asarray(np.logaddexp(0.0, margin) - y * margin)
    if task == "amount":
        mu = inverse_link(task, margin)
        return np.asarray(-y * mu ** (1 - POWER) / (1 - POWER) + mu ** (2 - POWER) / (2 - POWER))
    return np.asarray((y - margin) ** 2)
