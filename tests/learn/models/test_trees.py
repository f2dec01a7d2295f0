"""Trees as arrays say what LightGBM says, whatever is missing or unseen."""

from __future__ import annotations

import numpy as np
import pytest

from service.learn.models import boost
from service.learn.models.boost import BoostPlan, cross_validate, fit_boost, plan_for, predict, threads_for
from service.learn.models.trees import MAX_CODE, from_arrays, from_dump, to_arrays


def table(rows: int = 3000, missing: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    matrix = np.column_stack(
        [rng.normal(size=rows), rng.integers(0, 6, rows).astype(float), rng.exponential(size=rows)]
    )
    y = matrix[:, 0] + np.where(np.isin(matrix[:, 1], [1, 4]), 2.0, -1.0) + np.sin(matrix[:, 2])
    if missing:
        matrix[rng.random((rows, 3)) < 0.1] = np.nan
    return matrix, y


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("task", ["number", "binary"])
def test_one_row_is_scored_as_lightgbm_scores_it(task: str, missing: bool) -> None:
    matrix, y = table(missing=missing)
    y = (y > 0).astype(float) if task == "binary" else y
    booster = fit_boost(task, matrix, y, (1,), BoostPlan(12, 20, 0.1, 25), 0)
    trees = from_dump(booster.dump_model())
    again = from_arrays(to_arrays(trees))
    asked = np.vstack([matrix[:40], np.full((1, 3), np.nan), [[0.0, 9.0, 1.0]], [[9e9, 5.0, -9e9]]])
    expected = predict(booster, asked)
    for row, value in zip(asked, expected, strict=True):
        assert trees.margin(row) == pytest.approx(value, abs=1e-9)
        assert again.margin(row) == trees.margin(row)
    assert trees.depth > 2
    assert len(trees.roots) == 25


def test_a_model_without_trees_says_nothing() -> None:
    empty = from_dump({"tree_info": []})
    assert empty.margin(np.array([1.0])) == 0.0
    assert from_arrays(to_arrays(empty)).margin(np.array([1.0])) == 0.0


def test_every_code_of_a_category_has_its_side() -> None:
    """The last code that can be told apart goes its own way, one beyond it the same."""
    leaves = [{"leaf_value": 1.0}, {"leaf_value": -1.0}]
    split = {
        "split_index": 0, "split_feature": 0, "decision_type": "==", "threshold": f"0||{MAX_CODE}",
        "default_left": False, "missing_type": "None", "left_child": leaves[0], "right_child": leaves[1],
    }  # fmt: skip
    trees = from_dump({"tree_info": [{"tree_structure": split}]})
    assert MAX_CODE == 255  # what a LightGBM category code can be at the most
    for code, value in ((0.0, 1.0), (1.0, -1.0), (254.0, -1.0), (255.0, 1.0), (999.0, 1.0), (np.nan, -1.0)):
        assert trees.margin(np.array([code])) == value


@pytest.mark.parametrize(
    ("rows", "events", "least", "step"),
    [
        (1000, 500, 15, 0.05),  # a hundredth, but not fewer than fifteen
        (3000, 3000, 30, 0.05),
        (10_000, 100, 300, 0.05),  # three events each
        (1000, 10, 200, 0.05),  # but never more than a fifth of the rows
        (1000, 0, 200, 0.05),
        (1000, 1, 200, 0.05),
        (50_000, 50_000, 400, 0.05),
        (50_001, 50_001, 400, 0.08),
        (100_000, 100_000, 400, 0.08),
        (60, 60, 12, 0.05),
    ],
)
def test_leaves_are_large_enough_to_hold_events(rows: int, events: int, least: int, step: float) -> None:
    assert plan_for(rows, events, 4) == BoostPlan(4, least, step)


def test_a_large_table_takes_two_threads() -> None:
    assert threads_for(np.empty((boost.CELLS_PER_THREAD, 1))) == 1
    assert threads_for(np.empty((boost.CELLS_PER_THREAD + 1, 1))) == boost.FIT_THREADS


def test_rows_are_scored_by_trees_that_have_not_seen_them() -> None:
    matrix, y = table(1200, missing=False)
    folds = [(np.arange(400, 1200), np.arange(400)), (np.arange(800), np.arange(800, 1200))]
    rounds, margins, loss = cross_validate("number", matrix, y, folds, (1,), BoostPlan(4, 20, 0.1), 0)
    assert 1 < rounds <= boost.MAX_ROUNDS
    assert np.isnan(margins[400:800]).all()
    held = np.append(margins[:400], margins[800:])
    truth = np.append(y[:400], y[800:])
    assert loss == pytest.approx(((held - truth) ** 2).mean(), rel=0.02)
    assert loss < 0.3 * truth.var()
    for train, test in folds:
        own = fit_boost("number", matrix[train], y[train], (1,), BoostPlan(4, 20, 0.1, rounds), 0)
        assert np.abs(margins[test] - predict(own, matrix[test])).mean() < 0.1  # its bins may differ


def test_noise_stops_early() -> None:
    rng = np.random.default_rng(3)
    matrix, y = rng.normal(size=(600, 3)), rng.normal(size=600)
    folds = [(np.arange(300), np.arange(300, 600)), (np.arange(300, 600), np.arange(300))]
    rounds, _, _ = cross_validate("number", matrix, y, folds, (), BoostPlan(4, 20, 0.1), 0)
    assert rounds < 30
