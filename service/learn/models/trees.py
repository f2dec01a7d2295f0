"""Boosted trees as plain arrays, for one lead at a time: no LightGBM, no threads, tens of microseconds.

All trees are walked at once, level by level, with numpy. The result equals LightGBM's own prediction (a
test says so); for tables of leads LightGBM itself is faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.learn.values import FloatArray, IntArray

MAX_CODE = 255


@dataclass(frozen=True, slots=True)
class Trees:
    """Nodes of all trees in one row of arrays. A leaf points to itself."""

    roots: IntArray
    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    value: FloatArray
    missing_left: NDArray[np.bool_]  # where a missing value goes
    nan_is_zero: NDArray[np.bool_]  # the feature had no missing values in fitting: NaN is read as 0
    level_row: IntArray  # row in `level_left` for a category split, -1 for a number split
    level_left: NDArray[np.bool_]  # (category splits, MAX_CODE + 1): level code goes left
    depth: int

    def margin(self, row: FloatArray) -> float:
        """The raw score of one encoded row."""
        if self.roots.size == 0:
            return 0.0
        node = self.roots
        for _ in range(self.depth):
            x = row[self.feature[node]]
            absent = np.isnan(x)
            filled = np.where(absent, 0.0, x)
            goes_left = filled <= self.threshold[node]
            goes_left = np.where(absent & ~self.nan_is_zero[node], self.missing_left[node], goes_left)
            at = self.level_row[node]
            if self.level_left.size:
                code = np.clip(filled, 0, MAX_CODE).astype(np.int64)
                by_level = self.level_left[np.maximum(at, 0), code] & ~absent
                goes_left = np.where(at >= 0, by_level, goes_left)
            node = np.where(goes_left, self.left[node], self.right[node])
        return float(self.value[node].sum())


def from_dump(dump: Mapping[str, Any]) -> Trees:
    """Arrays from `Booster.dump_model()`."""
    nodes: list[tuple[int, float, int, int, float, bool, bool, int]] = []
    levels: list[NDArray[np.bool_]] = []
    roots: list[int] = []
    depth = 0

    def add(part: Mapping[str, Any], at_depth: int) -> int:
        nonlocal depth
        depth = max(depth, at_depth)
        place = len(nodes)
        if "split_index" not in part:
            nodes.append((0, np.inf, place, place, float(part["leaf_value"]), True, False, -1))
            return place
        nodes.append((0, 0.0, 0, 0, 0.0, True, False, -1))
        row = -1
        threshold = 0.0
        if part["decision_type"] == "==":
            left_codes = np.zeros(MAX_CODE + 1, dtype=bool)
            left_codes[[int(code) for code in str(part["threshold"]).split("||")]] = True
            row = len(levels)
            levels.append(left_codes)
        else:
            threshold = float(part["threshold"])
        left, right = add(part["left_child"], at_depth + 1), add(part["right_child"], at_depth + 1)
        as_zero = part["missing_type"] != "NaN"
        nodes[place] = (
            int(part["split_feature"]), threshold, left, right, 0.0, bool(part["default_left"]), as_zero, row,
        )  # fmt: skip
        return place

    for tree in dump["tree_info"]:
        roots.append(add(tree["tree_structure"], 0))
    columns = list(zip(*nodes, strict=True)) if nodes else [()] * 8
    return Trees(
        np.array(roots, dtype=np.int64),
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=float),
        np.array(columns[2], dtype=np.int64),
        np.array(columns[3], dtype=np.int64),
        np.array(columns[4], dtype=float),
        np.array(columns[5], dtype=bool),
        np.array(columns[6], dtype=bool),
        np.array(columns[7], dtype=np.int64),
        np.array(levels, dtype=bool).reshape(-1, MAX_CODE + 1),
        depth,
    )


def to_arrays(trees: Trees) -> dict[str, NDArray[Any]]:
    """For `numpy.savez`."""
    arrays: dict[str, NDArray[Any]] = {name: getattr(trees, name) for name in _ARRAYS}
    arrays["level_left"] = np.packbits(trees.level_left, axis=1)
    arrays["depth"] = np.array([trees.depth])
    return arrays


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Trees:
    plain = {name: arrays[name] for name in _ARRAYS}
    levels = np.unpackbits(arrays["level_left"], axis=1).astype(bool).reshape(-1, MAX_CODE + 1)
    return Trees(**plain, level_left=levels, depth=int(arrays["depth"][0]))


_ARRAYS = (
    "roots",
    "feature",
    "threshold",
    "left",
    "right",
    "value",
    "missing_left",
    "nan_is_zero",
    "level_row",
)
