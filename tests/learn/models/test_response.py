"""Choosing, calibrating and holding out: the parts of the response model."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.learn.models import response
from service.learn.models.encoding import Column, Encoder
from service.learn.models.folds import forward_folds, group_folds, random_folds
from service.learn.models.linear import PENALTIES, Linear, cross_validate, fit_linear
from service.learn.models.losses import inverse_link, row_losses
from service.learn.models.response import FEW_ROWS, SLOPE_PRIOR, calibrate, fit_response, make_folds


def shared(folds: list) -> list[int]:
    return [len(set(train) & set(test)) for train, test in folds]


def test_folds_are_five_and_for_large_tables_three() -> None:
    for rows, count in ((FEW_ROWS, 5), (FEW_ROWS + 1, 3)):
        folds = make_folds(np.zeros(rows), np.zeros(rows), None, 0)
        assert len(folds) == count
        assert shared(folds) == [0] * count
        assert sorted(np.concatenate([test for _, test in folds])) == list(range(rows))


def test_groups_are_held_out_whole_where_there_are_enough_of_them() -> None:
    strata = np.repeat([0.0, 1.0], 500)
    for different, whole in ((4, False), (5, True)):
        groups = np.arange(1000) % different
        folds = make_folds(strata, strata, groups, 0)
        assert all(not set(groups[train]) & set(groups[test]) for train, test in folds) == whole
    for _, test in make_folds(strata, strata, None, 0):
        assert strata[test].mean() == 0.5


def test_groups_fill_the_lightest_fold_first() -> None:
    groups = np.repeat([0, 1, 2, 3, 4], [50, 30, 20, 20, 10])
    assert sorted(len(test) for _, test in group_folds(groups, 2, 0)) == [60, 70]


def test_random_folds_take_their_share_of_every_stratum() -> None:
    strata = np.repeat([0.0, 1.0, 2.0], [60, 30, 6])
    for train, test in random_folds(96, 3, 0, strata):
        assert np.bincount(strata[test].astype(int)).tolist() == [20, 10, 2]
        assert len(train) == 64
    assert len(random_folds(10, 5, 0)[0][1]) == 2


def test_the_future_is_held_out_from_the_past() -> None:
    when = np.arange(100.0)[::-1]
    folds = forward_folds(when)
    assert [(len(train), len(test)) for train, test in folds] == [(40, 20), (60, 20), (80, 20)]
    for train, test in folds:
        assert when[train].max() < when[test].min()


def test_the_linear_model_is_kept_until_another_is_ahead_by_its_error() -> None:
    noise = np.tile([1.0, -1.0], 50)
    error = noise.std(ddof=1) / 10
    base = np.full(100, 5.0)
    for ahead, choice in ((1.01 * error, "boosted"), (0.99 * error, "linear")):
        losses = {"linear": base, "boosted": base + noise - ahead, "average": base}
        chosen, wins = response._choose(losses)
        assert chosen == choice
        assert wins["boosted"] == (pytest.approx(ahead), pytest.approx(error))
        assert wins["average"] == (0.0, 0.0)
    losses = {"linear": base, "boosted": base - 1, "average": base - 2}
    assert response._choose(losses)[0] == "average"


def test_a_probability_is_calibrated_towards_a_slope_of_one() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(0, 1.5, 8000)
    y = (rng.random(8000) < inverse_link("binary", 0.7 * margin - 0.5)).astype(float)
    slope, offset = calibrate("binary", y, margin)
    assert slope == pytest.approx(0.7, abs=0.06)
    p = inverse_link("binary", slope * margin + offset)
    assert p.mean() == pytest.approx(y.mean(), abs=1e-6)
    fitted = fit_linear("binary", margin[:, None], y, penalty=1e-6)
    raw = inverse_link("binary", fitted.margin(margin[:, None]))
    known = (raw * (1 - raw)).sum() * margin.var()
    assert slope == pytest.approx((known * fitted.weights[0] + SLOPE_PRIOR) / (known + SLOPE_PRIOR))
    # few rows move the slope little; a slope the wrong way round stays above nothing
    few = calibrate("binary", np.array([0.0, 1.0, 0.0, 1.0]), np.array([-1.0, 1.0, 1.0, -1.0]))
    assert 0.6 < few[0] < 1.0
    assert calibrate("binary", 1 - (margin > 0), margin)[0] == 0.2
    assert calibrate("binary", (margin > 0).astype(float), margin / 99)[0] == 2.0


def test_amounts_and_numbers_are_calibrated_in_their_mean() -> None:
    margin, y = np.array([0.0, 1.0, 2.0]), np.array([0.0, 4.0, 8.0])
    assert calibrate("number", y, margin) == (1.0, 3.0)
    slope, offset = calibrate("amount", y, margin)
    assert slope == 1.0
    assert np.exp(margin + offset).mean() == pytest.approx(4.0)
    assert calibrate("amount", np.zeros(3), margin) == (1.0, 0.0)


def linear_truth(task: str, rows: int = 1200) -> tuple[np.ndarray, np.ndarray, Encoder]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 2))
    if task == "binary":
        y = (rng.random(rows) < inverse_link("binary", x[:, 0] - 1)).astype(float)
    elif task == "amount":
        y = np.where(rng.random(rows) < 0.6, np.exp(0.5 * x[:, 0] + 3), 0.0)
    else:
        y = 10 + x[:, 0] + 0.3 * rng.normal(size=rows)
    return x, y, Encoder([Column("a", "number"), Column("b", "number")])


@pytest.mark.parametrize("task", ["binary", "amount", "number"])
@pytest.mark.parametrize("in_time", [False, True])
def test_held_out_predictions_are_calibrated_and_better_than_the_base_rate(task: str, in_time: bool) -> None:
    x, y, encoder = linear_truth(task)
    when = np.arange(1200.0) if in_time else None
    folds = make_folds(y, y, None, 0)
    found = fit_response(task, x, y, encoder, folds, when, 0)
    assert found.decided_on == ("newest periods" if in_time else "held-out rows")
    assert np.isfinite(found.held_out).all()
    assert found.held_out.mean() == pytest.approx(y.mean(), rel=0.02)
    assert np.corrcoef(found.held_out, x[:, 0])[0, 1] > 0.8
    assert found.losses[found.choice] < found.losses["base rate"]
    assert found.losses[found.choice] == min(found.losses.values()) or found.choice == "linear"
    assert found.design.width >= 2
    assert found.plan.rounds >= 1


def test_held_out_margins_are_those_of_models_without_the_row() -> None:
    x, y, encoder = linear_truth("number", 300)
    folds = make_folds(y, y, None, 0)
    found = fit_response("number", x, y, encoder, folds, None, 0)
    columns = found.design_matrix
    for choice in response.CHOICES:
        margins = response._held_out("number", x, columns, y, encoder, folds, 10.0, found.plan, choice, 0)[
            choice
        ]
        train, test = folds[2]
        own = fit_linear("number", columns[train], y[train], 10.0).margin(columns[test])
        if choice == "linear":
            assert margins[test] == pytest.approx(own)
        else:
            assert np.abs(margins[test] - own).mean() < 0.5
            assert not np.allclose(margins[test], own)


def test_one_fit_is_that_of_its_normal_equations() -> None:
    x, y = np.array([[0.0], [1.0], [2.0]]), np.array([5.0, 7.0, 9.0])
    found = fit_linear("number", x, y, 2.0)
    assert (found.weights[0], found.intercept, found.penalty) == (pytest.approx(1.0), pytest.approx(6.0), 2.0)
    assert found.margin(np.array([[3.0]])) == pytest.approx([9.0])
    weighted = fit_linear("number", x, np.array([5.0, 7.0, 0.0]), 1e-9, np.array([1.0, 1.0, 0.0]))
    assert weighted.margin(x[:2]) == pytest.approx([5.0, 7.0], abs=1e-6)
    with pytest.raises(ValueError, match="no design columns"):
        fit_linear("number", x[:, :0], y, 1.0)


def test_an_amount_is_fitted_on_any_scale() -> None:
    x, y, _ = linear_truth("amount")
    one, thousand = fit_linear("amount", x, y, 1.0), fit_linear("amount", x, 1000 * y, 1.0)
    assert thousand.weights == pytest.approx(one.weights, abs=1e-4)
    assert thousand.intercept == pytest.approx(one.intercept + math.log(1000), abs=1e-4)


def test_the_penalty_is_that_of_the_least_held_out_loss() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(200, 30)), rng.normal(size=200)
    folds = random_folds(200, 5, 0)
    best, margins = cross_validate("number", x, y, folds)
    assert best > PENALTIES[1]  # there is nothing to learn
    alone = {p: cross_validate("number", x, y, folds, (p,))[1] for p in PENALTIES}
    losses = {p: row_losses("number", y, own).mean() for p, own in alone.items()}
    assert losses[best] == min(losses.values()) == pytest.approx(row_losses("number", y, margins).mean())
    assert cross_validate("number", x, x @ np.ones(30), folds)[0] == PENALTIES[0]
    assert np.isnan(cross_validate("number", x, y, [(np.arange(100), np.arange(100, 150))])[1][:100]).all()


def test_a_large_table_chooses_its_penalty_on_some_rows_and_predicts_all(monkeypatch) -> None:
    from service.learn.models import linear

    monkeypatch.setattr(linear, "CHOOSING_ROWS", 50)
    fits: list[int] = []
    whole = linear.fit_linear

    def counted(task: str, design: np.ndarray, y: np.ndarray, penalty: float) -> Linear:
        fits.append(len(y))
        return whole(task, design, y, penalty)

    monkeypatch.setattr(linear, "fit_linear", counted)
    x, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200.0)
    _, margins = linear.cross_validate("number", x, y, random_folds(200, 2, 0))
    assert np.isfinite(margins).all()
    assert sorted(set(fits)) == [25, 100]  # every fourth row to choose, all rows with what was chosen
    assert fits.count(100) == 2
