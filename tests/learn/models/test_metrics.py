"""How good a ranking and a probability are, against other libraries and against cases by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from service.learn.models.estimates import mean_estimate, qini_area
from service.learn.models.metrics import (
    DEPTHS,
    auc_estimate,
    binary_quality,
    bins_of,
    calibration,
    gain_at_depth,
    number_quality,
    qini_coefficient,
    uplift_at_depth,
    uplift_quality,
)

RNG = np.random.default_rng(0)
P = RNG.uniform(0.05, 0.95, 400).round(2)
Y = (RNG.random(400) < P).astype(float)


def test_a_probability_is_judged_as_scikit_learn_judges_it() -> None:
    found = binary_quality(Y, P)
    assert found["auc"]["value"] == pytest.approx(roc_auc_score(Y, P), abs=1e-6)
    assert found["log_loss"] == pytest.approx(log_loss(Y, P))
    assert found["log_loss_of_base_rate"] == pytest.approx(log_loss(Y, np.full(400, Y.mean())))
    assert found["brier"] == pytest.approx(brier_score_loss(Y, P))
    assert found["calibration"]["slope"] == pytest.approx(1, abs=0.25)
    sure = binary_quality(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert sure["log_loss"] == pytest.approx(1e-7, rel=1e-2)  # nothing is quite certain


def test_the_error_of_an_auc_is_delongs() -> None:
    """Four rows: positives 3 and 1, negatives 2 and 0; placements 1 and ½, and ½ and 1."""
    found = auc_estimate(np.array([1.0, 1.0, 0.0, 0.0]), np.array([3.0, 1.0, 2.0, 0.0]))
    assert (found.value, found.error) == (0.75, pytest.approx(math.sqrt(0.125 / 2 + 0.125 / 2)))
    tied = auc_estimate(np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0, 0.0]))
    assert (tied.value, tied.error) == (0.75, pytest.approx(math.sqrt(0.125 / 2)))


def test_calibration_gives_back_the_line_that_distorted_the_logit() -> None:
    margin = np.random.default_rng(1).normal(size=20_000)
    p = 1 / (1 + np.exp(-margin))
    y = (np.random.default_rng(2).random(20_000) < p).astype(float)
    found = calibration(y, p, 0.5 * margin - 1)
    assert found["slope"] == pytest.approx(2.0, abs=0.1)
    assert found["intercept"] == pytest.approx(2.0, abs=0.1)
    same = calibration(np.array([1.0, 0.0, 0.0, 0.0]), np.full(4, 0.5), np.zeros(4))
    assert (same["slope"], same["intercept"]) == (0.0, pytest.approx(math.log(1 / 3)))
    assert same["ece"] == pytest.approx((0.5 + 3 * 0.5) / 4)  # four bins of one row


def test_bins_are_ten_equal_groups_by_prediction() -> None:
    p = np.arange(20)[::-1] / 20.0
    bins = bins_of(np.ones(20), p)
    assert [b["rows"] for b in bins] == [2] * 10
    assert bins[0] == {"rows": 2, "predicted": 0.025, "observed": 1.0}
    assert len(bins_of(np.ones(3), np.zeros(3))) == 3


def test_an_amount_is_judged_by_its_errors_and_by_who_spends_at_all() -> None:
    y, predicted = np.array([0.0, 2.0, 4.0, 0.0]), np.array([1.0, 1.0, 4.0, 0.0])
    found = number_quality(y, predicted)
    assert found["rmse"] == pytest.approx(math.sqrt(0.5))
    assert found["mae"] == 0.5
    assert found["r2"] == pytest.approx(1 - 0.5 / 2.75)
    assert (found["mean_predicted"], found["mean_observed"]) == (1.5, 1.5)
    assert found["auc"]["value"] == 0.875
    assert len(found["bins"]) == 4
    assert "auc" not in number_quality(y + 1, predicted)
    assert "auc" not in number_quality(-y, predicted)
    assert number_quality(np.ones(4), predicted)["r2"] == 0.0


def test_the_gain_at_a_depth_is_what_the_best_scored_hold() -> None:
    """Twenty rows by rising score, the four best of which have all the outcome."""
    y = np.repeat([0.0, 2.0], [16, 4])
    gains = {row["depth"]: row for row in gain_at_depth(y, np.arange(20.0))}
    assert tuple(gains) == DEPTHS
    assert gains[0.05] == {"depth": 0.05, "share_of_outcome": 0.25, "lift": 5.0, "rate": 2.0}
    assert gains[0.2] == {"depth": 0.2, "share_of_outcome": 1.0, "lift": 5.0, "rate": 2.0}
    assert gains[0.5] == {"depth": 0.5, "share_of_outcome": 1.0, "lift": 2.0, "rate": 0.8}
    assert gains[1.0]["rate"] == 0.4
    tied = gain_at_depth(y, np.zeros(20))  # nothing ranked: every row counts as the mean
    assert [row["lift"] for row in tied] == pytest.approx([1.0] * len(DEPTHS))
    assert gain_at_depth(np.zeros(5), np.arange(5.0))[0]["share_of_outcome"] == 0.0


TREATED = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
BOUGHT = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0])
UPLIFT = np.array([4.0, 4.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0])


def test_qini_is_the_area_over_that_of_the_best_ranking() -> None:
    """Curve at 2, 4, 6 and 8 rows: 1, 2, 2 − 1 × 3/3, 2 − 2 × 4/4: areas 1 + 3 + 3 + 1 above the line at 0.

    Best: treated who bought, controls who did not, treated who did not, controls who bought: curve 2, 2, 2,
    0, areas 2 + 4 + 4 + 2.
    """
    assert qini_coefficient(BOUGHT, TREATED, UPLIFT) == pytest.approx(8 / 12)
    assert qini_coefficient(BOUGHT, TREATED, -UPLIFT) == pytest.approx(-8 / 12)
    assert qini_coefficient(BOUGHT, TREATED, np.zeros(8)) == 0.0
    assert qini_coefficient(np.zeros(8), TREATED, UPLIFT) == 0.0
    # half the order right: the curve goes 1, 1 − 1, 2 − 1 × 3/3, 0: areas 1 + 1 + 1 + 1
    half = np.array([4.0, 4.0, 2.0, 2.0, 3.0, 3.0, 1.0, 1.0])
    assert qini_coefficient(BOUGHT, TREATED, half) == pytest.approx(4 / 12)


def test_the_random_line_of_qini_ends_where_the_curve_ends() -> None:
    """All six treated rows buy, no control does: the curve is the line to (8, 6), whatever the order."""
    treated = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    last = np.arange(8.0)  # both controls first
    # treated bought 0 at 1 and 2 rows, then 1 … 6; less the line 0.75 per row
    area = 0 + 0 + 0.5 + 1.5 + 2.5 + 3.5 + 4.5 + 5.5 - 0.5 * 6 * 8
    best = np.array([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6, 6]).sum() - 24
    assert qini_coefficient(treated, treated, last) == pytest.approx(area / best)


def test_uplift_at_a_depth_is_the_weighted_difference_of_the_best_ranked() -> None:
    share = np.full(8, 0.5)
    found = {row["depth"]: row for row in uplift_at_depth(BOUGHT, TREATED, UPLIFT, share)}
    assert found[0.05]["rows"] == 2
    assert found[0.05]["value"] is None  # one treated and one control are no comparison
    assert (found[0.5]["rows"], found[0.5]["value"], found[0.5]["low"]) == (4, 1.0, 1.0)
    whole = found[1.0]
    assert whole["value"] == 0.0
    spread = math.sqrt(2 * (4 * 0.25) / 16)
    assert whole["high"] == pytest.approx(1.959964 * spread, rel=1e-5)


def test_rows_are_weighted_by_one_over_their_chance() -> None:
    treated, y = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0])
    share = np.array([0.25, 0.75, 0.2, 0.5])
    (whole,) = [row for row in uplift_at_depth(y, treated, np.zeros(4), share) if row["depth"] == 1.0]
    treated_mean, control_mean = 4 / (4 + 4 / 3), 1.25 / (1.25 + 2)
    assert whole["value"] == pytest.approx(treated_mean - control_mean, rel=1e-5)
    spread = (16 * (1 - treated_mean) ** 2 + 16 / 9 * treated_mean**2) / (16 / 3) ** 2
    spread += (1.25**2 * (1 - control_mean) ** 2 + 4 * control_mean**2) / 3.25**2
    assert whole["high"] - whole["value"] == pytest.approx(1.959964 * math.sqrt(spread), rel=1e-4)


def test_an_arm_is_told_by_its_area_and_for_yes_and_no_by_qini() -> None:
    effect, share = BOUGHT * (2 * TREATED - 1), np.full(8, 0.5)
    found = uplift_quality(BOUGHT, TREATED, UPLIFT, effect, share, True, None)
    assert found["rows"] == 8
    assert found["qini_area"] == qini_area(UPLIFT, effect).to_json()
    assert found["qini"] == pytest.approx(8 / 12)
    assert "qini" not in uplift_quality(BOUGHT, TREATED, UPLIFT, effect, share, False, None)


def test_means_of_groups_move_together() -> None:
    values, groups = np.array([1.0, 3.0, 5.0, 7.0, 9.0, 11.0]), np.array([7, 7, 8, 8, 9, 9])
    found = mean_estimate(values, groups)
    assert found.value == 6.0
    assert found.error == pytest.approx(math.sqrt(3 / 2 * (8**2 + 0 + 8**2)) / 6)
    assert mean_estimate(values).error == pytest.approx(values.std(ddof=1) / math.sqrt(6))
    assert mean_estimate(values, np.zeros(6)).error == math.inf
    assert mean_estimate(values[:1]).error == math.inf
