"""The columns of the linear model: winsorised values, ranks, level indicators. Target-free; numpy only.

A number becomes a clipped standard score and, when it takes many values, its rank in the training table
(piecewise linear through eleven quantiles), so that skew and saturation need no hand-made transform. Whole
numbers with few values and categories become one indicator per level. Missing is its own indicator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.learn.models.encoding import Encoder
from service.learn.values import FloatArray, IntArray

KNOTS = 11
FEW_VALUES = 12
MISSING_ROWS = 10  # fewer missing rows than this teach nothing about missingness
STRETCH = (
    1.0  # a value may lie this many training spreads outside before it is clipped: trends go on, typos do not
)
WORK_LIMIT = 2e9  # rows × columns²: indicators of few-valued numbers are left out above this (seconds)


@dataclass(frozen=True, slots=True)
class Design:
    """Arrays that turn an encoded matrix (n, width) into design columns (n, self.width)."""

    number_at: IntArray
    low: FloatArray
    high: FloatArray
    mean: FloatArray
    scale: FloatArray
    rank_at: IntArray
    knots: FloatArray  # (ranked, KNOTS), increasing, padded by repeating the last
    ranks: FloatArray  # (ranked, KNOTS), rank in [-0.5, 0.5] at each knot
    level_at: IntArray
    level: FloatArray
    missing_at: IntArray
    names: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.names)

    def table(self, matrix: FloatArray) -> FloatArray:
        """Design columns of many rows."""
        ranked = np.empty((len(matrix), len(self.rank_at)))
        for i, at in enumerate(self.rank_at):
            ranked[:, i] = _interpolate(matrix[:, at], self.knots[i], self.ranks[i])
        return np.hstack([self._scores(matrix), np.nan_to_num(ranked), self._indicators(matrix)])

    def row(self, values: FloatArray) -> FloatArray:
        """Design columns of one row, shape (self.width,)."""
        matrix = values[None, :]
        widths = np.diff(self.knots, axis=1)
        x = values[self.rank_at][:, None]
        with np.errstate(invalid="ignore"):
            parts = np.clip((x - self.knots[:, :-1]) / np.where(widths > 0, widths, 1.0), 0.0, 1.0)
        ranked = self.ranks[:, 0] + (parts * np.diff(self.ranks, axis=1)).sum(axis=1)
        return np.concatenate([self._scores(matrix)[0], np.nan_to_num(ranked), self._indicators(matrix)[0]])

    def _scores(self, matrix: FloatArray) -> FloatArray:
        clipped = np.clip(matrix[:, self.number_at], self.low, self.high)
        return np.nan_to_num((clipped - self.mean) / self.scale)

    def _indicators(self, matrix: FloatArray) -> FloatArray:
        levels = (matrix[:, self.level_at] == self.level).astype(float)
        return np.hstack([levels, np.isnan(matrix[:, self.missing_at]).astype(float)])

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"names": list(self.names)}
        for name in _ARRAYS:
            out[name] = getattr(self, name).tolist()
        return out

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Design:
        arrays = {
            name: np.array(saved[name], dtype=np.int64 if name.endswith("_at") else float) for name in _ARRAYS
        }
        for name in ("knots", "ranks"):
            arrays[name] = arrays[name].reshape(-1, KNOTS)
        return cls(names=tuple(saved["names"]), **arrays)


_ARRAYS = (
    "number_at", "low", "high", "mean", "scale", "rank_at", "knots", "ranks", "level_at", "level",
    "missing_at",
)  # fmt: skip


def _interpolate(x: FloatArray, knots: FloatArray, ranks: FloatArray) -> FloatArray:
    distinct = np.concatenate([[True], np.diff(knots) > 0])
    out: FloatArray = np.interp(x, knots[distinct], ranks[distinct])
    out[np.isnan(x)] = np.nan
    return out


def build_design(matrix: FloatArray, encoder: Encoder, *, level_of_few: bool = True) -> Design:
    """The design for a training matrix of shape (rows, encoder.width).

    `level_of_few` gives few-valued numbers an indicator per value: good for survey codes, harmful where a
    number stands for a period (an interest rate), because the next period has a value of its own.
    """
    rows = len(matrix)
    numbers = [i for i in range(encoder.width) if i not in encoder.category_positions]
    bounds: list[tuple[float, float]] = []
    moments: list[tuple[float, float]] = []
    rank_at: list[int] = []
    knots: list[FloatArray] = []
    ranks: list[FloatArray] = []
    level_at: list[int] = []
    levels: list[float] = []
    missing_at = [i for i in range(encoder.width) if MISSING_ROWS <= np.isnan(matrix[:, i]).sum() < rows]
    few: list[tuple[int, float]] = []
    for at in numbers:
        known = matrix[~np.isnan(matrix[:, at]), at]
        known = known if known.size else np.zeros(1)
        bottom, top = np.quantile(known, [0.005, 0.995])
        if bottom == top:
            bottom, top = float(known.min()), float(known.max())
        spread = top - bottom
        clipped = np.clip(known, bottom, top)
        bounds.append((bottom - STRETCH * spread, top + STRETCH * spread))
        moments.append((float(clipped.mean()), float(clipped.std()) or 1.0))
        distinct, counts = np.unique(known, return_counts=True)
        if distinct.size > 2:
            x, u = _rank_knots(known)
            rank_at.append(at)
            knots.append(x)
            ranks.append(u)
        if 2 < distinct.size <= FEW_VALUES:
            few += [(at, float(v)) for v, c in zip(distinct, counts, strict=True) if c >= MISSING_ROWS]
    for at in encoder.category_positions:
        present = matrix[~np.isnan(matrix[:, at]), at]
        for code in np.unique(present):
            level_at.append(at)
            levels.append(float(code))
    width = len(numbers) + len(rank_at) + len(level_at) + len(missing_at)
    if level_of_few and rows * float(width + len(few)) ** 2 <= WORK_LIMIT:
        level_at += [at for at, _ in few]
        levels += [v for _, v in few]
    names = [encoder.names[i] for i in numbers]
    names += [f"{encoder.names[i]} (rank)" for i in rank_at]
    names += [_level_name(encoder, at, v) for at, v in zip(level_at, levels, strict=True)]
    names += [f"{encoder.names[i]} is missing" for i in missing_at]
    limits, spread_of = np.array(bounds).reshape(-1, 2), np.array(moments).reshape(-1, 2)
    return Design(
        np.array(numbers, dtype=np.int64),
        limits[:, 0],
        limits[:, 1],
        spread_of[:, 0],
        spread_of[:, 1],
        np.array(rank_at, dtype=np.int64),
        np.array(knots).reshape(-1, KNOTS),
        np.array(ranks).reshape(-1, KNOTS),
        np.array(level_at, dtype=np.int64),
        np.array(levels),
        np.array(missing_at, dtype=np.int64),
        tuple(names),
    )


def _level_name(encoder: Encoder, at: int, code: float) -> str:
    if at in encoder.category_positions:
        start = 0
        for column in encoder.columns:
            if start == at:
                return f"{column.name} = {column.levels[int(code)]}"
            start += len(column.parts)
    return f"{encoder.names[at]} = {code:g}"


def _rank_knots(known: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distinct quantiles and their mid-ranks in [-0.5, 0.5], padded to KNOTS."""
    x = np.unique(np.quantile(known, np.linspace(0, 1, KNOTS)))
    ordered = np.sort(known)
    left = np.searchsorted(ordered, x, side="left")
    right = np.searchsorted(ordered, x, side="right")
    u = (left + right) / (2.0 * known.size) - 0.5
    pad = KNOTS - x.size
    return np.append(x, np.full(pad, x[-1])), np.append(u, np.full(pad, u[-1]))
